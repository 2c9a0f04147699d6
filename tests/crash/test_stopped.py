"""A command is stopped at each of its steps; nothing is lost, and the next one puts it right."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest

from tests.crash.conftest import TRIED
from tests.support import crash
from tests.support.crash import Lab, Scenario
from tests.support.crash_checks import experiment
from tests.support.crash_scenarios import SCENARIOS

KINDS = {"kill": 8, "enospc": 2, "eio": 2, "sigint": 1, "power": 2}
"""How a command is stopped, and at how many steps where not all are tried.

`kill` ends the process before the step, `power` the process and its git children a moment
later, and what was not synced by then is lost (`tests/support/power.py`); the others let the
step fail or be interrupted.
"""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_stopped_at_any_step(
    lab: Lab,
    scenario: Scenario,
    crash_all: bool,  # noqa: FBT001 - a fixture
    crash_kinds: frozenset[str],
    record_property: Callable[[str, object], None],
) -> None:
    """Each change on the disk is announced by a step, and each step may be the last."""
    photo = crash.prepared(lab, scenario)
    assert photo.unannounced == []
    count, tried = len(photo.points), 0
    wrong: list[str] = []
    for kind, want in KINDS.items():
        if crash_kinds and kind not in crash_kinds:
            continue
        seed = zlib.crc32(f"{scenario} {kind}".encode())
        for stop in crash.chosen(count, every=crash_all, want=want, seed=seed):
            tried += 1
            ran, found = experiment(lab, photo, stop=stop, kind=kind)
            wrong += found
        while crash_all and kind == "kill" and ran.code == -9:
            # This run had more steps than the one that was counted: go on to its end.
            stop += 1
            tried += 1
            ran, found = experiment(lab, photo, stop=stop, kind=kind)
            wrong += found
    record_property(TRIED, tried)
    assert wrong == []
