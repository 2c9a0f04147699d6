"""Repositories inside the work tree: captured whole, never written into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Reader
from git_timewarp.store.view import View, unescape
from tests.support.capturing import Files, Recorder, reasons
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r")
    made.commit("start", {"a": "a\n"})
    return made


def views(recorder: Recorder, nested: Oid | None) -> dict[str, View]:
    """Return path -> view of the nested repositories."""
    found: dict[str, View] = {}
    if nested is None:
        return found
    with Reader(recorder.repo.git.using(alternates=(recorder.quarantine.path,))) as reader:
        for entry in reader.tree(nested):
            parts = {item.name: item.oid for item in reader.tree(entry.oid)}
            record = json.loads(reader.read(parts.pop("meta")))
            assert record["v"] == 1
            found[unescape(entry.name)] = View.from_json(record, parts)
    return found


def inner(builder: RepoBuilder, name: str, files: dict[str, str | bytes] | None) -> RepoBuilder:
    made = RepoBuilder(builder.path / name)
    if files is not None:
        made.commit("inner", files)
    return made


def bytes_of(made: RepoBuilder) -> dict[str, bytes]:
    root = made.path / ".git"
    return {str(p): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def contents(files: Files) -> dict[str, bytes]:
    return {path: data for path, (_, data) in files.items()}


def test_an_untracked_repository_with_its_work(builder: RepoBuilder) -> None:
    nested = inner(builder, "lib/x", {"f": "f\n", "g/h": "h\n"})
    nested.write("f", "edited\n")
    nested.write("new", "new\n")
    nested.mkdir("empty")
    nested.git("add", "f")
    nested.write("f", "edited again\n")
    before = bytes_of(nested)
    recorder = Recorder(builder)
    view = recorder.take()
    assert bytes_of(nested) == before
    assert recorder.files(view.tree) == {"a": (0o100644, b"a\n")}
    found = views(recorder, view.nested)
    assert list(found) == ["lib/x"]
    inside = found["lib/x"]
    assert contents(recorder.files(inside.tree)) == {
        "f": b"edited again\n",
        "g/h": b"h\n",
        "new": b"new\n",
    }
    assert contents(recorder.files(inside.index))["0/f"] == b"edited\n"
    assert inside.head.oid == nested.git("rev-parse", "HEAD")
    assert inside.empty_dirs == ("empty",)
    assert (view.skipped, view.empty_dirs) == ((), ())
    assert recorder.take() == view


def test_its_objects_do_not_need_it(builder: RepoBuilder) -> None:
    many: dict[str, str | bytes] = {f"{n}/{n}": f"{n}\n" for n in range(60)}
    nested = inner(builder, "x", many)
    recorder = Recorder(builder)
    first = recorder.take()
    nested.write("0/0", "edited\n")
    second = recorder.take()
    builder.remove("x")
    for view, zero in ((first, b"0\n"), (second, b"edited\n")):
        tree = views(recorder, view.nested)["x"].tree
        expected = {name: str(data).encode() for name, data in many.items()} | {"0/0": zero}
        assert contents(recorder.files(tree)) == expected


def test_one_without_a_commit(builder: RepoBuilder) -> None:
    nested = inner(builder, "x", None)
    nested.write("f", "f\n")
    builder.write("a", "edited\n")
    recorder = Recorder(builder)
    view = recorder.take()
    inside = views(recorder, view.nested)["x"]
    assert contents(recorder.files(inside.tree)) == {"f": b"f\n"}
    assert inside.head.is_unborn
    assert contents(recorder.files(view.tree)) == {"a": b"edited\n"}


def test_one_inside_the_other(builder: RepoBuilder) -> None:
    outer = inner(builder, "x", {"f": "f\n"})
    inner(outer, "y", {"g": "g\n"})
    recorder = Recorder(builder)
    middle = views(recorder, recorder.take().nested)["x"]
    deep = views(recorder, middle.nested)["y"]
    assert contents(recorder.files(deep.tree)) == {"g": b"g\n"}


def test_a_submodule_is_a_gitlink_until_its_files_differ(
    builder: RepoBuilder, tmp_path: Path
) -> None:
    source = RepoBuilder(tmp_path / "source")
    source.commit("one", {"f": "f\n"})
    builder.git("submodule", "--quiet", "add", source.path.as_uri(), "sub")
    builder.commit("submodule")
    recorder = Recorder(builder)
    view = recorder.take()
    assert view.tree == builder.git("rev-parse", "HEAD^{tree}")
    assert view.nested is None
    sub = RepoBuilder(builder.path / "sub", init=False)
    sub.write("f", "edited\n")
    view = recorder.take()
    assert view.tree == builder.git("rev-parse", "HEAD^{tree}")
    inside = views(recorder, view.nested)["sub"]
    assert contents(recorder.files(inside.tree)) == {"f": b"edited\n"}
    moved = sub.commit("two")
    view = recorder.take()
    assert recorder.files(view.tree)["sub"] == (0o160000, moved.encode())
    assert view.nested is None


def test_a_work_tree_of_the_same_repository_is_not_nested(builder: RepoBuilder) -> None:
    builder.git("worktree", "add", "-q", ".claude/worktrees/x", "-b", "x")
    builder.write(".claude/note", "n\n")
    recorder = Recorder(builder)
    view = recorder.take()
    assert view.nested is None
    assert reasons(view) == {".claude/worktrees/x": "worktree"}
    assert set(recorder.files(view.tree)) == {".claude/note", "a"}


def test_one_that_cannot_be_opened_is_listed(builder: RepoBuilder) -> None:
    inner(builder, "x", {"f": "f\n"})
    (builder.path / "x/.git/config").write_text("[broken\n")
    RepoBuilder(builder.path / "y", object_format="sha256").commit("y", {"g": "g\n"})
    builder.write("a", "edited\n")
    recorder = Recorder(builder)
    view = recorder.take()
    assert reasons(view) == {"x": "nested", "y": "nested"}
    assert contents(recorder.files(view.tree)) == {"a": b"edited\n"}


def test_an_ignored_one_is_left_alone(builder: RepoBuilder) -> None:
    inner(builder, "vendor/x", {"f": "f\n"})
    builder.write(".gitignore", "vendor/\n")
    view = Recorder(builder).take()
    assert (view.nested, view.skipped) == (None, ())


def test_a_folder_that_only_looks_like_one(builder: RepoBuilder) -> None:
    builder.write("x/.git/HEAD", "junk\n")
    builder.write("x/f", "f\n")
    builder.write("y/.git", "gitdir: nowhere\n")
    builder.write("y/g", "g\n")
    recorder = Recorder(builder)
    for _ in range(2):
        view = recorder.take()
        assert set(recorder.files(view.tree)) == {"a", "x/f", "y/g"}
        assert reasons(view) == {"x/.git": "nested", "y/.git": "nested"}


def test_a_long_path(builder: RepoBuilder) -> None:
    path = "/".join(letter * 100 for letter in "abcd")
    inner(builder, path, {"f": "f\n"})
    recorder = Recorder(builder)
    view = recorder.take()
    assert list(views(recorder, view.nested)) == [path]
    assert reasons(view) == {}


def test_a_folder_that_becomes_a_submodule(builder: RepoBuilder, tmp_path: Path) -> None:
    source = RepoBuilder(tmp_path / "source")
    source.commit("one", {"f": "f\n"})
    builder.commit("folder", {"sub/f": "f\n"})
    recorder = Recorder(builder)
    recorder.take()
    builder.git("rm", "-rq", "sub")
    builder.git("submodule", "--quiet", "add", source.path.as_uri(), "sub")
    builder.mkdir("sub/empty")
    view = recorder.take()
    assert recorder.files(view.tree)["sub"][0] == 0o160000
    assert view.empty_dirs == ()
    assert reasons(view) == {}
    builder.git("commit", "-q", "-m", "submodule")
    sub = RepoBuilder(builder.path / "sub", init=False)
    sub.remove("f")
    assert list(views(recorder, recorder.take().nested)) == ["sub"]


def test_a_folder_that_becomes_a_repository(builder: RepoBuilder) -> None:
    builder.commit("folder", {"x/f": "f\n", "x/g/h": "h\n"})
    recorder = Recorder(builder)
    recorder.take()
    builder.git("rm", "-rq", "x")
    inner(builder, "x", {"g/h": "new\n"})
    view = recorder.take()
    assert list(views(recorder, view.nested)) == ["x"]
    assert reasons(view) == {}


@pytest.mark.parametrize("data", ["", "gitdir: nowhere\n", "no pointer\n"])
def test_a_folder_with_nothing_but_a_broken_git_is_reported(
    builder: RepoBuilder, data: str
) -> None:
    builder.write("file/.git", data)
    builder.mkdir("deep/folder/.git")
    builder.write("linked/target", "t\n")
    builder.link("linked/more/.git", "nowhere")
    builder.write(".gitignore", "hidden/\n")
    builder.write("hidden/.git", data)
    recorder = Recorder(builder)
    for view in (recorder.take(), recorder.take(), recorder.take(fresh=True)):
        assert reasons(view) == {
            "file/.git": "nested",
            "deep/folder/.git": "nested",
            "linked/more/.git": "nested",
        }
        assert contents(recorder.files(view.tree)).keys() == {"a", ".gitignore", "linked/target"}
    builder.remove("file/.git")
    assert reasons(recorder.take()).keys() == {"deep/folder/.git", "linked/more/.git"}
    assert recorder.take().empty_dirs == ("file",)
