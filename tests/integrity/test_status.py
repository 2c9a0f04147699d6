"""Status tells of what hooks could not note, until a snapshot holds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.recorder import recorded, typed
from tests.support.repo_builder import RepoBuilder

AFTER = 'git timewarp snapshot -m "after a gap"'


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a recorded repository with our hooks."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "1\n"})
    return recorded(repo, hooks=True)


def problems(repo: RepoBuilder) -> list[tuple[str, str, str]]:
    found = json.loads(typed(repo, "status", "--json").out)["problems"]
    return [(item["kind"], item["where"], item["hint"]) for item in found]


def deaf(repo: RepoBuilder) -> None:
    """Let hooks neither note anything nor count that they could not, as on a full disk."""
    now = repo.path / ".git/timewarp/spool/now"
    (now.parent / "lost").unlink()
    (now.parent / "lost").mkdir()
    now.unlink()
    now.mkdir()


def heard(repo: RepoBuilder) -> None:
    """Let them note again."""
    for name in ("now", "lost"):
        (repo.path / ".git/timewarp/spool" / name).rmdir()
    (repo.path / ".git/timewarp/spool/lost").write_bytes(b"\n")
    (repo.path / ".git/timewarp/spool/now").touch()


def test_a_counted_loss_stays_until_the_next_snapshot(repo: RepoBuilder) -> None:
    (repo.path / ".git/timewarp/spool/now").write_bytes(b"x" * (1 << 20))
    repo.git("commit", "-q", "--allow-empty", "-m", "lost")
    told = [("lost-spool", "git hooks could not note 1 event(s)", AFTER)]
    assert problems(repo) == told
    assert problems(repo) == told
    assert typed(repo, "snapshot", "-m", "after a gap").code == 0
    assert problems(repo) == []
    kinds = [json.loads(line)["type"] for line in typed(repo, "log", "--json").out.splitlines()]
    assert kinds == ["snapshot", "gap", "gap", "init"]


@pytest.mark.parametrize(
    "words", [["commit", "-q", "--allow-empty", "-m", "x"], ["checkout", "-q", "side"]]
)
def test_what_could_not_even_be_counted(repo: RepoBuilder, words: list[str]) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("second", {"b": "2\n"})
    repo.git("checkout", "-q", "main")
    typed(repo, "snapshot")
    deaf(repo)
    repo.git(*words)
    heard(repo)
    head = repo.git("rev-parse", "--short=7", "HEAD")
    assert problems(repo) == [
        (
            "moved-unseen",
            f"HEAD moved to {head} and no git hook told of it",
            "git timewarp snapshot",
        )
    ]
    assert typed(repo, "snapshot").code == 0
    assert problems(repo) == []


def test_moves_that_are_no_gap(repo: RepoBuilder) -> None:
    """What hooks noted, what git runs no hook for, and our own travels."""
    for name in "bc":
        repo.commit(name, {name: "x\n"})
        assert problems(repo) == []
        typed(repo, "snapshot")
    repo.git("reset", "-q", "--hard", "HEAD~1")
    assert problems(repo) == []
    repo.git("reset", "-q", "--hard", "HEAD@{1}")
    repo.git("checkout", "-q", "-b", "side", "HEAD~1")
    repo.git("rebase", "-q", "main")
    repo.git("cherry-pick", "--allow-empty", "main~1", ok=None)
    repo.git("cherry-pick", "--abort", ok=None)
    assert problems(repo) == []
    assert typed(repo, "jump", "--with-head", "E1").code == 0
    assert problems(repo) == []
    repo.git("checkout", "-q", "-f", "main")
    repo.git("merge", "-q", "side", ok=None)
    assert problems(repo) == []
