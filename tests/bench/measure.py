"""Measuring two things against each other: A B A B, medians, and one row of the table."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple


class Side(NamedTuple):
    """One thing to be timed.

    Attributes:
        run: what is timed.
        before: what makes it ready, each time, not timed.
    """

    run: Callable[[], object]
    before: Callable[[], object] = lambda: None


class Pair(NamedTuple):
    """The medians of both sides in seconds, and of how many runs each."""

    ours: float
    theirs: float
    turns: int


def alternate(ours: Side, theirs: Side, *, count: int) -> Pair:
    """Time both sides in turns, `count` times each; the first turn only warms up.

    What else the machine does then meets both sides alike.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(count + 1):
        for side, found in zip((ours, theirs), times, strict=True):
            spent = timed(side)
            if turn:
                found.append(spent)
    return Pair(median(times[0]), median(times[1]), count)


def timed(side: Side) -> float:
    """Return the seconds one run takes."""
    side.before()
    gc.collect()
    start = time.perf_counter()
    side.run()
    return time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class Budget:
    """What a row may cost; exactly one of the limits is set.

    Attributes:
        text: the budget as the table prints it.
        ratio: ours over theirs at most.
        extra: seconds over theirs at most.
        seconds: seconds at all at most.
        size: bytes at all at most.
    """

    text: str
    ratio: float | None = None
    extra: float | None = None
    seconds: float | None = None
    size: int | None = None

    def over(self, ours: float, theirs: float) -> float:
        """Return by how much it is missed, in the unit of the limit; 0 or less when it holds."""
        if self.ratio is not None:
            return ours / theirs - self.ratio
        if self.extra is not None:
            return ours - theirs - self.extra
        return ours - (self.seconds or self.size or 0)


def at_most(ratio: float) -> Budget:
    """Return a budget on the ratio."""
    return Budget(f"≤ {ratio:.2f} x", ratio=ratio)


def extra(seconds: float) -> Budget:
    """Return a budget on what comes on top of the other side."""
    shown = f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.0f} s"
    return Budget(f"≤ + {shown}", extra=seconds)


def within(seconds: float, text: str) -> Budget:
    """Return a budget on the time itself; `text` says it in the unit people think in."""
    return Budget(text, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured, and `size` on what.
        against: what the other side was.
        ours, theirs: medians; seconds, or bytes when `unit` says so.
        turns: how many runs of each the medians are of.
        budget: None for a row that is there to be looked at.
        why: what the time goes into, printed where the budget is missed.
        things: how many one run does, where a rate says more than a time.
    """

    what: str
    size: str
    against: str
    ours: float
    theirs: float
    turns: int
    budget: Budget | None = None
    why: str = ""
    unit: str = "s"
    things: int = 0

    @property
    def ratio(self) -> float:
        """Ours over theirs."""
        return self.ours / self.theirs

    @property
    def over(self) -> float:
        """By how much the budget is missed; 0 or less when it holds, or there is none."""
        return self.budget.over(self.ours, self.theirs) if self.budget is not None else 0.0


def row(
    what: str,
    *,
    size: str,
    against: str,
    pair: Pair,
    budget: Budget | None = None,
    why: str = "",
    things: int = 0,
) -> Row:
    """Return the row of a measured pair."""
    ours, theirs, turns = pair
    return Row(what, size, against, ours, theirs, turns, budget, why=why, things=things)
