"""One world a process, and a table of what came of the faults."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.corruption import Found, Truth, build, table
from tests.support.crash import Lab, Worker

TRIED = "fault"


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """Return the process that runs commands."""
    found = Worker()
    yield found
    found.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder, in memory where there is one: syncs cost nothing there."""
    memory = Path("/dev/shm")
    other = tmp_path_factory.mktemp("corruption")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else other) as found:
        yield Path(found)


_WORLDS: dict[str, tuple[Lab, Truth]] = {}


@pytest.fixture
def world(folder: Path, worker: Worker) -> tuple[Lab, Truth]:
    """Return the world, made by the first test that asks."""
    if str(folder) not in _WORLDS:
        lab = Lab(folder, worker)
        before = build(lab)
        lab.photograph("start")
        _WORLDS[str(folder)] = (lab, before)
    return _WORLDS[str(folder)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many faults were tried and what came of them."""
    found = [
        Found(*map(str, value))  # type: ignore[arg-type]
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == TRIED and getattr(report, "when", "") == "call"
    ]
    if found:
        terminalreporter.write_line(f"{len(found)} faults were tried")
        for line in table(found):
            terminalreporter.write_line(line)
