"""Whatever an archive is, nothing moves before all of it is proved, and nothing is a surprise."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from git_timewarp.app.archive import inspect
from git_timewarp.archive import chains, tape, zstd
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import bundle
from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.objects import MODE_FILE, MODE_GITLINK, MODE_TREE, TreeEntry
from git_timewarp.store import layout
from git_timewarp.store.heap import Heap
from tests.support.archives import empty, recorded, refs, tw
from tests.support.recorder import opened
from tests.support.repo_builder import RepoBuilder

Members = dict[str, bytes]


_MADE: list[tuple[RepoBuilder, bytes]] = []


@pytest.fixture
def given_archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[RepoBuilder, bytes]:
    """Return a recording repository and an archive of another one; made once, never changed."""
    if not _MADE:
        folder = tmp_path_factory.mktemp("bad-input")
        source = recorded(folder / "source")
        tw(source, "export", "--output", "../good.tar.zst")
        target = empty(folder / "target")
        tw(target, "init", "--no-hooks")
        _MADE.append((target, (folder / "good.tar.zst").read_bytes()))
    return _MADE[0]


def unpacked(data: bytes) -> Members:
    """Return the members of an archive by name, in order."""
    frame = zstd.Reader(io.BytesIO(data))
    whole = b""
    while piece := frame.read(1 << 20):
        whole += piece
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        return {item.name: tar.extractfile(item).read() for item in tar}  # type: ignore[union-attr]


def packed(members: Members, *, seal: bool = True) -> bytes:
    """Return an archive of these members; `seal`: its manifest tells their checksums."""
    members = dict(members)
    if seal:
        manifest = json.loads(members["manifest.json"])
        manifest["members"] = [
            {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in members.items()
            if name != "manifest.json"
        ]
        members["manifest.json"] = json.dumps(manifest).encode()
    out = io.BytesIO()
    frame = zstd.Writer(out.write)
    for name, data in members.items():
        frame.write(tape.head(name, len(data), seconds=0) + data + tape.padding(len(data)))
    frame.write(tape.END)
    frame.finish()
    return out.getvalue()


def manifest_with(members: Members, /, **changes: object) -> Members:
    """Return the members with some of the manifest changed."""
    manifest = json.loads(members["manifest.json"]) | changes
    return members | {"manifest.json": json.dumps(manifest).encode()}


@contextmanager
def untouched(repo: RepoBuilder) -> Iterator[None]:
    """Nothing in the repository changes meanwhile, and nothing is left behind."""

    def seen() -> dict[str, object]:
        folder = repo.path / ".git/timewarp"
        packs = sorted(os.listdir(repo.path / ".git/objects/pack"))
        state = sorted(str(path) for path in folder.rglob("*"))
        journal = (folder / "journal").read_bytes()
        return {"refs": refs(repo), "packs": packs, "state": state, "journal": journal}

    before = seen()
    yield
    assert seen() == before


def refusal(repo: RepoBuilder, data: bytes, name: str = "bad.tar.zst") -> TimewarpError:
    """Return the error an import of these bytes ends with; nothing may have changed."""
    path = repo.path.parent / name
    path.write_bytes(data)
    with untouched(repo), pytest.raises(TimewarpError) as caught:
        opened(repo).archive.bring(str(path), confirm=lambda _what: None)
    assert caught.value.hint
    return caught.value


Given = tuple[RepoBuilder, bytes]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_damage_anywhere_is_told(given_archive: Given, place: float, bit: int, cut: bool) -> None:  # noqa: FBT001
    target, good = given_archive
    at = int(place * len(good))
    flipped = good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :]
    if at in HARMLESS and not cut:
        return
    error = refusal(target, good[:at] if cut else flipped)
    assert error.kind is Kind.CORRUPT
    assert error.reference == "damaged-archive"


HARMLESS = (4, 5)
"""Bytes of the frame's header: a bit that nobody reads, and how large a window may be needed."""


