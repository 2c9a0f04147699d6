"""When the watcher looks."""

from __future__ import annotations

import pytest

from git_timewarp.watch.schedule import Pace, Schedule

PACE = Pace(quiet=2.0, longest=60.0)
NEVER = float("inf")


@pytest.fixture
def schedule() -> Schedule:
    return Schedule(PACE)


def test_nothing_changed_nothing_is_due(schedule: Schedule) -> None:
    assert schedule.due() == NEVER
    assert not schedule.is_pending


def test_two_quiet_seconds_after_the_last_change(schedule: Schedule) -> None:
    schedule.changed(100.0)
    schedule.changed(101.5)
    assert schedule.due() == 103.5


def test_a_minute_after_the_first_of_many(schedule: Schedule) -> None:
    for tick in range(100):
        schedule.changed(100.0 + tick)
    assert schedule.due() == 160.0


def test_what_changes_while_it_looks_is_for_the_next_look(schedule: Schedule) -> None:
    schedule.changed(100.0)
    schedule.begins()
    schedule.changed(102.1)
    schedule.looked(103.0, found=True, asked=True)
    assert schedule.is_pending
    assert schedule.due() == 104.1


def test_it_looks_once_more_a_minute_later_and_then_no_more(schedule: Schedule) -> None:
    schedule.changed(100.0)
    schedule.begins()
    schedule.looked(103.0, found=True, asked=True)
    assert schedule.due() == 163.0
    schedule.begins()
    schedule.looked(163.5, found=False, asked=False)
    assert schedule.due() == NEVER


def test_looking_in_vain_makes_it_a_little_slower_until_it_finds_something(
    schedule: Schedule,
) -> None:
    for tick in range(10):
        schedule.changed(float(tick))
        schedule.begins()
        schedule.looked(float(tick), found=False, asked=True)
    schedule.changed(20.0)
    assert schedule.due() == 23.0
    schedule.begins()
    schedule.looked(23.0, found=True, asked=True)
    schedule.changed(30.0)
    assert schedule.due() == 32.0


def test_a_failure_is_tried_again_later_each_time_within_ten_seconds(schedule: Schedule) -> None:
    waits = []
    now = 0.0
    for _ in range(8):
        schedule.begins()
        schedule.failed(now)
        waits.append(schedule.due() - now)
        now = schedule.due()
    assert waits == [2.0, 4.0, 8.0, 10.0, 10.0, 10.0, 10.0, 10.0]


def test_a_lock_of_another_command_is_tried_again_soon(schedule: Schedule) -> None:
    for now in (0.0, 10.0, 20.0):
        schedule.begins()
        schedule.failed(now, soon=True)
        assert schedule.due() == now + 2.0


def test_a_good_look_forgets_the_failures(schedule: Schedule) -> None:
    for _ in range(5):
        schedule.failed(0.0)
    schedule.begins()
    schedule.looked(10.0, found=True, asked=True)
    schedule.changed(20.0)
    assert schedule.due() == 22.0


def test_timed_waits_for_the_longest_time() -> None:
    schedule = Schedule(Pace(quiet=2.0, longest=60.0, when="timed"))
    schedule.changed(100.0)
    assert schedule.due() == 160.0


def test_some_changes_make_it_look_or_the_longest_time() -> None:
    schedule = Schedule(Pace(quiet=2.0, longest=60.0, when="every_n_events", nth=3))
    schedule.changed(100.0)
    schedule.changed(101.0)
    assert schedule.due() == 160.0
    schedule.changed(102.0)
    assert schedule.due() == 104.0
    schedule.begins()
    schedule.looked(104.0, found=True, asked=True)
    schedule.changed(105.0)
    assert schedule.due() == 164.0


def test_manual_never_looks() -> None:
    schedule = Schedule(Pace(quiet=2.0, longest=60.0, when="manual"))
    schedule.changed(100.0)
    assert schedule.due() == NEVER


def test_it_is_idle_when_nothing_was_found_for_long() -> None:
    schedule = Schedule(Pace(quiet=2.0, longest=60.0, idle=300.0))
    assert not schedule.is_idle(1e9)
    schedule.changed(100.0)
    assert not schedule.is_idle(400.0)
    assert schedule.is_idle(400.1)
    schedule.begins()
    schedule.looked(200.0, found=True, asked=True)
    assert not schedule.is_idle(500.0)
    assert schedule.is_idle(500.1)
