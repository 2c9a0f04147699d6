"""Starting and stopping, as commands."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_timewarp.watch import identity
from tests.support.repo_builder import RepoBuilder
from tests.support.watching import Watched, until, watched

ALLOWED = re.compile(
    r"/proc/\d+/mountinfo|/dev/null|anon_inode:(inotify|\[eventpoll\])|pipe:\[\d+\]|.*/timewarp/watch/.*\.lock"
)


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path / "repo", watch=False) as found:
        yield found


def test_start_in_a_command_substitution_comes_back(idle: Watched) -> None:
    """A watcher that kept the pipe open would make the shell wait for ever."""
    done = subprocess.run(
        ["sh", "-c", 'out=$(git timewarp watch start 2>&1); echo "<$out>"'],
        cwd=idle.repo.path,
        env=idle.repo.env(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"<watcher: running (pid {idle.pid()})>\n"
    assert done.stderr == ""


def test_nothing_of_the_starter_is_open_and_it_stands_nowhere(idle: Watched) -> None:
    idle.tw("watch start")
    pid = idle.pid()
    held = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()]
    answers = {f"socket:[{line[6]}]" for line in lines if line[-1].endswith("/main-worktree.sock")}
    assert len(answers & held) == 1
    assert [path for path in held - answers if not ALLOWED.fullmatch(path)] == []
    assert [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1, 2)] == ["/dev/null"] * 3
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0) + 10


def test_the_error_file_is_closed_before_the_starter_hears_anything(tmp_path: Path) -> None:
    """A starter that goes on at once must not find the file open: the pipe is full meanwhile."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writing, b" " * 65536):
            pass
    os.set_blocking(writing, True)
    code = f"from git_timewarp.watch.spawn import Ready; Ready({writing}).tell({{}})"
    with (tmp_path / "err").open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            stderr=errors,
            pass_fds=(writing,),
            stdin=subprocess.DEVNULL,
        )
    os.close(writing)
    try:
        until(
            lambda: os.readlink(f"/proc/{child.pid}/fd/2") == "/dev/null",
            "the error file is closed",
        )
    finally:
        while os.read(reading, 65536):
            pass
        os.close(reading)
        assert child.wait() == 0


def test_it_is_live_when_start_returns(idle: Watched) -> None:
    """What changed since the latest snapshot is in a draft already."""
    idle.repo.write("a.txt", "edited before\n")
    idle.tw("watch start")
    assert idle.state().last_draft is not None
    assert idle.cat("a.txt") == "edited before\n"


def test_nothing_changed_no_draft(idle: Watched) -> None:
    idle.tw("watch start")
    assert idle.state().last_draft is None
    assert idle.drafts() == []


def test_a_second_start_changes_nothing(idle: Watched) -> None:
    first = json.loads(idle.tw("watch start --json"))
    again = json.loads(idle.tw("watch start --json"))
    assert (first["changed"], again["changed"]) == (True, False)
    assert first["pid"] == again["pid"]
    assert first["mode"] == "events"


def test_many_starts_at_once_make_one(idle: Watched) -> None:
    line = ["git", "timewarp", "watch", "start", "--json"]
    started = [
        subprocess.Popen(
            line, cwd=idle.repo.path, env=idle.repo.env(), stdout=subprocess.PIPE, text=True
        )
        for _ in range(5)
    ]
    told = [json.loads(process.communicate()[0]) for process in started]
    assert [process.returncode for process in started] == [0] * 5
    assert {record["pid"] for record in told} == {idle.pid()}


STARTING = """
import os, sys, time
from git_timewarp.git.repo import discover
from git_timewarp import __version__
from git_timewarp.util.clock import SystemClock
from git_timewarp.util.locking import FileLock
from git_timewarp.watch import identity, place, state

where = place.of(discover(sys.argv[1], os.environ))
os.makedirs(where.folder, exist_ok=True)
FileLock(where.lock, clock=SystemClock(), timeout=0).acquire()
print("locked", flush=True)
time.sleep(1)
who = identity.own()
state.store(where, state.State(identity=who, version=__version__, mode=state.EVENTS))
sys.stdin.read()
"""


