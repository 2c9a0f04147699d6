"""What `export` wrote, `import` brings back the same; and so do tar, zstd and git alone."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from git_timewarp.archive import zstd
from tests.support.archives import (
    empty,
    history,
    ids,
    more,
    of_writer,
    recorded,
    refs,
    said,
    tw,
    whole,
    writer,
)
from tests.support.repo_builder import RepoBuilder

FORMATS = ("sha1", "sha256")


@pytest.fixture(params=FORMATS)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> RepoBuilder:
    """Return a repository with a history."""
    return recorded(tmp_path / "source", object_format=request.param)


def object_format(repo: RepoBuilder) -> str:
    """Return `sha1` or `sha256`."""
    return repo.git("rev-parse", "--show-object-format")


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive as its README says; where there is no zstd, its frame by our reader."""
    if shutil.which("zstd"):
        subprocess.run(["tar", "--zstd", "-xf", str(archive)], cwd=folder, check=True)
        return
    with archive.open("rb") as file:
        data = b"".join(iter(partial(zstd.Reader(file).read, 1 << 20), b""))
    subprocess.run(["tar", "-xf", "-"], cwd=folder, check=True, input=data)


def test_an_empty_clone_gets_everything_back(source: RepoBuilder, tmp_path: Path) -> None:
    untouched = source.view(), source.state(), source.index_state()
    before = history(source)
    tw(source, "export", "--output", "../out.tar.zst")
    assert (source.view(), source.state(), source.index_state()) == untouched
    assert history(source) == before
    target = empty(tmp_path / "target", object_format=object_format(source))
    view, state, index = target.view(), target.state(), target.index_bytes()
    told = said(target, "import", "../out.tar.zst")
    assert told["began"] is True
    assert (target.view(), target.state(), target.index_bytes()) == (view, state, index)
    assert of_writer(target, writer(source)) == refs(source)
    assert history(target)[-len(before) :] == before
    whole(target)
    for entry in before:
        if entry["snapshot"] is None:
            continue
        shown = [
            tw(repo, "-c", "log.date=iso", "show", str(entry["event"])).stdout
            for repo in (source, target)
        ]
        assert shown[0] == shown[1]
    for path in ("a.txt", "k\udcffey", "lines.dos"):
        read = [tw(repo, "cat", "half-done", path).stdout for repo in (source, target)]
        assert read[0] == read[1]
    assert set(ids(target, "--json")) > set(ids(source, "--json"))
    tw(source, "jump", "half-done")
    tw(target, "jump", "half-done")
    assert target.state() == source.state()
    assert target.index_state() == source.index_state()
    tw(target, "undo")
    assert target.state() == state


def test_a_lost_commit_comes_back_from_an_archive(source: RepoBuilder, tmp_path: Path) -> None:
    tw(source, "export", "--output", "../out.tar.zst")
    target = empty(tmp_path / "target", object_format=object_format(source))
    kinds = {name.split("/")[3] for name in refs(source)}
    assert "kept" in kinds
    tw(target, "import", "../out.tar.zst")
    doomed = next(e for e in history(target) if e["summary"] == "doomed")
    assert tw(target, "cat", str(doomed["snapshot"]), "doomed.txt").stdout == b"doomed\n"


def test_equal_histories_give_equal_bytes(source: RepoBuilder, tmp_path: Path) -> None:
    tw(source, "export", "--output", "../one.tar.zst")
    source.git("gc", "-q", "--prune=now")
    source.git("config", "core.compression", "9")
    source.git("config", "pack.window", "50")
    tw(source, "export", "--output", "../two.tar.zst")
    first, second = ((tmp_path / name).read_bytes() for name in ("one.tar.zst", "two.tar.zst"))
    assert first == second


def test_importing_again_changes_nothing(source: RepoBuilder, tmp_path: Path) -> None:
    tw(source, "export", "--output", "../out.tar.zst")
    target = empty(tmp_path / "target", object_format=object_format(source))
    tw(target, "import", "../out.tar.zst")
    tw(target, "snapshot", "-m", "fold")
    before = refs(target), ids(target)
    assert said(target, "import", "../out.tar.zst")["changed"] is False
    assert said(source, "import", "../out.tar.zst")["changed"] is False
    assert (refs(target), ids(target)) == before
    whole(target)


