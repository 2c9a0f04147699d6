"""The tree of a capture is the tree git itself would make of the same files."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from git_timewarp.git.run import Git
from git_timewarp.util import faults
from tests.support.capturing import Recorder, added_tree, reasons
from tests.support.repo_builder import RepoBuilder

START: dict[str, str | bytes] = {
    "a.txt": "a\n",
    "dir/b.txt": "b\n",
    "dir/sub/c.txt": "c\n",
    "gone.txt": "gone\n",
    "run.sh": "#!/bin/sh\n",
}


@pytest.fixture(params=["sha1", "sha256"])
def builder(request: pytest.FixtureRequest, tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r", object_format=request.param)
    made.commit("start", START)
    return made


def same_as_git(builder: RepoBuilder) -> None:
    twin = builder.path.parent / "twin"
    view = Recorder(builder).take()
    assert view.tree == added_tree(builder, twin)
    assert view.skipped == ()


def test_an_unchanged_work_tree_has_the_tree_of_head(builder: RepoBuilder) -> None:
    view = Recorder(builder).take()
    assert view.tree == builder.git("rev-parse", "HEAD^{tree}")
    assert view.index_tree == view.tree
    assert (view.index, view.raw, view.modes, view.nested, view.operation) == (None,) * 5
    assert (view.empty_dirs, view.literal, view.skipped) == ((), (), ())


def test_edits_additions_and_deletions_are_in_the_tree(builder: RepoBuilder) -> None:
    builder.write("a.txt", "changed\n")
    builder.write("new.txt", "new\n")
    builder.write("new/deep/er.txt", "new\n")
    builder.remove("gone.txt")
    builder.write("run.sh", "#!/bin/sh\n", mode=0o755)
    same_as_git(builder)


def test_a_series_of_captures_follows_every_change(builder: RepoBuilder, tmp_path: Path) -> None:
    recorder = Recorder(builder)
    for step in range(8):
        builder.write(f"dir/{step % 3}.txt", f"{step}\n")
        if step % 3 == 2:
            builder.remove(f"dir/{step % 2}.txt")
        assert recorder.take().tree == added_tree(builder, tmp_path / "twin")


def test_links_are_captured_as_links(builder: RepoBuilder) -> None:
    builder.link("to-file", "a.txt")
    builder.link("to-folder", "dir")
    builder.link("dangling", "no/such/file")
    builder.remove("a.txt")
    builder.link("a.txt", "dir/b.txt")
    same_as_git(builder)


def test_a_file_becomes_a_folder_and_back(builder: RepoBuilder, tmp_path: Path) -> None:
    recorder = Recorder(builder)
    builder.remove("a.txt")
    builder.write("a.txt/inside", "x\n")
    builder.remove("dir")
    builder.write("dir", "a file now\n")
    first = added_tree(builder, tmp_path / "twin")
    assert recorder.take().tree == first
    builder.remove("a.txt")
    builder.write("a.txt", "a\n")
    builder.remove("dir")
    builder.write("dir/b.txt", "b\n")
    assert recorder.take().tree == added_tree(builder, tmp_path / "twin")


def test_a_folder_replaced_by_a_link_to_one_like_it(builder: RepoBuilder) -> None:
    """The tracked files seem to be there, behind the link; they are not."""
    builder.write("other/b.txt", "b\n")
    builder.write("other/sub/c.txt", "c\n")
    builder.remove("dir")
    builder.link("dir", "other")
    same_as_git(builder)


def test_names_of_any_bytes(builder: RepoBuilder) -> None:
    for name in (
        "new\nline",
        'quo"te',
        "-n",
        "--all",
        " ",
        "tab\t",
        "\udcff\udcfe",
        "ü",
        ":x",
        "*",
    ):
        builder.write(name, name)
        builder.write(f"folder{name}/{name}", name)
    same_as_git(builder)


def test_ignored_files_are_left_out_unless_tracked(builder: RepoBuilder) -> None:
    builder.write("kept.log", "1\n")
    builder.commit("tracked")
    builder.write(".gitignore", "*.log\nbuild/\n")
    builder.write("kept.log", "2\n")
    builder.write("other.log", "x\n")
    builder.write("build/out", "x\n")
    same_as_git(builder)
    assert "other.log" not in Recorder(builder).files(Recorder(builder).take().tree)


def test_a_tracked_file_that_is_ignored_comes_back(builder: RepoBuilder, tmp_path: Path) -> None:
    """A build folder under version control: removed and built again."""
    builder.write(".gitignore", "dist/\n")
    builder.write("dist/a/out", "1\n")
    builder.write("dist/run", "1\n")
    builder.git("add", "-f", ".")
    recorder = Recorder(builder)
    recorder.take()
    builder.remove("dist")
    for name in ("one", "two"):
        builder.write(f"new/{name}", "so that the private index is written\n")
        assert not any("dist" in path for path in recorder.files(recorder.take().tree))
    builder.write("dist/a/out", "2\n")
    builder.write("dist/run", "2\n")
    builder.write("dist/other", "ignored\n")
    for _ in range(2):
        view = recorder.take()
        assert view.tree == added_tree(builder, tmp_path / "twin")
    assert recorder.files(view.tree)["dist/a/out"][1] == b"2\n"


def test_what_becomes_ignored_leaves_the_next_capture(builder: RepoBuilder, tmp_path: Path) -> None:
    recorder = Recorder(builder)
    builder.write(".env", "SECRET=1\n")
    assert ".env" in recorder.files(recorder.take().tree)
    builder.write(".gitignore", ".env\n")
    assert recorder.take().tree == added_tree(builder, tmp_path / "twin")
    builder.write("other.env", "SECRET=2\n")
    recorder.take()
    exclude = builder.git_dir() / "info" / "exclude"
    exclude.write_text("other.env\n")
    assert recorder.take().tree == added_tree(builder, tmp_path / "twin")


def test_a_switched_off_executable_bit_is_git_s_matter(builder: RepoBuilder) -> None:
    builder.git("config", "core.fileMode", "false")
    builder.write("run.sh", "#!/bin/sh\necho\n", mode=0o755)
    builder.write("new.sh", "#!/bin/sh\n", mode=0o755)
    same_as_git(builder)


def test_links_written_as_files(builder: RepoBuilder) -> None:
    builder.link("link", "a.txt")
    builder.commit("link")
    builder.git("config", "core.symlinks", "false")
    builder.remove("link")
    builder.write("link", "dir/b.txt")
    same_as_git(builder)


def test_a_rename_in_case_only_with_ignorecase(builder: RepoBuilder) -> None:
    builder.git("config", "core.ignoreCase", "true")
    os.rename(builder.path / "a.txt", builder.path / "A.TXT")
    os.rename(builder.path / "dir", builder.path / "Dir")
    recorder = Recorder(builder)
    files = recorder.files(recorder.take().tree)
    assert sorted(files) == ["A.TXT", "Dir/b.txt", "Dir/sub/c.txt", "gone.txt", "run.sh"]


def test_an_empty_repository(tmp_path: Path) -> None:
    builder = RepoBuilder(tmp_path / "r")
    view = Recorder(builder).take()
    assert view.tree == builder.git("hash-object", "-t", "tree", "/dev/null")
    assert view.head.is_unborn
    assert view.head.branch == "refs/heads/main"
    assert view.index is None
    builder.write("first", "1\n")
    assert Recorder(builder).take().tree == added_tree(builder, tmp_path / "twin")


def test_started_in_a_folder_below_the_whole_tree_is_captured(builder: RepoBuilder) -> None:
    builder.write("a.txt", "changed\n")
    recorder = Recorder(builder, start=builder.path / "dir")
    assert recorder.take().tree == added_tree(builder, builder.path.parent / "twin")


def test_a_linked_work_tree_has_a_private_index_of_its_own(
    builder: RepoBuilder, tmp_path: Path
) -> None:
    builder.git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "side")
    linked = RepoBuilder(tmp_path / "linked", init=False)
    linked.write("a.txt", "linked\n")
    builder.write("a.txt", "main\n")
    inner, outer = Recorder(linked), Recorder(builder)
    assert inner.files(inner.take().tree)["a.txt"][1] == b"linked\n"
    assert outer.files(outer.take().tree)["a.txt"][1] == b"main\n"
    assert inner.take().head.branch == "refs/heads/side"


def _wait_for_a_later_second_than(path: Path) -> None:
    """Let a file become old enough to be remembered as clean, not as to be looked at again."""
    while int(time.time()) <= int(path.stat().st_ctime):
        time.sleep(0.02)


def test_nothing_changed_starts_nothing_that_writes(builder: RepoBuilder) -> None:
    builder.write("new.txt", "new\n")
    recorder = Recorder(builder)
    first = recorder.take()
    _wait_for_a_later_second_than(builder.path / "new.txt")
    second = recorder.take()
    calls: list[str] = []
    faults.install(calls.append)
    try:
        third = recorder.take()
    finally:
        faults.install(None)
    assert (first, second) == (second, third)
    assert sorted(calls) == [
        "git cat-file",
        "git config",
        "git diff-files",
        "git for-each-ref",
        "git ls-files",
        "unlink private index lock",
        "write stamp",
    ]


def test_all_objects_are_in_the_quarantine_or_in_git(builder: RepoBuilder) -> None:
    builder.write("a.txt", "changed\n")
    recorder = Recorder(builder)
    view = recorder.take()
    alone = Git(recorder.repo.git.environ, git_dir=recorder.repo.git_dir)
    for oid in view.parts().values():
        listed = alone.using(alternates=(recorder.quarantine.path,)).run(
            "rev-list", "--objects", oid
        )
        assert listed.code == 0


def test_fresh_finds_the_objects_again_after_they_were_lost(builder: RepoBuilder) -> None:
    builder.write("a.txt", "changed\n")
    recorder = Recorder(builder)
    first = recorder.take()
    recorder.quarantine.empty()
    again = recorder.take(fresh=True)
    assert again == first
    assert recorder.files(again.tree)["a.txt"][1] == b"changed\n"


def test_a_lost_memory_or_private_index_is_seeded_again(builder: RepoBuilder) -> None:
    builder.write("a.txt", "changed\n")
    recorder = Recorder(builder)
    first = recorder.take()
    folder = Path(recorder.repo.state_dir) / "index" / recorder.repo.worktree
    for name, damage in (
        ("memory.json", b"{"),
        ("memory.json", b'{"v":1}'),
        ("index", b"DIRC torn"),
        ("index", b""),
    ):
        (folder / name).write_bytes(damage)
        assert recorder.take() == first
    (folder / "index.lock").write_bytes(b"left behind")
    builder.write("a.txt", "again\n")
    view = recorder.take()
    assert recorder.files(view.tree)["a.txt"][1] == b"again\n"
    assert not reasons(view)


def test_a_private_index_works_while_the_user_s_is_locked(builder: RepoBuilder) -> None:
    (builder.git_dir() / "index.lock").write_bytes(b"")
    builder.write("a.txt", "changed\n")
    recorder = Recorder(builder)
    assert recorder.files(recorder.take().tree)["a.txt"][1] == b"changed\n"
