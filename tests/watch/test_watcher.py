"""The watcher inside one process: what goes wrong around it, and time."""

from __future__ import annotations

import errno
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from git_timewarp.safety import log
from git_timewarp.timeline.world import World
from git_timewarp.util import faults
from git_timewarp.util.clock import SystemClock
from git_timewarp.util.locking import FileLock
from git_timewarp.watch import identity, place, state
from git_timewarp.watch.rules import Manner
from git_timewarp.watch.schedule import Pace
from git_timewarp.watch.source import Stop
from git_timewarp.watch.state import State
from git_timewarp.watch.watcher import Watcher
from tests.support import recording
from tests.support.repo_builder import RepoBuilder
from tests.support.watching import until

QUICK = Manner(Pace(quiet=0.2, longest=60.0))


class Sleeper:
    """The machine's clock, after a sleep of the machine.

    Attributes:
        slept: seconds the wall clock is ahead by now.
    """

    def __init__(self) -> None:
        self._real = SystemClock()
        self.slept = 0.0

    def now_ns(self) -> int:
        """Return the wall clock."""
        return self._real.now_ns() + int(self.slept * 1e9)

    def monotonic(self) -> float:
        """Return what stood still meanwhile."""
        return self._real.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._real.sleep(seconds)

    def random_bytes(self, size: int) -> bytes:
        """Return chance."""
        return self._real.random_bytes(size)


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    found = RepoBuilder(tmp_path / "repo")
    found.commit("first", {"a.txt": "1\n"})
    return found


@pytest.fixture
def clock() -> Sleeper:
    return Sleeper()


@pytest.fixture
def world(repo: RepoBuilder, clock: Sleeper) -> World:
    given = recording.begin(repo, clock=clock)
    recording.take(given)
    return given


@contextmanager
def watcher(world: World) -> Iterator[Watcher]:
    where = place.of(world.repo)
    os.makedirs(where.folder, exist_ok=True)
    with FileLock(where.lock, clock=world.clock, timeout=0) as lock:
        told = State(running=True, identity=identity.own())
        found = Watcher(world, where, QUICK, lock_fd=lock.fd, told=told)
        yield found
        found.close()


@contextmanager
def running(found: Watcher) -> Iterator[None]:
    """Run the watcher in a thread while what is inside happens."""
    stop = Stop()
    thread = threading.Thread(target=found.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        stop.close()


def drafts(world: World) -> int:
    with recording.history(world) as found:
        return sum(entry.type == "draft" for entry in found.entries())


def test_a_look_takes_a_draft_only_when_something_changed(repo: RepoBuilder, world: World) -> None:
    with watcher(world) as found:
        found.look()
        assert drafts(world) == 0
        repo.write("a.txt", "2\n")
        found.look()
        found.look()
        assert drafts(world) == 1
        assert found.state.last_draft is not None


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_full_disk_is_told_of_and_tried_again(repo: RepoBuilder, world: World, code: int) -> None:
    def full(point: str) -> None:
        if point.startswith(("write", "append", "git hash-object", "git update-index")):
            raise OSError(code, os.strerror(code))

    with watcher(world) as found:
        faults.install(full)
        try:
            repo.write("a.txt", "2\n")
            found.look()
        finally:
            faults.install(None)
        assert drafts(world) == 0
        assert os.strerror(code) in str(found.state.problem)
        with running(found):
            until(lambda: drafts(world) == 1, "it tries again")
        assert found.state.problem is None
    told = [item for item in log.records(world.repo.state_dir) if item.level == "error"]
    assert (told[-1].component, told[-1].message[:20]) == ("watcher", "no draft was taken: ")
    assert "[Errno" not in told[-1].message


def test_a_bug_is_written_down_and_outlived(repo: RepoBuilder, world: World) -> None:
    def bug(point: str) -> None:
        if point.startswith("git "):
            raise ZeroDivisionError("what nobody thought of")

    with watcher(world) as found:
        faults.install(bug)
        try:
            found.look()
        finally:
            faults.install(None)
        repo.write("a.txt", "2\n")
        with running(found):
            until(lambda: drafts(world) == 1, "it goes on")
    told = [item for item in log.records(world.repo.state_dir) if item.level == "fatal"]
    assert [item.message for item in told] == [
        "no draft was taken: ZeroDivisionError('what nobody thought of')"
    ]
    assert "Traceback" in str(told[0].fields["traceback"])


def test_after_a_sleep_of_the_machine_it_looks(world: World, clock: Sleeper) -> None:
    """Whatever changed while it slept (a shared disk, say), no event may have come."""
    with watcher(world) as found, running(found):
        assert found._took == 0.0
        clock.slept = 3600.0
        until(lambda: found._took > 0.0, "it looks")


def test_no_events_to_be_had_and_later_they_are(repo: RepoBuilder, world: World) -> None:
    opened = world._replace()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    where = place.of(world.repo)
    os.makedirs(where.folder, exist_ok=True)
    with FileLock(where.lock, clock=world.clock, timeout=0) as lock:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            told = State(running=True, identity=identity.own())
            found = Watcher(opened, where, QUICK, lock_fd=lock.fd, told=told)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert found.state.mode == state.POLLING
        assert "limit of watching programs" in str(found.state.reason)
        repo.write("a.txt", "2\n")
        with running(found):
            until(lambda: drafts(world) == 1, "it polls")
            until(lambda: state.read(world.repo).mode == state.POLLING, "it tells so")
            found._events_at = 0.0
            until(lambda: found.state.mode == state.EVENTS, "it asks the system again")
            repo.write("a.txt", "3\n")
            until(lambda: drafts(world) == 2, "it is told")
        assert found.state.reason is None
        found.close()


def test_drafts_are_folded_although_nothing_happens_any_more(
    repo: RepoBuilder, world: World
) -> None:
    soon = world._replace(limits=world.limits._replace(seconds=1))
    with watcher(soon) as found:
        repo.write("a.txt", "2\n")
        found.look()
        with recording.history(world) as history:
            assert history.journal.snapshots
        with running(found):
            until(lambda: _is_folded(world), "it folds")


def _is_folded(world: World) -> bool:
    with recording.history(world) as history:
        return not history.journal.snapshots