def test_by_hand_as_the_readme_says(source: RepoBuilder, tmp_path: Path) -> None:
    tw(source, "export", "--output", "../out.tar.zst")
    by_hand = tmp_path / "by hand"
    by_hand.mkdir()
    unpack(tmp_path / "out.tar.zst", by_hand)
    text = (by_hand / "README").read_text()
    lines = [line[6:] for line in text.splitlines() if line.startswith("    $ ")]
    assert lines[0] == "tar --zstd -xf ARCHIVE"
    done = subprocess.run(
        ["sh", "-ec", "\n".join(lines[1:])],
        cwd=by_hand,
        check=True,
        capture_output=True,
        env=dict(os.environ),
    )
    assert done.stderr == b""
    manifest = json.loads((by_hand / "manifest.json").read_text())
    told = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", done.stdout.decode(), re.MULTILINE))
    assert told == {item["sha256"]: item["name"] for item in manifest["members"]}
    newest = re.search(r":([k-z]{12})/tree", text)
    assert newest is not None
    assert (by_hand / "files/a.txt").read_bytes() == tw(source, "cat", newest[1], "a.txt").stdout
    lines_of_events = (by_hand / "events.jsonl").read_bytes().splitlines()
    records = [json.loads(line) for line in lines_of_events]
    assert [record["id"] for record in records] == ids(source)[::-1]
    for line in lines_of_events:
        body, claimed = line[:-75] + b"}", line[-66:-2].decode()
        assert hashlib.sha256(body).hexdigest() == claimed


def test_git_alone_clones_the_bundle(source: RepoBuilder, tmp_path: Path) -> None:
    tw(source, "export", "--output", "../out.tar.zst")
    place = tmp_path / "unpacked"
    place.mkdir()
    unpack(tmp_path / "out.tar.zst", place)
    source.git("bundle", "verify", "-q", str(place / "history.bundle"))
    heads = source.git("bundle", "list-heads", str(place / "history.bundle"))
    listed = [line.split(" ", 1) for line in heads.splitlines()]
    assert {name: oid for oid, name in listed} == refs(source)


def test_standard_output_is_the_same_archive(tmp_path: Path) -> None:
    source = recorded(tmp_path / "source")
    tw(source, "export", "--output", "../out.tar.zst")
    done = tw(source, "export", "--output", "-")
    assert done.stdout == (tmp_path / "out.tar.zst").read_bytes()
    assert done.stderr.startswith(b"wrote standard output: ")


def test_export_while_others_record(tmp_path: Path) -> None:
    """Each archive is one moment of a history that grows all the while."""
    source = recorded(tmp_path / "source")
    script = (
        "import subprocess, sys, pathlib\n"
        "for n in range(12):\n"
        "    pathlib.Path('busy.txt').write_text(str(n))\n"
        "    subprocess.run([sys.executable, '-m', 'git_timewarp', 'snapshot'], check=True)\n"
    )
    environ = source.env() | {"PYTHONPATH": os.pathsep.join(sys.path)}
    source.git("config", "timewarp.packs.limit", "2")
    busy = subprocess.Popen(
        [sys.executable, "-c", script], cwd=source.path, env=environ, stdout=subprocess.DEVNULL
    )
    counts = []
    for number in range(4):
        name = f"../busy-{number}.tar.zst"
        counts.append(said(source, "export", "--output", name)["events"])
    assert busy.wait() == 0
    assert counts == sorted(counts)  # type: ignore[type-var]
    for number in range(4):
        target = empty(tmp_path / f"target-{number}")
        tw(target, "import", f"../busy-{number}.tar.zst")
        whole(target)


def test_a_longer_history_is_taken_over_as_it_is(tmp_path: Path) -> None:
    source, target = recorded(tmp_path / "source"), empty(tmp_path / "target")
    tw(target, "init", "--no-hooks")
    tw(source, "export", "--output", "../one.tar.zst")
    tw(target, "import", "../one.tar.zst")
    more(source, "three", "four")
    tw(source, "export", "--output", "../two.tar.zst")
    told = said(target, "import", "../two.tar.zst")
    assert told["writers"] == [
        {"writer": writer(source), "how": "longer", "events": 2, "snapshots": 2}
    ]
    assert of_writer(target, writer(source)) == refs(source)
    tw(target, "snapshot")
    assert said(target, "import", "../one.tar.zst")["changed"] is False
    assert of_writer(target, writer(source)) == refs(source)
    whole(target)