def test_a_start_does_not_stop_one_that_is_just_starting(idle: Watched) -> None:
    """Between taking the lock and telling who it is, a watcher has no version yet."""
    line = [sys.executable, "-c", STARTING, str(idle.repo.path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(line, stdin=pipe, stdout=pipe, env=idle.repo.env(), text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        told = json.loads(idle.tw("watch start --json"))
        assert (told["pid"], told["changed"]) == (other.pid, False)
        assert other.poll() is None
        other.communicate("")


def test_stop_takes_the_last_draft_and_leaves_nothing_running(idle: Watched) -> None:
    idle.tw("watch start")
    pid = idle.pid()
    idle.repo.write("a.txt", "just now\n")
    told = json.loads(idle.tw("watch stop --json"))
    assert (told["running"], told["changed"]) == (False, True)
    until(lambda: not identity.of(pid).is_alive, "the process is gone")
    assert not idle.state().running
    assert idle.cat("a.txt") == "just now\n"
    assert json.loads(idle.tw("watch stop --json"))["changed"] is False
    assert sorted(os.listdir(idle.place.folder)) == ["main-worktree.err", "main-worktree.lock"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_takes_the_last_draft_too(idle: Watched, number: int) -> None:
    idle.tw("watch start")
    idle.repo.write("a.txt", "just now\n")
    os.kill(idle.pid(), number)
    until(lambda: not idle.state().running, "the watcher ends")
    assert idle.state().reason is None
    assert idle.cat("a.txt") == "just now\n"


def test_a_killed_one_is_told_of_and_started_again(idle: Watched) -> None:
    idle.tw("watch start")
    os.kill(idle.pid(), signal.SIGKILL)
    until(lambda: not idle.state().running, "the watcher ends")
    assert idle.tw("watch status") == (
        "watcher: not running (it ended without saying so): git timewarp watch start\n"
    )
    assert json.loads(idle.tw("status --json"))["problems"] == [
        {
            "kind": "watcher",
            "where": "the watcher is gone: it ended without saying so",
            "affects": [],
            "hint": "git timewarp watch start",
        }
    ]
    idle.tw("watch start")
    assert json.loads(idle.tw("status --json"))["problems"] == []
    with idle.drafted():
        idle.repo.write("a.txt", "after\n")


def test_a_number_used_again_is_not_signalled(idle: Watched) -> None:
    """The file of a watcher long gone names a process that is somebody else's now."""
    idle.tw("watch start")
    os.kill(idle.pid(), signal.SIGKILL)
    until(lambda: not idle.state().running, "the watcher ends")
    other = subprocess.Popen(["sleep", "1000"])
    record = json.loads(Path(idle.place.state).read_text())
    Path(idle.place.state).write_text(json.dumps(record | {"pid": other.pid}))
    idle.tw("watch stop")
    assert other.poll() is None
    other.kill()
    other.wait()


def test_another_version_is_replaced(idle: Watched) -> None:
    idle.tw("watch start")
    pid = idle.pid()
    told = Path(idle.place.state).read_text()
    with open(idle.place.state, "r+") as file:
        file.write(told.replace('"version":"', '"version":"0'))
    assert json.loads(idle.tw("watch start --json"))["changed"] is True
    assert idle.pid() != pid


def test_the_work_tree_is_not_on_the_module_path(idle: Watched) -> None:
    """A project may have a `json.py`, or be this very program."""
    idle.repo.write("json.py", "raise SystemExit('imported from the work tree')\n")
    idle.repo.write("git_timewarp.py", "raise SystemExit('imported from the work tree')\n")
    done = subprocess.run(
        ["git", "timewarp", "watch", "start"],
        cwd=idle.repo.path,
        env=idle.repo.env() | {"PYTHONSAFEPATH": "1"},
        check=False,
    )
    idle.repo.remove("json.py")
    idle.repo.remove("git_timewarp.py")
    assert done.returncode == 0
    assert idle.state().running


def test_started_from_a_git_hook(idle: Watched, tmp_path: Path) -> None:
    """Git's variables in there point at a repository, and a fault is not for the watcher."""
    other = RepoBuilder(tmp_path / "other")
    given = {
        "GIT_DIR": str(idle.repo.git_dir()),
        "GIT_INDEX_FILE": str(other.path / "index"),
        "GIT_TIMEWARP_AUTOSAVE_DEBOUNCE_SECONDS": "1",
    }
    subprocess.run(
        ["git-timewarp", "-C", str(idle.repo.path), "watch", "start"],
        env=idle.repo.env() | given,
        check=True,
    )
    pid = idle.pid()
    told = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert not [entry for entry in told if entry.startswith((b"GIT_DIR=", b"GIT_INDEX_FILE="))]
    assert b"GIT_TIMEWARP_AUTOSAVE_DEBOUNCE_SECONDS=1" in told


def test_settings_of_the_command_line_reach_it(idle: Watched) -> None:
    idle.tw("-c timewarp.autosave.mode=polling watch start")
    assert idle.state().mode == "polling"
    assert idle.tw("watch status") == (
        f"watcher: running (pid {idle.pid()}, polling, timewarp.autosave.mode asks for it)\n"
    )


def test_in_the_foreground(idle: Watched) -> None:
    process = subprocess.Popen(
        ["git-timewarp", "watch", "run"], cwd=idle.repo.path, env=idle.repo.env()
    )
    until(lambda: idle.state().pid is not None, "it is live")
    assert idle.pid() == process.pid
    again = subprocess.run(
        ["git-timewarp", "watch", "run"],
        cwd=idle.repo.path,
        env=idle.repo.env(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert again.stderr == (
        f"error: another process watches '{idle.repo.path}'\nhint: git timewarp watch status\n"
    )
    with idle.drafted():
        idle.repo.write("a.txt", "x")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0


def test_nothing_records_nothing_watches(tmp_path: Path) -> None:
    found = Watched(RepoBuilder(tmp_path / "repo"))
    for line in ("watch start", "watch run"):
        done = subprocess.run(
            ["git-timewarp", *line.split()],
            cwd=found.repo.path,
            env=found.repo.env(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr == (
            "error: nothing records in this repository\nhint: git timewarp init\n"
        )
    assert not (found.repo.path / ".git/timewarp").exists()


def test_a_watcher_that_cannot_start_says_why(idle: Watched) -> None:
    """Its folder is a file."""
    idle.repo.write(".git/timewarp/watch")
    done = subprocess.run(
        ["git-timewarp", "watch", "start"],
        cwd=idle.repo.path,
        env=idle.repo.env(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "File exists".lower() in done.stderr.lower()
    assert "hint: " in done.stderr
    idle.repo.remove(".git/timewarp/watch")


def test_linked_work_trees_each_have_their_own(idle: Watched, tmp_path: Path) -> None:
    idle.repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Watched(RepoBuilder(tmp_path / "linked", init=False))
    idle.tw("watch start")
    linked.tw("watch start")
    assert idle.pid() != linked.pid()
    with linked.drafted():
        linked.repo.write("a.txt", "linked\n")
    idle.tw("watch stop")
    assert linked.state().running
    linked.tw("watch stop")
