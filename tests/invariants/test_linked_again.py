"""A linked work tree is removed, and another one made under its name: it is another one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.errors import TimewarpError
from git_timewarp.git import generation
from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A recorded repository with two commits."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    repo.commit("second", {"a": "two\n"})
    return recorded(repo)


def linked(repo: RepoBuilder, branch: str) -> RepoBuilder:
    """Add a linked work tree `wt`."""
    repo.git("worktree", "add", "-q", "-b", branch, "../wt")
    return RepoBuilder(repo.path.parent / "wt", init=False)


def used(repo: RepoBuilder) -> str:
    """Have the work tree `wt`, with a jump to be undone and a stash; return the snapshot."""
    old = linked(repo, "old")
    old.write("a", "modified\n")
    old.write("mine", "mine\n")
    taken = opened(old).snapshot(message="work")
    old.write("a", "more\n")
    opened(old).jump("HEAD~1")
    assert len(opened(old).stash_list()) == 1
    assert taken.snapshot is not None
    return taken.snapshot


def replaced(repo: RepoBuilder) -> RepoBuilder:
    """Remove `wt` and make another one."""
    repo.git("worktree", "remove", "--force", "../wt")
    return linked(repo, "new")


def test_steps_moments_and_stashes_of_the_old_one_are_not_those_of_the_new(
    repo: RepoBuilder,
) -> None:
    snapshot = used(repo)
    new = replaced(repo)
    new.write("fresh", "fresh\n")
    before = new.state()
    assert opened(new).status().to_dict()["last_snapshot"] is None
    with pytest.raises(TimewarpError) as caught:
        opened(new).undo()
    assert caught.value.reference == "nothing-to-undo"
    with pytest.raises(TimewarpError):
        opened(new).jump("@-1")
    with pytest.raises(TimewarpError):
        opened(new).show("@", patch=False)
    assert opened(new).stash_list() == ()
    with pytest.raises(TimewarpError) as caught:
        opened(new).jump(snapshot)
    assert caught.value.reference == "other-worktree"
    assert new.state() == before
    opened(new).jump(snapshot, force=True)
    assert (new.read("a"), new.read("mine")) == (b"modified\n", b"mine\n")
    opened(new).undo()
    assert new.state() == before
    names = {entry.worktree for entry in opened(new).log()}
    assert names == {"main-worktree", "worktrees/wt", "worktrees/wt~2"}
    whole(repo)


def test_pruned_and_added_again(repo: RepoBuilder) -> None:
    used(repo)
    os.rename(repo.path.parent / "wt", repo.path.parent / "away")
    repo.git("worktree", "prune")
    new = linked(repo, "new")
    with pytest.raises(TimewarpError) as caught:
        opened(new).undo()
    assert caught.value.reference == "nothing-to-undo"


def test_a_work_tree_that_moves_keeps_its_steps(repo: RepoBuilder) -> None:
    used(repo)
    repo.git("worktree", "move", "../wt", "../moved")
    moved = RepoBuilder(repo.path.parent / "moved", init=False)
    opened(moved).undo()
    assert moved.read("a") == b"more\n"


def test_what_the_old_one_remembered_of_its_files_goes(repo: RepoBuilder) -> None:
    used(repo)
    folder = repo.git_dir() / "timewarp/index/worktrees"
    assert [path.name for path in folder.iterdir()] == ["wt"]
    opened(replaced(repo)).snapshot()
    assert [path.name for path in folder.iterdir()] == ["wt~2"]


def test_a_command_that_outlives_its_work_tree_writes_nothing(repo: RepoBuilder) -> None:
    used(repo)
    late = opened(repo.path.parent / "wt")
    new = replaced(repo)
    new.write("fresh", "fresh\n")
    with pytest.raises(TimewarpError) as caught:
        late.snapshot()
    assert caught.value.reference == "worktree-replaced"
    opened(new).snapshot()


def test_purged_without_a_trace_in_any_work_tree(repo: RepoBuilder) -> None:
    used(repo)
    assert (repo.git_dir() / "worktrees/wt" / generation.MARK).exists()
    opened(repo).deinit(purge=True)
    assert [path for path in repo.git_dir().rglob("*timewarp*") if path.name != "hooks"] == []
    recorded(repo)
    wt = RepoBuilder(repo.path.parent / "wt", init=False)
    opened(wt).snapshot()
    assert next(iter(opened(wt).log(limit=1))).worktree == "worktrees/wt"
