"""Files that skip-worktree hides, and bytes that only the disk knew: there and back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def sparse(tmp_path: Path) -> RepoBuilder:
    """Two commits; only the folder `in` (and files at the top) are checked out."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"top": "t\n", "in/a": "one\n", "out/b": "b\n", "out/gone": "g\n"})
    repo.git("rm", "-q", "out/gone")
    repo.commit("second", {"in/a": "two\n"})
    repo.git("sparse-checkout", "set", "in")
    return recorded(repo)


def test_a_jump_to_a_revision_keeps_the_checkout_sparse(sparse: RepoBuilder) -> None:
    before = sparse.index_state()
    result = opened(sparse).jump("HEAD~1")
    assert (result.restored, result.removed) == (("in/a",), ())
    assert sorted(sparse.state()) == ["in/a", "top"]
    opened(sparse).undo()
    assert sparse.index_state() == before
    assert sorted(sparse.state()) == ["in/a", "top"]
    assert sparse.git("status", "--porcelain") == ""
    whole(sparse)


def test_a_file_that_came_out_of_hiding_goes_and_comes_back(sparse: RepoBuilder) -> None:
    sparse.write("out/b", "b\n")
    assert opened(sparse).jump("E1").removed == ("out/b",)
    assert not os.path.lexists(sparse.location("out"))
    assert opened(sparse).undo().restored == ("out/b",)
    assert sparse.read("out/b") == b"b\n"


def test_a_checkout_made_whole_is_made_sparse_again(sparse: RepoBuilder) -> None:
    before = sparse.index_state()
    sparse.git("sparse-checkout", "disable")
    opened(sparse).jump("E1")
    assert sorted(sparse.state()) == ["in/a", "top"]
    assert sparse.index_state() == before
    opened(sparse).undo()
    assert sorted(sparse.state()) == ["in/a", "out/b", "top"]


@pytest.mark.parametrize("text", ["c\n", "local\n"])
def test_a_hidden_file_that_was_there_comes_back(tmp_path: Path, text: str) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "a\n", "cfg": "c\n"})
    repo.git("update-index", "--skip-worktree", "cfg")
    repo.write("cfg", text)
    recorded(repo)
    before = repo.index_state()
    repo.remove("cfg")
    opened(repo).jump("E1")
    assert repo.read("cfg") == text.encode()
    assert repo.index_state() == before
    opened(repo).undo()
    assert not os.path.lexists(repo.location("cfg"))


def test_bytes_of_a_file_that_went_and_came_back(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.git("config", "core.autocrlf", "true")
    repo.git("config", "core.safecrlf", "false")
    repo.commit("first", {"a": "a\r\n", "lf": "one\ntwo\n"})
    recorded(repo)
    os.rename(repo.path / "lf", tmp_path / "lf")
    opened(repo).snapshot()
    os.rename(tmp_path / "lf", repo.path / "lf")
    repo.git("add", "lf")
    back = str(opened(repo).snapshot().snapshot)
    repo.remove("lf")
    opened(repo).jump(back)
    assert repo.read("lf") == b"one\ntwo\n"


def test_a_stash_is_applied_also_after_a_commit_nobody_recorded(tmp_path: Path) -> None:
    """A fold in the middle must not take away what the merge has just made."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "1\n2\n3\n4\n5\n", "b": "b\n"})
    recorded(repo)
    repo.write("a", "1\n2\n3\n4\nfive\n")
    opened(repo).jump("E1")
    repo.commit("second", {"a": "one\n2\n3\n4\n5\n"})
    result = opened(repo).stash_apply("stash@{0}")
    assert (result.restored, result.refused) == (("a",), ())
    assert repo.read("a") == b"one\n2\n3\n4\nfive\n"
