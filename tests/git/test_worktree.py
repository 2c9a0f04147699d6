"""Scans of a work tree through an index."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.git import worktree
from git_timewarp.git.names import RepoPath
from git_timewarp.git.run import Git
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r")
    made.commit("start", {"a": "a\n", "d/b": "b\n", "t": "t\n"})
    return made


def runner(builder: RepoBuilder) -> Git:
    return Git(builder.env(), git_dir=str(builder.git_dir()), work_tree=str(builder.path))


def test_changes_others_and_folders(builder: RepoBuilder) -> None:
    oid = builder.git("rev-parse", "HEAD:a")
    builder.write("a", "edited\n")
    builder.remove("d/b")
    builder.remove("t")
    builder.link("t", "a")
    builder.write("new\n\udcff", "x")
    builder.write("e/f", "x")
    found = worktree.Scan(runner(builder)).result()
    assert [(c.path, c.status) for c in found.changes] == [("a", "M"), ("d/b", "D"), ("t", "T")]
    assert (found.changes[0].oid, found.changes[0].mode) == (oid, 0o100644)
    assert found.others == ("new\n\udcff",)
    assert found.folders == ("e",)
    assert found.closed == ()


def test_an_unmerged_path_comes_once(builder: RepoBuilder) -> None:
    oid = builder.git("rev-parse", "HEAD:a")
    lines = "".join(f"100644 {oid} {stage}\ta\n" for stage in (1, 2, 3))
    builder.git("update-index", "--index-info", stdin=lines.encode())
    found = worktree.Scan(runner(builder)).result()
    assert [(c.path, c.status) for c in found.changes] == [("a", "U")]


def test_files_below_many_folders(builder: RepoBuilder) -> None:
    folders = []
    for number in range(450):
        builder.write(f"new{number}/*", "x")
        folders.append(RepoPath(f"new{number}"))
    RepoBuilder(builder.path / "new7" / "nested").commit("x", {"f": "f"})
    found = worktree.files_below(runner(builder), folders)
    assert set(found.others) == {f"{folder}/*" for folder in folders}
    assert found.folders == ("new7/nested",)


def test_what_the_rules_ignore(builder: RepoBuilder) -> None:
    builder.write(".gitignore", "*.o\nbuild/\n")
    asked = ["x.o", "x.c", "build/", "build", ":x", "*", "[", "d/\udcff.o", "t"]
    assert worktree.ignored(runner(builder), asked) == {"x.o", "build/", "d/\udcff.o"}
    assert worktree.ignored(runner(builder), []) == set()


def test_a_scan_may_be_given_up(builder: RepoBuilder) -> None:
    scan = worktree.Scan(runner(builder))
    scan.stop()
    scan.stop()


def test_messages_of_closed_places() -> None:
    messages = (
        "warning: could not open directory 'd/': Permission denied\n"
        "error: d/f: Permission denied\n"
        "d/g: Input/output error\n"
        "warning: something else\n"
    )
    assert worktree.closed_places(messages) == ["d", "d/f", "d/g"]
