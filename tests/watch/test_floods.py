"""More changes than the system keeps, and the end of everything in the middle of them."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from git_timewarp.watch import identity
from tests.soak.work import Work, newest
from tests.support.watching import Watched, until, watched

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
FEW = 100
"""Files, so few that the watcher would look at each of them and at nothing else."""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path / "repo") as found:
        yield found


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Let a process stand still while what is inside happens, so that its queue fills."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def flood(live: Watched) -> None:
    """Write files again and again, more often than the queue of the watcher can be told of."""
    for number in range(int(QUEUE.read_text())):
        live.repo.write(f"storm/f{number % FEW}", f"{number}\n")


def settled(live: Watched) -> None:
    """Wait until the newest draft is the work."""
    work = Work(live.repo)
    work.look()
    until(lambda: newest(live.repo).files == work.files, "all of it is in a draft")


def test_what_the_queue_had_no_room_for_is_in_the_next_draft(live: Watched) -> None:
    for number in range(FEW):
        live.repo.write(f"storm/f{number}", "before\n")
    settled(live)
    with stopped(live.pid()):
        flood(live)
        live.repo.write("a.txt", "after the queue was full\n")
        live.repo.write("born/deep/unseen.txt", "one\n")
        live.repo.git("switch", "-q", "-c", "other")
    settled(live)
    assert live.cat("a.txt") == "after the queue was full\n"
    with live.drafted():
        live.repo.write("born/deep/unseen.txt", "in a folder nobody told of\n")
    assert live.cat("born/deep/unseen.txt") == "in a folder nobody told of\n"
    assert live.state().mode == "events"


@pytest.mark.parametrize("what", [".", ".git"])
def test_it_ends_when_all_is_removed_while_it_looks(live: Watched, what: str) -> None:
    pid, lock = live.pid(), live.repo.path / ".git/timewarp/lock"
    for number in range(3_000):
        live.repo.write(f"storm/f{number}", f"{number}\n")
    held = f":{lock.stat().st_ino} "
    until(lambda: held in Path("/proc/locks").read_text(), "it looks")
    while (live.repo.path / what).exists():
        shutil.rmtree(live.repo.path / what, ignore_errors=True)
    until(lambda: not identity.of(pid).is_alive, "the watcher ends")
    assert not (live.repo.path / what).exists()
