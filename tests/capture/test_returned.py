"""Tracked files that are ignored, gone for a while and back again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.capturing import Recorder
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r")
    made.write("out/kept.log", "one\n")
    made.write(".gitignore", "out/\n*.log\n")
    made.git("add", "-f", "out/kept.log", ".gitignore")
    made.commit("start", {"a": "a\n", "dir/b.log": "b\n"})
    return made


def test_an_ignored_tracked_file_that_comes_back_is_captured_again(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    recorder.take()
    shutil.rmtree(builder.path / "out")
    assert "out/kept.log" not in recorder.files(recorder.take().tree)
    assert "out/kept.log" not in recorder.files(recorder.take().tree)
    builder.write("out/kept.log", "two\n")
    assert recorder.files(recorder.take().tree)["out/kept.log"][1] == b"two\n"
    builder.remove("out/kept.log")
    assert "out/kept.log" not in recorder.files(recorder.take().tree)
    builder.write("out/kept.log", "three\n")
    assert recorder.files(recorder.take().tree)["out/kept.log"][1] == b"three\n"


def test_behind_what_is_a_link_now(builder: RepoBuilder, tmp_path: Path) -> None:
    builder.git("add", "-f", "dir/b.log")
    recorder = Recorder(builder)
    recorder.take()
    (tmp_path / "elsewhere").mkdir()
    shutil.rmtree(builder.path / "dir")
    builder.link("dir", str(tmp_path / "elsewhere"))
    assert "dir" in recorder.files(recorder.take().tree)
    builder.remove("dir")
    builder.write("dir/b.log", "again\n")
    assert recorder.files(recorder.take().tree)["dir/b.log"][1] == b"again\n"
