"""What tells of changes: the same for each way the system has, and polling."""

from __future__ import annotations

import os
import resource
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from git_timewarp.git.repo import Repo
from git_timewarp.watch.inotify import Inotify
from git_timewarp.watch.recursive import Recursive
from git_timewarp.watch.source import Batch, GoneError, NoEventsError, Polling, Source, Stop
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder
from tests.support.watching import noticed, until

NOBODY = 65534

Opener = Callable[[Repo], Source]


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    found = RepoBuilder(tmp_path / "repo")
    found.commit("first", {"a.txt": "1", "src/b.txt": "2"})
    return found


@pytest.fixture
def stop() -> Iterator[Stop]:
    found = Stop()
    yield found
    found.close()


@pytest.fixture(params=[Inotify, Recursive])
def source(request: pytest.FixtureRequest, repo: RepoBuilder, stop: Stop) -> Iterator[Source]:
    opener: Opener = request.param
    found = opener(recording.opened(repo))
    settle(found, stop)
    yield found
    found.close()


def settle(source: Source, stop: Stop) -> None:
    """Take what still comes of what was done before the source was open."""
    while noticed(source, 0.3, stop):
        pass


def paths(source: Source, stop: Stop, repo: RepoBuilder) -> set[str]:
    """Return what is told next, relative to the work tree."""
    found: list[Batch] = []

    def told() -> bool:
        found.append(noticed(source, 0.5, stop))
        return bool(found[-1])

    until(told, "a change is told")
    return {os.path.relpath(path, repo.path) for path in found[-1].paths}


def test_a_file_written_removed_renamed_linked_and_made_executable(
    source: Source, stop: Stop, repo: RepoBuilder
) -> None:
    repo.write("src/b.txt", "3")
    assert "src/b.txt" in paths(source, stop, repo)
    settle(source, stop)
    os.rename(repo.location("src/b.txt"), repo.location("src/c.txt"))
    assert "src/c.txt" in paths(source, stop, repo)
    settle(source, stop)
    repo.link("link", "nowhere")
    assert "link" in paths(source, stop, repo)
    settle(source, stop)
    repo.remove("a.txt")
    assert "a.txt" in paths(source, stop, repo)


def test_reading_is_no_change(source: Source, stop: Stop, repo: RepoBuilder) -> None:
    repo.read("a.txt")
    os.listdir(repo.path / "src")
    repo.git("--no-optional-locks", "status")
    assert not noticed(source, 0.3, stop)


def test_a_move_of_a_branch(source: Source, stop: Stop, repo: RepoBuilder) -> None:
    repo.git("update-ref", "refs/heads/other", "HEAD")
    assert ".git/refs/heads/other" in paths(source, stop, repo)


def test_folders_made_later_are_watched_after_renew(
    source: Source, stop: Stop, repo: RepoBuilder
) -> None:
    repo.mkdir("new/deep/er")
    assert paths(source, stop, repo)
    source.renew()
    settle(source, stop)
    repo.write("new/deep/er/file", "x")
    assert "new/deep/er/file" in paths(source, stop, repo)


def test_a_folder_that_was_renamed_goes_by_its_new_name(
    source: Source, stop: Stop, repo: RepoBuilder
) -> None:
    os.rename(repo.path / "src", repo.path / "lib")
    assert paths(source, stop, repo)
    source.renew()
    settle(source, stop)
    repo.write("lib/b.txt", "x")
    assert "lib/b.txt" in paths(source, stop, repo)


def test_names_that_are_not_text_are_changes_too_time_and_again(
    source: Source, stop: Stop, repo: RepoBuilder
) -> None:
    for content in "123":
        repo.write("bad\udcff", content)
        until(lambda: bool(noticed(source, 0.5, stop)), "a change is told")
        source.renew()
        settle(source, stop)


def test_a_work_tree_that_is_gone(source: Source, repo: RepoBuilder, tmp_path: Path) -> None:
    os.rename(repo.path, tmp_path / "elsewhere")
    with pytest.raises(GoneError):
        source.renew(everything=True)