def test_a_bit_of_the_beginning_is_told_or_harmless(given_archive: Given) -> None:
    target, good = given_archive
    path = target.path.parent / "bad.tar.zst"
    for at in range(12):
        for bit in range(8):
            path.write_bytes(good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :])
            try:
                inspect(str(path), progress=lambda _done, _all: None)
            except TimewarpError as exc:
                assert exc.reference == "damaged-archive"  # noqa: PT017
            else:
                assert at in HARMLESS


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(("manifest.json", "history.bundle")), data=st.data())
def test_damage_before_it_was_packed_up_is_told(
    given_archive: Given, name: str, data: st.DataObject
) -> None:
    """Whoever can make the checksums right still cannot make a history."""
    target, good = given_archive
    members = unpacked(good)
    at = data.draw(st.integers(0, len(members[name]) - 1))
    byte = data.draw(st.integers(0, 255))
    changed = members[name][:at] + bytes([byte]) + members[name][at + 1 :]
    bad = packed(members | {name: changed}, seal=name != "manifest.json")
    path = target.path.parent / "bad.tar.zst"
    path.write_bytes(bad)
    with untouched(target):
        try:
            opened(target).archive.bring(str(path), dry_run=True, confirm=lambda _what: None)
        except TimewarpError as exc:
            assert exc.reference in {  # noqa: PT017
                "damaged-archive",
                "newer-archive",
                "hostile-archive",
                "other-object-format",
                "archive-too-large",
            }
        except ValueError:
            raise AssertionError(at) from None


def test_what_is_no_archive_is_told(given_archive: Given, tmp_path: Path) -> None:
    target, good = given_archive
    for data in (b"", b"\0", b"not an archive", os.urandom(100), good + b"\0", good + good):
        assert refusal(target, data).reference == "damaged-archive"
    app = opened(target)
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(TimewarpError) as caught:
            app.archive.bring(str(path), confirm=lambda _what: None)
        assert caught.value.reference == "no-archive"


def test_a_newer_format_is_refused_with_advice(given_archive: Given) -> None:
    target, good = given_archive
    members = manifest_with(unpacked(good), v=2, product="9.0", surprise=True)
    error = refusal(target, packed(members, seal=False))
    assert (error.reference, error.kind) == ("newer-archive", Kind.REFUSED)
    assert error.message == (
        "the archive has format 2, written by git-timewarp 9.0; this one reads format 1"
    )


def test_other_object_ids_are_refused(given_archive: Given, tmp_path: Path) -> None:
    _, good = given_archive
    other = empty(tmp_path / "other", object_format="sha256")
    path = tmp_path / "good.tar.zst"
    path.write_bytes(good)
    done = tw(other, "import", "../good.tar.zst", code=1)
    assert done.stderr.decode().splitlines() == [
        "error: the archive is of a sha1 repository, this one is sha256",
        "hint: git init --object-format=sha1 history",
    ]
    assert not (other.path / ".git/timewarp").exists()


def test_a_size_bomb_is_refused_before_it_is_unpacked(given_archive: Given) -> None:
    target, good = given_archive
    members = unpacked(good)
    manifest = json.loads(members["manifest.json"])
    manifest["members"][1]["size"] = 1 << 60
    error = refusal(target, packed(manifest_with(members, **manifest), seal=False))
    assert error.reference == "archive-too-large"


def test_a_member_larger_than_it_says_is_refused(given_archive: Given) -> None:
    target, good = given_archive
    members = unpacked(good)
    members["README"] += b"\0" * 5_000_000
    assert refusal(target, packed(members, seal=False)).reference == "damaged-archive"


def test_members_we_did_not_write_are_refused(given_archive: Given) -> None:
    target, good = given_archive
    members = unpacked(good)
    for name in ("../out", "/etc/passwd", ".git/hooks/post-commit", "history.bundle/x", "more"):
        error = refusal(target, packed(members | {name: b"x"}, seal=False))
        assert error.reference == "damaged-archive"
        swapped = {name if key == "README" else key: data for key, data in members.items()}
        assert refusal(target, packed(swapped, seal=False)).reference == "damaged-archive"
    assert not (target.path.parent / "out").exists()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE]
)
def test_members_that_are_no_files_are_refused(given_archive: Given, kind: bytes) -> None:
    target, good = given_archive
    members = unpacked(good)
    out, inner = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members.items():
            item = tarfile.TarInfo(name)
            if name == "README":
                item.type, item.linkname = kind, "/etc/passwd"
                tar.addfile(item)
            else:
                item.size = len(data)
                tar.addfile(item, io.BytesIO(data))
    frame = zstd.Writer(out.write)
    frame.write(inner.getvalue())
    frame.finish()
    assert refusal(target, out.getvalue()).reference == "damaged-archive"


# -- histories that were made on purpose ----------------------------------------------------


def forged(target: RepoBuilder, good: bytes, change: Callable[[Heap, Forger], None]) -> bytes:
    """Return an archive in which `change` made the snapshots of the writer other ones."""
    return Forger(target, good).forge(change)


