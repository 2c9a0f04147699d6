"""Whatever a strict server refuses, we refuse first; ordinary names we take."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.git import refusals
from git_timewarp.git.run import Git
from tests.support.repo_builder import RepoBuilder

REFUSED = [
    ".git",
    "a/.GIT/b",
    "git~1",
    "GIT~1/x",
    ".git ",
    ".git.",
    ".git . .",
    ".git::$INDEX_ALLOCATION",
    "a\\.git",
    ".g\u200cit",
    "\ufeff.git",
    ".gitmodules ",
    ".GITMODULES",
    "gitmod~1",
    "GI7EBA~2",
    ".gitmod\u200dules",
]
TAKEN = [
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
    "git",
    "git~x",
    ".github/x",
    ".git~ok",
    "..git",
    ".git_",
    "a~b",
    "ü",
    "digit",
    "legit.txt",
    "\udcff",
]


def strict(builder: RepoBuilder, name: str, data: bytes) -> bool:
    """Tell whether `fsck --strict` accepts a tree with this one entry."""
    oid = builder.git("hash-object", "-w", "--stdin", stdin=data)
    line = f"100644 blob {oid}\t".encode() + name.encode("utf-8", "surrogateescape") + b"\0"
    tree = builder.run("mktree", "-z", stdin=line).stdout.decode().strip()
    commit = builder.git("commit-tree", tree, "-m", "x")
    builder.git("update-ref", "refs/heads/probe", commit)
    return builder.run("fsck", "--strict", "--no-dangling", ok=None).returncode == 0


@pytest.mark.parametrize("name", REFUSED)
def test_refused_names(name: str) -> None:
    assert refusals.name_refused(name)


@pytest.mark.parametrize("name", TAKEN)
def test_names_we_take_are_names_git_takes(tmp_path: Path, name: str) -> None:
    assert not refusals.name_refused(name)
    if "/" not in name:
        assert strict(RepoBuilder(tmp_path / "r"), name, b"")


MODULES = [
    ('[submodule "s"]\n\tpath = s\n\turl = ../s\n', True),
    ('[submodule "s"]\n\tpath = s\n\turl = https://example.com/s.git\n\tupdate = rebase\n', True),
    ("", True),
    ("# nothing\n", True),
    ('[submodule "s"\n', False),
    ('[submodule "../s"]\n\turl = x\n', False),
    ('[submodule "s"]\n\turl = --upload-pack=x\n', False),
    ('[submodule "s"]\n\tpath = -x\n', False),
    ('[submodule "s"]\n\tupdate = !touch x\n', False),
    ('[submodule "s"]\n\turl = "https://example.com/a\\nb"\n', False),
    ('[submodule "s"]\n\turl = https://example.com/%0ahost=x\n', False),
]


@pytest.mark.parametrize(("text", "taken"), MODULES)
def test_contents_of_gitmodules(tmp_path: Path, text: str, *, taken: bool) -> None:
    builder = RepoBuilder(tmp_path / "r")
    git = Git(builder.env(), git_dir=str(builder.git_dir()))
    assert refusals.contents_refused(git, "sub/.gitmodules", text.encode()) is not taken
    if taken or '[submodule "s"\n' not in text:
        # What does not parse is only told by this git; others refuse it.
        assert strict(builder, ".gitmodules", text.encode()) is taken


@pytest.mark.parametrize(("length", "taken"), [(2047, True), (2048, False), (5000, False)])
def test_long_lines_in_gitattributes(tmp_path: Path, length: int, *, taken: bool) -> None:
    builder = RepoBuilder(tmp_path / "r")
    git = Git(builder.env(), git_dir=str(builder.git_dir()))
    data = b"a text\n" + b"x" * length + b"\nb text\n"
    assert refusals.contents_refused(git, ".gitattributes", data) is not taken
    assert strict(builder, ".gitattributes", data) is taken


def test_only_special_files_are_read() -> None:
    assert refusals.is_special("a/.gitmodules")
    assert refusals.is_special(".gitattributes")
    assert not refusals.is_special("a.gitmodules")