def test_a_stop_ends_the_wait(source: Source, stop: Stop) -> None:
    stop.set()
    stop.set()
    assert not noticed(source, 3600.0, stop)
    assert stop.is_set()


def test_a_nudge_ends_one_wait_and_a_stop_all_of_them(source: Source, stop: Stop) -> None:
    for _ in range(100_000):
        stop.nudge()
    stop.settle()
    assert not stop.is_set()
    assert select.select([stop.fileno()], [], [], 0)[0] == []
    stop.set()
    stop.settle()
    assert not noticed(source, 3600.0, stop)


@pytest.fixture
def inotify(repo: RepoBuilder) -> Iterator[Inotify]:
    found = Inotify(recording.opened(repo))
    yield found
    found.close()


def test_a_folder_with_a_name_that_is_not_text(
    repo: RepoBuilder, inotify: Inotify, stop: Stop
) -> None:
    repo.mkdir("bad\udcff")
    settle(inotify, stop)
    inotify.renew()
    repo.write("bad\udcff/file", "x")
    assert paths(inotify, stop, repo) == {"bad\udcff/file"}


def test_what_the_queue_had_no_room_for_is_told_as_unnamed(
    repo: RepoBuilder, inotify: Inotify, stop: Stop
) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    names = [repo.location(f"src/{number}") for number in range(100)]
    for number in range(limit):
        os.close(os.open(names[number % 100], os.O_CREAT | os.O_WRONLY))
        os.unlink(names[number % 100])
    assert noticed(inotify, 1.0, stop).unnamed


def test_a_folder_ignored_from_now_on_is_not_watched_any_more(
    repo: RepoBuilder, inotify: Inotify, stop: Stop
) -> None:
    repo.mkdir("out")
    settle(inotify, stop)
    inotify.renew()
    repo.write(".gitignore", "out/\n")
    settle(inotify, stop)
    inotify.renew(everything=True)
    repo.write("out/x", "x")
    assert not noticed(inotify, 0.3, stop)
    repo.write(".gitignore", "")
    settle(inotify, stop)
    inotify.renew(everything=True)
    repo.write("out/y", "y")
    assert paths(inotify, stop, repo) == {"out/y"}


OPEN = """
import os, sys
from git_timewarp.git.repo import discover
from git_timewarp.watch.inotify import Inotify
print(len(Inotify(discover(sys.argv[1], dict(os.environ)))._paths))
"""


def test_a_folder_that_cannot_be_read_is_passed_over(repo: RepoBuilder, tmp_path: Path) -> None:
    """Run as somebody without privileges: root reads everything."""
    as_nobody: list[str] = []
    if os.geteuid() == 0:
        as_nobody = ["setpriv", f"--reuid={NOBODY}", "--clear-groups"]
        for path in [tmp_path, *tmp_path.rglob("*")]:
            shutil.chown(path, NOBODY)
        home = Path(os.environ["HOME"])
        for folder in (home, *home.parents[:-2], *tmp_path.parents[:-2]):
            folder.chmod(0o755)
        (home / ".gitconfig").chmod(0o644)
    command = [*as_nobody, sys.executable, "-c", OPEN, str(repo.path)]
    told = []
    for mode in (0o700, 0):
        os.chmod(repo.path / "src", mode)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        told.append(int(done.stdout))
    os.chmod(repo.path / "src", 0o700)
    assert told[1] == told[0] - 1


def test_no_more_watchers_on_this_system(repo: RepoBuilder) -> None:
    opened = recording.opened(repo)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(NoEventsError, match="limit of watching programs"):
            Inotify(opened)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_polling_says_something_may_have_changed_each_time_it_is_due(stop: Stop) -> None:
    clock = CountingClock()
    polling = Polling(clock, every=lambda: 2.0)
    assert not noticed(polling, 1.0, stop)
    assert clock.slept < 1.5
    assert noticed(polling, 5.0, stop) == Batch(unnamed=True)
    assert clock.slept < 2.5
    polling.renew(everything=True)
    stop.set()
    assert not noticed(polling, 3600.0, stop)
    polling.close()
