"""Kill a restore at every write, rename and git call: it can be finished, and nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git import user_index
from git_timewarp.restore.engine import Wish
from git_timewarp.restore.plan import Plan
from git_timewarp.store.view import View
from git_timewarp.util import faults
from tests.support.repo_builder import RepoBuilder, WorkTree
from tests.support.travel import State, Traveller

ALL = Wish(with_head=True, with_refs=True)
STEP = 1 if os.environ.get("TIMEWARP_CRASH") == "all" else 6
KILLED = 9


def scene(path: Path) -> tuple[Traveller, View, State]:
    """A repository with a bit of everything changed since the view that is returned."""
    repo = RepoBuilder(path)
    repo.commit(
        "first",
        {"a.txt": "one\n", "gone.txt": "gone\n", "dir/b.txt": "two\n", "swap/in": "s\n"},
    )
    repo.link("link", "a.txt")
    repo.mkdir("void")
    repo.write("staged.txt", "staged\n")
    repo.git("add", "-A")
    travel = Traveller(repo)
    target, state = travel.take(), State.of(repo)
    repo.commit("second", {"a.txt": "changed\n", "new/deep.txt": "new\n"})
    repo.remove("gone.txt")
    repo.remove("swap")
    repo.write("swap", "a file now\n")
    repo.remove("link")
    repo.write("link/x", "a folder now\n")
    repo.remove("void")
    os.chmod(repo.location("dir/b.txt"), 0o700)
    return travel, target, state


def run(travel: Traveller, plan: Plan, *, now: View, target: View, stop: int) -> bool:
    """Restore in a child that is killed before its step `stop`; tell whether it ended."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            count = 0

            def kill(_name: str) -> None:
                nonlocal count
                count += 1
                if count == stop:
                    os._exit(KILLED)

            faults.install(kill)
            travel.restorer().restore(plan, now=now, target=target, wish=ALL)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, KILLED}
    return code == 0


def check_halfway(found: WorkTree, *, old: WorkTree, new: WorkTree) -> None:
    """Each path is in its old or in its new state, or on the way; never a third."""
    for path, what in found.items():
        if ".timewarp-tmp-" in path or path in {"new", "swap", "link", "void"}:
            continue
        assert (what[1] in {old.get(path, what)[1], new.get(path, what)[1]}) or path not in old


@pytest.mark.parametrize("start", [1, 1 + STEP // 2] if STEP > 1 else [1])
def test_killed_anywhere_it_can_be_finished(tmp_path: Path, start: int) -> None:
    stop = start
    while True:
        path = tmp_path / f"{stop}"
        travel, target, state = scene(path)
        repo = travel.repo
        plan, now = travel.plan(target)
        before = repo.state()
        ended = run(travel, plan, now=now, target=target, stop=stop)
        check_halfway(repo.state(), old=before, new=state.files)
        user_index.remove_stale_lock(travel.quarantine.repo)
        assert not (repo.git_dir() / "index.lock").exists()
        repo.git("status")
        outcome = travel.restorer().restore(plan, now=now, target=target, wish=ALL, resume=True)
        travel.quarantine.close()
        travel.litter_free()
        assert outcome.refused == ()
        assert outcome.kept_aside == ()
        assert State.of(repo) == state
        assert repo.git("log", "--format=%s") == "first"
        travel.jump(now)
        assert repo.state() == before
        if ended:
            break
        stop += STEP


def test_what_was_edited_after_the_crash_is_kept(tmp_path: Path) -> None:
    travel, target, _ = scene(tmp_path / "r")
    plan, now = travel.plan(target)
    assert not run(travel, plan, now=now, target=target, stop=40)
    travel.repo.write("a.txt", "typed after the crash\n")
    user_index.remove_stale_lock(travel.quarantine.repo)
    outcome = travel.restorer().restore(plan, now=now, target=target, wish=ALL, resume=True)
    travel.quarantine.close()
    assert [(item.path, item.reason) for item in outcome.refused] == [("a.txt", "changed-since")]
    assert travel.repo.read("a.txt") == b"typed after the crash\n"
