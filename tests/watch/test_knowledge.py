"""What the watcher knows of changes, and how commands ask it."""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_timewarp.capture.watched import Told
from git_timewarp.git.repo import discover
from git_timewarp.watch.answering import Answering
from git_timewarp.watch.asking import Asking, of
from git_timewarp.watch.filter import Filter
from git_timewarp.watch.inotify import Inotify
from git_timewarp.watch.knowledge import Knowledge
from git_timewarp.watch.ledger import Ledger
from git_timewarp.watch.source import Polling, Stop
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder
from tests.support.watching import PATIENCE, Watched, until, watched


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    found = RepoBuilder(tmp_path / "repo")
    found.commit("first", {"a.txt": "1\n", "src/b.txt": "2\n", ".gitignore": "out/\n"})
    return found


@pytest.fixture
def knowledge(repo: RepoBuilder) -> Iterator[Knowledge]:
    opened = recording.opened(repo)
    found = Knowledge(Inotify(opened), Filter(opened), instance="w")
    yield found
    found.close()


def told(knowledge: Knowledge, cursor: str) -> Told:
    """Ask; somebody answers."""
    found = knowledge.since(cursor)
    assert found is not None
    return found


def test_a_ledger_tells_what_came_after_a_cursor() -> None:
    ledger = Ledger("w")
    start = ledger.since("").cursor
    ledger.note(["a", "b"], git=False)
    middle = ledger.since(start)
    ledger.note(["b", "c"], git=True)
    assert middle == Told("w:1", frozenset("ab"), git=False)
    assert ledger.since(middle.cursor) == Told("w:2", frozenset("bc"), git=True)
    assert ledger.since("w:2") == Told("w:2", frozenset(), git=False)


@pytest.mark.parametrize("cursor", ["", "w:", "w:9", "w:-1", "other:0", "w:x", "w:1:1"])
def test_a_ledger_knows_nothing_of_other_moments(cursor: str) -> None:
    ledger = Ledger("w")
    ledger.note(["a"], git=False)
    assert ledger.since(cursor) == Told("w:1")


def test_a_ledger_that_lost_something_knows_nothing_from_before() -> None:
    ledger = Ledger("w")
    before = ledger.since("").cursor
    ledger.lose()
    assert ledger.since(before) == Told("w:1")
    ledger.note((str(number) for number in range(20_001)), git=False)
    assert ledger.since("w:1").paths is None
    assert ledger.since("w:3") == Told("w:3", frozenset(), git=False)


def test_a_ledger_does_not_answer_for_what_it_has_forgotten() -> None:
    ledger = Ledger("w")
    start = ledger.since("").cursor
    ledger.note(["a"], git=False)
    middle = ledger.since(start).cursor
    assert ledger.since(middle).paths == frozenset()
    assert ledger.since(start).paths is None


def test_a_work_tree_replaced_by_a_copy_is_another_one(repo: RepoBuilder, tmp_path: Path) -> None:
    """As a linked one can be while its repository stays where it is."""
    linked = tmp_path / "linked"
    repo.git("worktree", "add", str(linked))
    opened = discover(str(linked), os.environ)
    knowledge = Knowledge(Inotify(opened), Filter(opened), instance="w")
    try:
        cursor = told(knowledge, "").cursor
        linked.rename(tmp_path / "old")
        shutil.copytree(tmp_path / "old", linked)
        assert told(knowledge, cursor).paths is None
        knowledge.renew(everything=False)
        cursor = told(knowledge, "").cursor
        (linked / "a.txt").write_text("2\n")
        (tmp_path / "old/src/b.txt").write_text("2\n")
        assert told(knowledge, cursor).paths == frozenset({"a.txt"})
    finally:
        knowledge.close()


def test_who_sees_other_folders_is_told_nothing(
    knowledge: Knowledge, repo: RepoBuilder, tmp_path: Path
) -> None:
    """A copy made of hard links shares the socket, too."""
    path = str(tmp_path / "w.sock")
    answering = Answering(path, knowledge)
    try:
        assert Asking(path, recording.opened(repo)).since("") is not None
        copy = tmp_path / "copy"
        shutil.copytree(repo.path, copy)
        assert Asking(path, discover(str(copy), os.environ)).since("") is None
    finally:
        answering.close()


