"""What is about to be overwritten is captured whatever it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.capturing import Recorder, reasons
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r")
    made.write(".gitignore", "*.log\nbuild/\n")
    made.commit("start", {"a": "a\n", "run": "x\n"})
    return made


def test_ignored_and_large_files(builder: RepoBuilder) -> None:
    builder.write("x.log", "log\n")
    builder.write("y.log", "not asked for\n")
    builder.write("big", b"x" * 5000)
    builder.write("huge", b"h" * 3_000_000, mode=0o755)
    recorder = Recorder(builder)
    view = recorder.take(whole=("x.log", "big", "a", "huge", "absent"), max_untracked=1000)
    assert recorder.raw(view) == {
        "big": (0o100644, b"x" * 5000),
        "huge": (0o100755, b"h" * 3_000_000),
        "x.log": (0o100644, b"log\n"),
    }
    assert reasons(view) == {}
    again = recorder.take(max_untracked=1000)
    assert again.raw is None
    assert reasons(again) == {"big": "too-large", "huge": "too-large"}


def test_a_folder_is_everything_below_it(builder: RepoBuilder) -> None:
    builder.write("build/out", "o\n")
    builder.write("build/deep/tool", "t\n", mode=0o755)
    builder.link("build/link", "deep")
    builder.write("build/\udcff\n", "odd\n")
    os.mkfifo(builder.path / "build" / "pipe")
    RepoBuilder(builder.path / "build" / "nested")
    recorder = Recorder(builder)
    view = recorder.take(whole=("build",))
    raw = recorder.raw(view)
    assert raw.pop("build/nested/.git/HEAD")[1] == b"ref: refs/heads/main\n"
    assert {path: file for path, file in raw.items() if "/.git/" not in path} == {
        "build/deep/tool": (0o100755, b"t\n"),
        "build/link": (0o120000, b"deep"),
        "build/out": (0o100644, b"o\n"),
        "build/\udcff\n": (0o100644, b"odd\n"),
    }
    assert reasons(view) == {"build/pipe": "special"}


def test_a_clean_file_of_a_filter_is_kept_as_it_is(builder: RepoBuilder) -> None:
    builder.git("config", "filter.shout.clean", "tr a-z A-Z")
    builder.git("config", "filter.shout.smudge", "tr A-Z a-z")
    builder.write(".gitattributes", "*.up filter=shout\n")
    builder.commit("filtered", {"f.up": "loud\n"})
    recorder = Recorder(builder)
    view = recorder.take(whole=("f.up",))
    assert view.tree == builder.git("rev-parse", "HEAD^{tree}")
    assert recorder.raw(view) == {"f.up": (0o100644, b"loud\n")}


def test_what_the_tree_holds_is_not_stored_twice(builder: RepoBuilder) -> None:
    builder.write("a", "edited\n")
    builder.link("l", "a")
    recorder = Recorder(builder)
    assert recorder.take(whole=("a", "l", "run")).raw is None


def test_nothing_behind_a_link_is_read(builder: RepoBuilder, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "f").write_text("private\n")
    builder.link("link", "../outside")
    recorder = Recorder(builder)
    view = recorder.take(whole=("link/f", "link"))
    assert view.raw is None
    assert recorder.files(view.tree)["link"] == (0o120000, b"../outside")