class Forger:
    """Makes archives whose checksums and objects are right and whose history is not ours."""

    def __init__(self, target: RepoBuilder, good: bytes) -> None:
        self.members = unpacked(good)
        self.manifest = json.loads(self.members["manifest.json"])
        self.target = target
        self.buries = False
        self.refs = {RefName(n): Oid(o) for n, o in self.manifest["refs"].items()}
        self.writer = WriterId(self.manifest["writer"])
        self.place = target.path.parent / "forge.git"
        if not self.place.exists():
            target.git("init", "-q", "--bare", str(self.place))
        (target.path.parent / "good.bundle").write_bytes(self.members["history.bundle"])
        fetch = ("fetch", "-q", str(target.path.parent / "good.bundle"), "+refs/*:refs/*")
        target.git("-C", str(self.place), *fetch)

    def read(self, name: str) -> bytes:
        """Return an object of the good archive."""
        return self.target.run("-C", str(self.place), "cat-file", "-p", name).stdout

    def tree(self, name: str) -> list[TreeEntry]:
        """Return the entries of a tree of the good archive."""
        out = self.target.git("-C", str(self.place), "ls-tree", name)
        found = []
        for line in out.splitlines():
            words, entry = line.split("\t", 1)
            mode, _, oid = words.split(" ")
            found.append(TreeEntry(int(mode, 8), entry, Oid(oid)))
        return found

    def forge(self, change: Callable[[Heap, Forger], None]) -> bytes:
        """Apply `change`, which sets refs, and return the archive."""
        heap = Heap("sha1")
        change(heap, self)
        git = opened(self.target).repo.git._replace(git_dir=str(self.place), work_tree=None)
        indexing = bundle.Indexing(git, strict=False)
        for data in heap.pack(list(heap._held)):
            indexing.feed(data)
        indexing.finish()
        pack = b"".join(bundle.packed(git, list(self.refs.values())))
        head = bundle.header(self.refs, hash_name="sha1")
        told = self.manifest | {"refs": {str(n): str(o) for n, o in self.refs.items()}}
        return packed(manifest_with(self.members | {"history.bundle": head + pack}, **told))

    def snapshot_with(self, heap: Heap, part: str, entry: TreeEntry | None, **meta: object) -> None:
        """Give the newest snapshot another part, or another member of its description."""
        ref = layout.ref(self.writer, layout.SNAPSHOTS, 1)
        segment = self.tree(f"{self.refs[ref]}^{{tree}}")
        victim = segment[-1]
        parts = {item.name: item for item in self.tree(victim.oid)}
        record = json.loads(self.read(parts["meta"].oid)) | meta
        described = heap.put("blob", json.dumps(record).encode())
        parts["meta"] = TreeEntry(MODE_FILE, "meta", described)
        if entry is not None:
            parts[part] = entry
        if self.buries:
            parts = {name: parts[name] for name in ("meta", "tombstone")}
        changed = heap.put_tree(list(parts.values()))
        segment[-1] = TreeEntry(MODE_TREE, victim.name, changed)
        tree = heap.put_tree(segment)
        self.refs[ref] = heap.put("tag", layout.tag_bytes(tree, layout.SNAPSHOTS))


def _tree_of(heap: Heap, path: str) -> Oid:
    """Return a tree with a file at `path`, its names taken as they are."""
    oid = heap.put("blob", b"#!/bin/sh\necho hello\n")
    mode = MODE_FILE
    for name in reversed(path.split("/")):
        oid = heap.put_tree([TreeEntry(mode, name, oid)])
        mode = MODE_TREE
    return oid