def test_what_is_mounted_over_a_folder_is_not_known(
    knowledge: Knowledge, repo: RepoBuilder
) -> None:
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "none", str(repo.path / "src")], check=False, capture_output=True
    )
    if mount.returncode:
        # Only root may mount, and not in every container.
        return
    try:
        assert told(knowledge, told(knowledge, "").cursor).paths is None
        knowledge.renew(everything=False)
        cursor = told(knowledge, "").cursor
        repo.write("src/b.txt", "3\n")
        assert told(knowledge, cursor).paths == frozenset({"src/b.txt"})
        cursor = told(knowledge, cursor).cursor
    finally:
        subprocess.run(["umount", str(repo.path / "src")], check=True)
    assert told(knowledge, cursor).paths is None


def test_every_change_is_told_at_once(knowledge: Knowledge, repo: RepoBuilder) -> None:
    cursor = told(knowledge, "").cursor
    for number in range(50):
        repo.write("a.txt", f"{number}\n")
        repo.write(f"src/new{number}", "x")
        found = told(knowledge, cursor)
        assert found.paths == frozenset({"a.txt", f"src/new{number}"})
        assert not found.git
        cursor = found.cursor
    repo.git("branch", "other")
    assert told(knowledge, cursor) == Told(told(knowledge, "").cursor, frozenset(), git=True)


def test_what_is_told_to_a_command_is_told_to_the_watcher_too(
    knowledge: Knowledge, repo: RepoBuilder
) -> None:
    stop = Stop()
    repo.write("a.txt", "2\n")
    told(knowledge, "")
    assert knowledge.wait(0.0, stop).paths == frozenset({f"{repo.path}/a.txt"})
    assert not knowledge.wait(0.0, stop)
    stop.close()


@pytest.mark.parametrize("what", ["folder", "rules", "exclude", "tracked", "doubt"])
def test_nothing_is_known_until_the_new_folders_are_watched(
    knowledge: Knowledge, repo: RepoBuilder, what: str
) -> None:
    repo.write("out/ignored.txt", "1\n")
    knowledge.renew(everything=False)
    cursor = told(knowledge, "").cursor
    assert told(knowledge, cursor).paths == frozenset()
    if what == "folder":
        repo.write("new/file", "1\n")
    elif what == "rules":
        repo.write(".gitignore", "")
    elif what == "exclude":
        (repo.path / ".git/info/exclude").write_text("more\n")
    elif what == "tracked":
        repo.git("add", "-f", "out/ignored.txt")
    else:
        knowledge.doubt()
    assert told(knowledge, cursor).paths is None
    knowledge.renew(everything=False)
    after = told(knowledge, cursor)
    if what in {"folder", "rules", "tracked"}:
        # Nobody told of what was written before the folder was watched.
        assert after.paths is None
        name = "new/file" if what == "folder" else "out/ignored.txt"
        repo.write(name, "2\n")
        assert told(knowledge, after.cursor).paths == frozenset({name})
    else:
        assert after.paths is not None


def test_a_sleep_of_the_machine_makes_everything_unknown(knowledge: Knowledge) -> None:
    cursor = told(knowledge, "").cursor
    knowledge.lose()
    assert told(knowledge, cursor).paths is None


def test_a_fold_that_is_asked_for_ends_the_wait(knowledge: Knowledge) -> None:
    """Once: what was asked before is no reason to come back from the next wait."""
    stop = Stop()
    for _ in range(2):
        waiting = threading.Thread(target=knowledge.wait, args=(3600.0, stop), daemon=True)
        waiting.start()
        assert knowledge.will_fold()
        waiting.join(PATIENCE)
        assert not waiting.is_alive()
        assert knowledge.takes_fold()
        assert not knowledge.takes_fold()
        assert select.select([stop.fileno()], [], [], 0)[0] == []
    knowledge.close()
    stop.close()
    assert knowledge.will_fold()


