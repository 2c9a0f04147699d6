"""Steps of a capture that no file system here can show whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.capture import overlay, seed, sha256, update_index, workplace
from git_timewarp.capture.memory import Memory
from git_timewarp.capture.sorting import Sorted, Sorter
from git_timewarp.capture.tree_build import Leaf, edit
from git_timewarp.capture.workplace import Place
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_FILE
from tests.support.capturing import Recorder
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r")
    made.commit("start", {"a": "a\n", "Dir/b": "b\n", "c": "c\n"})
    return made


def seeded(builder: RepoBuilder) -> tuple[Place, Memory]:
    recorder = Recorder(builder)
    folder = str(builder.path.parent / "ours")
    place = workplace.at(recorder.repo, recorder.quarantine, folder=folder)
    return place, seed.seed(place, old=Memory(), sources="", now_ns=0).memory


def test_a_stamp_of_this_very_tick_proves_nothing(builder: RepoBuilder) -> None:
    """Two writes within a tick of the kernel's clock leave the same stamp."""
    place, memory = seeded(builder)
    found = os.lstat(builder.path / "a")
    now, path = found.st_ctime_ns, RepoPath("a")
    memory.recheck.clear()
    seed.note_young(memory, path=path, found=found, now_ns=now)
    assert seed.recheck(place, memory, now_ns=now) == [path]
    seed.note_young(memory, path=path, found=found, now_ns=now + 1)
    assert seed.recheck(place, memory, now_ns=now + 1) == []
    assert path in memory.recheck
    assert seed.recheck(place, memory, now_ns=now + 2 * 10**9) == []
    assert memory.recheck == {}


def test_a_name_that_lives_on_in_another_case_is_dropped(builder: RepoBuilder) -> None:
    """A case-insensitive disk finds the old name; only the listing tells."""
    builder.git("config", "core.ignoreCase", "true")
    place, memory = seeded(builder)
    os.rename(builder.path / "Dir", builder.path / "dir")
    os.rename(builder.path / "c", builder.path / "C")
    sorter = Sorter(place, memory, max_untracked=100)
    others = [RepoPath("dir/b"), RepoPath("C"), RepoPath("A")]
    result = sorter.run((), others, convertible=False)
    assert sorted(result.drop) == ["Dir/b", "c"]
    assert result.feed == ["dir/b", "C"]


def test_a_path_that_fails_costs_only_itself(builder: RepoBuilder) -> None:
    """Sockets stand for what git cannot read; it is told nothing before."""
    place, _ = seeded(builder)
    names = [RepoPath(f"new{number}") for number in range(40)]
    for number, name in enumerate(names):
        if number % 4 == 1:
            os.mkfifo(builder.path / name)
        else:
            builder.write(name, "x")
    failed, refused = update_index.feed(place, [*names, RepoPath(".git/x"), RepoPath("gone")])
    assert sorted(failed) == sorted(names[1::4])
    assert refused == [".git/x"]
    listed = place.git.text("ls-files", "--", *names).split("\n")
    assert sorted(listed) == sorted(set(names) - set(failed))


def test_reasons_of_a_failure(builder: RepoBuilder) -> None:
    place, _ = seeded(builder)
    assert update_index.reason(place, RepoPath("gone")).reason == "vanished"
    assert update_index.reason(place, RepoPath("Dir")).reason == "unreadable"
    assert update_index.reason(place, RepoPath("a")).reason == "refused"


def test_a_digest_is_believed_only_for_its_stamp(builder: RepoBuilder) -> None:
    place, memory = seeded(builder)
    kept: dict[str, list[str]] = {}
    first = sha256.of(place, memory, path="a", digests=kept)
    memory.digests = {"a": [kept["a"][0], "known"]}
    assert sha256.of(place, memory, path="a", digests={}) == "known"
    builder.write("a", "changed\n")
    second = sha256.of(place, memory, path="a", digests={})
    assert second not in {"known", first}
    assert sha256.of(place, memory, path="absent", digests={}) is None


def test_a_change_laid_over_is_read_again_when_its_stamp_proves_nothing(
    builder: RepoBuilder,
) -> None:
    place, memory = seeded(builder)
    memory.tree = builder.git("write-tree")
    builder.write("a", "edited\n")
    path, found = RepoPath("a"), os.lstat(builder.path / "a")
    paths, gone = Sorted(), Sorted()
    paths.feed, paths.stats = [path], {path: found}
    for now_ns, reads in ((found.st_ctime_ns, 1), (found.st_ctime_ns + 1, 1), (2**62, 0)):
        tree, read, skipped = overlay.lay(place, memory, paths, now_ns=now_ns)
        assert (len(read), skipped) == (reads, [])
        builder.git("add", "a")
        assert tree == builder.git("write-tree")
    gone.feed, gone.deleted = [path], [path]
    assert overlay.lay(place, memory, gone, now_ns=0)[1:] == ([], [])
    assert memory.overlay == {"a": ["", "", ""]}
    place.quarantine.close()


def test_editing_a_tree(builder: RepoBuilder) -> None:
    place, _ = seeded(builder)
    tree = Oid(builder.git("write-tree"))
    leaf = Leaf(MODE_FILE, Oid(builder.git("rev-parse", ":a")))

    def edited(changes: dict[str, Leaf | None]) -> list[str] | None:
        parts = {tuple(path.split("/")): found for path, found in changes.items()}
        oid = edit(place.put_raw_tree, place.reader, tree, parts)
        if oid is None:
            return None
        return place.git.text("ls-tree", "-r", "--name-only", oid).split("\n")

    assert edited({}) == ["Dir/b", "a", "c"]
    assert edited({"Dir/b": None}) == ["a", "c"]
    assert edited({"Dir/b": None, "Dir": leaf}) == ["Dir", "a", "c"]
    assert edited({"a": None, "a/x/y": leaf}) == ["Dir/b", "a/x/y", "c"]
    assert edited({"none": None, "no/ne": None, "a/below/a/file": None}) == ["Dir/b", "a", "c"]
    assert edited({"a": None, "c": None, "Dir/b": None}) is None
    place.quarantine.close()
