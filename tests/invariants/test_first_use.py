"""What somebody new tries first, and what he must not be told wrongly."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git.run import GitError
from git_timewarp.store.failures import StorageError, told
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder

LARGE = 11_000_000


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Three states of `a`: committed, recorded, and work that no snapshot holds."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n", "d/b": "b\n"})
    recorded(repo)
    repo.write("a", "two\n")
    opened(repo).snapshot()
    return repo


def test_a_look_and_a_jump_mean_the_same_moment(repo: RepoBuilder) -> None:
    assert opened(repo).cat("@-1", "a") == b"one\n"
    repo.write("a", "three\n")
    app = opened(repo)
    assert app.cat("@-1", "a") == b"two\n"
    assert app.cat("@-2", "a") == b"one\n"
    assert "E2" in str(app.show("@-1").to_dict())
    assert app.diff("@-1", "@").files == ()
    assert app.diff("@-2", "@-1").files != ()
    assert b"-two\n" in typed(repo, "diff", "@-1").out.encode()
    assert app.jump("@-1").target == "E2"
    assert repo.read("a") == b"two\n"


def test_a_look_back_records_nothing(repo: RepoBuilder) -> None:
    repo.write("a", "three\n")
    before = [entry.id for entry in opened(repo).log(all_writers=True)]
    opened(repo).cat("@-1", "a")
    opened(repo).show("@-1")
    assert [entry.id for entry in opened(repo).log(all_writers=True)] == before


def test_a_file_that_was_too_large_is_named_when_it_does_not_come_back(repo: RepoBuilder) -> None:
    repo.write("big", b"x" * LARGE)
    snapshot = opened(repo).snapshot().snapshot
    repo.remove("big")
    repo.write("a", "three\n")
    for result in (
        opened(repo).jump(str(snapshot), dry_run=True),
        opened(repo).jump(str(snapshot)),
    ):
        assert [(item.path, item.reason) for item in result.refused] == [("big", "too-large")]
    assert repo.read("a") == b"two\n"
    result = opened(repo).restore(["a"], source=str(snapshot))
    assert result.refused == ()


def test_a_jump_to_before_a_folder_that_a_sparse_checkout_hides(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "a")
    repo.commit("second", {"e/e": "e\n"})
    repo.git("sparse-checkout", "set", "d")
    assert not os.path.lexists(repo.location("e/e"))
    before = repo.index_state()
    result = opened(repo).jump("E2")
    assert repo.read("a") == b"two\n"
    assert result.refused == ()
    assert not os.path.lexists(repo.location("e/e"))
    opened(repo).undo()
    assert repo.index_state() == before


def test_an_empty_list_of_stashes_is_told_as_such(repo: RepoBuilder) -> None:
    answer = typed(repo, "stash", "apply")
    assert answer.code == 3
    assert answer.err.splitlines()[0] == "error: there is no 'stash@{0}': nothing is stashed here"


def test_gits_own_words_for_a_full_disk() -> None:
    said = "fatal: sha1 file '.git/timewarp/index/x/index.lock' write error. Out of diskspace"
    with pytest.raises(StorageError, match="no space is left on the disk"), told():
        raise GitError(["update-index"], code=128, stderr=said)


@pytest.mark.parametrize("number", range(9, 15))
def test_a_disk_that_fills_up_never_looks_like_a_file_that_cannot_be_read(
    repo: RepoBuilder, tmp_path: Path, number: int
) -> None:
    steps = tmp_path / "steps"
    repo.write("a", "work\n")
    answer = typed(
        repo,
        "snapshot",
        GIT_TIMEWARP_FAULT=str(number),
        GIT_TIMEWARP_FAULT_KIND="enospc",
        GIT_TIMEWARP_FAULT_LOG=str(steps),
    )
    assert "cannot be read" not in answer.out + answer.err, steps.read_text()
    assert typed(repo, "snapshot").code == 0
    assert opened(repo).cat("@", "a") == b"work\n"
