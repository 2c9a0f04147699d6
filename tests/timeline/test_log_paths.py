"""`log` with paths: what an event is about, and nothing else of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from git_timewarp.restore.pathspec import BadPathspecError
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A repository with hooks: E1 init, E2 a snapshot, E3 a commit, E4 a snapshot, E5 a note."""
    made = RepoBuilder(tmp_path / "repo")
    made.commit("first", {"src/a.py": "a\n", "src/deep/b.py": "b\n", "doc.md": "doc\n"})
    recorded(made, hooks=True)
    made.write("src/a.py", "edited\n")
    made.write("src/k\udcff.txt", "k\n")
    opened(made).snapshot()
    made.commit("second", {"src/deep/b.py": "committed\n", "src/a.py": "edited\n"})
    made.remove("doc.md")
    opened(made).snapshot()
    note = {"type": "note", "summary": "x", "touches": [{"path": "src/noted.py", "op": "M"}]}
    list(opened(made).record([json.dumps(note).encode() + b"\n"]))
    return made


def events(repo: RepoBuilder, *paths: str, where: str = ".") -> list[str]:
    """Return the labels of what `log` shows, as typed in a folder."""
    done = repo.run("-C", where, "timewarp", "log", "--json", "--", *paths)
    return [json.loads(line)["event"] for line in done.stdout.splitlines()]


def test_all_that_is_about_a_path(repo: RepoBuilder) -> None:
    assert events(repo) == ["E5", "E4", "E3", "E2", "E1"]
    for paths, expected in {
        ("src/a.py",): ["E3", "E2", "E1"],
        ("src/deep",): ["E4", "E3", "E1"],
        ("src",): ["E5", "E4", "E3", "E2", "E1"],
        ("doc.md",): ["E4", "E1"],
        ("doc.md", "src/deep/"): ["E4", "E3", "E1"],
        ("src/noted.py",): ["E5"],
        ("*.md",): ["E4", "E1"],
        ("*.py",): ["E5", "E4", "E3", "E2", "E1"],
        (":(glob)src/*.py",): ["E5", "E3", "E2", "E1"],
        ("src", ":!src/deep"): ["E5", "E3", "E2", "E1"],
        (":(icase)DOC.MD",): ["E4", "E1"],
        ("src/k\udcff.txt",): ["E3", "E2"],
        (".",): ["E5", "E4", "E3", "E2", "E1"],
        ("nothing",): [],
        (str(repo.path / "doc.md"),): ["E4", "E1"],
    }.items():
        assert events(repo, *paths) == expected, paths


def test_from_a_folder(repo: RepoBuilder) -> None:
    assert events(repo, "a.py", where="src") == ["E3", "E2", "E1"]
    assert events(repo, "../doc.md", where="src") == ["E4", "E1"]
    assert events(repo, ":/doc.md", where="src") == ["E4", "E1"]
    assert events(repo, "*.md", where="src") == []


def test_the_number_counts_what_is_shown(repo: RepoBuilder) -> None:
    answer = typed(repo, "log", "-1", "--json", "doc.md")
    assert [json.loads(line)["event"] for line in answer.out.splitlines()] == ["E4"]


def test_patches_are_of_these_paths_only(repo: RepoBuilder) -> None:
    names = []
    for line in typed(repo, "log", "-p", "--", "*.py", ":!src/deep").out.splitlines():
        if line.startswith("diff"):
            names.append(line)
    assert names == ["diff --git a/src/a.py b/src/a.py"]


def test_what_no_path_can_be(repo: RepoBuilder) -> None:
    for path in ("", "../x", ":(attr:x)a", "/elsewhere"):
        with pytest.raises(BadPathspecError):
            list(opened(repo).log(paths=[path]))


def test_where_nothing_is_shown_it_says_that_drafts_are_left_out(repo: RepoBuilder) -> None:
    done = typed(repo, "log", "--", "no such file")
    assert (done.code, done.out) == (0, "")
    assert done.err == (
        "nothing but drafts, if anything, changed it\n"
        "hint: git timewarp log --all -- 'no such file'\n"
    )
    assert typed(repo, "log", "--all", "--", "no such file").err == ""
    assert typed(repo, "log", "--json", "--", "no such file").err == ""
