"""HEAD's branch has no commit any more: what is hinted brings it back, and nothing else moves."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with hooks and a snapshot, and two commits made after it."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "one\n"})
    recorded(built, hooks=True)
    opened(built).snapshot(message="the latest")
    for text in ("two\n", "three\n"):
        built.commit(text, {"a": text})
    built.write("a", "edited\n")
    return built


def told(repo: RepoBuilder) -> list[dict[str, str]]:
    """Return what status says of a lost branch."""
    problems = json.loads(typed(repo, "status", "--json").out)["problems"]
    return [item for item in problems if item["kind"] == "lost-branch"]


def follow(repo: RepoBuilder) -> None:
    """Type what is hinted until nothing is left to tell."""
    for _ in range(3):
        for item in told(repo):
            subprocess.run(shlex.split(item["hint"]), cwd=repo.path, check=True)
    assert told(repo) == []


@pytest.mark.parametrize("how", ["gone", "empty", "zeros", "update-ref"])
def test_commits_after_the_snapshot_are_not_rolled_back(repo: RepoBuilder, how: str) -> None:
    head = repo.git("rev-parse", "HEAD")
    path = repo.git_dir() / "refs/heads/main"
    if how == "gone":
        path.unlink()
    elif how == "update-ref":
        repo.git("update-ref", "-d", "refs/heads/main")
    else:
        path.write_bytes(b"" if how == "empty" else b"\0" * 41)
    (problem,) = told(repo)
    assert f"it was at {head[:7]} in E" in problem["where"]
    assert f"FAILED branch        {problem['where']}\n" in typed(repo, "doctor").out
    follow(repo)
    assert repo.git("rev-parse", "HEAD") == head
    assert (repo.path / "a").read_text() == "edited\n"
    assert "branch  " not in typed(repo, "doctor").out


def test_it_is_told_after_the_next_snapshot_too(repo: RepoBuilder) -> None:
    head = repo.git("rev-parse", "HEAD")
    (repo.git_dir() / "refs/heads/main").unlink()
    assert typed(repo, "snapshot").code == 0
    assert len(told(repo)) == 1
    follow(repo)
    assert repo.git("rev-parse", "HEAD") == head


def test_a_branch_that_begins_anew_is_not_lost(repo: RepoBuilder) -> None:
    repo.git("switch", "-q", "-c", "feat")
    repo.git("commit", "-q", "-a", "-m", "on feat")
    opened(repo).snapshot(message="on feat")
    repo.git("switch", "-q", "main")
    repo.git("branch", "-q", "-D", "feat")
    repo.git("checkout", "-q", "--orphan", "feat")
    assert told(repo) == []
    repo.git("checkout", "-q", "--orphan", "other")
    assert told(repo) == []
