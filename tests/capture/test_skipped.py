"""What cannot be captured is listed with its reason, and costs nothing else."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from git_timewarp.git.names import RepoPath
from git_timewarp.git.run import GitError
from git_timewarp.store.view import Skipped
from git_timewarp.util import faults
from tests.support.capturing import Recorder, added_tree, reasons
from tests.support.repo_builder import RepoBuilder

NOBODY = 65534


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r")
    made.commit("start", {"a": "a\n", "dir/b": "b\n", "dir/c": "c\n"})
    return made


def test_a_large_untracked_file_is_a_reference(builder: RepoBuilder) -> None:
    data = b"x" * 2000
    builder.write("big", data)
    builder.write("fits", data[:1000])
    recorder = Recorder(builder)
    for _ in range(2):
        view = recorder.take(max_untracked=1000)
        digest = hashlib.sha256(data).hexdigest()
        assert view.skipped == (Skipped(RepoPath("big"), "too-large", 2000, digest),)
        assert set(recorder.files(view.tree)) == {"a", "dir/b", "dir/c", "fits"}
    builder.write("big", b"y" * 2000)
    assert recorder.take(max_untracked=1000).skipped[0].digest != digest
    builder.git("add", "big")
    view = recorder.take(max_untracked=1000)
    assert reasons(view) == {}
    assert recorder.files(view.tree)["big"][1] == b"y" * 2000


def test_a_tracked_file_is_captured_whatever_its_size(builder: RepoBuilder, tmp_path: Path) -> None:
    recorder = Recorder(builder)
    recorder.take(max_untracked=1000)
    builder.write("a", b"x" * 5000)
    view = recorder.take(max_untracked=1000)
    assert reasons(view) == {}
    assert view.tree == added_tree(builder, tmp_path / "twin")


def test_an_untracked_file_that_grows_leaves_the_tree(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    builder.write("new", b"x" * 10)
    assert "new" in recorder.files(recorder.take(max_untracked=1000).tree)
    builder.write("new", b"x" * 2000)
    view = recorder.take(max_untracked=1000)
    assert "new" not in recorder.files(view.tree)
    assert reasons(view) == {"new": "too-large"}
    builder.write("new", b"x" * 20)
    view = recorder.take(max_untracked=1000)
    assert (recorder.files(view.tree)["new"][1], reasons(view)) == (b"x" * 20, {})


def test_a_large_file_is_read_once(builder: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    builder.write("big", b"x" * 2000)
    recorder = Recorder(builder)
    recorder.take(max_untracked=1000)
    reads: list[int] = []
    read = os.read

    def counted(fd: int, size: int) -> bytes:
        reads.append(size)
        return read(fd, size)

    monkeypatch.setattr(os, "read", counted)
    first = len(reads)
    assert reasons(recorder.take(max_untracked=1000)) == {"big": "too-large"}
    assert 1 << 22 not in reads[first:]


def test_special_files(builder: RepoBuilder) -> None:
    os.mkfifo(builder.path / "dir" / "pipe")
    os.mkfifo(builder.path / "pipe")
    builder.mkdir("new")
    os.mkfifo(builder.path / "new" / "fifo")
    os.mkfifo(builder.path / "new" / "hidden")
    builder.write("new/file", "x")
    (builder.git_dir() / "info" / "exclude").write_text("hidden\n")
    builder.remove("a")
    os.mkfifo(builder.path / "a")
    builder.remove("dir/b")
    here = os.open(builder.path / "dir", os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"/proc/self/fd/{here}/b" if sys.platform == "linux" else "b")
        recorder = Recorder(builder)
        view = recorder.take()
        assert recorder.take() == view
    os.close(here)
    assert set(recorder.files(view.tree)) == {"dir/c", "new/file"}
    assert reasons(view) == {
        "a": "special",
        "dir/b": "special",
        "dir/pipe": "special",
        "new/fifo": "special",
        "pipe": "special",
    }
    builder.remove("pipe")
    os.mkfifo(builder.path / "dir" / "late")
    assert set(reasons(recorder.take())) == {"a", "dir/b", "dir/late", "dir/pipe", "new/fifo"}


CAPTURE = """
import sys
from pathlib import Path
from tests.support.capturing import Recorder, reasons
from tests.support.repo_builder import RepoBuilder
recorder = Recorder(RepoBuilder(Path(sys.argv[1]), init=False))
recorder._users = lambda: None
view = recorder.take()
print(sorted(reasons(view).items()), sorted(recorder.files(view.tree).items()))
"""


def test_what_may_not_be_read(builder: RepoBuilder) -> None:
    """Run as somebody without privileges: root reads everything."""
    builder.write("a", "edited\n")
    builder.write("closed/x", "x\n")
    builder.write("secret", "s\n", mode=0)
    builder.write("dir/c", "edited\n")
    builder.write("fine", "f\n")
    for name in ("closed", "a"):
        os.chmod(builder.path / name, 0)
    root = builder.path.parent
    as_nobody = []
    if os.geteuid() == 0:
        as_nobody = ["setpriv", f"--reuid={NOBODY}", "--clear-groups"]
        for path in [root, *root.rglob("*")]:
            shutil.chown(path, NOBODY)
        home = Path(os.environ["HOME"])
        for folder in (home, *home.parents[:-2], *root.parents[:-2]):
            folder.chmod(0o755)
        (home / ".gitconfig").chmod(0o644)
    command = [*as_nobody, sys.executable, "-c", CAPTURE, str(builder.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for name in ("closed", "a", "secret"):
        os.chmod(builder.path / name, 0o700)
    assert done.stderr == ""
    expected_reasons = [("a", "unreadable"), ("closed", "unreadable"), ("secret", "unreadable")]
    expected_files = [
        ("a", (0o100644, b"a\n")),
        ("dir/b", (0o100644, b"b\n")),
        ("dir/c", (0o100644, b"edited\n")),
        ("fine", (0o100644, b"f\n")),
    ]
    assert done.stdout == f"{expected_reasons} {expected_files}\n"


def test_names_and_contents_servers_refuse_lie_apart(builder: RepoBuilder) -> None:
    odd: dict[str, bytes] = {
        ".GIT/x": b"1",
        "dir/git~1": b"2",
        "dir/.gi\u200ct/y": b"3",
        "sub/.gitmodules": b"[submodule",
        "sub/.gitattributes": b"x" * 3000 + b" text\n",
        ".git /z": b"4",
    }
    for name, data in odd.items():
        builder.write(name, data)
    builder.write(".git~ok/fine", "5")
    os.symlink("x", builder.path / ".gitmodules")
    recorder = Recorder(builder)
    for _ in range(2):
        view = recorder.take()
        assert set(recorder.files(view.tree)) == {".git~ok/fine", "a", "dir/b", "dir/c"}
        raw = recorder.raw(view)
        assert raw.pop(".gitmodules") == (0o120000, b"x")
        assert {path: data for path, (_, data) in raw.items()} == odd
        assert reasons(view) == {}
    for oid in (view.tree, view.raw):
        done = recorder.quarantine.git.run(
            "-c",
            "core.protectHFS=true",
            "fsck",
            "--strict",
            "--no-dangling",
            str(oid),
            ok=range(99),
        )
        assert b"error" not in done.err
    builder.remove("sub/.gitmodules")
    assert "sub/.gitmodules" not in recorder.raw(recorder.take())


def test_a_tracked_gitmodules_half_edited(builder: RepoBuilder) -> None:
    whole = '[submodule "s"]\n\tpath = s\n\turl = ../s\n'
    builder.commit("modules", {".gitmodules": whole})
    recorder = Recorder(builder)
    builder.write(".gitmodules", whole + '[submodule "t"\n')
    view = recorder.take()
    assert recorder.files(view.tree)[".gitmodules"][1] == whole.encode()
    assert recorder.raw(view)[".gitmodules"][1] == builder.read(".gitmodules")
    builder.write(".gitmodules", whole + '[submodule "t"]\n\tpath = t\n\turl = ../t\n')
    view = recorder.take()
    assert recorder.files(view.tree)[".gitmodules"][1] == builder.read(".gitmodules")
    assert view.raw is None


def test_a_failure_of_git_as_a_whole_is_told(builder: RepoBuilder) -> None:
    """A later step must not answer with an older tree."""
    recorder = Recorder(builder)
    recorder.take()
    for number in range(101):
        builder.write(f"new{number}", "new\n")
    folder = Path(recorder.repo.state_dir) / "index" / recorder.repo.worktree
    lock = folder / "index.lock"

    def locked(name: str) -> None:
        if name == "git diff-files":
            lock.write_bytes(b"")

    faults.install(locked)
    try:
        with pytest.raises(GitError):
            recorder.take()
    finally:
        faults.install(None)
    assert recorder.files(recorder.take().tree)["new100"][1] == b"new\n"


def test_a_file_that_vanishes_under_the_capture(builder: RepoBuilder) -> None:
    for name in ("one", "two", "three"):
        builder.write(name, name)
    recorder = Recorder(builder)

    def vanish(name: str) -> None:
        if name == "git update-index" and (builder.path / "two").exists():
            builder.remove("two")

    recorder._users = lambda: None  # type: ignore[method-assign, assignment, return-value]
    faults.install(vanish)
    try:
        view = recorder.take()
    finally:
        faults.install(None)
    assert set(recorder.files(view.tree)) == {"a", "dir/b", "dir/c", "one", "three"}
