"""Random damage: told when it touches our data, healed when it is elsewhere, never made worse."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.corruption.conftest import TRIED
from tests.support.corruption import Truth, experiment
from tests.support.crash import Lab

CHUNK = 10


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each few faults."""
    count = int(metafunc.config.getoption("--corruptions"))
    starts = range(0, count, CHUNK)
    metafunc.parametrize("numbers", [range(at, min(at + CHUNK, count)) for at in starts], ids=str)


def test_damage(
    world: tuple[Lab, Truth], numbers: range, record_property: Callable[[str, object], None]
) -> None:
    lab, before = world
    wrong: list[str] = []
    for number in numbers:
        found = experiment(lab, before, number)
        record_property(TRIED, [found.number, found.kind, found.what, found.outcome])
        wrong += found.wrong
    assert wrong == []
