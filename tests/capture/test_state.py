"""HEAD, refs and operations in progress, as parts of a view."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.git.names import Oid, RefName
from git_timewarp.store.view import Head, unescape
from tests.support.capturing import Recorder
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r")
    made.commit("one", {"a": "1\n2\n3\n"})
    made.git("branch", "side")
    made.commit("two", {"a": "1\ntwo\n3\n"})
    made.git("switch", "-q", "side")
    made.commit("three", {"a": "1\nthree\n3\n"})
    made.git("switch", "-q", "main")
    return made


def test_refs_head_first_ours_left_out(builder: RepoBuilder) -> None:
    head, side = builder.git("rev-parse", "HEAD", "side").split()
    builder.git("tag", "-a", "v1", "-m", "v1")
    tag = builder.git("rev-parse", "v1")
    builder.git("update-ref", "refs/timewarp/k/snapshots/0", tag)
    builder.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/side")
    recorder = Recorder(builder)
    view = recorder.take()
    expected = (
        f"{head} HEAD refs/heads/main\n"
        f"{head} refs/heads/main\n"
        f"{side} refs/heads/side\n"
        f"{side} refs/remotes/origin/HEAD refs/heads/side\n"
        f"{tag} refs/tags/v1\n"
    )
    assert recorder.blob(view.refs).decode() == expected
    assert view.head == Head(Oid(head), RefName("refs/heads/main"))


def test_head_detached_and_unborn(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    head = builder.git("rev-parse", "HEAD")
    builder.git("switch", "-q", "--detach")
    view = recorder.take()
    assert (view.head.oid, view.head.branch) == (head, None)
    assert recorder.blob(view.refs).startswith(f"{head} HEAD\n".encode())
    builder.git("switch", "-q", "--orphan", "new/born")
    view = recorder.take()
    assert (view.head.oid, view.head.branch) == (None, "refs/heads/new/born")
    assert recorder.blob(view.refs).startswith(b"0" * 40 + b" HEAD refs/heads/new/born\n")


def test_head_on_a_branch_that_is_another_name_of_one(builder: RepoBuilder) -> None:
    builder.git("symbolic-ref", "refs/heads/alias", "refs/heads/side")
    builder.git("symbolic-ref", "HEAD", "refs/heads/alias")
    view = Recorder(builder).take()
    side = builder.git("rev-parse", "side")
    assert (view.head.oid, view.head.branch) == (side, builder.git("symbolic-ref", "HEAD"))


OPERATIONS = {
    "merge": (("merge", "side"), {"MERGE_HEAD", "MERGE_MODE", "MERGE_MSG"}),
    "rebase": (("rebase", "side"), {"rebase-merge/onto", "rebase-merge/head-name"}),
    "cherry-pick": (("cherry-pick", "side"), {"CHERRY_PICK_HEAD", "MERGE_MSG"}),
    "revert": (("revert", "HEAD~1"), {"REVERT_HEAD", "MERGE_MSG"}),
    "bisect": (("bisect", "start", "HEAD", "HEAD~1"), {"BISECT_LOG", "BISECT_START"}),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_in_progress(builder: RepoBuilder, name: str) -> None:
    recorder = Recorder(builder)
    assert (recorder.take().operation_name, recorder.take().operation) == (None, None)
    args, expected = OPERATIONS[name]
    builder.git(*args, ok=None)
    view = recorder.take()
    assert view.operation_name == name
    files = recorder.files(view.operation)
    assert expected <= set(files)
    for path, (_, data) in files.items():
        there = builder.git_dir().joinpath(*map(unescape, path.split("/")))
        assert there.read_bytes() == data


def test_am_and_the_older_rebase(builder: RepoBuilder) -> None:
    patch = builder.git("format-patch", "-1", "--stdout", "side")
    builder.git("am", "-q", stdin=patch.encode(), ok=None)
    recorder = Recorder(builder)
    view = recorder.take()
    assert view.operation_name == "am"
    assert "rebase-apply/patch" in recorder.files(view.operation)
    builder.git("am", "--abort")
    builder.git("rebase", "--apply", "side", ok=None)
    assert recorder.take().operation_name == "rebase"
