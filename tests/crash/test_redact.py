"""A redaction that is stopped at any step left the event as it was, or what it said is nowhere."""

from __future__ import annotations

import json
import zlib

from tests.support import crash
from tests.support.crash import Lab
from tests.support.crash_scenarios import SCENARIOS
from tests.support.traces import places

REDACT = next(scenario for scenario in SCENARIOS if scenario.name == "redact")
WORDS = b"swallowed words"


def says(lab: Lab) -> str:
    """Return what the event says now."""
    lines = lab.ok("log", "--all", "--json").out.splitlines()
    (found,) = [entry for entry in map(json.loads, lines) if entry["event"] == "E2"]
    return str(found["summary"])


def test_a_redaction_is_all_or_nothing(lab: Lab, crash_all: bool) -> None:  # noqa: FBT001 - a fixture
    photo = crash.prepared(lab, REDACT)
    outcomes = set()
    seed = zlib.crc32(b"redact")
    for stop in crash.chosen(len(photo.points), every=crash_all, want=8, seed=seed):
        lab.put_back("start")
        crash.run(lab, REDACT, stop=stop, kind="kill")
        lab.wait_for_children()
        lab.ok("status")
        said = says(lab)
        outcomes.add(said)
        assert said in {WORDS.decode(), "redacted (a token)"}
        if said != WORDS.decode():
            assert places(lab.repo, WORDS) == [], photo.points[stop - 1]
        lab.ok("redact", "--force", "--reason", "a token", "E2")
        assert places(lab.repo, WORDS) == [], photo.points[stop - 1]
        assert says(lab) == "redacted (a token)"
        lab.ok("verify", "--full")
    assert len(outcomes) == 2
