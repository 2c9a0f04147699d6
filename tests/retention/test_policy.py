"""The rules: what stays and why; and what holds for all rules, snapshots and moments."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from git_timewarp.retention.policy import ALL, DAY, Candidate, Policy, decide

NS = 1_000_000_000
NOW = 1_700_000_000
"""2023-11-14 22:13:20 UTC, a Tuesday."""

NONE = Policy(0, 0, 0, 0, 0, 0, DAY, 0, 0, 5, 0)


def taken(
    ago: int, *, draft: bool = False, pins: tuple[str, ...] = (), score: int = 0
) -> Candidate:
    """Return a snapshot taken so many seconds ago; it is called so."""
    return Candidate(f"{ago}", (NOW - ago) * NS, "main", draft, pins, score)


def kept(candidates: list[Candidate], policy: Policy) -> dict[str, tuple[str, ...]]:
    """Return what stays, oldest first, and why."""
    found = decide(candidates, policy, now_ns=NOW * NS)
    return {item.id: item.reasons for item in found if item.keep}


def gone(candidates: list[Candidate], policy: Policy) -> dict[str, tuple[str, ...]]:
    found = decide(candidates, policy, now_ns=NOW * NS)
    return {item.id: item.reasons for item in found if not item.keep}


def test_no_rule_keeps_only_the_newest() -> None:
    three = [taken(30 * DAY), taken(20 * DAY), taken(10 * DAY)]
    assert kept(three, NONE) == {f"{10 * DAY}": ("newest",)}
    assert gone(three, NONE) == {
        f"{30 * DAY}": ("no rule keeps it",),
        f"{20 * DAY}": ("no rule keeps it",),
    }


def test_each_rule_takes_the_newest_of_its_stretch() -> None:
    hours = [taken(hour * 3600 + minute * 60) for hour in range(5, 0, -1) for minute in (9, 2)]
    assert list(kept(hours, NONE._replace(hourly=3))) == ["10920", "7320", "3720"]
    assert list(kept(hours, NONE._replace(last=2))) == ["4140", "3720"]
    days = [taken(day * DAY + hour * 3600) for day in range(40, 0, -1) for hour in (8, 1)]
    assert len(kept(days, NONE._replace(daily=30))) == 30
    assert list(kept(days, NONE._replace(weekly=2))) == [f"{2 * DAY + 3600}", f"{DAY + 3600}"]
    assert list(kept(days, NONE._replace(monthly=ALL))) == [f"{14 * DAY + 3600}", f"{DAY + 3600}"]
    assert len(kept(days, NONE._replace(within=7 * DAY))) == 12


def test_drafts_thin_to_hourly_and_then_to_daily() -> None:
    drafts = [taken(at, draft=True) for at in range(40 * DAY, 0, -1200)]
    found = kept(drafts, NONE._replace(drafts_hourly=7 * DAY, drafts_daily=30 * DAY))
    ages = [int(name) for name in found]
    assert len([age for age in ages if age <= DAY]) == 72
    assert len([age for age in ages if DAY < age <= 7 * DAY]) == 6 * 24
    assert len([age for age in ages if age > 7 * DAY]) == 23
    assert max(ages) <= 30 * DAY
    # Fewer seconds than a day are a day: every draft is kept for 24 hours.
    assert len(kept(drafts, NONE._replace(drafts_whole=60))) == 72


def test_a_burst_keeps_its_first_and_last_once_it_is_a_day_old() -> None:
    old = [taken(2 * DAY - second) for second in (0, 3, 6, 9, 60)]
    policy = NONE._replace(within=7 * DAY)
    assert list(kept(old, policy)) == [f"{2 * DAY - second}" for second in (0, 9, 60)]
    assert gone(old, policy) == {
        f"{2 * DAY - second}": ("in the middle of a burst",) for second in (3, 6)
    }
    young = [taken(DAY // 2 - second) for second in (0, 3, 6, 9)]
    assert len(kept(young, policy)) == 4


def test_pins_hold_for_ever_and_points_for_longer() -> None:
    items = [
        taken(400 * DAY, pins=("milestone",)),
        taken(90 * DAY, score=2),
        taken(50 * DAY, score=2),
        taken(40 * DAY, score=1),
        taken(DAY),
    ]
    assert kept(items, NONE._replace(important=30 * DAY)) == {
        f"{400 * DAY}": ("milestone",),
        f"{50 * DAY}": ("important",),
        f"{DAY}": ("newest",),
    }


MINUTE = 60
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        id=st.just(""),
        at_ns=st.integers(0, 60 * DAY // 2).map(lambda second: (NOW - 2 * second) * NS),
        line=st.sampled_from(("main", "fork")),
        is_draft=st.booleans(),
        pins=st.sampled_from(((), (), (), ("milestone",), ("undo",))),
        score=st.integers(0, 2),
    ),
    max_size=40,
).map(lambda found: [item._replace(id=f"{at}") for at, item in enumerate(found)])
COUNTS = st.integers(-1, 5)
TIMES = st.integers(0, 30 * DAY)
POLICIES = st.builds(
    Policy, COUNTS, TIMES, COUNTS, COUNTS, COUNTS, COUNTS, TIMES, TIMES, TIMES, st.just(5), TIMES
)


def staying(candidates: list[Candidate], policy: Policy) -> list[Candidate]:
    names = kept(candidates, policy)
    return [item for item in candidates if item.id in names]


@given(CANDIDATES, POLICIES)
def test_no_line_is_ever_emptied_and_what_is_pinned_stays(
    candidates: list[Candidate], policy: Policy
) -> None:
    left = staying(candidates, policy)
    assert {item.line for item in left} == {item.line for item in candidates}
    assert all(item in left for item in candidates if item.pins)


@given(CANDIDATES, POLICIES)
def test_every_draft_of_the_last_day_stays(candidates: list[Candidate], policy: Policy) -> None:
    young = [item for item in candidates if item.is_draft and item.at_ns >= (NOW - DAY) * NS]
    assert all(item in staying(candidates, policy) for item in young)


@given(CANDIDATES, POLICIES)
def test_a_second_run_removes_nothing(candidates: list[Candidate], policy: Policy) -> None:
    left = staying(candidates, policy)
    assert staying(left, policy) == left


@given(CANDIDATES, POLICIES, st.sampled_from(Policy._fields), st.integers(1, 10 * DAY))
def test_a_rule_that_asks_for_more_never_keeps_less(
    candidates: list[Candidate], policy: Policy, rule: str, more: int
) -> None:
    before = getattr(policy, rule)
    wider = before + more
    if rule in {"last", "hourly", "daily", "weekly", "monthly"} and more % 2:
        wider = ALL
    if rule == "burst":
        wider = 0
    elif before == ALL:
        return
    less = set(kept(candidates, policy))
    assert less <= set(kept(candidates, policy._replace(**{rule: wider})))


@given(CANDIDATES, POLICIES)
def test_every_decision_has_its_reason_and_stands_in_order(
    candidates: list[Candidate], policy: Policy
) -> None:
    found = decide(candidates, policy, now_ns=NOW * NS)
    assert sorted(item.id for item in found) == sorted(item.id for item in candidates)
    assert all(item.reasons for item in found)
    at = {item.id: item.at_ns for item in candidates}
    assert [at[item.id] for item in found] == sorted(at.values())
