"""Stashes: made when a jump leaves work that has no name, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.errors import Kind, TimewarpError
from tests.support.recorder import opened, recorded, typed, whole
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Two recorded states of `a` (ten lines), all committed."""
    repo = RepoBuilder(tmp_path / "repo")
    lines = "".join(f"line {n}\n" for n in range(10))
    repo.commit("first", {"a": lines, "b": "b\n"})
    recorded(repo)
    repo.commit("second", {"a": lines + "second\n"})
    opened(repo).snapshot()
    return repo


def names(repo: RepoBuilder) -> list[str]:
    """Return the names of the stashes."""
    return [item.name for item in opened(repo).stash_list()]


def test_a_jump_over_uncommitted_work_stashes_it(repo: RepoBuilder) -> None:
    repo.write("a", "work\n")
    repo.write("untracked", "more work\n")
    result = opened(repo).jump("E1")
    assert result.stashed == "stash@{0}"
    assert names(repo) == ["stash@{0}"]
    assert [item.path for item in opened(repo).stash_show("stash@{0}").files] == ["a", "untracked"]


@pytest.mark.parametrize("kind", ["clean", "saved", "drafts"])
def test_a_jump_from_a_state_with_a_name_stashes_nothing(repo: RepoBuilder, kind: str) -> None:
    if kind != "clean":
        repo.write("a", "saved\n")
        opened(repo).snapshot(message="mine")
    assert opened(repo).jump("E1").stashed is None
    assert opened(repo).undo().stashed is None
    assert names(repo) == []


def test_jumping_on_from_a_place_jumped_to_stashes_nothing(repo: RepoBuilder) -> None:
    repo.write("a", "work\n")
    opened(repo).jump("E1")
    opened(repo).jump("E3")
    opened(repo).undo()
    opened(repo).undo()
    assert repo.read("a") == b"work\n"
    assert names(repo) == ["stash@{0}"]


def test_apply_merges_a_stash_with_other_edits(repo: RepoBuilder) -> None:
    text = repo.read("a").decode()
    repo.write("a", text.replace("line 2\n", "line two\n"))
    repo.write("new", "new\n")
    opened(repo).jump("HEAD")
    assert repo.git("status", "--porcelain") == ""
    repo.write("a", text.replace("line 8\n", "line eight\n"))
    repo.write("b", "other\n")
    result = opened(repo).stash_apply("stash@{0}")
    merged = text.replace("line 2\n", "line two\n").replace("line 8\n", "line eight\n")
    assert repo.read("a").decode() == merged
    assert (repo.read("b"), repo.read("new")) == (b"other\n", b"new\n")
    assert set(result.restored) == {"a", "new"}
    opened(repo).undo()
    assert repo.read("a").decode() == text.replace("line 8\n", "line eight\n")
    assert not (repo.path / "new").exists()
    assert repo.read("b") == b"other\n"


def test_a_conflict_changes_no_byte(repo: RepoBuilder) -> None:
    text = repo.read("a").decode()
    repo.write("a", text.replace("line 2\n", "line two\n"))
    repo.write("new", "new\n")
    opened(repo).jump("HEAD")
    repo.write("a", text.replace("line 2\n", "another line\n"))
    before = repo.state(), repo.index_bytes(), repo.view(), len(list(opened(repo).log()))
    with pytest.raises(TimewarpError) as caught:
        opened(repo).stash_apply("stash@{0}")
    assert caught.value.kind is Kind.CONFLICT
    assert "'a'" in caught.value.message
    assert before == (repo.state(), repo.index_bytes(), repo.view(), len(list(opened(repo).log())))
    answer = typed(repo, "stash", "apply", "stash@{0}")
    assert answer.code == 4
    assert [line.split(":")[0] for line in answer.err.splitlines()] == ["error", "hint"]
    assert before[0] == repo.state()


def test_a_dropped_stash_leaves_the_list_and_its_snapshot_stays(repo: RepoBuilder) -> None:
    for text in ("first work\n", "second work\n"):
        repo.write("a", text)
        opened(repo).jump("HEAD")
    assert names(repo) == ["stash@{0}", "stash@{1}"]
    held = opened(repo).stash_list()[1]
    dropped = opened(repo).stash_drop("stash@{1}")
    assert dropped.snapshot == held.snapshot
    assert names(repo) == ["stash@{0}"]
    opened(repo).jump(held.snapshot)
    assert repo.read("a") == b"first work\n"
    with pytest.raises(TimewarpError) as caught:
        opened(repo).stash_drop("stash@{7}")
    assert caught.value.kind is Kind.NOT_FOUND


def test_apply_with_drop_takes_it_off_the_list(repo: RepoBuilder) -> None:
    repo.write("a", "work\n")
    opened(repo).jump("HEAD")
    opened(repo).stash_apply("stash@{0}", drop=True)
    assert repo.read("a") == b"work\n"
    assert names(repo) == []
    whole(repo)


def test_a_stash_of_another_work_tree_is_not_listed_here(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "../linked")
    linked = RepoBuilder(tmp_path / "linked", init=False)
    linked.write("a", "linked work\n")
    opened(linked).jump("HEAD")
    assert len(opened(linked).stash_list()) == 1
    assert names(repo) == []
