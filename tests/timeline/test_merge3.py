"""Stash apply on top of changes: a merge of views, all or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.restore.engine import Wish
from git_timewarp.store.view import View
from git_timewarp.timeline.merge3 import MergeConflictError, MergedView, merge_views
from tests.support.repo_builder import RepoBuilder
from tests.support.travel import Traveller

BASE = "".join(f"line {n}\n" for n in range(20))


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    repo = RepoBuilder(tmp_path / "r")
    repo.commit("first", {"a.txt": BASE, "b.txt": "b\n", "c.txt": "c\n"})
    return repo


def merge(travel: Traveller, theirs: View) -> MergedView:
    """Merge a stash into what is there now."""
    base = Oid(travel.repo.git("rev-parse", "HEAD^{tree}"))
    ours = travel.take()
    try:
        return merge_views(travel.quarantine, base=base, ours=ours, theirs=theirs)
    finally:
        travel.quarantine.close()


def test_changes_of_both_sides_come_together(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.write("a.txt", BASE.replace("line 2\n", "theirs\n"))
    repo.write("stashed.txt", "stashed\n")
    repo.write("secret.txt", "s\n", mode=0o600)
    repo.mkdir("void")
    repo.remove("c.txt")
    stash = travel.take()
    repo.git("reset", "-q", "--hard")
    repo.git("clean", "-qffd")
    repo.write("a.txt", BASE.replace("line 17\n", "ours\n"))
    repo.write("mine.txt", "mine\n")
    repo.git("add", "mine.txt")
    index, objects = repo.index_state(), repo.git("count-objects")
    merged = merge(travel, stash)
    assert merged.conflicts == ()
    travel.jump(merged.view, wish=Wish(index=False))
    assert repo.read("a.txt").decode() == BASE.replace("line 2\n", "theirs\n").replace(
        "line 17\n", "ours\n"
    )
    assert repo.read("stashed.txt") == b"stashed\n"
    assert repo.read("mine.txt") == b"mine\n"
    assert os.stat(repo.location("secret.txt")).st_mode & 0o777 == 0o600
    assert os.path.isdir(repo.location("void"))
    assert not os.path.exists(repo.location("c.txt"))
    assert repo.index_state() == index
    assert repo.git("count-objects") == objects


def test_a_conflict_writes_nothing(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.write("a.txt", BASE.replace("line 2\n", "theirs\n"))
    repo.write("b.txt", "theirs\n")
    stash = travel.take()
    repo.write("a.txt", BASE.replace("line 2\n", "ours\n"))
    repo.write("b.txt", "ours\n")
    state = repo.state()
    merged = merge(travel, stash)
    assert merged.conflicts == ("a.txt", "b.txt")
    assert repo.state() == state
    error = MergeConflictError(merged.conflicts, command="git timewarp jump kmnoxyz")
    assert error.exit_code == 4
    assert error.message == "2 paths changed on both sides"
    assert error.hint == "git timewarp jump kmnoxyz"


def test_exact_bytes_follow_the_side_that_changed(repo: RepoBuilder) -> None:
    repo.commit("attributes", {".gitattributes": "*.txt text eol=crlf\n"})
    repo.remove("b.txt")
    repo.git("checkout", "b.txt")
    travel = Traveller(repo)
    repo.write("b.txt", b"theirs, with LF\n")
    stash = travel.take()
    assert stash.raw is not None
    repo.write("b.txt", b"b\r\n")
    repo.write("c.txt", b"ours, with LF\n")
    merged = merge(travel, stash)
    travel.jump(merged.view, wish=Wish(index=False))
    assert repo.read("b.txt") == b"theirs, with LF\n"
    assert repo.read("c.txt") == b"ours, with LF\n"
