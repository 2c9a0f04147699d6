"""Every kind of state, there and back: bytes, modes, links, index and status."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.repo_builder import RepoBuilder
from tests.support.travel import State, Traveller

Step = Callable[[RepoBuilder], object]


def base(path: Path) -> RepoBuilder:
    """A repository with a bit of everything."""
    repo = RepoBuilder(path)
    repo.write("a.txt", "one\n")
    repo.write("b.txt", "two\n")
    repo.write("run.sh", "#!/bin/sh\n", mode=0o755)
    repo.write("dir/inner.txt", "inner\n")
    repo.write("dir/deep/leaf.txt", "leaf\n")
    repo.link("link", "a.txt")
    repo.write(".gitignore", "*.ign\nbuild/\n")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "first")
    return repo


def edit(repo: RepoBuilder) -> None:
    repo.write("a.txt", "changed\n")


def same_size(repo: RepoBuilder) -> None:
    repo.write("a.txt", "eno\n")


def delete(repo: RepoBuilder) -> None:
    repo.remove("a.txt")
    repo.remove("dir")


def add(repo: RepoBuilder) -> None:
    repo.write("new.txt", "new\n")
    repo.write("fresh/deep/er.txt", "x")
    repo.write("empty-file", b"")


def modes(repo: RepoBuilder) -> None:
    os.chmod(repo.location("a.txt"), 0o700)
    os.chmod(repo.location("b.txt"), 0o600)
    os.chmod(repo.location("run.sh"), 0o500)


def read_only(repo: RepoBuilder) -> None:
    repo.write("ro.txt", "ro", mode=0o444)
    os.chmod(repo.location("a.txt"), 0o400)


def link_swaps(repo: RepoBuilder) -> None:
    repo.remove("link")
    repo.write("link", "a file now\n")
    repo.remove("b.txt")
    repo.link("b.txt", "/nowhere")
    repo.remove("dir/inner.txt")
    repo.link("dir/inner.txt", "deep")


def file_to_folder(repo: RepoBuilder) -> None:
    repo.remove("a.txt")
    repo.write("a.txt/x/y.txt", "below\n")
    repo.remove("link")
    repo.write("link/z", "below a link's name\n")


def folder_to_file(repo: RepoBuilder) -> None:
    repo.remove("dir")
    repo.write("dir", "a file\n")


def folder_to_link(repo: RepoBuilder) -> None:
    repo.write("elsewhere/inner.txt", "untouchable\n")
    repo.remove("dir")
    repo.link("dir", "elsewhere")


def odd_names(repo: RepoBuilder) -> None:
    repo.write("new\nline", "1")
    repo.write("tab\there", "2")
    repo.write('quo"te', "3")
    repo.write("-dash", "4")
    repo.write("caf\udce9", "5")
    repo.write("d\udcff\n/-x", "6")
    repo.write(" lead and trail ", "7")
    repo.write("*", "8")
    repo.git("add", "-A")
    repo.write("new\nline", "unstaged")
    repo.write("caf\udce9", "unstaged")


def empty_folders(repo: RepoBuilder) -> None:
    repo.mkdir("void/inside")
    repo.remove("dir/inner.txt")
    repo.remove("dir/deep/leaf.txt")


def staged(repo: RepoBuilder) -> None:
    repo.write("a.txt", "staged\n")
    repo.write("new.txt", "staged new\n")
    repo.git("add", "a.txt", "new.txt")
    repo.write("a.txt", "and unstaged\n")
    repo.git("rm", "-q", "--cached", "b.txt")
    repo.git("rm", "-q", "dir/inner.txt")


def staged_only(repo: RepoBuilder) -> None:
    """The staged content is in nobody's tree and in no file."""
    repo.write("a.txt", "staged, then gone\n")
    repo.git("add", "a.txt")
    repo.write("a.txt", "one\n")


def intent(repo: RepoBuilder) -> None:
    repo.write("later.txt", "later\n")
    repo.git("add", "-N", "later.txt")


def bits(repo: RepoBuilder) -> None:
    repo.git("update-index", "--assume-unchanged", "a.txt")
    repo.git("update-index", "--skip-worktree", "b.txt")
    repo.write("a.txt", "hidden edit\n")
    repo.write("b.txt", "hidden too\n")


def crlf(repo: RepoBuilder) -> None:
    repo.write(".gitattributes", "*.txt text eol=crlf\n*.id ident\n")
    repo.write("a.txt", "one\r\nmore\r\n")
    repo.write("mixed.txt", b"lf\ncrlf\r\n")
    repo.write("v.id", "$Id$\n")
    repo.git("add", "-A")
    repo.write("b.txt", "LF stays\n")


def conflict(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.write("a.txt", "side\n")
    repo.git("rm", "-q", "b.txt")
    repo.git("commit", "-qam", "side")
    repo.git("checkout", "-q", "main")
    repo.write("a.txt", "main\n")
    repo.write("b.txt", "main too\n")
    repo.git("commit", "-qam", "main")
    repo.git("merge", "-q", "side", ok=(1,))
    repo.git("update-ref", "-d", "MERGE_HEAD")
    for name in ("MERGE_MSG", "MERGE_MODE", "AUTO_MERGE"):
        (repo.git_dir() / name).unlink(missing_ok=True)
    repo.git("update-ref", "refs/heads/main", "main~1")


STATES: dict[str, Step] = {
    step.__name__: step
    for step in (
        edit,
        same_size,
        delete,
        add,
        modes,
        read_only,
        link_swaps,
        file_to_folder,
        folder_to_file,
        folder_to_link,
        odd_names,
        empty_folders,
        staged,
        staged_only,
        intent,
        bits,
        crlf,
        conflict,
    )
}


@pytest.mark.parametrize("name", STATES)
def test_there_and_back(tmp_path: Path, name: str) -> None:
    repo = base(tmp_path / "r")
    traveller = Traveller(repo)
    clean, clean_view = State.of(repo), traveller.take()
    STATES[name](repo)
    changed, changed_view = State.of(repo), traveller.take()

    traveller.jump(clean_view)
    assert State.of(repo) == clean
    traveller.jump(changed_view)
    assert State.of(repo) == changed
    assert traveller.plan(changed_view)[0].touched == ()


@pytest.mark.parametrize("first", ["staged", "folder_to_link", "crlf", "bits"])
@pytest.mark.parametrize("second", ["file_to_folder", "folder_to_file", "odd_names", "delete"])
def test_from_one_state_to_another(tmp_path: Path, first: str, second: str) -> None:
    repo = base(tmp_path / "r")
    traveller = Traveller(repo)
    STATES[first](repo)
    one, one_view = State.of(repo), traveller.take()
    (repo.git_dir() / "index").unlink()
    repo.git("reset", "-q", "--hard")
    repo.git("clean", "-qffdx")
    STATES[second](repo)
    two, two_view = State.of(repo), traveller.take()

    traveller.jump(one_view)
    assert State.of(repo).status == one.status
    assert State.of(repo) == one
    traveller.jump(two_view)
    assert State.of(repo) == two
