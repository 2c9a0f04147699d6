"""What may happen between a crash and the next command, and at the same time as it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.conftest import TRIED
from tests.support import crash
from tests.support.crash import Lab, Photo, Ran, State
from tests.support.crash_checks import Findings, whole
from tests.support.crash_scenarios import SCENARIOS, edited, project
from tests.support.repo_builder import RepoBuilder

JUMP = next(scenario for scenario in SCENARIOS if scenario.name == "jump")
WITH_REFS = next(scenario for scenario in SCENARIOS if scenario.name == "jump-with-refs")
UNDO = next(scenario for scenario in SCENARIOS if scenario.name == "undo")


def kill_last(lab: Lab, photo: Photo, name: str, *, kind: str = "kill") -> Ran:
    """Put the start back and stop the command at its last step called `name`."""
    lab.put_back("start")
    stop = photo.points.count(name)
    assert stop, (name, photo.points)
    ran = crash.run(lab, photo.scenario, stop=stop, at=name, kind=kind)
    lab.wait_for_children()
    return ran


def told(status: Ran) -> str:
    """Return what `status --json` says was put right."""
    problems = status.json["problems"]
    assert isinstance(problems, list)
    return "\n".join(str(item["where"]) for item in problems)


@pytest.mark.parametrize("scenario", [JUMP, UNDO], ids=str)
def test_an_edit_after_the_crash_survives(
    lab: Lab,
    scenario: crash.Scenario,
    crash_all: bool,  # noqa: FBT001 - a fixture
    record_property: Callable[[str, object], None],
) -> None:
    """A file the user edits before the next command keeps his bytes, staged or not."""
    photo = crash.prepared(lab, scenario)
    steps = crash.chosen(len(photo.points), every=crash_all, want=5, seed=3)
    for stop in steps:
        lab.put_back("start")
        crash.run(lab, scenario, stop=stop, kind="kill")
        lab.wait_for_children()
        lab.repo.write("a.txt", "mine, after the crash\n")
        lab.repo.write("mine.txt", "staged after the crash\n")
        lock = lab.repo.path / ".git/index.lock"
        if not lock.exists():
            lab.repo.git("add", "mine.txt")
        status = lab.run("status", "--json")
        assert status.code == 0, status.err
        assert lab.repo.read("a.txt") == b"mine, after the crash\n", (stop, photo.points[stop - 1])
        assert lab.repo.read("mine.txt") == b"staged after the crash\n"
        found = Findings(f"{scenario} at {stop}")
        whole(found, lab)
        assert found.wrong == []
    record_property(TRIED, len(steps))


def test_what_was_staged_after_the_crash_comes_back(lab: Lab) -> None:
    """Recovery captures what it finds before it goes on: also what only the index holds."""
    photo = crash.prepared(lab, JUMP)
    kill_last(lab, photo, "sync .git")
    (lab.repo.path / ".git/index.lock").unlink()
    lab.repo.write("only-staged.txt", "only in the index\n")
    lab.repo.git("add", "only-staged.txt")
    staged = lab.repo.index_state()
    lab.repo.remove("only-staged.txt")
    lab.ok("status")
    kept = [json.loads(line) for line in lab.ok("log", "--all", "--json").out.splitlines()]
    where = next(item for item in kept if "was cut off" in item["summary"])
    lab.ok("jump", where["snapshot"])
    assert lab.repo.index_state() == staged


def linked(lab: Lab) -> RepoBuilder:
    """Add a linked work tree."""
    path = lab.root / "linked"
    lab.repo.git("worktree", "add", "-q", "-b", "linked", str(path))
    return RepoBuilder(path, init=False)


def test_the_next_command_runs_in_another_work_tree(lab: Lab) -> None:
    """A jump cut off in one work tree is finished by a command in another, lock and all."""
    project(lab)
    other = linked(lab)
    other.write("a.txt", "work in the linked tree\n")
    lab.ok("snapshot", cwd=other.path)
    other.write("a.txt", "more work\n")
    other.write("new.txt", "new\n")
    old = State.of(other)
    lab.photograph("start")
    done = lab.ok("jump", "@-1", cwd=other.path)
    new = State.of(other)
    assert new != old
    for name in ("lock index", "rename", "write index", "append journal", "unlock index"):
        lab.put_back("start")
        stop = done.points.count(name)
        assert stop, (name, done.points)
        lab.run("jump", "@-1", stop=stop, at=name, kind="kill", cwd=other.path)
        lab.wait_for_children()
        status = lab.ok("status", "--json")
        assert "was cut off" in told(status)
        assert State.of(other) in (old, new), name
        assert not (lab.repo.path / ".git/worktrees/linked/index.lock").exists()
        other.git("add", "-A")
        assert lab.run("verify", "--full").code == 0


def cut_off_and_removed(lab: Lab) -> RepoBuilder:
    """Stop a jump in a linked work tree, remove that, and return where it was."""
    project(lab)
    other = linked(lab)
    lab.ok("snapshot", cwd=other.path)
    other.write("a.txt", "work\n")
    lab.run("jump", "HEAD", stop=1, at="rename", kind="kill", cwd=other.path)
    lab.wait_for_children()
    lab.repo.git("worktree", "remove", "--force", str(other.path))
    return other


def test_the_work_tree_of_the_operation_is_gone(lab: Lab) -> None:
    """What was begun in a removed work tree is closed and told, and commands go on."""
    cut_off_and_removed(lab)
    status = lab.ok("status", "--json")
    assert "in a work tree that is gone" in told(status)
    assert lab.ok("status", "--json").json["problems"] == []
    lab.ok("snapshot")


def test_another_work_tree_has_the_name_of_the_one_that_is_gone(lab: Lab) -> None:
    """What was begun in the old one is not finished in the new one."""
    other = cut_off_and_removed(lab)
    lab.repo.git("worktree", "add", "-q", str(other.path), "linked")
    other.write("a.txt", "work in the new one\n")
    before = State.of(other)
    status = lab.ok("status", "--json", cwd=other.path)
    assert "in a work tree that is gone" in told(status) + status.err
    assert State.of(other) == before
    lab.ok("snapshot", cwd=other.path)


def test_two_next_commands_at_once(lab: Lab) -> None:
    """Both succeed; the operation is finished once."""
    photo = crash.prepared(lab, JUMP)
    for name in ("rename", "appended journal", "rename index"):
        kill_last(lab, photo, name)
        both = lab.many("status", "--json", times=2)
        assert [(ran.code, ran.err) for ran in both] == [(0, ""), (0, "")]
        assert State.of(lab.repo) in (photo.old, photo.new)
        lines = lab.ok("log", "--all", "--json").out.splitlines()
        ends = [line for line in lines if json.loads(line)["summary"] == "jump to E1"]
        assert len(ends) <= 1
        assert lab.run("verify", "--full").code == 0


def test_a_refused_jump_is_not_carried_out_later(lab: Lab) -> None:
    """The index was locked, the command said so: the next one must not do it after all."""
    project(lab)
    edited(lab)
    lab.ok("snapshot")
    old = State.of(lab.repo)
    lock = lab.repo.path / ".git/index.lock"
    lock.touch()
    assert lab.run("jump", "E1").code == 6
    lock.unlink()
    assert lab.ok("status", "--json").json["problems"] == []
    assert State.of(lab.repo) == old


def test_what_cannot_be_finished_is_told_and_closed(lab: Lab) -> None:
    """A merge begun after the crash stands in the way: no command is blocked by that."""
    photo = crash.prepared(lab, JUMP)
    kill_last(lab, photo, "rename")
    git = lab.repo.path / ".git"
    (git / "index.lock").unlink(missing_ok=True)
    (git / "MERGE_HEAD").write_text(lab.repo.git("rev-parse", "side") + "\n")
    said = told(lab.ok("status", "--json"))
    assert "cannot be finished" in said
    assert "git timewarp jump" in said
    assert lab.ok("status", "--json").json["problems"] == []
    lab.ok("snapshot")


def test_locks_on_refs_of_the_user_are_removed(lab: Lab) -> None:
    """Power failed inside the transaction that moves his refs back: nothing stays locked."""
    photo = crash.prepared(lab, WITH_REFS)
    lab.put_back("start")
    lab.repo.git("update-ref", "refs/heads/other", "HEAD")
    git = lab.repo.path / ".git"
    older = git / "refs/heads/other.lock"
    older.touch()
    os.utime(older, (1, 1))
    before = photo.points[: photo.points.index("unlock index")]
    stop = before.count("git update-ref") + 1
    crash.run(lab, WITH_REFS, stop=stop, at="git update-ref", kind="kill")
    lab.wait_for_children()
    names = ("HEAD.lock", "packed-refs.lock", "packed-refs.new", "refs/heads/side.lock")
    left = [git / name for name in names]
    for lock in left:
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.touch()
    lab.ok("status")
    assert [lock for lock in left if lock.exists()] == []
    assert older.exists()


def test_interrupted_in_the_middle(lab: Lab) -> None:
    """Ctrl-C between two renames ends with 130, and the next command finishes."""
    photo = crash.prepared(lab, JUMP)
    ran = kill_last(lab, photo, "rename", kind="sigint")
    assert ran.code == 130
    assert not (lab.repo.path / ".git/index.lock").exists()
    assert "was cut off and is finished now" in told(lab.ok("status", "--json"))
    assert State.of(lab.repo) == photo.new


def test_a_foreign_lock_is_left_alone(lab: Lab, tmp_path: Path) -> None:
    """A lock on the index that git or an editor took is none of our business."""
    del tmp_path
    project(lab)
    lock = lab.repo.path / ".git/index.lock"
    lock.write_bytes(b"")
    lab.ok("status")
    lab.ok("snapshot")
    assert lock.read_bytes() == b""


def test_what_was_put_right_is_told_also_when_a_hook_has_noted_something(lab: Lab) -> None:
    """Taking in what hooks noted finishes the operation first, and `status` has to say so."""
    photo = crash.prepared(lab, JUMP)
    kill_last(lab, photo, "rename")
    (lab.repo.path / ".git/index.lock").unlink(missing_ok=True)
    lab.repo.git("branch", "meanwhile")
    lab.repo.git("checkout", "-q", "meanwhile")
    assert (lab.repo.path / ".git/timewarp/spool/now").stat().st_size > 0
    assert "jump" in told(lab.run("status", "--json"))
    assert told(lab.run("status", "--json")) == ""
