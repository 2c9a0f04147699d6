"""What a watcher lives through, as its user sees it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_timewarp.watch import identity
from tests.support.repo_builder import RepoBuilder
from tests.support.source import ROOT
from tests.support.watching import Watched, until, watched


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path / "repo") as found:
        yield found


def ended(pid: int) -> None:
    until(lambda: not identity.of(pid).is_alive, "the watcher ends")


def test_work_is_in_a_draft_without_any_command(live: Watched) -> None:
    with live.drafted():
        live.repo.write("a.txt", "edited\n")
        live.repo.write("new/deep/file", "new\n")
    assert live.cat("a.txt") == "edited\n"
    assert live.cat("new/deep/file") == "new\n"
    with live.drafted():
        live.repo.write("new/deep/file", "in a folder made while it ran\n")
    assert live.cat("new/deep/file") == "in a folder made while it ran\n"
    assert len(live.drafts()) == 2
    assert live.drafts()[0]["actor"] == "system:git-timewarp"


def test_the_users_repository_stays_as_it_is(live: Watched) -> None:
    live.repo.write("a.txt", "staged\n")
    live.repo.git("add", "a.txt")
    before, view = live.repo.index_bytes(), live.repo.view()
    with live.drafted():
        live.repo.write("a.txt", "edited\n")
    live.repo.write("a.txt", "staged\n")
    assert live.repo.index_bytes() == before
    assert live.repo.view() == view


def test_ignored_files_are_no_reason_for_a_draft(live: Watched) -> None:
    for number in range(50):
        live.repo.write("ignored/out", f"{number}")
        live.repo.write("some.log", f"{number}")
    with live.drafted():
        live.repo.write("a.txt", "the only draft\n")
    assert len(live.drafts()) == 1


def test_commits_branches_and_switches(live: Watched) -> None:
    with live.drafted():
        live.repo.commit("second", {"a.txt": "2\n"})
    assert (live.repo.path / ".git/timewarp/spool/now").stat().st_size == 0
    with live.drafted():
        live.repo.git("switch", "-q", "-c", "other")
    with live.drafted():
        live.repo.commit("third", {"c.txt": "3\n"})
    with live.drafted():
        live.repo.git("switch", "-q", "main")
    with live.drafted():
        live.repo.write("a.txt", "after the switch\n")
    assert live.cat("a.txt") == "after the switch\n"


def test_git_maintains_itself_meanwhile(live: Watched) -> None:
    for number in range(3):
        with live.drafted():
            live.repo.write("a.txt", f"{number}\n")
        live.repo.git("gc", "-q", "--prune=now")
        live.repo.git("pack-refs", "--all")
    assert live.repo.git("fsck", "--strict") == ""
    assert live.tw("verify --full").endswith("everything is whole\n")


def test_a_lock_in_the_way_is_waited_for(live: Watched) -> None:
    """Of another command of ours, or the user's own on his index."""
    (live.repo.path / ".git/index.lock").write_bytes(b"")
    with live.drafted():
        live.repo.write("a.txt", "git is busy\n")
    assert (live.repo.path / ".git/index.lock").read_bytes() == b""
    os.unlink(live.repo.path / ".git/index.lock")
    before = live.state().last_draft
    with open(live.repo.path / ".git/timewarp/lock", "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        live.repo.write("a.txt", "we are busy\n")
        until(lambda: live.state().problem is not None, "it tells that it waits")
        assert live.state().running
        assert [p["kind"] for p in json.loads(live.tw("status --json"))["problems"]] == ["watcher"]
    live.await_draft(before)
    assert live.state().problem is None
    assert live.cat("a.txt") == "we are busy\n"


def test_a_damaged_index_is_outlived(live: Watched) -> None:
    index = live.repo.git_dir() / "index"
    good = index.read_bytes()
    with live.drafted():
        index.write_bytes(b"not an index")
        live.repo.write("a.txt", "while git is broken\n")
    assert live.cat("a.txt") == "while git is broken\n"
    with live.drafted():
        index.write_bytes(good)
        live.repo.write("a.txt", "and after\n")
    assert live.cat("a.txt") == "and after\n"


def test_it_ends_with_the_repository(live: Watched) -> None:
    pid = live.pid()
    shutil.rmtree(live.repo.path)
    ended(pid)
    assert not live.repo.path.exists()


def test_it_ends_with_the_git_directory(live: Watched) -> None:
    pid = live.pid()
    shutil.rmtree(live.repo.path / ".git")
    ended(pid)
    assert not (live.repo.path / ".git").exists()


def test_it_ends_when_the_repository_is_moved_and_starts_where_it_is(
    live: Watched, tmp_path: Path
) -> None:
    pid = live.pid()
    os.rename(live.repo.path, tmp_path / "moved")
    ended(pid)
    moved = Watched(RepoBuilder(tmp_path / "moved", init=False))
    assert not moved.state().running
    moved.tw("watch start")
    with moved.drafted():
        moved.repo.write("a.txt", "here\n")
    moved.tw("watch stop")


def test_it_ends_when_another_repository_takes_the_place(live: Watched, tmp_path: Path) -> None:
    pid = live.pid()
    os.rename(live.repo.path, tmp_path / "moved")
    RepoBuilder(live.repo.path).commit("another", {"x": "1"})
    live.tw("init")
    ended(pid)
    assert not live.state().running


@pytest.mark.parametrize("how", ["deinit", "deinit --purge --force"])
def test_it_ends_with_the_recording(live: Watched, how: str) -> None:
    pid = live.pid()
    live.repo.write("a.txt", "unsaved\n")
    live.tw(how)
    ended(pid)
    assert live.repo.read("a.txt") == b"unsaved\n"


def test_it_ends_when_the_program_is_uninstalled(tmp_path: Path) -> None:
    """No command is left that could stop it; what was not saved is in a draft."""
    shutil.copytree(ROOT / "git_timewarp", tmp_path / "lib/git_timewarp")
    shutil.copytree(ROOT / "hooks", tmp_path / "lib/hooks")
    with watched(tmp_path / "repo", watch=False) as found:
        subprocess.run(
            [sys.executable, "-P", "-m", "git_timewarp", "watch", "start"],
            cwd=found.repo.path,
            env=found.repo.env() | {"PYTHONPATH": str(tmp_path / "lib")},
            check=True,
            capture_output=True,
        )
        pid = found.pid()
        shutil.rmtree(tmp_path / "lib")
        found.repo.write("a.txt", "unsaved\n")
        ended(pid)
        assert not found.state().running
        assert found.cat("a.txt") == "unsaved\n"


def test_it_ends_when_its_folder_is_removed_under_it(live: Watched) -> None:
    pid = live.pid()
    shutil.rmtree(live.repo.path / ".git/timewarp")
    ended(pid)
    assert not (live.repo.path / ".git/timewarp").exists()


def test_it_ends_when_a_linked_work_tree_is_removed(live: Watched, tmp_path: Path) -> None:
    live.repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Watched(RepoBuilder(tmp_path / "linked", init=False))
    linked.tw("watch start")
    pid = linked.pid()
    live.repo.git("worktree", "remove", str(tmp_path / "linked"))
    ended(pid)
    assert live.state().running


def test_polling_sees_the_same(tmp_path: Path) -> None:
    with watched(tmp_path / "repo", watch=False) as found:
        found.repo.git("config", "timewarp.autosave.mode", "polling")
        found.tw("watch start")
        assert found.state().mode == "polling"
        with found.drafted():
            found.repo.write("new/deep/file", "polled\n")
        with found.drafted():
            found.repo.commit("second", {"a.txt": "2\n"})
        found.repo.write("a.txt", "just now\n")
        os.kill(found.pid(), signal.SIGTERM)
        until(lambda: not found.state().running, "the watcher ends")
        assert found.cat("a.txt") == "just now\n"
