"""The file of an archive is whole or not there, and nobody's file is lost to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_timewarp.app.archive import inspect
from git_timewarp.archive import outfile
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.store.failures import StorageError
from git_timewarp.util import faults
from tests.support.archives import recorded, tw
from tests.support.recorder import opened
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def source(tmp_path: Path) -> RepoBuilder:
    """Return a repository with a history."""
    return recorded(tmp_path / "source")


@pytest.fixture
def no_faults() -> Iterator[None]:
    """Take away the fault a test installs."""
    yield
    faults.install(None)


def export(repo: RepoBuilder, path: Path, *, force: bool = False) -> None:
    """Export everything to a file."""
    opened(repo).archive.export(str(path), write=None, force=force)


def test_a_file_that_is_there_stays(source: RepoBuilder, tmp_path: Path) -> None:
    path = tmp_path / "out.tar.zst"
    path.write_bytes(b"precious")
    done = tw(source, "export", "--output", "../out.tar.zst", code=1)
    assert done.stderr.decode().splitlines() == [
        f"error: '{source.path}/../out.tar.zst' is there already",
        f"hint: git timewarp export --force --output {source.path}/../out.tar.zst",
    ]
    assert path.read_bytes() == b"precious"
    tw(source, "export", "--force", "--output", "../out.tar.zst")
    tw(source, "inspect", "../out.tar.zst")


def test_a_file_that_comes_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "out"

    def written() -> None:
        with outfile.opened(str(path), replace=False) as write:
            write(b"mine")
            path.write_bytes(b"somebody's")

    with pytest.raises(TimewarpError) as caught:
        written()
    assert caught.value.reference == "output-exists"
    assert path.read_bytes() == b"somebody's"
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("at", ["write archive", "write member", "sync archive", "rename archive"])
@pytest.mark.usefixtures("no_faults")
def test_a_full_disk_leaves_nothing_behind(source: RepoBuilder, tmp_path: Path, at: str) -> None:
    def fail(name: str) -> None:
        if name == at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = sorted(str(path) for path in (source.path / ".git/timewarp").rglob("*"))
    faults.install(fail)
    with pytest.raises(StorageError) as caught:
        export(source, tmp_path / "out.tar.zst")
    assert (caught.value.message, caught.value.hint) == ("no space is left on the disk", "df -h .")
    assert not list(tmp_path.glob("*out*"))
    faults.install(None)
    after = sorted(str(path) for path in (source.path / ".git/timewarp").rglob("*"))
    assert set(after) <= set(before)
    export(source, tmp_path / "out.tar.zst")


def test_a_folder_that_is_not_there_is_told(source: RepoBuilder) -> None:
    done = tw(source, "export", "--output", "/no such/x/out.tar.zst", code=1)
    assert done.stderr.decode().splitlines() == [
        "error: there is no folder '/no such/x'",
        "hint: mkdir -p '/no such/x'",
    ]
    done = tw(source, "export", "--output", "/dev/null/out.tar.zst", code=1)
    assert done.stderr.decode().splitlines() == [
        "error: '/dev/null' is no folder",
        "hint: ls -ld /dev/null",
    ]


@pytest.mark.parametrize("more", [(), ("--force",)])
def test_a_folder_is_not_written_over(source: RepoBuilder, more: tuple[str, ...]) -> None:
    done = tw(source, "export", "--output", "../source", *more, code=1)
    assert done.stderr.decode().splitlines() == [
        f"error: '{source.path}/../source' is a folder",
        f"hint: git timewarp export --output {source.path}/../source/history.tar.zst",
    ]


@pytest.mark.usefixtures("no_faults")
def test_a_folder_that_may_not_be_written_is_told(source: RepoBuilder, tmp_path: Path) -> None:
    def fail(name: str) -> None:
        if name == "write archive":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(tmp_path / "out"))

    faults.install(fail)
    with pytest.raises(StorageError) as caught:
        export(source, tmp_path / "out.tar.zst")
    assert caught.value.message == f"permission denied: '{tmp_path / 'out'}'"


def test_a_file_nobody_named_is_beside_the_work_tree(source: RepoBuilder, tmp_path: Path) -> None:
    below = source.path / "below"
    below.mkdir()
    before = sorted(os.listdir(source.path))
    done = tw(source, "-C", "below", "export")
    (path,) = tmp_path.glob("source-20*.tar.zst")
    assert done.stdout.decode().startswith(f"wrote {path}: ")
    assert (sorted(os.listdir(source.path)), os.listdir(below)) == (before, [])


def test_it_is_here_where_the_folder_above_cannot_be_written_to(
    source: RepoBuilder, tmp_path: Path
) -> None:
    if os.geteuid() == 0:
        return  # root may write anywhere
    tmp_path.chmod(0o555)
    try:
        done = tw(source, "export")
    finally:
        tmp_path.chmod(0o755)
    assert done.stderr.decode().splitlines() == [
        (
            f"warning: '{tmp_path}' cannot be written to, so the archive is in the current folder, "
            "where the next snapshot has it too: name a file with '--output'"
        )
    ]
    assert len(list(source.path.glob("source-20*.tar.zst"))) == 1


def test_where_nothing_records_there_is_nothing_to_export(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    with pytest.raises(TimewarpError) as caught:
        export(repo, tmp_path / "out.tar.zst")
    assert caught.value.reference == "not-recording"
    assert caught.value.kind is Kind.REFUSED
    assert not (repo.path / ".git/timewarp").exists()


def test_a_pipe_is_refused_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(TimewarpError) as caught:
        inspect(str(path), progress=lambda _done, _all: None)
    assert caught.value.reference == "no-archive"
    assert caught.value.message == f"'{path}' is no regular file"
