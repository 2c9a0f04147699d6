"""No command that does not restore changes a byte of the user's index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.recorder import recorded, typed
from tests.support.repo_builder import RepoBuilder

LOOKING: tuple[tuple[str, ...], ...] = (
    ("snapshot",),
    ("snapshot", "-m", "again"),
    ("snapshot", "--dry-run"),
    ("log", "-p", "--stat"),
    ("status",),
    ("diff",),
    ("diff", "E1", "@", "--stat"),
    ("show", "E1"),
    ("cat", "@:a"),
    ("verify", "--full"),
    ("stash", "list"),
    ("jump", "--dry-run", "E1"),
    ("restore", "--dry-run", "a"),
    ("config", "list"),
    ("hooks", "install"),
    ("hooks", "status"),
    ("notes", "publish"),
    ("doctor",),
    ("watch", "start"),
    ("watch", "status"),
    ("watch", "stop"),
    ("init",),
    ("hooks", "uninstall"),
    ("deinit", "--purge", "--force"),
)


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Staged, unstaged and untracked work, and stat data git would like to refresh."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n", "b": "b\n", "c": "c\n"})
    recorded(repo)
    repo.write("a", "staged\n")
    repo.git("add", "a")
    repo.write("a", "and changed\n")
    repo.write("new", "new\n")
    repo.git("update-index", "--assume-unchanged", "c")
    os.utime(repo.path / "b", (1, 1))
    return repo


def seen(repo: RepoBuilder) -> tuple[bytes | None, int]:
    """Return the bytes of the index and when it was written."""
    return repo.index_bytes(), (repo.git_dir() / "index").stat().st_mtime_ns


def test_no_command_that_only_looks_or_records_touches_it(repo: RepoBuilder) -> None:
    before = seen(repo)
    for words in LOOKING:
        answer = typed(repo, *words)
        assert answer.code in {0, 1} if words[0] == "doctor" else answer.code == 0, answer
        assert seen(repo) == before, words
    assert not (repo.git_dir() / "index.lock").exists()


def test_a_restore_of_a_path_leaves_it_too(repo: RepoBuilder) -> None:
    before = repo.index_bytes()
    assert typed(repo, "restore", "--source", "E1", "a").code == 0
    assert repo.read("a") == b"one\n"
    assert repo.index_bytes() == before
    assert typed(repo, "undo").code == 0
    assert repo.index_bytes() == before
