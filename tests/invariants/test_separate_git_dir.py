"""The git directory lies in the work tree under a name of the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder


@pytest.mark.parametrize("store", [".gitstore", "deep/er/store"])
def test_it_is_never_captured_and_journeys_arrive(tmp_path: Path, store: str) -> None:
    repo = RepoBuilder(tmp_path / "repo", init=False)
    (repo.path / store).parent.mkdir(parents=True)
    repo.git("init", "-q", f"--separate-git-dir={store}")
    repo.write("a", "one\n")
    repo.git("add", "a")
    repo.git("commit", "-q", "-m", "first")
    recorded(repo)
    repo.write("a", "two\n")
    repo.write("deep/er/new", "new\n")
    repo.mkdir("deep/empty")
    work = opened(repo).snapshot()
    assert (work.changes, work.skipped) == ((1, 1, 0), ())
    assert opened(repo).snapshot().created is False
    there = opened(repo).jump("HEAD")
    assert (there.restored, there.removed) == (("a",), ("deep/er/new",))
    opened(repo).undo()
    assert (repo.read("a"), repo.read("deep/er/new")) == (b"two\n", b"new\n")
    assert opened(repo).status().to_dict()["problems"] == []
    whole(repo)


def test_that_of_a_repository_inside_is_not_captured_either(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    inner = RepoBuilder(repo.path / "inner", init=False)
    inner.path.mkdir()
    inner.git("init", "-q", "--separate-git-dir=store")
    inner.write("b", "b\n")
    recorded(repo)
    assert opened(repo).snapshot().created is False
    inner.git("add", "b")
    inner.git("commit", "-q", "-m", "inner")
    opened(repo).snapshot(milestone="inner")
    inner.write("b", "changed\n")
    inner.git("commit", "-q", "-a", "-m", "later")
    assert opened(repo).jump("inner").restored == ("inner/b",)
    assert inner.git("log", "-1", "--format=%s") == "later"
    assert inner.read("b") == b"b\n"
