"""Empty folders and permission bits, which git does not keep."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.support.capturing import Recorder
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r")
    made.commit("start", {"a": "a\n", "dir/b": "b\n", "dir/sub/c": "c\n", "run": "x\n"})
    return made


def test_empty_folders_wherever_they_are(builder: RepoBuilder) -> None:
    builder.write(".gitignore", "hidden/\ncache/\n")
    for name in ("empty", "dir/empty", "new/empty", "new/more/empty", "hidden", "new/cache/x"):
        builder.mkdir(name)
    builder.write("new/file", "x\n")
    builder.write("tool/.gitignore", "*\n")
    builder.mkdir("tool/x/y")
    recorder = Recorder(builder)
    expected = ("dir/empty", "empty", "new/empty", "new/more/empty")
    assert recorder.take().empty_dirs == expected
    assert recorder.take().empty_dirs == expected
    builder.write("empty/now", "full\n")
    builder.remove("new")
    assert recorder.take().empty_dirs == ("dir/empty",)


def test_folders_left_behind_by_deleted_files(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    recorder.take()
    builder.remove("dir/sub/c")
    assert recorder.take().empty_dirs == ("dir/sub",)
    assert recorder.take().empty_dirs == ("dir/sub",)
    builder.remove("dir/b")
    assert recorder.take().empty_dirs == ("dir/sub",)
    builder.remove("dir")
    assert recorder.take().empty_dirs == ()


def test_permission_bits_git_does_not_keep(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    assert recorder.take().modes is None
    os.chmod(builder.path / "a", 0o600)
    os.chmod(builder.path / "run", 0o700)
    builder.write("new", "x\n", mode=0o664)
    expected = b"600 a\x00664 new\x00700 run\x00"
    assert recorder.blob(recorder.take().modes) == expected
    assert recorder.blob(recorder.take().modes) == expected
    builder.git("add", "-A")
    builder.git("status")
    assert recorder.blob(recorder.take().modes) == expected
    assert recorder.blob(Recorder(builder).take(fresh=True).modes) == expected
    os.chmod(builder.path / "a", 0o644)
    builder.remove("new")
    assert recorder.blob(recorder.take().modes) == b"700 run\0"


def test_another_umask_judges_all_files_again(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    assert recorder.take().modes is None
    os.umask(0o077)
    expected = b"644 a\x00644 dir/b\x00644 dir/sub/c\x00644 run\x00"
    assert recorder.blob(recorder.take().modes) == expected
    os.umask(0o022)
    assert recorder.take().modes is None


def test_modes_when_the_executable_bit_means_nothing(builder: RepoBuilder) -> None:
    builder.git("update-index", "--chmod=+x", "run")
    builder.git("config", "core.fileMode", "false")
    builder.write("a", "a\n", mode=0o755)
    recorder = Recorder(builder)
    assert recorder.blob(recorder.take().modes) == b"755 a\x00644 run\x00"
    builder.write("run", "y\n", mode=0o755)
    builder.write("a", "y\n", mode=0o755)
    assert recorder.blob(recorder.take().modes) == b"755 a\0"


def test_a_chmod_is_seen_by_users_who_distrust_ctime(builder: RepoBuilder) -> None:
    builder.git("config", "core.trustctime", "false")
    builder.git("config", "core.checkStat", "minimal")
    recorder = Recorder(builder)
    written = os.stat(builder.path / "a").st_ctime
    while int(time.time()) <= int(written):
        time.sleep(0.01)
    assert recorder.take().modes is None
    os.chmod(builder.path / "a", 0o600)
    assert recorder.blob(recorder.take().modes) == b"600 a\0"


def test_a_branch_switch_forgets_the_bits_of_other_files(builder: RepoBuilder) -> None:
    builder.git("switch", "-q", "-c", "side")
    builder.commit("more", {"more": "x\n"})
    os.chmod(builder.path / "more", 0o600)
    os.chmod(builder.path / "a", 0o600)
    recorder = Recorder(builder)
    assert recorder.blob(recorder.take().modes) == b"600 a\x00600 more\x00"
    builder.git("switch", "-q", "main")
    assert recorder.blob(recorder.take().modes) == b"600 a\0"
