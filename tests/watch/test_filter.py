"""Which changes are worth a look."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git.repo import discover
from git_timewarp.watch.filter import Filter, Split
from git_timewarp.watch.source import Batch
from tests.support import recording
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    found = RepoBuilder(tmp_path / "repo")
    found.commit("first", {"a.txt": "1", ".gitignore": "out/\n*.log\n"})
    found.write("out/kept", "x")
    found.write("out/other", "x")
    found.git("add", "-f", "out/kept")
    return found


@pytest.fixture
def rules(repo: RepoBuilder) -> Filter:
    return Filter(recording.opened(repo))


def batch(repo: RepoBuilder, *names: str) -> Batch:
    return Batch(frozenset(os.path.join(repo.path, name) for name in names))


@pytest.mark.parametrize(
    "name",
    [
        "a.txt",
        "new",
        "out/kept",
        "src/removed/long/ago",
        "bad\udcff",
        ":(top)odd",
        "new\nline",
        ".git/HEAD",
        ".git/index",
        ".git/packed-refs",
        ".git/refs/heads/topic/one",
        ".git/refs/stash",
        ".git/MERGE_HEAD",
        ".git/rebase-merge",
        ".git/info/exclude",
        "nested/.git/HEAD",
    ],
)
def test_worth_a_look(repo: RepoBuilder, rules: Filter, name: str) -> None:
    assert rules.matters(batch(repo, "x.log", name))


@pytest.mark.parametrize(
    "name",
    [
        "x.log",
        "out/other",
        "out/new/deep",
        ".git/index.lock",
        ".git/HEAD.lock",
        ".git/refs/heads/main.lock",
        ".git/COMMIT_EDITMSG",
        ".git/FETCH_HEAD",
        ".git/gc.pid",
        ".git/timewarp",
        ".git/timewarp/journal",
        ".git/refs/timewarp",
    ],
)
def test_not_worth_a_look(repo: RepoBuilder, rules: Filter, name: str) -> None:
    assert not rules.matters(batch(repo, name))
    assert not rules.matters(batch(repo, name))


def test_nothing_is_nothing_and_what_has_no_name_is_something(rules: Filter) -> None:
    assert not rules.matters(Batch())
    assert rules.matters(Batch(unnamed=True))


def test_many_changes_are_worth_a_look_unasked(repo: RepoBuilder, rules: Filter) -> None:
    assert rules.matters(batch(repo, *(f"{number}.log" for number in range(1000))))


def test_new_rules_are_noticed_and_asked_for_again(repo: RepoBuilder, rules: Filter) -> None:
    assert not rules.matters(batch(repo, "x.log"))
    told = [rules.rules_changed]
    repo.write(".gitignore", "")
    assert rules.matters(batch(repo, ".gitignore"))
    assert [*told, rules.rules_changed] == [False, True]
    assert rules.matters(batch(repo, "x.log"))


def test_a_file_that_gets_tracked_is_not_ignored_any_more(repo: RepoBuilder, rules: Filter) -> None:
    assert not rules.matters(batch(repo, "x.log"))
    repo.write("x.log", "x")
    repo.git("add", "-f", "x.log")
    assert rules.matters(batch(repo, ".git/index"))
    assert rules.matters(batch(repo, "x.log"))


def test_in_a_repository_inside_everything_counts(repo: RepoBuilder, rules: Filter) -> None:
    RepoBuilder(repo.path / "inner").commit("first", {"x": "1"})
    assert rules.matters(batch(repo, "x.log", "inner/deep/x.log"))


def test_in_a_submodule_everything_counts(repo: RepoBuilder, tmp_path: Path) -> None:
    RepoBuilder(tmp_path / "library").commit("first", {"x": "1"})
    repo.git("submodule", "add", "-q", str(tmp_path / "library"), "sub")
    rules = Filter(recording.opened(repo))
    assert rules.matters(batch(repo, "sub/x"))
    assert rules.matters(batch(repo, "x.log", "sub/x.log"))


def test_in_a_linked_work_tree(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    rules = Filter(discover(str(tmp_path / "linked"), repo.env()))
    assert rules.matters(batch(repo, ".git/worktrees/linked/HEAD"))
    assert rules.matters(batch(repo, ".git/refs/heads/main"))
    assert not rules.matters(batch(repo, ".git/worktrees/linked/index.lock"))
    assert rules.matters(Batch(frozenset({str(tmp_path / "linked/a.txt")})))
    assert not rules.matters(Batch(frozenset({str(tmp_path / "linked/a.log")})))


def test_a_work_tree_inside_gits_folder_is_a_work_tree(repo: RepoBuilder) -> None:
    repo.git("worktree", "add", ".git/trees/x", "-b", "x")
    inner = repo.path / ".git/trees/x"
    rules = Filter(discover(str(inner), os.environ))
    git = str(repo.path / ".git/worktrees/x/HEAD")
    assert rules.split([str(inner / "a.txt")]).tree == ("a.txt",)
    assert rules.split([git]) == Split((), git=True, rules=False, index=False)
    assert rules.matters(Batch(frozenset({str(inner / "a.txt")})))


def test_refs_whose_name_begins_like_ours_are_not_ours(repo: RepoBuilder) -> None:
    rules = Filter(recording.opened(repo))
    assert rules.split([f"{repo.path}/.git/refs/timewarp2/x"]).git
    assert not rules.split([f"{repo.path}/.git/refs/timewarp/x"]).git
    assert not rules.split([f"{repo.path}/.git/refs/timewarp"]).git
