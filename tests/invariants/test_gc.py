"""The user's gc, fsck, repack, prune and pack-refs: nothing of ours is lost, nothing is printed."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from git_timewarp.app import repository as timewarp
from git_timewarp.errors import TimewarpError
from git_timewarp.util.text import to_str
from tests.support.clock import CountingClock
from tests.support.recorder import is_step, opened, recorded, whole
from tests.support.repo_builder import RepoBuilder

MANY = int(os.environ.get("TIMEWARP_TEST_SNAPSHOTS", "250"))

CLEANING: tuple[tuple[str, ...], ...] = (
    ("gc", "--quiet", "--prune=now"),
    ("repack", "-adq"),
    ("prune", "--expire=now"),
    ("pack-refs", "--all", "--prune"),
    ("maintenance", "run"),
    ("worktree", "prune"),
    ("fsck", "--full", "--no-progress"),
    ("gc", "--auto"),
)


def clean(repo: RepoBuilder) -> None:
    """Let git throw away whatever it may; it must have nothing to say."""
    for words in CLEANING:
        done = repo.run(*words)
        assert (done.stdout, done.stderr) == (b"", b""), (words, done)


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A recorded repository with one commit."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n", "dir/b": "b\n"})
    return recorded(repo)


def by_hand(repo: RepoBuilder) -> None:
    repo.write("a", "by hand\n")
    opened(repo).snapshot()


def unfolded(repo: RepoBuilder) -> None:
    repo.write("a", "before the jump\n")
    repo.write("new", "new\n")
    opened(repo).jump("E1")


def staged_then_unstaged(repo: RepoBuilder) -> None:
    repo.write("a", "staged\n")
    repo.git("add", "a")
    opened(repo).snapshot()
    repo.git("reset", "-q", "--hard")
    opened(repo).snapshot()


def staged_and_changed(repo: RepoBuilder) -> None:
    repo.write("a", "staged\n")
    repo.git("add", "a")
    repo.write("a", "and changed\n")
    opened(repo).jump("E1")


def lost_commits(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("on the side", {"side": "side\n"})
    opened(repo).snapshot()
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-q", "-D", "side")
    opened(repo).snapshot()


def conflict(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("theirs", {"a": "theirs\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("ours", {"a": "ours\n"})
    repo.git("merge", "-q", "side", ok=(1,))
    opened(repo).snapshot()
    repo.git("merge", "--abort")
    opened(repo).snapshot()


def raw_bytes(repo: RepoBuilder) -> None:
    repo.write(".gitattributes", "*.txt text eol=crlf\n")
    repo.write("a.txt", "no carriage return\n")
    opened(repo).snapshot()
    repo.remove("a.txt")
    opened(repo).snapshot()


def nested(repo: RepoBuilder) -> None:
    inner = RepoBuilder(repo.path / "inner")
    inner.commit("inner", {"i": "i\n"})
    inner.write("i", "edited\n")
    opened(repo).snapshot()
    repo.remove("inner")
    opened(repo).snapshot()


def undone(repo: RepoBuilder) -> None:
    for number in range(3):
        repo.write("a", f"{number}\n")
        opened(repo).jump("E1")
        opened(repo).undo()
        opened(repo).redo()


def many_events(repo: RepoBuilder) -> None:
    line = b'{"type":"note","summary":"noted"}\n'
    for _ in range(3):
        list(opened(repo).record([line] * 90))


SCENARIOS: tuple[Callable[[RepoBuilder], None], ...] = (
    by_hand,
    unfolded,
    staged_then_unstaged,
    staged_and_changed,
    lost_commits,
    conflict,
    raw_bytes,
    nested,
    undone,
    many_events,
)


def snapshots(repo: RepoBuilder) -> dict[str, str]:
    """Return snapshot id -> tree of everything recorded, each read whole."""
    found: dict[str, str] = {}
    for entry in opened(repo).log(all_writers=True):
        if entry.snapshot is not None:
            found[str(entry.snapshot)] = str(opened(repo).show(entry.snapshot).to_dict())
    return found


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda found: str(found.__name__))
def test_cleaning_up_after(repo: RepoBuilder, scenario: Callable[[RepoBuilder], None]) -> None:
    scenario(repo)
    before = snapshots(repo)
    for _ in range(2):
        clean(repo)
        assert snapshots(repo) == before
        whole(repo)
    state = repo.state(), repo.index_state()
    moved = [is_step(repo, opened(repo).jump(snapshot, force=True)) for snapshot in before]
    clean(repo)
    for _ in range(sum(moved)):
        opened(repo).undo()
    assert (repo.state(), repo.index_state()) == state
    clean(repo)
    whole(repo)


def test_a_staged_blob_outlives_the_users_prune(repo: RepoBuilder) -> None:
    repo.write("a", "staged, then gone\n")
    repo.git("add", "a")
    opened(repo).snapshot(milestone="staged")
    repo.git("reset", "-q", "--hard")
    clean(repo)
    opened(repo).jump("staged")
    assert repo.read("a") == b"staged, then gone\n"
    assert repo.git("show", ":a") == "staged, then gone"


def test_a_blob_pruned_under_the_private_index_is_written_again(repo: RepoBuilder) -> None:
    """After a prune took a blob that the private index calls clean, git refuses for ever."""
    repo.write("a", "staged by the user\n")
    repo.git("add", "a")
    opened(repo).diff()
    repo.git("reset", "-q", "--mixed")
    repo.git("prune", "--expire=now")
    for path in (repo.git_dir() / "timewarp/quarantine").glob("??/*"):
        path.unlink()
    opened(repo).snapshot(milestone="again")
    repo.write("a", "other\n")
    clean(repo)
    opened(repo).jump("again")
    assert repo.read("a") == b"staged by the user\n"
    whole(repo)


def test_what_was_only_looked_at_is_still_captured_after_a_fold(repo: RepoBuilder) -> None:
    repo.write("a", "looked at\n")
    repo.write("dir/deep/c", "looked at\n")
    opened(repo).diff()
    list(opened(repo).record([b'{"type":"note","summary":"noted"}\n'] * 200))
    taken = opened(repo).snapshot()
    repo.git("add", "-A")
    assert taken.tree == repo.git("write-tree")
    whole(repo)


def test_damage_of_the_users_own_is_not_called_ours(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("gone")
    repo.git("commit-graph", "write", "--reachable")
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-q", "-D", "side")
    repo.git("reflog", "expire", "--expire=now", "HEAD")
    repo.git("prune", "--expire=now")
    torn = repo.git("hash-object", "-w", "--stdin", stdin=b"the user's own\n")
    path = repo.git_dir() / "objects" / torn[:2] / torn[2:]
    path.chmod(0o644)
    path.write_bytes(b"torn")
    told = to_str(repo.run("fsck", "--no-dangling", ok=None).stderr)
    assert "Could not read" in told
    assert torn in told
    assert opened(repo).verify(full=True).problems == ()


def test_damage_of_ours_is_found(repo: RepoBuilder) -> None:
    blob = repo.git("rev-parse", "HEAD:dir/b")
    (repo.git_dir() / "objects" / blob[:2] / blob[2:]).unlink()
    found = opened(repo).verify(full=True).problems
    assert {problem.kind for problem in found} == {"missing-object"}
    assert any(blob in problem.where for problem in found), found


def test_torn_bytes_of_ours_are_found(repo: RepoBuilder) -> None:
    blob = repo.git("rev-parse", "HEAD:dir/b")
    path = repo.git_dir() / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    found = opened(repo).verify(full=True).problems
    (problem,) = found
    assert problem.kind == "hash-mismatch"
    assert f"lost 'dir/b' ({blob})" in problem.where


def test_merged_packs_do_not_pile_up(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    clock = CountingClock()
    app = timewarp.open(str(repo.path), environ=dict(os.environ), clock=clock)
    few = app.world.limits._replace(superseded=8)
    app.__dict__["world"] = app.world._replace(limits=few)
    app.init(hooks=False)
    for number in range(60):
        clock.advance(100)
        repo.write("a", f"{number}\n")
        app.snapshot()
        assert repo.run("fsck", "--no-progress").stdout == b""
    left = list((repo.git_dir() / "objects/pack").glob("*.pack"))
    assert len(left) <= 8 + 8 + 8 + 7
    whole(repo)


def test_no_reflog_leads_to_a_pack_that_is_gone(tmp_path: Path) -> None:
    """An old value may be in another of the merged packs than the notes it names."""
    repo = RepoBuilder(tmp_path / "repo")
    clock, chance = CountingClock(), random.Random(15)
    for number in range(5):
        repo.commit(f"{number}", {"a": f"{number}\n"})
    timewarp.open(str(repo.path), environ=dict(os.environ), clock=clock).init(hooks=False)
    for number in range(60):
        clock.advance(chance.choice((10, 100, 400)))
        repo.git("checkout", "-qf", "--detach", f"main~{chance.randrange(4)}")
        repo.write(chance.choice("bcdef"), f"{number}\n" * chance.choice((1, 200)))
        app = timewarp.open(str(repo.path), environ=dict(os.environ), clock=clock)
        few = {"superseded": chance.choice((1, 2, 3, 5)), "packs": chance.choice((2, 3, 4))}
        app.__dict__["world"] = app.world._replace(limits=app.world.limits._replace(**few))
        app.snapshot()
        walked = repo.run("rev-list", "--objects", "--all", "--reflog", "--quiet", ok=None)
        assert (walked.returncode, walked.stderr) == (0, b""), number
    whole(repo)


def test_thousands_of_snapshots_make_no_work_for_gc(repo: RepoBuilder) -> None:
    """After 10,000 snapshots `git gc --auto` gives no warning (`TIMEWARP_TEST_SNAPSHOTS`)."""
    app = opened(repo)
    for number in range(MANY):
        repo.write("a", f"{number}\n")
        app.snapshot()
    done = repo.run("gc", "--auto")
    assert (done.stdout, done.stderr) == (b"", b"")
    assert not (repo.git_dir() / "gc.log").exists()
    counted = dict(line.split(": ") for line in repo.git("count-objects", "-v").splitlines())
    assert int(counted["count"]) < 100
    live = list((repo.git_dir() / "objects/pack").glob("*.pack"))
    superseded = json.loads((repo.git_dir() / "timewarp/packs.json").read_bytes())["superseded"]
    assert len(live) - len(superseded) <= 8 + 1
    report = app.verify(full=True)
    assert (report.problems, report.snapshots) == ((), MANY + 1)
    clean(repo)
    with pytest.raises(TimewarpError):
        app.jump(f"E{MANY + 2}")
    app.jump("E2")
    assert repo.read("a") == b"0\n"
