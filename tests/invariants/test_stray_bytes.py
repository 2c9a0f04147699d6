"""Folders whose names are not UTF-8: the repository below one, a linked work tree in one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from git_timewarp.git import generation
from git_timewarp.util.text import to_str
from tests.support.recorder import recorded, typed
from tests.support.repo_builder import RepoBuilder


def below(tmp_path: Path, name: bytes) -> Path:
    return Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))


def test_a_repository_keeps_its_writer(tmp_path: Path) -> None:
    repo = RepoBuilder(below(tmp_path, b"r\xff"))
    repo.commit("first", {"a": "1\n"})
    recorded(repo, hooks=True)
    for text in "23":
        repo.write("a", text)
        assert typed(repo, "snapshot").code == 0
    for words in (["jump", "E1"], ["undo"]):
        assert typed(repo, *words).code == 0
    assert repo.read("a") == b"3"
    refs = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp").split()
    assert len({ref.split("/")[2] for ref in refs}) == 1
    assert typed(repo, "verify", "--full").code == 0
    assert typed(repo, "deinit").code == 0
    assert typed(repo, "init").code == 0
    assert len(typed(repo, "log").out.splitlines()) > 5


def test_a_linked_work_tree(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "1\n"})
    recorded(repo, hooks=True)
    where = below(tmp_path, b"w\xff")
    repo.git("worktree", "add", "-q", "-b", "side", to_str(os.fsencode(where)))
    linked = RepoBuilder(where, init=False)
    for text in "23":
        linked.write("a", text)
        assert typed(linked, "snapshot").code == 0
    linked.commit("noted", {"b": "x"})
    for words in (["status"], ["jump", "@-1"], ["undo"], ["watch", "start"], ["watch", "stop"]):
        assert typed(linked, *words).code == 0, words
    told = [json.loads(line) for line in typed(linked, "log", "--json", "--all").out.splitlines()]
    assert {item["worktree"] for item in told} == {"main-worktree", "worktrees/w\\xff"}
    (noted,) = [item for item in told if item["summary"] == "noted"]
    assert noted["worktree"] == "worktrees/w\\xff"
    assert typed(linked, "verify", "--full").code == 0
    assert typed(linked, "deinit").code == 0


@pytest.mark.parametrize("name", [b"w", "ä".encode(), b"w\xff", b"\xc3"])
def test_the_id_of_a_work_tree_goes_back(name: bytes) -> None:
    path = to_str(b"/r/.git/worktrees/" + name)
    told = generation.name(path, "/r/.git")
    told.encode()
    assert os.path.join("/r/.git", generation.folder(told)) == path
