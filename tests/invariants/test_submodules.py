"""Submodules and repositories inside the work tree, while the user moves about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A repository with a submodule on `main` and none on `other`."""
    RepoBuilder(tmp_path / "library").commit("library", {"lib.txt": "lib\n"})
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    repo.git("branch", "other")
    repo.git("submodule", "--quiet", "add", "../library", "vendor")
    repo.commit("with a submodule")
    return recorded(repo)


def test_a_submodule_that_became_an_untracked_repository_is_captured(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-f", "other")
    assert repo.git("status", "--porcelain") == "?? vendor/"
    taken = opened(repo).snapshot()
    assert taken.skipped == ()
    whole(repo)
    repo.git("gc", "-q", "--prune=now")
    whole(repo)


def test_there_and_back_between_a_submodule_and_an_untracked_repository(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-f", "other")
    repo.write("a", "two\n")
    opened(repo).snapshot()
    before = repo.state(), repo.view()
    repo.git("add", "-A")
    repo.commit("the repository as a gitlink", {"a": "three\n"})
    opened(repo).snapshot()
    committed = repo.state(), repo.view()
    opened(repo).jump("@-1", with_refs=True)
    assert (repo.state(), repo.view()) == before
    opened(repo).undo()
    assert (repo.state(), repo.view()) == committed


def test_the_work_of_a_submodule_comes_back_without_moving_its_commit(repo: RepoBuilder) -> None:
    inner = RepoBuilder(repo.path / "vendor", init=False)
    inner.write("lib.txt", "edited in the submodule\n")
    inner.write("new.txt", "new\n")
    opened(repo).snapshot(milestone="edited")
    head = inner.git("rev-parse", "HEAD")
    inner.git("checkout", "-q", "-f", ".")
    inner.git("clean", "-qfd")
    opened(repo).jump("edited")
    assert inner.read("lib.txt") == b"edited in the submodule\n"
    assert inner.read("new.txt") == b"new\n"
    assert inner.git("rev-parse", "HEAD") == head
    whole(repo)


def cleaned(inner: RepoBuilder) -> None:
    """Make a submodule what its commit says."""
    inner.git("checkout", "-q", "-f", ".")
    inner.git("clean", "-qfd")


def test_a_dirty_submodule_and_back(repo: RepoBuilder) -> None:
    inner = RepoBuilder(repo.path / "vendor", init=False)
    inner.commit("more", {"gone.txt": "gone\n", "kept/deep.txt": "deep\n"})
    repo.commit("the new commit")
    inner.remove("gone.txt")
    inner.write("lib.txt", "dirty\n")
    inner.write("new/new.txt", "new\n")
    opened(repo).snapshot(milestone="dirty")
    dirty = inner.state()
    cleaned(inner)
    clean = inner.state()
    there = opened(repo).jump("dirty")
    assert (there.restored, there.removed) == (
        ("vendor/lib.txt", "vendor/new/new.txt"),
        ("vendor/gone.txt",),
    )
    assert (there.refused, there.kept_aside, there.notes) == ((), (), ())
    assert inner.state() == dirty
    back = opened(repo).undo()
    assert (back.refused, back.kept_aside) == ((), ())
    assert inner.state() == clean
    assert inner.git("status", "--porcelain") == ""
    opened(repo).redo()
    assert inner.state() == dirty
    opened(repo).undo()
    assert inner.state() == clean
    repo.git("gc", "-q", "--prune=now")
    whole(repo)


def test_a_submodule_that_only_lost_a_file(repo: RepoBuilder) -> None:
    inner = RepoBuilder(repo.path / "vendor", init=False)
    inner.commit("more", {"gone.txt": "gone\n"})
    repo.commit("the new commit")
    inner.remove("gone.txt")
    opened(repo).snapshot(milestone="dirty")
    cleaned(inner)
    assert opened(repo).jump("dirty").removed == ("vendor/gone.txt",)
    assert set(inner.state()) == {"lib.txt"}
    opened(repo).undo()
    assert set(inner.state()) == {"lib.txt", "gone.txt"}


def test_one_path_of_a_dirty_submodule_and_back(repo: RepoBuilder) -> None:
    inner = RepoBuilder(repo.path / "vendor", init=False)
    inner.write("lib.txt", "dirty\n")
    inner.write("new.txt", "new\n")
    opened(repo).snapshot(milestone="dirty")
    cleaned(inner)
    opened(repo).restore(["vendor/new.txt"], source="dirty")
    assert {name: data for name, (_, data) in inner.state().items()} == {
        "lib.txt": b"lib\n",
        "new.txt": b"new\n",
    }
    opened(repo).undo()
    assert set(inner.state()) == {"lib.txt"}


def test_a_dirty_submodule_of_a_submodule_and_back(repo: RepoBuilder, tmp_path: Path) -> None:
    RepoBuilder(tmp_path / "deepest").commit("deepest", {"d.txt": "d\n", "gone.txt": "gone\n"})
    vendor = RepoBuilder(repo.path / "vendor", init=False)
    vendor.git("submodule", "--quiet", "add", str(tmp_path / "deepest"), "deep")
    vendor.commit("a submodule of its own")
    repo.commit("the new commit")
    inner = RepoBuilder(repo.path / "vendor/deep", init=False)
    inner.remove("gone.txt")
    inner.write("d.txt", "dirty\n")
    opened(repo).snapshot(milestone="dirty")
    dirty = inner.state()
    cleaned(inner)
    clean = inner.state()
    opened(repo).jump("dirty")
    assert inner.state() == dirty
    opened(repo).undo()
    assert inner.state() == clean
    whole(repo)
