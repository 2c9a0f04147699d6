"""What a watcher does besides."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from git_timewarp.retention.chores import Chores as Looks
from git_timewarp.retention.policy import Policy
from git_timewarp.retention.settings import Bounds
from git_timewarp.store.room import Room
from git_timewarp.timeline.world import World
from git_timewarp.watch import place, verified
from git_timewarp.watch.chores import Chores
from git_timewarp.watch.place import Place
from git_timewarp.watch.verified import Verified
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder
from tests.support.watching import until, watched


class Days(CountingClock):
    """A clock that is set by hand.

    Attributes:
        hours: hours since the beginning.
    """

    hours = 0.0

    def now_ns(self) -> int:
        """Return the time."""
        return 1_700_000_000_000_000_000 + int(self.hours * 3_600_000_000_000)

    def monotonic(self) -> float:
        """Return the same in seconds."""
        return self.hours * 3600.0


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    found = RepoBuilder(tmp_path / "repo")
    found.commit("first", {"a.txt": "1\n"})
    recording.take(recording.begin(found))
    return found


@pytest.fixture
def world(repo: RepoBuilder) -> World:
    return recording.world(repo)


@pytest.fixture
def clock() -> Days:
    return Days()


@pytest.fixture
def where(repo: RepoBuilder) -> Place:
    found = place.of(recording.opened(repo))
    os.makedirs(found.folder, exist_ok=True)
    return found


def chores(repo: RepoBuilder, clock: Days, *, hours: float = 24) -> Chores:
    """Return the chores of a watcher."""
    opened = recording.opened(repo)
    return Chores(opened, place.of(opened), clock=clock, hours=hours, environ=repo.env())


def turned(found: Chores, where: Place, world: World) -> Verified:
    """Turn until the verify that begins now has ended."""

    def has_ended() -> bool:
        found.turn(world)
        is_over = os.listdir(where.folder) == ["verified.json"]
        return is_over and verified.read(where.folder).ended is not None

    until(has_ended, "the end of the verify")
    return verified.read(where.folder)


def test_the_first_verify_is_due_after_an_hour_and_the_next_after_a_day(
    repo: RepoBuilder, clock: Days, where: Place, world: World
) -> None:
    found = chores(repo, clock)
    found.turn(world)
    assert verified.read(where.folder) == Verified(started="2023-11-14T22:13:20.000Z")
    clock.hours = 0.9
    found.turn(world)
    assert os.listdir(where.folder) == ["verified.json"]
    clock.hours = 1.1
    first = turned(found, where, world)
    assert first == Verified(first.started, "2023-11-14T23:19:20.000Z", ok=True)
    assert os.listdir(where.folder) == ["verified.json"]
    clock.hours = 25.0
    found.turn(world)
    assert verified.read(where.folder) == first
    clock.hours = 25.2
    assert turned(found, where, world).started != first.started


def test_what_it_finds_is_told_by_status_and_looked_at_again(
    repo: RepoBuilder, clock: Days, where: Place, world: World
) -> None:
    opened = recording.opened(repo)
    pack = next((Path(opened.objects_dir) / "pack").glob("*.pack"))
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 0xFF
    pack.write_bytes(data)
    found = chores(repo, clock)
    found.turn(world)
    clock.hours = 2.0
    told = turned(found, where, world)
    assert (told.ok, told.problems > 0) == (False, True)
    clock.hours = 3.5
    found.turn(world)
    assert verified.read(where.folder).ended is None
    found.close()


def test_one_that_is_cut_off_is_made_up_for(
    repo: RepoBuilder, clock: Days, where: Place, world: World
) -> None:
    found = chores(repo, clock)
    found.turn(world)
    clock.hours = 2.0
    found.turn(world)
    found.close()
    assert os.listdir(where.folder) == ["verified.json"]
    assert verified.read(where.folder).ended is None
    clock.hours = 3.5
    assert turned(chores(repo, clock), where, world).ok


def test_none_is_made_where_none_is_wanted(
    repo: RepoBuilder, clock: Days, where: Place, world: World
) -> None:
    found = chores(repo, clock, hours=0)
    found.turn(world)
    assert os.listdir(where.folder) == []


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"started":"x"}', b"\0"])
def test_what_is_no_record_is_none(where: Place, data: bytes) -> None:
    Path(where.folder, "verified.json").write_bytes(data)
    assert verified.read(where.folder) == Verified()


def test_a_watcher_verifies(tmp_path: Path) -> None:
    with watched(tmp_path / "live", watch=False) as live:
        folder = live.place.folder
        os.makedirs(folder, exist_ok=True)
        verified.store(folder, Verified(started="2020-01-01T00:00:00.000Z"))
        live.tw("watch start")
        until(lambda: live.state().verified.ended is not None, "a verify")
        told = json.loads(live.tw("status --json"))
        assert told["watcher"]["verified"] is not None
        assert told["watcher"]["verify_problems"] == 0
        verified.store(folder, live.state().verified._replace(ok=False, problems=2))
        told = json.loads(live.tw("status --json"))
        assert [item["kind"] for item in told["problems"]] == ["verify"]
        live.tw("verify --quick")
        live.tw("verify --read-data-subset 1/2")
        assert json.loads(live.tw("status --json"))["problems"] == told["problems"]
        live.tw("verify --full")
        assert json.loads(live.tw("status --json"))["problems"] == []
        verified.store(folder, live.state().verified._replace(ok=False, problems=2))
        live.tw("repair --dry-run")
        assert json.loads(live.tw("status --json"))["problems"] != []
        live.tw("repair")
        assert json.loads(live.tw("status --json"))["problems"] == []


def test_the_disk_is_looked_at_every_minute(clock: Days, where: Place, world: World) -> None:
    free = [10**12]
    room = Room(notice=3000, warn=2000, stop=1000, free=lambda _: free[0])
    world = world._replace(room=room)
    policy = Policy(last=1)
    found = Chores(
        world.repo,
        where,
        clock=clock,
        hours=0,
        environ={},
        room=Looks(Bounds(policy, quota=10**12, room=room, auto=False)),
    )
    told = []
    for minutes, bytes_free in enumerate((10**12, 1500, 1500, 500)):
        free[0] = bytes_free
        clock.hours = minutes / 60 + 0.001
        told.append(found.turn(world))
        assert found.turn(world) == []
    assert [bool(lines) for lines in told] == [False, True, False, True]
    assert "warn" in told[1][0]
    assert "stop" in told[3][0]


def test_other_rules_are_followed(
    clock: Days, where: Place, world: World, repo: RepoBuilder
) -> None:
    for number in range(3):
        repo.write("a.txt", f"{number}\n")
        recording.take(world)
    full = Room(free=lambda _: 10**12)
    only_last = Policy(last=1, within=0, daily=0, weekly=0, monthly=0, burst=0, important=0)
    rules = Bounds(only_last, quota=1, room=full, auto=False)
    found = Chores(
        world.repo, where, clock=clock, hours=24, environ={}, room=Looks(rules._replace(auto=True))
    )
    found.follow(hours=0, bounds=rules)
    assert found.turn(world) == []
    assert os.listdir(where.folder) == []
    clock.hours = 1.0
    found.follow(hours=0, bounds=rules._replace(auto=True))
    assert found.turn(world)[0].startswith("compacted: 3 snapshots removed, ")


def test_what_cannot_be_written_stops_none_of_the_chores(
    clock: Days, where: Place, world: World
) -> None:
    room = Room(warn=2000, free=lambda _: 1500)
    bounds = Bounds(Policy(last=1), quota=10**12, room=room, auto=False)
    world = world._replace(room=room)
    found = Chores(world.repo, where, clock=clock, hours=24, environ={}, room=Looks(bounds))
    os.rmdir(where.folder)
    Path(where.folder).write_bytes(b"")
    told = found.turn(world)
    assert told[0].startswith("cannot verify: ")
    assert "are free on the disk (warn)" in told[1]
    clock.hours = 0.1
    assert found.turn(world) == []
    os.unlink(where.folder)
    os.mkdir(where.folder)
    clock.hours = 0.2
    assert found.turn(world) == []
    assert os.listdir(where.folder) == ["verified.json"]
