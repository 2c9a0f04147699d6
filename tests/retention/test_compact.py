"""Compacting: the bytes are free, what must stay stays, and what went can be told from damage."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import SnapshotId
from git_timewarp.git.objects import MODE_FILE, TreeEntry
from git_timewarp.integrity.verify import verify
from git_timewarp.retention.compact import compact
from git_timewarp.retention.policy import Policy
from git_timewarp.retention.results import CompactResult
from git_timewarp.store import layout, leaving
from git_timewarp.store.limits import Limits
from git_timewarp.store.rewrite import bury, put_tombstone, rewrite
from git_timewarp.store.snapshots import Tombstone
from git_timewarp.timeline import selector, snapshot, stash, travel, undo
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.results import TravelResult
from git_timewarp.timeline.world import World
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder

NONE = Policy(0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0)
DAY = 24 * 3600


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n"})
    return built


@pytest.fixture
def given(repo: RepoBuilder) -> World:
    """Return its world, nothing recorded yet."""
    return recording.begin(repo, clock=CountingClock(), limits=Limits(grace_seconds=3600))


def later(given: World, seconds: float = 2 * DAY) -> None:
    given.clock.sleep(seconds)


def some(repo: RepoBuilder, given: World, count: int, *, size: int = 20_000) -> list[SnapshotId]:
    """Take snapshots of states that share nothing, hours apart."""
    chance = random.Random(7)
    found = []
    for _ in range(count):
        repo.write("a", chance.randbytes(size))
        found.append(recording.take(given).id)
        later(given, 3 * 3600)
    return found


def compacted(
    given: World, policy: Policy = NONE, *, now: bool = False, dry_run: bool = False
) -> CompactResult:
    """Compact, as the command does."""
    with Operation(given, "compact") as op:
        return compact(op, policy, now=now, dry_run=dry_run)


def there(given: World) -> set[SnapshotId]:
    """Return the snapshots that are not tombstones."""
    with recording.history(given) as history:
        names = [name for name, _ in history.catalog.every()]
        return {name for name in names if history.snapshot(name) is not None}


def packed(given: World) -> int:
    return sum(leaving.taken(f"{given.repo.objects_dir}/pack").values())


def packs(given: World) -> int:
    folder = Path(given.repo.objects_dir) / "pack"
    return sum(path.stat().st_size for path in folder.iterdir())


def whole(repo: RepoBuilder, given: World) -> None:
    assert verify(given.repo, full=True).problems == ()
    assert verify(given.repo, full=False).problems == ()
    done = repo.run("fsck", "--full", ok=None)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def jump(given: World, target: str) -> TravelResult:
    with Operation(given, "jump") as op:
        return travel.jump(op, target, travel.How())


def test_bytes_are_free_when_the_old_packs_go(repo: RepoBuilder, given: World) -> None:
    names = some(repo, given, 12)
    before = packed(given)
    result = compacted(given)
    assert (result.removed, result.waits, result.events) == (11, True, ("E13",))
    assert there(given) == {names[-1]}
    whole(repo, given)
    assert packed(given) > before
    later(given, 8 * 3600)
    repo.write("a", "small\n")
    recording.take(given)
    assert packed(given) < before - 11 * 20_000 + 60_000
    whole(repo, given)
    assert repo.run("gc", "-q", "--prune=now").stderr == b""
    whole(repo, given)


def test_bytes_are_free_at_once_when_asked(repo: RepoBuilder, given: World) -> None:
    some(repo, given, 12)
    before = packed(given)
    many = packs(given)
    expected = compacted(given, dry_run=True)
    assert len(there(given)) == 12
    result = compacted(given, now=True)
    assert not result.waits
    assert abs(many - packs(given) - result.frees) < 5_000
    assert 0.9 * expected.frees < result.frees < 1.1 * expected.frees + 20_000
    assert packed(given) < before - 11 * 20_000
    whole(repo, given)
    again = compacted(given, now=True)
    assert (again.removed, again.frees, again.events) == (0, 0, ())


def test_old_packs_go_at_once_when_asked_though_no_snapshot_does(
    repo: RepoBuilder, given: World
) -> None:
    some(repo, given, 12)
    assert compacted(given).waits
    before = packs(given)
    result = compacted(given, now=True)
    assert (result.removed, result.waits, result.events) == (0, False, ())
    assert result.frees > 11 * 20_000
    assert abs(before - packs(given) - result.frees) < 5_000
    whole(repo, given)


def test_every_event_stays_and_one_lists_what_went(repo: RepoBuilder, given: World) -> None:
    names = some(repo, given, 4)
    lines = recording.lines_of(given)
    compacted(given)
    assert recording.lines_of(given)[:-1] == lines
    with recording.history(given) as history:
        newest = next(history.entries())
        assert (newest.type, newest.summary) == ("compact", "removed 3 snapshots, kept 1")
        assert newest.data == {"reasons": {"no rule keeps it": 3}, "removed": sorted(names[:3])}


def test_a_removed_snapshot_says_when_and_why_it_went(repo: RepoBuilder, given: World) -> None:
    names = some(repo, given, 4)
    compacted(given)
    with recording.history(given) as history:
        for text in ("E2", names[1]):
            with pytest.raises(selector.RemovedSnapshotError) as gone:
                selector.resolve(history, text)
            assert gone.value.to_dict() == {
                "code": 3,
                "reference": "snapshot-removed",
                "message": f"the snapshot of '{text}' was removed by compact on 2023-11-15 10:13: "
                "no rule keeps it",
                "hint": f"git timewarp show {names[3]}",
            }
        target = selector.resolve(history, "@")
        assert target.snapshot is not None
        assert target.snapshot.id == names[3]


def test_steps_back_count_what_is_there(repo: RepoBuilder, given: World) -> None:
    names = some(repo, given, 2)
    with Operation(given, "snapshot") as op:
        snapshot.take(op, snapshot.explicit(milestone="works"))
    names += some(repo, given, 4)
    compacted(given)
    assert there(given) == {names[1], names[-1]}
    with recording.history(given) as history:
        back = selector.resolve(history, "@-1")
        assert back.snapshot is not None
        assert back.snapshot.id == names[1]
        when = selector.resolve(history, "2023-11-15T07:30:00Z")
        assert when.snapshot is not None
        assert when.snapshot.id == names[1]


def test_undo_and_stashes_survive_the_hardest_rules(repo: RepoBuilder, given: World) -> None:
    recording.take(given)
    repo.write("a", "uncommitted\n")
    repo.write("new.txt", "new\n")
    work = repo.state()
    later(given)
    jump(given, "E1")
    for number in range(5):
        repo.write("a", f"{number}\n")
        recording.take(given)
        later(given)
    before = repo.state()
    jump(given, "E1")
    later(given)
    with Operation(given, "undo") as op:
        undo.undo(op, 1, travel.How())
    assert repo.state() == before
    later(given)
    assert compacted(given, now=True).removed >= 3
    whole(repo, given)
    with Operation(given, "redo") as op:
        undo.redo(op, 1, travel.How())
    with Operation(given, "undo") as op:
        undo.undo(op, 1, travel.How())
    assert repo.state() == before
    with Operation(given, "undo") as op:
        undo.undo(op, 1, travel.How())
    assert repo.state() == work
    with recording.history(given) as history:
        assert len(stash.listed(history)) == 2
        for item in stash.listed(history):
            assert history.snapshot(item.snapshot) is not None
    whole(repo, given)


def test_what_the_user_committed_after_we_had_it_is_not_lost(
    repo: RepoBuilder, given: World
) -> None:
    """Git writes no object that it finds in a pack of ours; his branch may lead there only."""
    repo.write("only-ours.txt", "kept by git-timewarp first\n")
    recording.take(given)
    head = repo.commit("after", {"b": "2\n"})
    repo.git("switch", "-q", "-c", "side", "HEAD~1")
    repo.git("stash", "list")
    later(given)
    recording.take(given)
    repo.write("a", "3\n")
    later(given)
    recording.take(given)
    later(given)
    compacted(given, now=True)
    listed = repo.git("show", "--stat", "--format=", head)
    assert "only-ours.txt" in listed
    whole(repo, given)
    repo.git("gc", "-q", "--prune=now")
    assert repo.git("cat-file", "blob", f"{head}:only-ours.txt") == "kept by git-timewarp first"


def test_what_another_work_tree_staged_is_not_lost(repo: RepoBuilder, given: World) -> None:
    repo.write("staged.txt", "staged elsewhere\n")
    recording.take(given)
    repo.remove("staged.txt")
    linked = repo.path.parent / "linked"
    repo.git("worktree", "add", "-q", "--detach", str(linked))
    other = RepoBuilder(linked, init=False)
    other.write("staged.txt", "staged elsewhere\n")
    other.git("add", "staged.txt")
    later(given)
    recording.take(given)
    later(given)
    assert compacted(given, now=True).removed == 1
    assert other.git("cat-file", "blob", ":staged.txt") == "staged elsewhere"
    assert verify(given.repo, full=True).problems == ()


def test_a_tombstone_that_no_event_speaks_of_is_told(repo: RepoBuilder, given: World) -> None:
    names = some(repo, given, 2)
    with Operation(given, "forge") as op:
        stone = put_tombstone(op.quarantine, Tombstone("compact", op.id, "it was in the way", "x"))
        entry = op.history.catalog.entry(names[0])
        assert entry is not None
        changes = {str(names[0]): bury(op.quarantine, entry, stone, keep={"meta"})}
        found = rewrite(op.quarantine, op.recorder.refs, changes, kinds={layout.SNAPSHOTS})
        assert op.recorder.publish([stone, *changes.values(), *found.objects], found.updates)
    for full in (False, True):
        assert [item.to_dict() for item in verify(given.repo, full=full).problems] == [
            {
                "kind": "foreign-edit",
                "where": f"snapshot {names[0]} (E1) was removed and no event tells of it",
                "affects": [names[0], "E1"],
                "hint": "git timewarp log --all",
            }
        ]


def test_a_tombstone_with_more_than_it_may_have_is_told(repo: RepoBuilder, given: World) -> None:
    names = some(repo, given, 3)
    compacted(given)
    with Operation(given, "forge") as op:
        op.recorder.fold()
        op.changed()
        entry = op.history.catalog.entry(names[0])
        assert entry is not None
        extra = op.quarantine.put("blob", b"hidden\n")
        parts = [*op.quarantine.reader.tree(entry), TreeEntry(MODE_FILE, "payload", extra)]
        changes = {str(names[0]): op.quarantine.put_tree(parts)}
        found = rewrite(op.quarantine, op.recorder.refs, changes, kinds={layout.SNAPSHOTS})
        op.recorder.publish([extra, *changes.values(), *found.objects], found.updates)
    (problem,) = verify(given.repo, full=True).problems
    assert problem.where == f"snapshot {names[0]} (E1) was removed and has parts all the same"


def test_many_removed_ones_are_listed_in_several_events(repo: RepoBuilder, given: World) -> None:
    names = some(repo, given, 6, size=10)
    with Operation(given, "compact") as op:
        result = compact(op, NONE, most=2)
    assert result.events == ("E7", "E8", "E9")
    with recording.history(given) as history:
        lists = [entry.data["removed"] for entry in history.entries() if entry.type == "compact"]
        ids = [name for item in lists if isinstance(item, list) for name in item]
        assert sorted(ids) == sorted(names[:5])
    whole(repo, given)


def test_waiting_drafts_are_folded_first(repo: RepoBuilder, given: World) -> None:
    for number in range(3):
        repo.write("a", f"{number}\n")
        recording.take(given, kind="draft", fold=False)
        later(given)
    assert compacted(given).removed == 2
    whole(repo, given)


def test_sha256(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "wide", object_format="sha256")
    repo.commit("first", {"a": "1\n"})
    given = recording.begin(repo, clock=CountingClock())
    some(repo, given, 4)
    assert compacted(given, now=True).removed == 3
    whole(repo, given)


def test_what_another_clone_recorded_stays(repo: RepoBuilder, given: World) -> None:
    some(repo, given, 3)
    with recording.history(given) as history:
        mine = dict(history.refs)
    other = "klmnopqrstuvwxyz"
    for name, oid in mine.items():
        parts = name.split("/")
        repo.git("update-ref", "/".join([*parts[:2], other, *parts[3:]]), oid)
    before = repo.git("for-each-ref", f"refs/timewarp/{other}")
    compacted(given, now=True)
    assert repo.git("for-each-ref", f"refs/timewarp/{other}") == before
    done = repo.run("fsck", "--full", ok=None)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_result_is_stable_json(repo: RepoBuilder, given: World) -> None:
    names = some(repo, given, 2)
    record = json.loads(json.dumps(compacted(given, dry_run=True).to_dict()))
    assert record.pop("frees") > 0
    times = [item.pop("ts") for item in record["decisions"]]
    assert [when[:16] for when in times] == ["2023-11-14T22:13", "2023-11-15T01:13"]
    assert record == {
        "v": 1,
        "removed": 1,
        "kept": 1,
        "waits": False,
        "events": [],
        "dry_run": True,
        "decisions": [
            {
                "snapshot": names[0],
                "event": "E1",
                "kind": "snapshot",
                "keep": False,
                "reasons": ["no rule keeps it"],
            },
            {
                "snapshot": names[1],
                "event": "E2",
                "kind": "snapshot",
                "keep": True,
                "reasons": ["latest", "newest"],
            },
        ],
    }


def test_a_history_that_cannot_be_walked_loses_nothing(repo: RepoBuilder, given: World) -> None:
    some(repo, given, 3)
    head = repo.git("rev-parse", "HEAD")
    whole_one = repo.git_dir() / "objects" / head[:2] / head[2:]
    moved = whole_one.rename(whole_one.with_name("away"))
    refs = repo.git("for-each-ref", "refs/timewarp")
    with pytest.raises(TimewarpError):
        compacted(given)
    assert repo.git("for-each-ref", "refs/timewarp") == refs
    moved.rename(whole_one)
    whole(repo, given)


def test_old_packs_stay_while_what_the_user_needs_cannot_be_told(
    repo: RepoBuilder, given: World
) -> None:
    some(repo, given, 3)
    other = repo.commit("another", {"b": "2\n"})
    repo.git("switch", "-q", "--detach", "HEAD~1")
    compacted(given)
    later(given, 4000)
    tip = repo.git_dir() / "objects" / other[:2] / other[2:]
    moved = tip.rename(tip.with_name("away"))
    count = len(leaving.thinned(given.repo.state_dir))
    assert count > 0
    with Operation(given, "compact") as op:
        op.recorder.tidy()
        assert op.notices[0].startswith("old packs of ours stay for now: ")
    assert len(leaving.thinned(given.repo.state_dir)) == count
    moved.rename(tip)
    with Operation(given, "compact") as op:
        op.recorder.tidy()
    assert leaving.thinned(given.repo.state_dir) == []
    whole(repo, given)


def test_a_command_somebody_waits_for_does_not_walk_the_history(
    repo: RepoBuilder, given: World
) -> None:
    some(repo, given, 3)
    compacted(given)
    for hours, left in ((2, True), (3, True), (8, False)):
        later(given, hours * 3600)
        repo.write("a", f"{hours}\n")
        recording.take(given)
        assert bool(leaving.thinned(given.repo.state_dir)) is left, hours
    whole(repo, given)
