"""Little room: what is told, what is refused before a byte changes, what goes on."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from git_timewarp.config.load import from_options
from git_timewarp.config.merge import merge
from git_timewarp.integrity.status import of_room
from git_timewarp.retention.chores import Chores
from git_timewarp.retention.policy import Policy
from git_timewarp.retention.settings import Bounds, bounds
from git_timewarp.retention.storage import storage
from git_timewarp.store.room import LowDiskError, Room, Space, space
from git_timewarp.timeline import snapshot, travel
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.snapshot import SnapshotTooLargeError
from git_timewarp.timeline.world import World
from git_timewarp.watch import draft
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.fake_disk import FakeDisk
from tests.support.repo_builder import RepoBuilder

MB = 1024**2
GB = 1024**3
LADDER = Room(notice=10 * GB, warn=2 * GB, stop=500 * MB)
NONE = Policy(0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0)


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n"})
    return built


@pytest.fixture
def given(repo: RepoBuilder) -> World:
    """Return its world, with one snapshot."""
    world = recording.begin(repo, clock=CountingClock())
    recording.take(world)
    return world


def having(given: World, free: int) -> World:
    """Return the world with so much free on the disk."""
    told: Callable[[str], int] = lambda _path: free  # noqa: E731
    return given._replace(room=LADDER._replace(free=told))


@pytest.mark.parametrize(
    ("free", "level"),
    [(11 * GB, "ok"), (10 * GB - 1, "notice"), (2 * GB - 1, "warn"), (500 * MB - 1, "stop")],
)
def test_the_ladder_has_four_steps(free: int, level: str) -> None:
    assert LADDER.level(free) == level


def test_below_the_last_step_a_snapshot_is_refused_and_an_event_says_so(
    repo: RepoBuilder, given: World
) -> None:
    repo.write("a", "2\n")
    with pytest.raises(LowDiskError) as refused:
        recording.take(having(given, 312 * MB))
    assert refused.value.to_dict() == {
        "code": 1,
        "reference": "low-disk",
        "message": "no snapshot is taken: only 312.0 MB are free on the disk, "
        "and 500.0 MB have to be",
        "hint": "git timewarp storage",
    }
    with recording.history(given) as history:
        newest = next(history.entries())
        assert (newest.type, newest.snapshot, newest.data) == (
            "snapshot",
            None,
            {"snapshot": "skipped-disk"},
        )
    assert recording.take(having(given, 500 * MB)).created


def test_events_go_on(given: World) -> None:
    low = having(given, 1)
    with Operation(low, "record") as op:
        anchor = snapshot.anchor_of(op.latest().view)  # type: ignore[union-attr]
        op.finish([op.event("note", "still here", anchor=anchor, head=None, branch=None)])
    with recording.history(given) as history:
        assert next(history.entries()).summary == "still here"


def test_drafts_that_are_skipped_are_told_once(repo: RepoBuilder, given: World) -> None:
    low = having(given, 1)
    repo.write("a", "2\n")
    for _ in range(3):
        with pytest.raises(LowDiskError):
            draft.take(low)
    with recording.history(given) as history:
        assert [entry.type for entry in history.entries()] == ["draft", "snapshot"]
    assert draft.take(given).drafted
    repo.write("a", "3\n")
    with pytest.raises(LowDiskError):
        draft.take(low)
    with recording.history(given) as history:
        assert [entry.snapshot is None for entry in history.entries()] == [True, False, True, False]


def test_a_journey_is_refused_before_a_byte_changes(repo: RepoBuilder, given: World) -> None:
    repo.write("a", "2\n")
    recording.take(given)
    repo.write("a", "work in progress\n")
    before, index = repo.state(), repo.index_bytes()
    told = "only 1.0 MB are free on the disk, and 500.0 MB have to be"
    with pytest.raises(LowDiskError) as refused, Operation(having(given, MB), "jump") as op:
        travel.jump(op, "E1", travel.How())
    assert refused.value.message == f"'jump' needs a safety snapshot: {told}"
    with pytest.raises(LowDiskError) as refused, Operation(having(given, MB), "restore") as op:
        travel.restore(op, ["a"], travel.How(), source="E1")
    assert refused.value.message == f"'restore' needs a safety snapshot: {told}"
    assert (repo.state(), repo.index_bytes()) == (before, index)
    with Operation(having(given, MB), "jump") as op:
        assert travel.jump(op, "E1", travel.How(dry_run=True)).restored == ("a",)
    with Operation(having(given, GB), "jump") as op:
        travel.jump(op, "E1", travel.How())
    assert repo.read("a") == b"1\n"


def test_one_snapshot_may_add_so_much_and_a_journey_what_it_needs(
    repo: RepoBuilder, given: World
) -> None:
    small = given._replace(max_snapshot=MB)
    repo.write("large.bin", random.Random(1).randbytes(2 * MB))
    with pytest.raises(SnapshotTooLargeError) as refused:
        recording.take(small)
    assert refused.value.to_dict() == {
        "code": 1,
        "reference": "snapshot-too-large",
        "message": "this snapshot would add 2.0 MB, 'timewarp.snapshot.maxBytes' allows 1.0 MB",
        "hint": "git timewarp -c snapshot.maxBytes=3m snapshot",
    }
    with Operation(small, "jump") as op:
        travel.jump(op, "E1", travel.How())
    assert "large.bin" not in repo.state()
    with Operation(small, "jump") as op:
        travel.jump(op, "stash@{0}", travel.How())
    assert len(repo.read("large.bin")) == 2 * MB


def test_what_git_has_already_costs_nothing(repo: RepoBuilder, given: World) -> None:
    repo.commit("large", {"large.bin": random.Random(1).randbytes(2 * MB)})
    assert recording.take(given._replace(max_snapshot=MB)).created


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (6 * GB, ()),
        (7 * GB, ("7.0 GB are 70 % of the quota of 10.0 GB",)),
        (9 * GB, ("9.0 GB are 90 % of the quota of 10.0 GB",)),
        (11 * GB, ("11.0 GB are 110 % of the quota of 10.0 GB",)),
    ],
)
def test_the_quota_is_told_from_seventy_percent(share: int, told: tuple[str, ...]) -> None:
    found = of_room(Space(share, 10 * GB, 100 * GB, "ok"), LADDER)
    assert tuple(item.where for item in found) == told
    assert all((item.kind, item.hint) == ("quota", "git timewarp storage") for item in found)


def test_status_tells_of_little_room() -> None:
    warn = of_room(Space(0, GB, GB, "warn"), LADDER)
    stop = of_room(Space(0, GB, MB, "stop"), LADDER)
    assert [item.to_dict() for item in (*warn, *stop)] == [
        {
            "kind": "disk",
            "where": "only 1.0 GB are free on the disk",
            "affects": [],
            "hint": "git timewarp compact --dry-run",
        },
        {
            "kind": "disk",
            "where": "only 1.0 MB are free, below 500.0 MB no snapshots are taken",
            "affects": [],
            "hint": "git timewarp compact --now",
        },
    ]


def test_old_packs_do_not_count_for_the_quota(given: World) -> None:
    found = space(given.repo, quota=GB, room=having(given, GB).room)
    assert 0 < found.share < 10 * MB
    assert Space(100, 100, 0, "ok", leaving=60).percent == 40


def filled(repo: RepoBuilder, given: World, count: int = 4) -> None:
    for number in range(count):
        repo.write("a", f"{number}\n" * 1000)
        recording.take(given)
        given.clock.sleep(3 * 24 * 3600)


def test_the_watcher_compacts_when_it_presses_and_not_again_at_once(
    repo: RepoBuilder, given: World
) -> None:
    filled(repo, given)
    chores = Chores(Bounds(NONE, GB, LADDER))
    assert chores.turn(having(given, 100 * GB)) == []
    assert chores.turn(having(given, 5 * GB)) == ["5.0 GB are free on the disk (notice)"]
    told = chores.turn(having(given, GB))
    assert told[0] == "1.0 GB are free on the disk (warn)"
    assert told[1].startswith("compacted: 4 snapshots removed, ")
    assert told[1].endswith(" are free now")
    filled(repo, given, 2)
    assert chores.turn(having(given, GB)) != []
    assert chores.turn(having(given, GB)) == []


def test_the_watcher_compacts_when_the_quota_nears(repo: RepoBuilder, given: World) -> None:
    filled(repo, given)
    (told,) = Chores(Bounds(NONE, 1000, LADDER)).turn(having(given, 100 * GB))
    assert told.startswith("compacted: 4 snapshots removed, ")
    assert told.endswith(" are free when the old packs go")
    filled(repo, given, 2)
    assert Chores(Bounds(NONE, 1000, LADDER, auto=False)).turn(having(given, 100 * GB)) == []


def test_the_watcher_does_not_wait_for_the_lock(repo: RepoBuilder, given: World) -> None:
    filled(repo, given)
    with Operation(given, "other"):
        (told,) = Chores(Bounds(NONE, 1000, LADDER)).turn(having(given, 100 * GB))
    assert told.startswith("compacting was put off: ")


def test_storage_adds_up_and_names_the_largest(repo: RepoBuilder, given: World) -> None:
    repo.write("large.bin", random.Random(1).randbytes(300_000))
    large = recording.take(given)
    given.clock.sleep(3 * 24 * 3600)
    repo.write("a", "2\n")
    recording.take(given)
    recording.take(given, kind="draft", fold=False)
    with recording.history(given) as history:
        found = storage(history, Bounds(NONE, GB, having(given, 5 * GB).room), clock=given.clock)
    assert sum(found.classes.values()) == found.total
    assert list(found.classes) == list(FakeDisk().storage().classes), "what json.md shows"
    assert found.snapshots[0].name == large.id
    assert found.snapshots[0].what == "E2"
    assert found.blobs[0].what == "large.bin"
    assert found.blobs[0].size > 300_000
    assert (found.level, found.free, found.quota, found.thinned) == ("notice", 5 * GB, GB, 2)
    assert found.advice == ("git timewarp compact --dry-run",)


def test_bounds_come_from_the_settings() -> None:
    given = {
        "timewarp.retention.keepLast": "3",
        "timewarp.retention.keepWithin": "2d",
        "timewarp.retention.drafts": "36h",
        "timewarp.quota.size": "5g",
        "timewarp.disk.stop": "1g",
        "timewarp.retention.auto": "no",
    }
    found = bounds(merge(list(from_options(given))))
    assert found.policy == Policy(last=3, within=2 * 24 * 3600, drafts_whole=36 * 3600)
    assert (found.quota, found.room.stop, found.auto) == (5 * GB, GB, False)
    usual = bounds(merge([]))
    assert usual.policy == Policy()
    assert (usual.quota, usual.room.stop, usual.room.warn, usual.room.notice) == (
        10 * GB,
        500 * MB,
        2 * GB,
        10 * GB,
    )
