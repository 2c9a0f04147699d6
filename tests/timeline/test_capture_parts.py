"""Steps of a capture that no file system here can show whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git.names import RepoPath
from git_timewarp.timeline import capture_digest, capture_place, capture_seed, capture_update
from git_timewarp.timeline.capture_memory import Memory
from git_timewarp.timeline.capture_place import Place
from git_timewarp.timeline.capture_sort import Sorter
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
    place = capture_place.at(recorder.repo, recorder.quarantine, folder=folder)
    return place, capture_seed.seed(place, old=Memory(), sources="", now_ns=0).memory


def test_a_stamp_of_this_very_tick_proves_nothing(builder: RepoBuilder) -> None:
    """Two writes within a tick of the kernel's clock leave the same stamp."""
    place, memory = seeded(builder)
    found = os.lstat(builder.path / "a")
    now, path = found.st_ctime_ns, RepoPath("a")
    memory.recheck.clear()
    capture_seed.note_young(memory, path=path, found=found, now_ns=now)
    assert capture_seed.recheck(place, memory, now_ns=now) == [path]
    capture_seed.note_young(memory, path=path, found=found, now_ns=now + 1)
    assert capture_seed.recheck(place, memory, now_ns=now + 1) == []
    assert path in memory.recheck
    assert capture_seed.recheck(place, memory, now_ns=now + 2 * 10**9) == []
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
    failed, refused = capture_update.feed(place, [*names, RepoPath(".git/x"), RepoPath("gone")])
    assert sorted(failed) == sorted(names[1::4])
    assert refused == [".git/x"]
    listed = place.git.text("ls-files", "--", *names).split("\n")
    assert sorted(listed) == sorted(set(names) - set(failed))


def test_reasons_of_a_failure(builder: RepoBuilder) -> None:
    place, _ = seeded(builder)
    assert capture_update.reason(place, RepoPath("gone")).reason == "vanished"
    assert capture_update.reason(place, RepoPath("Dir")).reason == "unreadable"
    assert capture_update.reason(place, RepoPath("a")).reason == "refused"


def test_a_digest_is_believed_only_for_its_stamp(builder: RepoBuilder) -> None:
    place, memory = seeded(builder)
    kept: dict[str, list[str]] = {}
    first = capture_digest.of(place, memory, path="a", digests=kept)
    memory.digests = {"a": [kept["a"][0], "known"]}
    assert capture_digest.of(place, memory, path="a", digests={}) == "known"
    builder.write("a", "changed\n")
    second = capture_digest.of(place, memory, path="a", digests={})
    assert second not in {"known", first}
    assert capture_digest.of(place, memory, path="absent", digests={}) is None
