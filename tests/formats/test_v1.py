"""A repository that version 1 wrote is read for ever: by today's code, and by others."""

from __future__ import annotations

import hashlib
import json
import stat
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dulwich.objects import Tag, Tree
from dulwich.repo import Repo as DulwichRepo

from git_timewarp.integrity.verify import verify
from git_timewarp.store.events import GENESIS
from git_timewarp.store.records import whole_record
from git_timewarp.timeline import travel
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.world import World
from tests.support import recording
from tests.support.make_fixture import listing
from tests.support.repo_builder import RepoBuilder
from tests.support.source import ROOT

DATA = ROOT / "tests/data"
TOLD: dict[str, Any] = json.loads((DATA / "v1.json").read_text(encoding="utf-8"))


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return the stored repository, its work tree empty."""
    with tarfile.open(DATA / "v1.tar") as tar:
        tar.extractall(tmp_path, filter="data")
    (tmp_path / "repo").mkdir()
    (tmp_path / "git").rename(tmp_path / "repo/.git")
    return RepoBuilder(tmp_path / "repo", init=False)


@pytest.fixture
def given(repo: RepoBuilder) -> World:
    """Return a world that only reads it."""
    return recording.world(repo)


def test_git_has_nothing_to_say(repo: RepoBuilder) -> None:
    done = repo.run("fsck", "--full", "--strict")
    assert done.stdout + done.stderr == b""


def test_today_s_code_reads_every_event(given: World) -> None:
    with recording.history(given) as found:
        entries = list(found.entries())[::-1]
        told = [
            {"n": e.n, "type": e.type, "summary": e.summary, "snapshot": e.snapshot}
            for e in entries
        ]
        assert told == TOLD["events"]
        assert {entry.writer for entry in entries} == {TOLD["writer"]}
        assert all(whole_record(found, entry)["n"] == entry.n for entry in entries)
    report = verify(given.repo, full=True)
    assert report.problems == ()
    assert report.events == len(TOLD["events"])


def test_today_s_code_restores_every_snapshot(repo: RepoBuilder, given: World) -> None:
    """Bytes, modes, links, empty folders, and names that are not UTF-8."""
    for snapshot, expected in sorted(TOLD["snapshots"].items()):
        with Operation(given, "jump") as op:
            travel.jump(op, snapshot, travel.How(force=True))
        assert listing(repo.state()) == expected, snapshot
    assert verify(given.repo, full=True).problems == ()


def test_recording_goes_on_under_a_new_writer(given: World) -> None:
    """It lies elsewhere now: what it held comes along, what was folded stays."""
    taken = recording.take(given)
    with recording.history(given) as found:
        newest = next(found.entries())
        assert newest.snapshot == taken.id
        assert newest.writer != TOLD["writer"]
        summaries = [entry.summary for entry in found.entries()]
    for event in TOLD["events"]:
        assert summaries.count(event["summary"]) == 1
    assert verify(given.repo, full=True).problems == ()


class Independent:
    """Reads the format with dulwich, json, hashlib and zlib, as the pages describe it."""

    def __init__(self, git_dir: Path) -> None:
        self.git_dir = git_dir
        self.repo = DulwichRepo(str(git_dir.parent))
        quarantine = git_dir / "timewarp/quarantine"
        self.loose = {
            path.parent.name + path.name: path for path in quarantine.glob("[0-9a-f][0-9a-f]/*")
        }

    def object(self, oid: str) -> tuple[str, bytes]:
        """Return type and contents."""
        if oid in self.loose:
            header, _, data = zlib.decompress(self.loose[oid].read_bytes()).partition(b"\0")
            return header.split(b" ")[0].decode(), data
        found = self.repo.object_store[oid.encode()]  # type: ignore[index]
        return found.type_name.decode(), found.as_raw_string()

    def tree(self, oid: str) -> dict[bytes, tuple[int, str]]:
        """Return name -> (mode, id)."""
        kind, data = self.object(oid)
        assert kind == "tree"
        tree = Tree.from_string(data)
        return {item.path: (item.mode, item.sha.decode()) for item in tree.iteritems()}

    def segments(self, kind: str) -> Iterator[str]:
        """Yield the tree of every segment of a kind."""
        for name, value in sorted(self.repo.get_refs().items()):
            words = name.decode().split("/")
            if words[:2] == ["refs", "timewarp"] and words[3] == kind:
                tag = self.repo.object_store[value]
                assert isinstance(tag, Tag)
                assert tag.object[0] is Tree
                yield tag.object[1].decode()

    def journal(self) -> Iterator[tuple[str, bytes]]:
        """Yield letter and payload of every line of the journal."""
        for line in (self.git_dir / "timewarp/journal").read_bytes().splitlines():
            assert int(line[:8], 16) == zlib.crc32(line[9:])
            yield line[9:10].decode(), line[11:]

    def lines(self) -> Iterator[bytes]:
        """Yield every event line."""
        for root in self.segments("events"):
            for mode, first in self.tree(root).values():
                assert mode == stat.S_IFDIR
                for _, second in self.tree(first).values():
                    for _, note in self.tree(second).values():
                        kind, data = self.object(note)
                        assert kind == "blob"
                        yield from data.splitlines()
        for letter, payload in self.journal():
            if letter == "E":
                yield payload.split(b" ", 1)[1]

    def snapshots(self) -> dict[str, str]:
        """Return snapshot id -> entry tree."""
        found: dict[str, str] = {}
        for kind in ("snapshots", "drafts"):
            for root in self.segments(kind):
                found |= {name.decode(): oid for name, (_, oid) in self.tree(root).items()}
        for letter, payload in self.journal():
            if letter == "S":
                record = json.loads(payload)
                found[record["id"]] = record["entry"]
        return found

    def files(self, oid: str, prefix: bytes = b"") -> dict[bytes, tuple[int, bytes]]:
        """Return path -> (mode, bytes) of a tree, gitlinks left out."""
        found: dict[bytes, tuple[int, bytes]] = {}
        for name, (mode, below) in self.tree(oid).items():
            if mode == stat.S_IFDIR:
                found |= self.files(below, prefix + name + b"/")
            elif mode != 0o160000:
                found[prefix + name] = (mode, self.object(below)[1])
        return found


def unescaped(path: bytes) -> bytes:
    """Reverse the escaping of names, as docs/formats/snapshot.md tells it."""
    first, *rest = path.split(b"%")
    return first + b"".join(bytes([int(part[:2], 16)]) + part[2:] for part in rest)


def test_an_independent_reader_checks_every_chain(repo: RepoBuilder) -> None:
    reader = Independent(repo.git_dir())
    records = [(json.loads(line), line) for line in reader.lines()]
    records.sort(key=lambda item: item[0]["n"])
    previous = GENESIS
    for number, (record, line) in enumerate(records, 1):
        assert (record["v"], record["n"], record["prev"]) == (1, number, previous)
        assert hashlib.sha256(line[:-75] + b"}").hexdigest() == record["hash"]
        previous = record["hash"]
    assert [record["summary"] for record, _ in records] == [e["summary"] for e in TOLD["events"]]
    reader.repo.close()


def test_an_independent_reader_rebuilds_every_snapshot(repo: RepoBuilder) -> None:
    reader = Independent(repo.git_dir())
    snapshots = reader.snapshots()
    assert set(snapshots) >= set(TOLD["snapshots"])
    for snapshot, expected in TOLD["snapshots"].items():
        parts = {name.decode(): oid for name, (_, oid) in reader.tree(snapshots[snapshot]).items()}
        meta = json.loads(reader.object(parts["meta"])[1])
        assert (meta["v"], meta["id"]) == (1, snapshot)
        held = _rebuilt(reader, parts, meta)
        inner = {path for path in expected if bytes.fromhex(path).startswith(b"inner/")}
        assert held == {path: entry for path, entry in expected.items() if path not in inner}
        if inner:
            (nested,) = reader.tree(parts["nested"]).values()
            below = {name.decode(): oid for name, (_, oid) in reader.tree(nested[1]).items()}
            assert set(reader.files(below["tree"])) == {b"x", b"y"}
    reader.repo.close()


def _rebuilt(
    reader: Independent, parts: dict[str, str], meta: dict[str, Any]
) -> dict[str, list[object]]:
    files = reader.files(parts["tree"])
    for path in [path for path in files if path.endswith(b".crlf")]:
        files[path] = (files[path][0], files[path][1].replace(b"\n", b"\r\n"))
    if "raw" in parts:
        raw = reader.files(parts["raw"])
        for path, (mode, data) in raw.items():
            name = unescaped(path)
            files[name] = (files.get(name, (mode, b""))[0], data)
    modes: dict[bytes, int] = {}
    if "modes" in parts:
        for record in reader.object(parts["modes"])[1].split(b"\0")[:-1]:
            bits, _, path = record.partition(b" ")
            modes[path] = int(bits, 8)
    for path, (mode, data) in list(files.items()):
        if mode != stat.S_IFLNK and path in modes:
            files[path] = (stat.S_IFREG | modes[path], data)
    for name in meta["empty_dirs"]:
        files[name.encode()] = (stat.S_IFDIR | modes.get(name.encode(), 0o755), b"")
    return listing({path.decode("utf-8", "surrogateescape"): e for path, e in files.items()})
