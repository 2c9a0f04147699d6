"""Repositories inside the work tree: their files come back, they are never removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git.names import RepoPath
from git_timewarp.restore.engine import Wish
from git_timewarp.restore.outcome import Refused
from tests.support.repo_builder import RepoBuilder
from tests.support.travel import Traveller


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    repo = RepoBuilder(tmp_path / "r")
    repo.commit("first", {"a.txt": "one\n"})
    return repo


def nest(repo: RepoBuilder, name: str, *, commit: bool = True) -> RepoBuilder:
    inner = RepoBuilder(repo.path / name)
    inner.write("in.txt", "inner\n")
    inner.write("deep/er.txt", "deeper\n")
    if commit:
        inner.commit("inner")
    return inner


@pytest.mark.parametrize("commit", [True, False])
def test_the_files_inside_come_back(repo: RepoBuilder, commit: bool) -> None:  # noqa: FBT001
    inner = nest(repo, "lib/inner", commit=commit)
    inner.write("in.txt", "edited\n")
    inner.write("new.txt", "new\n")
    travel = Traveller(repo)
    state, target = repo.state(), travel.take()
    inner.write("in.txt", "wrecked\n")
    inner.remove("deep")
    inner.remove("new.txt")
    inner.write("since.txt", "since\n")
    git_dir = {path: path.read_bytes() for path in inner.git_dir().rglob("*") if path.is_file()}
    travel.jump(target)
    assert repo.state() == state
    assert git_dir == {p: p.read_bytes() for p in inner.git_dir().rglob("*") if p.is_file()}


def test_one_that_is_new_since_stays(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    inner = nest(repo, "inner")
    repo.write("a.txt", "edited\n")
    plan, now = travel.plan(target)
    outcome = travel.restorer().restore(plan, now=now, target=target, wish=Wish())
    travel.quarantine.close()
    assert Refused(RepoPath("inner"), "nested-repository") in outcome.left
    assert inner.read("in.txt") == b"inner\n"
    assert inner.git("status", "--porcelain") == ""
    assert repo.read("a.txt") == b"one\n"


def test_one_in_the_place_of_a_file_is_not_replaced(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.remove("a.txt")
    nest(repo, "a.txt")
    plan, now = travel.plan(target)
    assert plan.refused == (Refused(RepoPath("a.txt"), "nested-repository"),)
    travel.restorer().restore(plan, now=now, target=target, wish=Wish())
    travel.quarantine.close()
    assert repo.read("a.txt/in.txt") == b"inner\n"


def test_one_that_is_gone_gives_its_files_back(repo: RepoBuilder) -> None:
    inner = nest(repo, "inner")
    inner.write("in.txt", "edited\n")
    travel = Traveller(repo)
    target = travel.take()
    repo.remove("inner")
    plan, now = travel.plan(target)
    outcome = travel.restorer().restore(plan, now=now, target=target, wish=Wish())
    travel.quarantine.close()
    assert repo.read("inner/in.txt") == b"edited\n"
    assert repo.read("inner/deep/er.txt") == b"deeper\n"
    assert not os.path.exists(repo.location("inner/.git"))
    assert Refused(RepoPath("inner"), "nested-repository-gone") in outcome.left


def test_a_submodule_stays_where_it_is(repo: RepoBuilder, tmp_path: Path) -> None:
    source = RepoBuilder(tmp_path / "source")
    source.commit("s1", {"s.txt": "1\n"})
    repo.git("submodule", "--quiet", "add", str(source.path), "sub")
    repo.commit("with submodule")
    travel = Traveller(repo)
    target = travel.take()
    sub = RepoBuilder(repo.path / "sub", init=False)
    second = sub.commit("s2", {"s.txt": "2\n"})
    repo.git("add", "sub")
    repo.write("a.txt", "edited\n")
    plan, now = travel.plan(target)
    outcome = travel.restorer().restore(plan, now=now, target=target, wish=Wish())
    travel.quarantine.close()
    assert Refused(RepoPath("sub"), "submodule") in outcome.left
    assert sub.git("rev-parse", "HEAD") == second
    assert repo.read("sub/s.txt") == b"2\n"
    assert repo.read("a.txt") == b"one\n"


def test_a_submodules_edits_come_back(repo: RepoBuilder, tmp_path: Path) -> None:
    source = RepoBuilder(tmp_path / "source")
    source.commit("s1", {"s.txt": "1\n", "t.txt": "t\n"})
    repo.git("submodule", "--quiet", "add", str(source.path), "sub")
    repo.commit("with submodule")
    repo.write("sub/s.txt", "edited\n")
    travel = Traveller(repo)
    state, target = repo.state(), travel.take()
    repo.write("sub/s.txt", "1\n")
    travel.jump(target)
    assert repo.state() == state
