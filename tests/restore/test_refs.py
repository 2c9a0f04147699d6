"""HEAD, branches and operations in progress: moved only when asked, and never half."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.git.refs import RefConflictError
from git_timewarp.restore.engine import Wish
from git_timewarp.restore.operation_files import OperationInProgressError
from git_timewarp.restore.refs import BranchElsewhereError, move_refs, plan_refs
from tests.support.repo_builder import RepoBuilder
from tests.support.travel import State, Traveller

ALL = Wish(with_head=True, with_refs=True)


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    repo = RepoBuilder(tmp_path / "r")
    repo.commit("first", {"a.txt": "one\n"})
    repo.commit("second", {"a.txt": "two\n"})
    return repo


def refs(repo: RepoBuilder) -> str:
    return repo.git("for-each-ref") + repo.git("symbolic-ref", "-q", "HEAD", ok=(0, 1))


def test_head_and_branches_stay_unless_asked(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.git("checkout", "-q", "-b", "other")
    repo.commit("third", {"a.txt": "three\n"})
    before = refs(repo), repo.git("reflog")
    travel.jump(target)
    assert (refs(repo), repo.git("reflog")) == before
    assert repo.read("a.txt") == b"two\n"


def test_everything_goes_back_when_asked(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.git("tag", "v1")
    repo.git("branch", "keep")
    before, state, target = refs(repo), State.of(repo), travel.take()
    repo.git("checkout", "-q", "-b", "other")
    third = repo.commit("third", {"a.txt": "three\n"})
    repo.git("tag", "-d", "v1")
    repo.git("branch", "-qD", "keep")
    repo.git("branch", "-qf", "main", "main~1")
    plan = plan_refs(
        travel.quarantine.repo,
        travel.quarantine.reader,
        target=target,
        with_head=True,
        with_refs=True,
        has_commit=lambda _: True,
    )
    assert [(item.name, item.new.is_zero) for item in plan.updates] == [
        ("refs/heads/keep", False),
        ("refs/heads/main", False),
        ("refs/heads/other", True),
        ("refs/tags/v1", False),
    ]
    assert set(plan.lost) == {third, repo.git("rev-parse", "main")}
    travel.jump(target, wish=ALL)
    assert refs(repo) == before
    assert State.of(repo) == state
    assert set(travel.restored) == {repo.git("rev-parse", "main")}
    assert repo.git("log", "-g", "-1", "--format=%gs", "main") == "timewarp: jump"
    assert repo.git("log", "-g", "-1", "--format=%gs", "HEAD") == "timewarp: jump"


def test_reflogs_are_written_as_the_user_has_set(repo: RepoBuilder) -> None:
    repo.git("config", "core.logAllRefUpdates", "false")
    travel = Traveller(repo)
    repo.git("branch", "keep")
    target = travel.take()
    repo.git("branch", "-qD", "keep")
    travel.jump(target, wish=ALL)
    assert repo.git("rev-parse", "keep") == repo.git("rev-parse", "main")
    assert not (repo.git_dir() / "logs/refs/heads/keep").exists()


def test_head_alone_moves_no_branch(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    then, target = repo.git("rev-parse", "HEAD"), travel.take()
    repo.commit("third", {"a.txt": "three\n"})
    now = repo.git("rev-parse", "main")
    travel.jump(target, wish=Wish(with_head=True))
    assert repo.git("rev-parse", "HEAD") == then
    assert repo.run("symbolic-ref", "-q", "HEAD", ok=None).returncode == 1
    assert repo.git("rev-parse", "main") == now
    assert repo.git("status", "--porcelain") == ""


def test_back_to_an_unborn_branch(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "r")
    repo.write("a.txt", "draft\n")
    travel = Traveller(repo)
    state, target = State.of(repo), travel.take()
    repo.commit("first")
    travel.jump(target, wish=ALL)
    assert State.of(repo) == state
    assert repo.run("rev-parse", "-q", "--verify", "HEAD", ok=None).returncode == 1


def test_a_branch_in_use_elsewhere_is_refused_before_anything(
    repo: RepoBuilder, tmp_path: Path
) -> None:
    travel = Traveller(repo)
    repo.git("branch", "busy", "HEAD~1")
    target = travel.take()
    repo.git("branch", "-qf", "busy", "HEAD")
    repo.git("worktree", "add", "-q", str(tmp_path / "w"), "busy")
    repo.write("a.txt", "edited\n")
    before = refs(repo), State.of(repo)
    with pytest.raises(BranchElsewhereError) as caught:
        travel.jump(target, wish=ALL)
    assert "'busy'" in caught.value.message
    assert (refs(repo), State.of(repo)) == before


def test_a_ref_that_moved_meanwhile_stops_the_whole_transaction(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.git("branch", "one")
    repo.git("branch", "two")
    target = travel.take()
    repo.git("branch", "-qf", "one", "HEAD~1")
    repo.git("branch", "-qf", "two", "HEAD~1")
    found = travel.quarantine.repo
    plan = plan_refs(
        found,
        travel.quarantine.reader,
        target=target,
        with_head=True,
        with_refs=True,
        has_commit=lambda _: True,
    )
    repo.git("branch", "-qD", "two")
    before = refs(repo)
    with pytest.raises(RefConflictError):
        move_refs(found, plan, ensure_commit=travel.restored.append, message="x")
    travel.quarantine.close()
    assert refs(repo) == before


def merging(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-b", "side", "HEAD~1")
    repo.commit("side", {"a.txt": "side\n", "side.txt": "s\n"})
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "side", ok=(1,))


def test_in_the_middle_of_a_merge_other_states_are_refused(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    merging(repo)
    before = State.of(repo)
    with pytest.raises(OperationInProgressError) as caught:
        travel.jump(target)
    assert caught.value.hint == "git merge --abort"
    assert State.of(repo) == before


def test_inside_the_same_merge_one_can_go_back(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    merging(repo)
    conflicted, target = State.of(repo), travel.take()
    message = (repo.git_dir() / "MERGE_MSG").read_bytes()
    repo.write("a.txt", "resolved badly\n")
    repo.git("add", "a.txt")
    (repo.git_dir() / "MERGE_MSG").write_text("scribbled over\n")
    travel.jump(target)
    assert State.of(repo) == conflicted
    assert (repo.git_dir() / "MERGE_MSG").read_bytes() == message
    assert repo.git("ls-files", "-u").count("a.txt") == 3


def test_a_merge_that_is_over_is_not_resumed(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    merging(repo)
    conflicted, target = State.of(repo), travel.take()
    repo.git("merge", "--abort")
    outcome = travel.jump(target)
    assert outcome.notes == ("the merge that was in progress then is not resumed",)
    assert State.of(repo).files == conflicted.files
    assert State.of(repo).index == conflicted.index
    assert not (repo.git_dir() / "MERGE_HEAD").exists()


def test_inside_the_same_rebase(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-b", "topic", "HEAD~1")
    repo.commit("t1", {"b.txt": "b\n"})
    repo.commit("t2", {"a.txt": "conflicting\n"})
    repo.git("rebase", "-q", "main", ok=(1,))
    travel = Traveller(repo)
    stopped, target = State.of(repo), travel.take()
    repo.write("a.txt", "resolved badly\n")
    repo.git("add", "a.txt")
    travel.jump(target)
    assert State.of(repo) == stopped
    repo.write("a.txt", "resolved well\n")
    repo.git("add", "a.txt")
    repo.git("-c", "core.editor=true", "rebase", "--continue")
    assert repo.git("show", "HEAD:a.txt") == "resolved well"


def test_a_plan_of_some_paths_says_nothing_of_refs(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.write("a.txt", "edited\n")
    plan, _ = travel.plan(target, paths=("a.txt",))
    assert not plan.is_whole
    assert not plan.index
