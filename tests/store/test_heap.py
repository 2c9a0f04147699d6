"""A bulk fold writes its own pack, and git finds nothing wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.integrity.verify import verify
from git_timewarp.store.heap import Heap
from git_timewarp.util import faults
from tests.support import recording
from tests.support.repo_builder import RepoBuilder

FORMATS = ("sha1", "sha256")


@pytest.mark.parametrize("object_format", FORMATS)
def test_git_reads_the_pack(tmp_path: Path, object_format: str) -> None:
    repo = RepoBuilder(tmp_path / "repo", object_format=object_format)
    heap = Heap(object_format)
    blobs = [b"", b"x" * 15, b"y" * 16, b"z" * 2047, b"a\0\n" * 40_000]
    oids = [heap.put("blob", data) for data in blobs]
    oids.append(heap.put_tree([]))
    path = tmp_path / "a.pack"
    path.write_bytes(b"".join(heap.pack([*oids, oids[0]])))
    repo.git("index-pack", "--fsck-objects", str(path))
    found = repo.git("unpack-objects", "-q", stdin=path.read_bytes())
    assert found == ""
    for oid, data in zip(oids, blobs, strict=False):
        assert repo.run("cat-file", "blob", oid).stdout == data
    assert repo.git("cat-file", "-t", oids[-1]) == "tree"


@pytest.mark.parametrize("object_format", FORMATS)
def test_many_events_go_into_git_without_a_loose_object(tmp_path: Path, object_format: str) -> None:
    repo = RepoBuilder(tmp_path / "repo", object_format=object_format)
    commit = Oid(repo.commit("first", {"a": "a\n"}))
    given = recording.begin(repo)
    loose: list[str] = []

    def watch(name: str) -> None:
        if name == "write object":
            loose.append(name)

    faults.install(watch)
    try:
        new = [recording.note(commit, f"event {n}") for n in range(1_300)]
        recording.record(given, new, fold=True)
        recording.record(given, [recording.note(commit, f"again {n}") for n in range(1_300)])
        with recording.recorder(given) as rec:
            rec.fold()
            assert rec.journal.is_empty
    finally:
        faults.install(None)
    assert loose == []
    report = verify(given.repo, full=True)
    assert (report.events, report.problems) == (2_600, ())
    with recording.history(given) as found:
        assert [entry.n for entry in found.entries()] == list(range(2_600, 0, -1))
    repo.git("gc", "-q", "--prune=now")
    repo.git("fsck", "--strict")
