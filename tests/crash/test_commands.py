"""Every mutating command, stopped at its n-th step: nothing is lost, the next one puts it right.

The steps are the fault points that a whole run passes (each write, rename, link, removal,
sync and git call). `--crash-all` stops at every one of them, otherwise a sample is taken
that is the same each time for the same steps.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crash import Lab, Scenario, Worker, chosen, prepared, run
from tests.support.crash_checks import experiment
from tests.support.crash_scenarios import SCENARIOS

SAMPLE = {"kill": 2, "power": 1, "enospc": 1, "eio": 1}
"""How many steps of a command are tried in the short form, by what happens there."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    found = Worker()
    yield found
    found.close()


@pytest.fixture
def lab(tmp_path: Path, worker: Worker) -> Iterator[Lab]:
    """A laboratory in memory where there is such a folder: syncs cost nothing there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Lab(Path(folder), worker)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_stopped_at_any_step(
    scenario: Scenario,
    lab: Lab,
    crash_all: bool,  # noqa: FBT001 - a fixture
) -> None:
    photo = prepared(lab, scenario)
    assert photo.points
    wrong: list[str] = []
    tried = 0
    for kind, want in SAMPLE.items():
        seed = (len(kind), *scenario.name.encode())
        for stop in chosen(len(photo.points), every=crash_all, want=want, seed=seed):
            _, found = experiment(lab, photo, stop=stop, kind=kind)
            wrong += found
            tried += 1
    print(f"{scenario.name}: stopped {tried} times, {len(photo.points)} steps")  # noqa: T201
    assert wrong == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_every_change_is_announced(scenario: Scenario, lab: Lab) -> None:
    """No file of git's, of ours or of the user's changes without a step before it."""
    prepared(lab, scenario)
    lab.put_back("start")
    done = run(lab, scenario, kind="audit")
    assert done.code == 0
    assert lab.unannounced() == []
