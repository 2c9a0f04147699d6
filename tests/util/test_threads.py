"""Doing one thing to many items at once."""

from __future__ import annotations

import threading

import pytest

from git_timewarp.util import threads


@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_each_item_is_taken_once(count: int) -> None:
    done: list[int] = []
    threads.each(done.append, range(count), most=8)
    assert sorted(done) == list(range(count))


def test_several_work_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=10)
    threads.each(lambda _: meeting.wait(), range(3), most=3)


def test_a_failure_is_raised_and_nothing_is_begun_after_it() -> None:
    begun: list[int] = []

    def step(item: int) -> None:
        begun.append(item)
        if item == 1:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        threads.each(step, range(5), most=1)
    assert begun == [0, 1]
