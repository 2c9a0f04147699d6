"""Which snapshots stay: a pure function of what is known of them, the settings and the time.

Each rule names snapshots that stay, and one that no rule names goes. A rule that takes one of
a stretch of time (an hour, a day) takes the newest in it. So a second run with the same rules
at the same moment removes nothing, a larger number keeps more, and a line of snapshots is
never emptied: its newest always stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

DAY = 24 * 3600
_NS = 1_000_000_000
ALL = -1
"""As the number of a rule: all of them, without end."""


class Policy(NamedTuple):
    """The rules (settings `timewarp.retention.*`); times in seconds.

    Attributes:
        last: the newest so many stay.
        within: everything younger stays, but for the middle of a burst older than a day.
        hourly, daily, weekly, monthly: the newest of each of so many hours, days, ISO weeks,
            months that have one; `ALL` for no end.
        drafts_whole: every draft younger stays (a day at least).
        drafts_hourly, drafts_daily: how long the newest draft of each hour, of each day stays.
        burst: snapshots that follow each other faster are a burst: first and last stay.
        important: how long a snapshot stays for each point of its score.
    """

    last: int = 20
    within: int = 7 * DAY
    hourly: int = 0
    daily: int = 30
    weekly: int = 13
    monthly: int = ALL
    drafts_whole: int = DAY
    drafts_hourly: int = 7 * DAY
    drafts_daily: int = 30 * DAY
    burst: int = 5
    important: int = 30 * DAY


class Candidate(NamedTuple):
    """What is known of a snapshot.

    Attributes:
        at_ns: when it was taken, nanoseconds since the epoch.
        line: what is never emptied: work tree and timeline.
        is_draft: whether the watcher took it.
        pins: why it stays whatever the rules say (`milestone`, `stash`, `undo` …).
        score: points for the events that refer to it.
    """

    id: str
    at_ns: int
    line: str
    is_draft: bool = False
    pins: tuple[str, ...] = ()
    score: int = 0


class Decision(NamedTuple):
    """Whether a snapshot stays, and by which rules or why not."""

    id: str
    keep: bool
    reasons: tuple[str, ...]


def decide(candidates: Iterable[Candidate], policy: Policy, *, now_ns: int) -> list[Decision]:
    """Decide about each, oldest first."""
    ordered = sorted(candidates, key=lambda item: (item.at_ns, item.id))
    lines: dict[str, list[Candidate]] = {}
    for item in ordered:
        lines.setdefault(item.line, []).append(item)
    found: dict[str, list[str]] = {item.id: list(item.pins) for item in ordered}
    bursts: set[str] = set()
    for line in lines.values():
        found[line[-1].id].append("newest")
        drafts = [item for item in line if item.is_draft]
        others = [item for item in line if not item.is_draft]
        middle = _middle(drafts, policy, now_ns) | _middle(others, policy, now_ns)
        bursts |= middle
        for name, kept in (
            *_of_snapshots(others, policy, now_ns, middle),
            *_of_drafts(drafts, policy, now_ns, middle),
        ):
            for item in kept:
                found[item.id].append(name)
    for item in ordered:
        if item.score > 0 and _age(item, now_ns) <= item.score * policy.important * _NS:
            found[item.id].append("important")
    return [
        Decision(item.id, keep=True, reasons=tuple(found[item.id]))
        if found[item.id]
        else Decision(item.id, keep=False, reasons=(_why_not(item, bursts),))
        for item in ordered
    ]


def _of_snapshots(
    items: Sequence[Candidate], policy: Policy, now_ns: int, middle: set[str]
) -> list[tuple[str, Sequence[Candidate]]]:
    young = [item for item in items if _age(item, now_ns) <= policy.within * _NS]
    return [
        ("last", _newest(items, policy.last)),
        ("within", [item for item in young if item.id not in middle]),
        ("hourly", _one_each(items, _hour, policy.hourly)),
        ("daily", _one_each(items, _day, policy.daily)),
        ("weekly", _one_each(items, _week, policy.weekly)),
        ("monthly", _one_each(items, _month, policy.monthly)),
    ]


def _of_drafts(
    items: Sequence[Candidate], policy: Policy, now_ns: int, middle: set[str]
) -> list[tuple[str, Sequence[Candidate]]]:
    def younger(than: int, of: Sequence[Candidate]) -> list[Candidate]:
        return [item for item in of if _age(item, now_ns) <= than * _NS]

    whole = younger(max(policy.drafts_whole, DAY), items)
    return [
        ("draft", [item for item in whole if item.id not in middle]),
        ("draft-hourly", younger(policy.drafts_hourly, _one_each(items, _hour, ALL))),
        ("draft-daily", younger(policy.drafts_daily, _one_each(items, _day, ALL))),
    ]


def _middle(items: Sequence[Candidate], policy: Policy, now_ns: int) -> set[str]:
    """Return what is neither first nor last of a burst, and older than a day."""
    gap = policy.burst * _NS
    return {
        two.id
        for one, two, three in zip(items, items[1:], items[2:], strict=False)
        if two.at_ns - one.at_ns < gap
        and three.at_ns - two.at_ns < gap
        and _age(two, now_ns) > DAY * _NS
    }


def _one_each(
    items: Sequence[Candidate], stretch: Callable[[datetime], tuple[int, ...]], count: int
) -> list[Candidate]:
    """Return the newest of each of the last `count` stretches of time that have one."""
    newest: Mapping[tuple[int, ...], Candidate] = {
        stretch(datetime.fromtimestamp(item.at_ns // _NS, UTC)): item for item in items
    }
    return _newest(list(newest.values()), count)


def _newest(items: Sequence[Candidate], count: int) -> list[Candidate]:
    return list(items) if count < 0 else list(items[max(len(items) - count, 0) :])


def _hour(when: datetime) -> tuple[int, ...]:
    return when.year, when.month, when.day, when.hour


def _day(when: datetime) -> tuple[int, ...]:
    return when.year, when.month, when.day


def _week(when: datetime) -> tuple[int, ...]:
    return when.isocalendar()[:2]


def _month(when: datetime) -> tuple[int, ...]:
    return when.year, when.month


def _age(item: Candidate, now_ns: int) -> int:
    return now_ns - item.at_ns


def _why_not(item: Candidate, bursts: set[str]) -> str:
    if item.id in bursts:
        return "in the middle of a burst"
    return "a draft that no rule keeps" if item.is_draft else "no rule keeps it"
