"""Where HEAD is, in one question."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git import refs
from git_timewarp.git.repo import discover
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return an empty repository."""
    return RepoBuilder(tmp_path / "repo")


def head(repo: RepoBuilder) -> tuple[str | None, str | None]:
    return refs.HeadReading(discover(str(repo.path), os.environ).git).result()


def test_a_branch_that_is_not_born(repo: RepoBuilder) -> None:
    assert head(repo) == (None, "refs/heads/main")


def test_a_branch_and_a_detached_head(repo: RepoBuilder) -> None:
    commit = repo.commit("one", {"a": "x"})
    assert head(repo) == (commit, "refs/heads/main")
    repo.git("checkout", "-q", "--detach")
    assert head(repo) == (commit, None)


def test_a_branch_called_head(repo: RepoBuilder) -> None:
    commit = repo.commit("one", {"a": "x"})
    repo.git("update-ref", "refs/heads/HEAD", commit)
    assert head(repo) == (commit, "refs/heads/main")


def test_a_branch_at_a_commit_that_is_gone(repo: RepoBuilder) -> None:
    repo.commit("one", {"a": "x"})
    branch = repo.path / ".git/refs/heads/main"
    branch.write_text("1" * 40 + "\n")
    assert head(repo) == (None, "refs/heads/main")
    for data in (b"no id\n", b"", b"\0" * 41):
        branch.write_bytes(data)
        assert head(repo) == (None, "refs/heads/main")
