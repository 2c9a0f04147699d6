"""The user's index as a part of a view: stages, bits, and every form git gives the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.store.view import View
from tests.support.capturing import Recorder, added_tree, reasons
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r")
    made.commit("start", {"a": "a\n", "b": "b\n", "in/c": "c\n", "out/d": "d\n", "out/e/f": "f\n"})
    return made


def names(recorder: Recorder, view: View) -> dict[str, bytes]:
    return {path: data for path, (_, data) in recorder.files(view.index).items()}


def test_no_part_when_head_or_the_tree_says_it_all(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    builder.write("a", "edited\n")
    assert recorder.take().index is None
    builder.git("add", "-A")
    view = recorder.take()
    assert view.index is None
    assert view.index_tree == view.tree


def test_staged_and_edited_again(builder: RepoBuilder) -> None:
    builder.write("a", "staged\n")
    builder.git("add", "a")
    builder.git("rm", "-q", "--cached", "b")
    builder.write("a", "edited\n")
    recorder = Recorder(builder)
    view = recorder.take()
    assert view.index_tree == builder.git("write-tree")
    assert recorder.files(view.tree)["a"][1] == b"edited\n"
    assert names(recorder, view) == {
        "0/a": b"staged\n",
        "0/in/c": b"c\n",
        "0/out/d": b"d\n",
        "0/out/e/f": b"f\n",
    }
    assert recorder.take() == view


def test_conflict_stages_and_the_file_with_the_markers(builder: RepoBuilder) -> None:
    builder.git("switch", "-q", "-c", "side")
    builder.commit("theirs", {"a": "theirs\n", "in/c": "theirs\n"})
    builder.git("switch", "-q", "main")
    builder.commit("ours", {"a": "ours\n"})
    builder.remove("in/c")
    builder.commit("ours too")
    builder.git("merge", "side", ok=(1,))
    recorder = Recorder(builder)
    view = recorder.take()
    files = recorder.files(view.tree)
    assert files["a"][1] == builder.read("a")
    assert b"<<<<<<<" in files["a"][1]
    assert names(recorder, view) == {
        "0/b": b"b\n",
        "0/out/d": b"d\n",
        "0/out/e/f": b"f\n",
        "1/a": b"a\n",
        "1/in/c": b"c\n",
        "2/a": b"ours\n",
        "3/a": b"theirs\n",
        "3/in/c": b"theirs\n",
    }
    builder.remove("a")
    assert "a" not in recorder.files(recorder.take().tree)


def test_an_edit_under_assume_unchanged_is_captured(builder: RepoBuilder) -> None:
    builder.git("update-index", "--assume-unchanged", "a")
    builder.write("a", "hidden edit\n")
    recorder = Recorder(builder)
    view = recorder.take()
    assert recorder.files(view.tree)["a"][1] == b"hidden edit\n"
    assert names(recorder, view)["bits"] == b"assume-unchanged a\0"
    builder.git("update-index", "--no-assume-unchanged", "a")
    assert recorder.take().index is None


def test_an_edit_under_skip_worktree_is_captured(builder: RepoBuilder) -> None:
    builder.git("update-index", "--skip-worktree", "a", "b")
    builder.write("a", "hidden edit\n")
    builder.remove("b")
    recorder = Recorder(builder)
    view = recorder.take()
    files = recorder.files(view.tree)
    assert files["a"][1] == b"hidden edit\n"
    assert files["b"][1] == b"b\n"
    assert names(recorder, view)["bits"] == b"skip-worktree a\0skip-worktree b\0"


def test_a_path_with_skip_worktree_that_comes_and_goes(builder: RepoBuilder) -> None:
    builder.git("update-index", "--skip-worktree", "b")
    builder.remove("b")
    recorder = Recorder(builder)
    assert recorder.files(recorder.take().tree)["b"][1] == b"b\n"
    builder.write("b", "back\n")
    assert recorder.files(recorder.take().tree)["b"][1] == b"back\n"
    builder.write("b", "back again\n")
    assert recorder.files(recorder.take().tree)["b"][1] == b"back again\n"
    builder.remove("b")
    assert recorder.files(recorder.take().tree)["b"][1] == b"b\n"


def test_intent_to_add(builder: RepoBuilder) -> None:
    builder.write("new", "new\n")
    builder.write("gone", "gone\n")
    builder.git("add", "-N", "new", "gone")
    builder.remove("gone")
    recorder = Recorder(builder)
    view = recorder.take()
    files = recorder.files(view.tree)
    assert files["new"][1] == b"new\n"
    assert "gone" not in files
    assert names(recorder, view)["bits"] == b"intent-to-add gone\0intent-to-add new\0"
    assert view.index_tree == builder.git("rev-parse", "HEAD^{tree}")


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_version_of_the_index(builder: RepoBuilder, tmp_path: Path, version: str) -> None:
    builder.git("update-index", "--index-version", version)
    builder.write("a", "edited\n")
    builder.write("z/new", "new\n")
    builder.git("add", "z")
    builder.write("z/new", "newer\n")
    recorder = Recorder(builder)
    view = recorder.take()
    assert view.index_tree == builder.git("write-tree")
    assert view.tree == added_tree(builder, tmp_path / "twin")


def test_a_split_index(builder: RepoBuilder, tmp_path: Path) -> None:
    builder.git("config", "core.splitIndex", "true")
    builder.git("update-index", "--split-index")
    builder.write("a", "staged\n")
    builder.git("add", "a")
    builder.write("a", "edited\n")
    builder.write("new", "new\n")
    recorder = Recorder(builder)
    shared = sorted(path.name for path in builder.git_dir().glob("sharedindex.*"))
    assert shared
    view = recorder.take()
    assert view.index_tree == builder.git("write-tree")
    assert view.tree == added_tree(builder, tmp_path / "twin")
    assert sorted(path.name for path in builder.git_dir().glob("sharedindex.*")) == shared


@pytest.mark.parametrize("sparse_index", [False, True])
def test_a_sparse_checkout(builder: RepoBuilder, *, sparse_index: bool) -> None:
    head = builder.git("rev-parse", "HEAD^{tree}")
    flag = "--sparse-index" if sparse_index else "--no-sparse-index"
    builder.git("sparse-checkout", "set", "--cone", flag, "in")
    assert not (builder.path / "out").exists()
    recorder = Recorder(builder)
    view = recorder.take()
    assert view.tree == head
    assert view.index_tree == head
    assert names(recorder, view)["bits"] == b"skip-worktree out/d\0skip-worktree out/e/f\0"
    builder.write("out/d", "edited outside the cone\n")
    builder.write("out/new", "new outside the cone\n")
    files = recorder.files(recorder.take().tree)
    assert files["out/d"][1] == b"edited outside the cone\n"
    assert files["out/new"][1] == b"new outside the cone\n"
    assert files["out/e/f"][1] == b"f\n"


def test_a_sparse_checkout_by_patterns(builder: RepoBuilder) -> None:
    builder.git("sparse-checkout", "set", "--no-cone", "/*", "!/out/d")
    builder.write("a", "edited\n")
    recorder = Recorder(builder)
    files = recorder.files(recorder.take().tree)
    assert files["a"][1] == b"edited\n"
    assert files["out/d"][1] == b"d\n"


def test_a_damaged_index_does_not_cost_the_work_tree(builder: RepoBuilder) -> None:
    builder.write("a", "edited\n")
    (builder.git_dir() / "index").write_bytes(b"DIRC\0\0\0\2\0\0\0\x09torn")
    recorder = Recorder(builder)
    view = recorder.take()
    assert recorder.files(view.tree)["a"][1] == b"edited\n"
    assert recorder.files(view.tree)["in/c"][1] == b"c\n"
    assert reasons(view) == {".git/index": "unreadable"}
    (builder.git_dir() / "index").unlink()
    builder.git("reset", "-q")
    assert reasons(recorder.take()) == {}


def test_a_staged_blob_that_was_pruned(builder: RepoBuilder) -> None:
    builder.write("a", "staged\n")
    builder.write("lost", "staged and gone\n")
    builder.git("add", "a", "lost")
    for name in ("a", "lost"):
        oid = builder.git("rev-parse", f":{name}")
        (builder.git_dir() / "objects" / oid[:2] / oid[2:]).unlink()
    builder.remove("lost")
    recorder = Recorder(builder)
    view = recorder.take()
    assert recorder.files(view.tree)["a"][1] == b"staged\n"
    assert "lost" not in recorder.files(view.tree)
    assert reasons(view) == {"a": "staged-lost", "lost": "staged-lost"}


def test_a_lost_blob_below_a_tree_that_git_does_not_check(builder: RepoBuilder) -> None:
    builder.write("in/c", "staged\n")
    builder.git("add", "in/c")
    builder.git("write-tree")
    recorder = Recorder(builder)
    view = recorder.take()
    oid = builder.git("rev-parse", ":in/c")
    recorder.quarantine.empty()
    (builder.git_dir() / "objects" / oid[:2] / oid[2:]).unlink()
    again = recorder.take(fresh=True)
    assert again.tree == view.tree
    assert recorder.files(again.tree)["in/c"][1] == b"staged\n"


def test_a_blob_pruned_between_two_captures(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    builder.write("new/file", "new\n")
    recorder.take()
    recorder.quarantine.empty()
    builder.write("new/other", "other\n")
    files = recorder.files(recorder.take().tree)
    assert files["new/file"][1] == b"new\n"
    assert files["new/other"][1] == b"other\n"


def test_a_partial_clone_is_not_completed(builder: RepoBuilder, tmp_path: Path) -> None:
    builder.git("config", "uploadpack.allowFilter", "true")
    clone = RepoBuilder(tmp_path / "clone")
    clone.git("remote", "add", "origin", builder.path.as_uri())
    clone.git("fetch", "-q", "--filter=blob:none", "origin", "main")
    clone.git("sparse-checkout", "set", "--cone", "in")
    clone.git("checkout", "-q", "-b", "main", "FETCH_HEAD")
    clone.write("in/c", "edited\n")
    builder.path.rename(tmp_path / "gone")
    recorder = Recorder(clone)
    view = recorder.take()
    listed = clone.git("ls-tree", "-r", "--name-only", "HEAD")
    assert "out/d" in listed
    with_c = recorder.quarantine.git.text("ls-tree", "-r", view.tree)
    expected = recorder.quarantine.git.text("ls-tree", "-r", "HEAD").replace(
        clone.git("rev-parse", "HEAD:in/c"), clone.git("hash-object", "in/c")
    )
    assert with_c == expected
    assert reasons(view) == {}
    assert recorder.take(fresh=True).tree == view.tree
