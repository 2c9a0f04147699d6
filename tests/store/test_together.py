"""Many at once: no event is lost, no reader misses one, and git's own work goes on."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.integrity.verify import verify
from git_timewarp.store.limits import Limits
from tests.support import recording
from tests.support.repo_builder import RepoBuilder

WRITE = """
import sys
from pathlib import Path
from git_timewarp.git.names import Oid
from git_timewarp.store.limits import Limits
from tests.support import recording
from tests.support.repo_builder import RepoBuilder
repo = RepoBuilder(Path(sys.argv[1]), init=False)
name, count, fold = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
given = recording.world(repo, limits=Limits(events=fold, packs=3, grace_seconds=3600, lock_seconds=300))
head = Oid(repo.git("rev-parse", "HEAD"))
for number in range(count):
    recording.record(given, [recording.note(head, f"{name} {number}")])
"""

READ = """
import sys
from pathlib import Path
from git_timewarp.store.records import whole_record
from tests.support import recording
from tests.support.repo_builder import RepoBuilder
given = recording.world(RepoBuilder(Path(sys.argv[1]), init=False))
before = 0
while not Path(sys.argv[2]).exists():
    with recording.history(given) as found:
        numbers = [entry.n for entry in found.entries()]
        if numbers:
            last = next(found.entries())
            assert whole_record(found, last)["n"] == last.n, last
    assert numbers == list(range(len(numbers), 0, -1)), numbers[:20]
    assert len(numbers) >= before, (len(numbers), before)
    before = len(numbers)
print(before)
"""


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit in which something records."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n"})
    given = recording.begin(built, limits=Limits(lock_seconds=300))
    recording.record(given, [recording.note(Oid(built.git("rev-parse", "HEAD")), "begin")])
    return built


def start(repo: RepoBuilder, program: str, *args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(repo.path), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=repo.env(),
    )


def finish(process: subprocess.Popen[bytes]) -> bytes:
    out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    return out


def test_four_writers_lose_nothing(repo: RepoBuilder) -> None:
    running = [start(repo, WRITE, f"writer {n}", "50", "7") for n in range(4)]
    for process in running:
        finish(process)
    given = recording.world(repo)
    with recording.history(given) as found:
        told = [entry.summary for entry in found.entries()]
    assert sorted(told) == sorted(
        ["begin", *(f"writer {n} {number}" for n in range(4) for number in range(50))]
    )
    assert verify(given.repo, full=True).problems == ()


def test_a_reader_sees_every_event_during_folds(repo: RepoBuilder, tmp_path: Path) -> None:
    """Each look is a chain without gaps, never shorter than the one before."""
    stop = tmp_path / "stop"
    readers = [start(repo, READ, str(stop)) for _ in range(2)]
    finish(start(repo, WRITE, "writer", "60", "3"))
    stop.touch()
    for reader in readers:
        assert int(finish(reader)) <= 61


def test_git_s_own_work_goes_on_beside_a_writer(repo: RepoBuilder) -> None:
    """gc, fsck, repack, prune and pack-refs while folds move refs: all succeed, nothing is lost."""
    writing = start(repo, WRITE, "writer", "120", "2")
    rounds = 0
    while writing.poll() is None or rounds < 2:
        for command in (
            ("pack-refs", "--all"),
            ("prune", "--expire=now"),
            ("repack", "-adq"),
            ("gc", "-q", "--prune=now"),
            ("fsck", "--no-progress", "--connectivity-only"),
        ):
            done = repo.run(*command, ok=None)
            told = done.stdout + done.stderr
            if b"lock" in told:
                time.sleep(0.05)
                done = repo.run(*command)
            assert done.returncode == 0, (command, told)
        rounds += 1
    finish(writing)
    given = recording.world(repo)
    with recording.history(given) as found:
        assert len(list(found.entries())) == 121
    assert verify(given.repo, full=True).problems == ()
    done = repo.run("fsck", "--full")
    assert done.stdout + done.stderr == b""
