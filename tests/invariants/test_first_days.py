"""What happens to a repository in its first days: commits, moves, half-merged files, second thoughts."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Three recorded states of `a`: one, two, three."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n", "b": "b\n"})
    recorded(repo, hooks=True)
    for text in ("two\n", "three\n"):
        repo.write("a", text)
        opened(repo).snapshot()
    return repo


# -- what hooks noted ------------------------------------------------------------------


@pytest.mark.parametrize("words", [["log"], ["status"]])
def test_a_commit_is_shown_right_after_it(repo: RepoBuilder, words: list[str]) -> None:
    repo.commit("said so", {"a": "four\n"})
    answer = typed(repo, *words)
    assert (answer.code, answer.err) == (0, "")
    assert "said so" in answer.out


def test_a_look_does_not_wait_for_a_writer(repo: RepoBuilder) -> None:
    repo.commit("said so", {"a": "four\n"})
    with open(repo.git_dir() / "timewarp/lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = typed(repo, "-c", "timewarp.lock.timeoutSeconds=20", "log")
    assert (answer.code, answer.err) == (0, "")
    assert "said so" not in answer.out
    assert "said so" in typed(repo, "log").out


def test_a_look_with_nothing_noted_records_nothing(repo: RepoBuilder) -> None:
    typed(repo, "log")
    journal = (repo.git_dir() / "timewarp/journal").read_bytes()
    refs = repo.git("for-each-ref")
    for words in (["log"], ["status"], ["log", "--all"]):
        assert typed(repo, *words).code == 0
    assert (repo.git_dir() / "timewarp/journal").read_bytes() == journal
    assert repo.git("for-each-ref") == refs


# -- a clone that moves ----------------------------------------------------------------


def test_after_a_move_the_clone_has_its_past(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.commit("second", {"a": "four\n"})
    opened(repo).jump("E2")
    shown = [(entry.ts, entry.summary, entry.current) for entry in opened(repo).log()]
    os.rename(repo.path, tmp_path / "moved")
    moved = RepoBuilder(tmp_path / "moved", init=False)
    assert [(e.ts, e.summary, e.current) for e in opened(moved).log()] == shown
    moved.write("b", "new\n")
    opened(moved).snapshot()
    after = list(opened(moved).log())
    assert len({entry.writer for entry in after}) == 2
    assert [(e.ts, e.summary) for e in after[1:]] == [(ts, summary) for ts, summary, _ in shown]
    assert opened(moved).jump("@-1").restored == ("b",)
    opened(moved).undo(2)
    assert moved.read("a") == b"four\n"


def test_what_the_original_did_later_is_not_the_copys(repo: RepoBuilder, tmp_path: Path) -> None:
    copy = repo.clone_twin(tmp_path / "copy")
    opened(copy).snapshot(message="in the copy")
    repo.write("a", "later\n")
    opened(repo).snapshot(message="later")
    later = str(opened(repo).jump("E1").event)
    copy.git("fetch", "-q", str(repo.path), "+refs/timewarp/*:refs/timewarp/*")
    opened(copy).snapshot(message="after the fetch")
    assert "later" in [entry.summary for entry in opened(copy).log(all_writers=True)]
    own = [entry.summary for entry in opened(copy).log()]
    assert own[:2] == ["after the fetch", "in the copy"]
    assert "later" not in own
    assert typed(copy, "undo").code == 3, later


# -- the team's settings ---------------------------------------------------------------

BROKEN = {
    "[fold\n": "warning: cannot read '.timewarp.toml': ",
    "<<<<<<< ours\n[fold]\nevents = 3\n": "warning: cannot read '.timewarp.toml': ",
    "fold.events = 'many'\n": "warning: 'fold.events' in '.timewarp.toml' takes ",
    "[fold]\nevnets = 3\n": "warning: unknown setting 'fold.evnets' in '.timewarp.toml'; ",
    "[user]\nname = 'Eve'\n": "warning: 'user.name' is personal ",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_tracked_file_stops_nobody(repo: RepoBuilder, text: str) -> None:
    repo.write(".timewarp.toml", text)
    for words in (["snapshot"], ["jump", "@-1"], ["undo"], ["log"]):
        answer = typed(repo, *words)
        assert answer.code == 0, (words, answer)
        said = sum(line.startswith(BROKEN[text]) for line in answer.err.splitlines())
        assert said == (words != ["undo"]), answer  # the jump took the file away
    assert repo.read(".timewarp.toml").decode() == text
    told = typed(repo, "config", "validate")
    assert told.code != 0
    assert ".timewarp.toml" in told.out + told.err


# -- second thoughts -------------------------------------------------------------------


def test_undo_says_what_was_changed_since(repo: RepoBuilder) -> None:
    opened(repo).jump("E2")
    repo.write("a", "mine\n")
    repo.write("b", "mine too\n")
    result = opened(repo).undo()
    safety = result.safety_snapshot
    back = f"to have that back: git timewarp restore --source {safety} PATH"
    assert result.notes == (f"'a', 'b' had been changed since E4; {back}",)
    opened(repo).restore(["a"], source=str(safety))
    assert repo.read("a") == b"mine\n"


def test_undo_of_what_nobody_touched_since_says_nothing(repo: RepoBuilder) -> None:
    opened(repo).jump("E2")
    assert opened(repo).undo().notes == ()
    assert opened(repo).redo().notes == ()


def test_an_interrupt_at_the_very_start_is_quiet(repo: RepoBuilder) -> None:
    told = set()
    for wait in (0.03, 0.05, 0.08, 0.12):
        started = subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", "git_timewarp", "snapshot"],
            cwd=repo.path,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert started.stderr is not None
        # The interpreter looks for our first module before anything of ours runs.
        while b"git_timewarp.cli" not in started.stderr.readline():
            pass
        time.sleep(wait)
        started.send_signal(signal.SIGINT)
        _, err = started.communicate()
        assert b"Traceback" not in err, err
        told.add(started.returncode)
    assert 130 in told
