"""A developer, three worlds and a watcher that is killed: an hour by `make soak`, a minute here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.soak.developer import Size
from tests.soak.soak import DESCRIPTORS, GROWTH_KIB, Plan, Soak, descriptors, memory, report

SHORT = 75.0
SMALL, LARGE = (
    Size(build=400, install=800, pause=3.0),
    Size(build=10_000, install=30_000, pause=8.0),
)


def test_nothing_older_than_an_interval_is_lost_and_nothing_grows(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    minutes, seed = request.config.getoption("--minutes"), request.config.getoption("--seed")
    if minutes:
        plan = Plan(seconds=minutes * 60, every=30.0, steps=12, size=LARGE, seed=seed)
    else:
        plan = Plan(seconds=SHORT, every=8.0, steps=4, size=SMALL, seed=seed)

    def tell(line: str) -> None:
        sys.stderr.write(f"{line}\n")

    tell(f"seed {seed}")
    found = Soak(tmp_path, plan, tell=tell).run()
    request.node.user_properties.append(("soak", f"seed {seed}\n{report(found)}"))
    assert found.ages
    assert memory(found) <= GROWTH_KIB
    assert descriptors(found) <= DESCRIPTORS
