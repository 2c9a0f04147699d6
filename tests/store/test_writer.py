"""One writer id for one clone: whatever is done to the folder, two never write under one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.integrity.verify import verify
from git_timewarp.store import writer
from git_timewarp.store.paths import Paths
from git_timewarp.store.writer import Surroundings
from git_timewarp.timeline.world import World
from tests.support import recording
from tests.support.repo_builder import RepoBuilder

ANCHOR = Oid("1" * 40)


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n"})
    return built


def record(given: World, text: str = "x", *, fold: bool = True) -> str:
    """Record an event and return its writer."""
    (event,) = recording.record(given, [recording.note(ANCHOR, text)], fold=fold)
    return event.writer


def at(path: Path) -> World:
    return recording.world(RepoBuilder(path, init=False))


def test_the_same_clone_keeps_its_id(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    assert record(given) == record(given) == record(at(repo.path))


def test_work_trees_of_a_clone_share_it(repo: RepoBuilder, tmp_path: Path) -> None:
    given = recording.begin(repo)
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    assert record(given) == record(at(tmp_path / "linked"))


def test_a_copy_gets_its_own_and_the_original_keeps_his(repo: RepoBuilder, tmp_path: Path) -> None:
    given = recording.begin(repo)
    first = record(given, "common")
    shutil.copytree(repo.path, tmp_path / "copy", symlinks=True)
    copy = at(tmp_path / "copy")
    second = record(copy, "in the copy")
    assert second != first
    assert record(given, "in the original") == first
    repo.git("fetch", "-q", str(tmp_path / "copy"), "+refs/timewarp/*:refs/timewarp/*")
    assert record(given, "after a fetch that took refs back") == first
    with recording.history(given) as found:
        assert {entry.summary for entry in found.entries()} == {
            "common",
            "in the copy",
            "in the original",
            "after a fetch that took refs back",
        }
    assert verify(given.repo, full=True).problems == ()
    assert verify(copy.repo, full=True).problems == ()


def test_what_a_copy_held_unfolded_is_recorded_again_there(
    repo: RepoBuilder, tmp_path: Path
) -> None:
    given = recording.begin(repo)
    record(given, "folded")
    record(given, "waiting", fold=False)
    shutil.copytree(repo.path, tmp_path / "copy", symlinks=True)
    copy = at(tmp_path / "copy")
    record(copy, "new")
    with recording.history(copy) as found:
        assert [entry.summary for entry in found.entries()] == ["new", "waiting", "folded"]
    record(given, "on")
    assert verify(copy.repo, full=True).problems == ()
    assert verify(given.repo, full=True).problems == ()


def test_a_moved_clone_gets_a_new_one_and_reads_the_old(repo: RepoBuilder, tmp_path: Path) -> None:
    given = recording.begin(repo)
    first = record(given, "before")
    os.rename(repo.path, tmp_path / "moved")
    moved = at(tmp_path / "moved")
    assert record(moved, "after") != first
    with recording.history(moved) as found:
        assert [entry.summary for entry in found.entries()] == ["after", "before"]


@pytest.mark.parametrize("ahead", [True, False])
def test_a_backup_restored_in_place(repo: RepoBuilder, tmp_path: Path, *, ahead: bool) -> None:
    """Unpacked at the same path, the clone has gone back in time: its id may not go on."""
    given = recording.begin(repo)
    first = record(given, "in the backup")
    subprocess.run(["tar", "-cf", tmp_path / "backup.tar", "-C", repo.path, "."], check=True)
    if ahead:
        record(given, "after the backup")
    shutil.rmtree(repo.path)
    repo.path.mkdir()
    subprocess.run(["tar", "-xf", tmp_path / "backup.tar", "-C", repo.path], check=True)
    assert record(at(repo.path), "on") != first or not ahead
    assert verify(given.repo, full=True).problems == ()


def test_files_put_back_into_the_same_folder(repo: RepoBuilder, tmp_path: Path) -> None:
    """Path and inode are as before: the number outside of the repository tells."""
    given = recording.begin(repo)
    first = record(given, "in the backup")
    subprocess.run(["tar", "-cf", tmp_path / "backup.tar", "-C", repo.path, "."], check=True)
    record(given, "after the backup")
    git_dir = repo.git_dir()
    inode = git_dir.stat().st_ino
    for path in git_dir.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    subprocess.run(["tar", "-xf", tmp_path / "backup.tar", "-C", repo.path], check=True)
    assert git_dir.stat().st_ino == inode
    assert record(at(repo.path), "on") != first


def test_another_machine(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    record(given)
    state = given.repo.state_dir
    outside = given.around.outside
    assert writer.check(state, given.around, last_n=1).is_ours
    found = writer.check(state, Surroundings("machine-2", outside), last_n=1)
    assert (found.is_ours, found.reason) == (False, "the machine changed")


def test_another_clone_with_the_same_nonce_outside(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    record(given)
    state = given.repo.state_dir
    assert given.around.outside is not None
    (outside,) = (Path(given.around.outside) / "writers").iterdir()
    kept = outside.read_text()
    outside.write_text(kept.replace('"nonce":"', '"nonce":"0'))
    assert writer.check(state, given.around, last_n=1).reason == "another clone uses the id"
    outside.write_text("not json")
    assert writer.check(state, given.around, last_n=1).is_ours
    outside.unlink()
    assert writer.check(state, given.around, last_n=1).is_ours
    outside.write_text(kept)
    assert writer.check(state, given.around, last_n=0).reason == "the repository went back in time"


@pytest.mark.parametrize("wreck", [b"", b"{}", b"[]", b"null", b'{"id": 7'])
def test_a_damaged_file_gives_a_new_id(repo: RepoBuilder, wreck: bytes) -> None:
    given = recording.begin(repo)
    first = record(given, "before")
    Path(Paths(given.repo.state_dir).writer).write_bytes(wreck)
    assert record(given, "after") != first
    with recording.history(given) as found:
        assert [entry.summary for entry in found.entries()] == ["after", "before"]
    assert verify(given.repo, full=True).problems == ()


def test_without_a_home_it_works(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    homeless = World(
        repo=given.repo,
        clock=given.clock,
        around=Surroundings("machine-1", None),
        limits=given.limits,
        actor=given.actor,
    )
    assert record(homeless) == record(homeless)


def test_a_home_that_cannot_be_written_is_no_error(repo: RepoBuilder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    given = recording.begin(repo)
    around = Surroundings("machine-1", str(tmp_path / "file" / "below"))
    blocked = World(
        repo=given.repo, clock=given.clock, around=around, limits=given.limits, actor=given.actor
    )
    assert record(blocked) == record(blocked)


def test_forget_removes_what_is_outside(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    found = record(given)
    assert given.around.outside is not None
    writer.forget(given.around, found)  # type: ignore[arg-type]
    assert not Path(given.around.outside).exists()
    writer.forget(given.around, found)  # type: ignore[arg-type]