def test_who_looks_by_turns_knows_nothing(repo: RepoBuilder) -> None:
    opened = recording.opened(repo)
    polling = Polling(CountingClock(), every=lambda: 2.0)
    assert Knowledge(polling, Filter(opened), instance="w").since("") is None


def test_names_of_any_bytes_come_over_the_socket(
    knowledge: Knowledge, repo: RepoBuilder, tmp_path: Path
) -> None:
    """Also where the folder lies deeper than the system takes names of sockets."""
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    path, opened = str(deep / "w.sock"), recording.opened(repo)
    answering = Answering(path, knowledge)
    try:
        asking = Asking(path, opened)
        first = asking.since("")
        assert first is not None
        assert first.paths is None
        name = os.fsdecode(b"bytes-\xff\n")
        repo.write(name, "x")
        assert asking.since(first.cursor) == Told("w:1", frozenset({name}), git=False)
        asking.doubt()
        assert told(knowledge, "w:1").paths is None
        assert os.stat(path).st_mode & 0o777 == 0o600
    finally:
        answering.close()
    assert Asking(path, opened).since("") is None
    assert not os.path.exists(path)


@pytest.mark.parametrize("answer", [b"", b"nonsense\n", b"[]\n", b"{}\n", b'{"cursor":1}\n'])
def test_an_answer_that_is_none_is_no_answer(
    repo: RepoBuilder, tmp_path: Path, answer: bytes
) -> None:
    path, opened = str(tmp_path / "w.sock"), recording.opened(repo)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen()

        def serve() -> None:
            asker, _ = server.accept()
            with asker:
                asker.recv(100)
                asker.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        assert Asking(path, opened).since("w:1") is None
        thread.join()


def test_a_watcher_that_does_not_answer_is_not_waited_for(
    repo: RepoBuilder, tmp_path: Path
) -> None:
    path, opened = str(tmp_path / "w.sock"), recording.opened(repo)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen()
        assert Asking(path, opened).since("w:1") is None


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path / "live") as found:
        yield found


def test_commands_use_what_the_watcher_knows(live: Watched) -> None:
    """`snapshot` and `diff` see every change; the memory they leave names a moment."""
    asking = of(recording.opened(live.repo))
    assert asking is not None
    for number in range(5):
        live.repo.write("a.txt", f"{number}\n")
        made = json.loads(live.tw("snapshot --json"))
        assert live.repo.git("cat-file", "-p", f"{made['tree']}:a.txt") == str(number)
        folder = recording.opened(live.repo).state_dir + "/index/main-worktree/memory.json"
        cursor = json.loads(Path(folder).read_bytes().splitlines()[0])["cursor"]
        # A busy machine may let a question go unanswered.
        until(lambda at=cursor: asking.since(at) is not None, "an answer")  # type: ignore[misc]
        live.repo.write("src/b.txt", f"{number} new\n")
        assert live.tw(f"diff {made['event']} --name-only") == "src/b.txt\n"


def test_a_socket_left_by_a_killed_watcher_is_no_hindrance(live: Watched) -> None:
    os.kill(live.pid(), 9)
    live.repo.write("a.txt", "after\n")
    assert os.path.exists(live.place.socket)
    assert json.loads(live.tw("snapshot --json"))["created"]
    live.tw("watch start")
    assert of(recording.opened(live.repo)) is not None


def test_a_snapshot_is_durable_at_once_and_folded_by_the_watcher(live: Watched) -> None:
    refs = "refs/timewarp/*/snapshots/*"
    before = live.repo.git("for-each-ref", "--format=%(objectname)", refs)
    live.repo.write("a.txt", "kept\n")
    live.tw("snapshot -m kept")
    assert live.tw("cat @ a.txt") == "kept\n"
    until(lambda: live.repo.git("for-each-ref", "--format=%(objectname)", refs) != before, "a fold")
    assert json.loads(live.tw("verify --full --json"))["ok"]
    live.repo.write("a.txt", "milestone\n")
    live.tw("snapshot --milestone done-1")
    assert json.loads(live.tw("status --json"))["pending"] == {
        "events": 0,
        "snapshots": 0,
        "spool_bytes": 0,
    }
