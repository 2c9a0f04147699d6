"""Which folders are watched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git.repo import discover
from git_timewarp.watch import folders
from tests.support import recording
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    return RepoBuilder(tmp_path / "repo")


def tree(repo: RepoBuilder) -> set[str]:
    found = folders.listed(recording.opened(repo)).tree
    return {os.path.relpath(path, repo.path) for path in found}


def git(repo: RepoBuilder) -> set[str]:
    found = folders.listed(recording.opened(repo)).git
    return {os.path.relpath(path, repo.path) for path in found}


def test_every_folder_but_gits_own(repo: RepoBuilder) -> None:
    repo.mkdir("a/b/c")
    repo.mkdir("empty")
    assert tree(repo) == {".", "a", "a/b", "a/b/c", "empty"}


def test_ignored_folders_are_left_out_unless_something_in_them_is_tracked(
    repo: RepoBuilder,
) -> None:
    repo.write(".gitignore", "build/\nout/\ncache/*\n")
    repo.write("build/deep/x")
    repo.write("out/kept/x")
    repo.write("out/other/x")
    repo.write("cache/x/y")
    repo.git("add", "-f", "out/kept/x")
    assert tree(repo) == {".", "out", "out/kept", "cache"}


@pytest.mark.parametrize("form", ["--index-version=4", "--split-index", "--index-version=2"])
def test_folders_of_tracked_files_whatever_the_form_of_the_index(
    repo: RepoBuilder, form: str
) -> None:
    repo.write("out/kept/x")
    repo.write("top")
    repo.git("add", "-A")
    repo.git("update-index", *form.split("="))
    opened = recording.opened(repo)
    assert {os.fsdecode(path) for path in folders.tracked(opened)} >= {f"{repo.path}/out/kept"}


def test_links_are_not_followed(repo: RepoBuilder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere/deep").mkdir(parents=True)
    repo.link("out", str(tmp_path / "elsewhere"))
    repo.link("up", "..")
    assert tree(repo) == {"."}


def test_nested_repositories_with_their_head_and_index(repo: RepoBuilder) -> None:
    inner = RepoBuilder(repo.path / "inner")
    inner.commit("first", {"src/x": "1"})
    assert tree(repo) == {".", "inner", "inner/.git", "inner/src"}


def test_submodules(repo: RepoBuilder, tmp_path: Path) -> None:
    RepoBuilder(tmp_path / "library").commit("first", {"src/x": "1"})
    repo.git("submodule", "add", "-q", str(tmp_path / "library"), "sub")
    assert tree(repo) == {".", "sub", "sub/src"}


def test_names_that_are_not_text(repo: RepoBuilder) -> None:
    repo.mkdir("bad\udcff/sub")
    repo.mkdir(":(top)")
    repo.mkdir("new\nline")
    repo.mkdir("-dash")
    assert tree(repo) == {".", "bad\udcff", "bad\udcff/sub", ":(top)", "new\nline", "-dash"}


def test_gits_refs_but_not_ours(repo: RepoBuilder) -> None:
    repo.commit()
    repo.git("branch", "topic/one")
    repo.git("update-ref", "refs/timewarp/kkkk/events/000001", "HEAD")
    repo.git("branch", "timewarp/mine")
    assert git(repo) == {
        ".git",
        ".git/info",
        ".git/refs",
        ".git/refs/heads",
        ".git/refs/heads/topic",
        ".git/refs/heads/timewarp",
        ".git/refs/tags",
    }


def test_a_linked_work_tree_has_both_folders_of_git(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    found = folders.listed(discover(str(tmp_path / "linked"), repo.env()))
    assert found.tree == (str(tmp_path / "linked"),)
    assert {str(repo.path / ".git"), str(repo.path / ".git/worktrees/linked")} <= set(found.git)