@pytest.mark.parametrize("path", [".git/hooks/post-commit", "../outside", ".GIT/config", "a/./b"])
def test_a_tree_that_leaves_the_work_tree_is_refused(given_archive: Given, path: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        forger.snapshot_with(heap, "tree", TreeEntry(MODE_TREE, "tree", _tree_of(heap, path)))

    assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


@pytest.mark.parametrize(
    "path", ["%2Egit/hooks/post-commit", "%2E%2E/outside", "a%2F%2E%2E%2F%2E%2E/x", "%2Fetc/passwd"]
)
@pytest.mark.parametrize("part", ["raw", "operation"])
def test_an_escaped_name_that_leaves_is_refused(given_archive: Given, part: str, path: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        forger.snapshot_with(heap, part, TreeEntry(MODE_TREE, part, _tree_of(heap, path)))

    assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


@pytest.mark.parametrize("path", ["hooks/post-commit", "config", "HEAD", "rebase-merge/%2E%2E/x"])
def test_a_state_file_that_is_none_is_refused(given_archive: Given, path: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        part = TreeEntry(MODE_TREE, "operation", _tree_of(heap, path))
        forger.snapshot_with(heap, "operation", part)

    assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


@pytest.mark.parametrize("member", ["empty_dirs", "literal", "present"])
def test_a_listed_path_that_leaves_is_refused(given_archive: Given, member: str) -> None:
    target, good = given_archive
    for path in ("../outside", "/etc", ".git/hooks", "a//b", "a/../../b"):

        def change(heap: Heap, forger: Forger, path: str = path) -> None:
            forger.snapshot_with(heap, "", None, **{member: [path]})

        assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


def test_a_mode_of_a_path_outside_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        blob = heap.put("blob", b"777 ../outside\0")
        forger.snapshot_with(heap, "modes", TreeEntry(MODE_FILE, "modes", blob))

    assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


def test_a_nested_repository_outside_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        inner = forger.tree(f"{forger.refs[layout.ref(forger.writer, 'snapshots', 1)]}^{{tree}}")
        nested = heap.put_tree([TreeEntry(MODE_TREE, "%2E%2E%2Foutside", inner[0].oid)])
        forger.snapshot_with(heap, "nested", TreeEntry(MODE_TREE, "nested", nested))

    assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


def test_another_snapshot_under_a_name_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        forger.snapshot_with(heap, "", None, id="kkkkkkkkkkkk")

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


NO_TEXT: dict[str, object] = {"ts": 5, "timeline": 7, "worktree": None, "trigger": ["user"]}
NO_DATE = [("ts", "2026-02-30T10:00:00Z"), ("ts", "soon")]


@pytest.mark.parametrize(("member", "value"), [*NO_TEXT.items(), *NO_DATE])
def test_a_description_nobody_could_show_is_refused(
    given_archive: Given, member: str, value: object
) -> None:
    target, good = given_archive

    def change(_heap: Heap, forger: Forger) -> None:
        forger.snapshot_with(_heap, "", None, **{member: value})

    error = refusal(target, forged(target, good, change))
    assert error.reference == "damaged-archive"
    assert f"has no '{member}' of the right form" in error.message


def test_a_kept_commit_with_the_tree_of_another_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        ref = layout.ref(forger.writer, layout.KEPT, 1)
        (item,) = forger.tree(f"{forger.refs[ref]}^{{tree}}")
        parts = {part.name: part for part in forger.tree(item.oid)}
        parts["tree"] = parts["tree"]._replace(oid=heap.put_tree([]))
        tree = heap.put_tree([item._replace(oid=heap.put_tree(list(parts.values())))])
        forger.refs[ref] = heap.put("tag", layout.tag_bytes(tree, layout.KEPT))

    error = refusal(target, forged(target, good, change))
    assert (error.reference, "another one" in error.message) == ("damaged-archive", True)


GONE = Oid("1" * 40)
FOLDERS, FILES = ("tree", "index", "raw", "nested", "operation"), ("refs", "modes", "meta")


@pytest.mark.parametrize("part", [*FOLDERS, *FILES, "tombstone", "more"])
@pytest.mark.parametrize("mode", [MODE_GITLINK, MODE_FILE, MODE_TREE])
def test_a_part_of_another_kind_is_refused(given_archive: Given, part: str, mode: int) -> None:
    target, good = given_archive
    if mode == (MODE_FILE if part in {*FILES, "tombstone"} else MODE_TREE):
        return

    def change(heap: Heap, forger: Forger) -> None:
        blob, tree = heap.put("blob", b""), heap.put_tree([])
        given = {MODE_GITLINK: GONE, MODE_FILE: blob, MODE_TREE: tree}[mode]
        forger.buries = part == "tombstone"
        forger.snapshot_with(heap, part, TreeEntry(mode, part, given))

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


@pytest.mark.parametrize("data", [b"", b"zz", b"[]", b'{"v":1}'])
def test_a_tombstone_nobody_can_read_is_refused(given_archive: Given, data: bytes) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        stone = TreeEntry(MODE_FILE, "tombstone", heap.put("blob", data))
        forger.buries = True
        forger.snapshot_with(heap, "tombstone", stone)

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


@pytest.mark.parametrize("name", ["0", "1", "bits"])
def test_a_stage_that_is_nothing_is_refused(given_archive: Given, name: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        index = heap.put_tree([TreeEntry(MODE_GITLINK, name, GONE)])
        forger.snapshot_with(heap, "index", TreeEntry(MODE_TREE, "index", index))

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


@pytest.mark.parametrize("missing", [True, False])
def test_an_index_that_is_no_tree_is_refused(given_archive: Given, *, missing: bool) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        blob = heap.put("blob", b"no tree\n")
        head = {"oid": None if missing else GONE, "branch": "refs/heads/main"}
        raw = TreeEntry(MODE_TREE, "raw", heap.put_tree([TreeEntry(MODE_FILE, "x", blob)]))
        forger.snapshot_with(heap, "raw", raw, head=head, index_tree=GONE if missing else blob)

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


@pytest.mark.parametrize(
    "line",
    [
        f"{GONE} refs/heads/../../../pwn",
        f"{GONE} refs/heads/a.lock",
        f"{GONE} ../x",
        f"{GONE} config",
        f"{GONE} refs/heads/x refs/heads/../y",
        f"{GONE} refs/heads/x refs/heads/y refs/heads/z",
        f"{GONE}",
        "zz refs/heads/main",
        "",
    ],
)
def test_a_ref_git_would_not_take_is_refused(given_archive: Given, line: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        blob = heap.put("blob", f"{GONE} HEAD\n{line}\n".encode())
        forger.snapshot_with(heap, "refs", TreeEntry(MODE_FILE, "refs", blob))

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


def test_a_value_that_is_no_tag_of_ours_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        ref = layout.ref(forger.writer, layout.SNAPSHOTS, 1)
        tree = chains.tree_of(Objects(forger), forger.refs[ref])  # type: ignore[arg-type]
        body = layout.tag_bytes(tree, layout.SNAPSHOTS).replace(b"format 1", b"format 1 and more")
        forger.refs[ref] = heap.put("tag", body)

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


class Objects:
    """What `chains.tree_of` asks of a reader."""

    def __init__(self, forger: Forger) -> None:
        self._forger = forger

    def read(self, name: str, *, kind: str) -> bytes:
        """Return an object's bytes."""
        line = ("-C", str(self._forger.place), "cat-file", kind, name)
        return self._forger.target.run(*line).stdout


EVIL: dict[str, Callable[[dict[str, object]], dict[str, object]]] = {
    "number": lambda e: e | {"lamport": 1 << 60},
    "time": lambda e: e | {"ts": "soon"},
    "day": lambda e: e | {"ts": "2026-02-30T10:00:00Z"},
    "year": lambda e: e | {"ts": "0000-01-01T10:00:00Z"},
    "actor": lambda e: e | {"actor": "me"},
    "milestone": lambda e: e | {"data": {"milestone": {}}},
    "snapshot": lambda e: e | {"snapshot": "../x"},
    "writer": lambda e: e | {"writer": "zzzzzzzzzzzzzzzz"},
    "origin": lambda e: e | {"origin": {"writer": "k", "n": 1, "prev": "", "hash": "f" * 64}},
    "version": lambda e: e | {"v": 7},
}


@pytest.mark.parametrize("what", sorted(EVIL))
def test_an_event_nobody_could_show_is_refused(given_archive: Given, what: str) -> None:
    """Sealed as ours are, hashes and all, and still not an event."""
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        ref = layout.ref(forger.writer, layout.EVENTS, 1)
        record = EVIL[what](
            {
                "v": 1,
                "id": "01900000-0000-7000-8000-000000000000",
                "lamport": 1,
                "writer": forger.writer,
                "n": 1,
                "prev": "0" * 64,
                "ts": "2026-01-01T00:00:00.000Z",
                "type": "note",
                "actor": {"kind": "person", "id": "eve"},
                "timeline": "main",
                "worktree": "main-worktree",
                "summary": "hello",
            }
        )
        body = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
        digest = hashlib.sha256(body).hexdigest()
        note = heap.put("blob", body[:-1] + f',"hash":"{digest}"}}\n'.encode())
        tree = heap.put_tree([TreeEntry(MODE_FILE, "cd" + "0" * 34, note)])
        for name in ("bb", "aa"):
            tree = heap.put_tree([TreeEntry(MODE_TREE, name, tree)])
        forger.refs = {RefName(ref): heap.put("tag", layout.tag_bytes(tree, layout.EVENTS))}
        chain = {"id": forger.writer, "events": 1, "lamport": record["lamport"], "hash": digest}
        counts = {"events": 1, "snapshots": 0, "drafts": 0, "kept": 0}
        forger.manifest |= {"writers": [chain], "counts": counts}

    error = refusal(target, forged(target, good, change))
    assert error.reference == ("newer-format" if what == "version" else "damaged-archive")
