"""What a watcher tells about itself, its identity, and its last words."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from git_timewarp.git.repo import Repo
from git_timewarp.watch import identity, place, state
from git_timewarp.watch.identity import Identity
from git_timewarp.watch.state import State
from tests.support import recording
from tests.support.repo_builder import RepoBuilder

TOLD = State(
    running=True,
    identity=identity.own(),
    version="1",
    mode=state.POLLING,
    since="2026-11-20T13:34:14.650Z",
    last_draft="2026-11-20T13:34:18.347Z",
    reason="why",
    problem="what",
)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    found = recording.opened(RepoBuilder(tmp_path / "repo"))
    os.makedirs(place.of(found).folder)
    return found


def locked(repo: Repo) -> int:
    fd = os.open(place.of(repo).lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def test_no_watcher_ever(repo: Repo) -> None:
    assert state.read(repo) == State()


def test_it_runs_as_long_as_the_lock_is_held(repo: Repo) -> None:
    fd = locked(repo)
    state.store(place.of(repo), TOLD)
    assert state.read(repo) == TOLD
    os.close(fd)
    assert state.read(repo) == TOLD._replace(running=False, reason="it ended without saying so")
    assert state.read(repo).to_dict() == {
        "running": False,
        "pid": None,
        "since": None,
        "mode": None,
        "last_draft": "2026-11-20T13:34:18.347Z",
        "reason": "it ended without saying so",
        "problem": "what",
        "verified": None,
        "verify_problems": 0,
    }


def test_it_runs_although_it_has_said_nothing_yet(repo: Repo) -> None:
    fd = locked(repo)
    assert state.read(repo).running
    os.close(fd)


def test_a_process_of_another_boot_is_gone_for_a_known_reason(repo: Repo) -> None:
    before = Identity(os.getpid(), 1, "another boot")
    state.store(place.of(repo), TOLD._replace(identity=before))
    assert state.read(repo).reason == "the machine was restarted"


def test_the_file_stays_one_page_whatever_is_told(repo: Repo) -> None:
    where = place.of(repo)
    for text in ('"\\' * 5000, "é" * 5000, "\x01\n" * 5000, "\udcff" * 5000, "short"):
        state.store(where, TOLD._replace(problem=text, reason=text))
        assert os.path.getsize(where.state) == state.PAGE
        told = state.load(where)
        assert told is not None
        assert told.problem is not None
        assert told.problem[:1] == text[:1] or not text.isprintable()


@pytest.mark.parametrize("data", [b"", b"not json", b"[]", b"{}", b'{"pid": "x"}', b"\xff" * 9000])
def test_a_file_that_is_not_ours_is_no_file(repo: Repo, data: bytes) -> None:
    Path(place.of(repo).state).write_bytes(data)
    assert state.read(repo) == State()


def test_work_trees_have_files_of_their_own(tmp_path: Path) -> None:
    builder = RepoBuilder(tmp_path / "repo")
    builder.commit()
    builder.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = RepoBuilder(tmp_path / "linked", init=False)
    main, other = place.of(recording.opened(builder)), place.of(recording.opened(linked))
    assert main.folder == other.folder
    assert (main.name, other.name) == ("main-worktree", "worktrees-linked")


def test_a_process_is_itself_and_no_other() -> None:
    own = identity.own()
    assert own.is_alive
    assert not own._replace(start=(own.start or 0) + 1).is_alive
    assert not own._replace(boot="another").is_alive
    assert not own._replace(start=None).is_alive


def test_a_process_that_ended_is_not_alive_even_before_anybody_waited_for_it() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    who = identity.of(process.pid)
    told = [who.is_alive]
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    told.append(who.is_alive)
    process.wait()
    assert [*told, who.is_alive] == [True, False, False]
