"""One process that runs commands in forks, one world a test, and how many steps were tried."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crash import Lab, Worker

TRIED = "steps tried"


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """Return the process that runs commands."""
    found = Worker()
    yield found
    found.close()


@pytest.fixture(scope="session")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """Return the process that runs commands whose calls are recorded."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() else tmp_path_factory.mktemp("calls")
    with tempfile.TemporaryDirectory(dir=place) as folder:
        found = Worker(Path(folder) / "calls")
        yield found
        found.close()


@pytest.fixture
def lab(tmp_path: Path, worker: Worker, traced: Worker) -> Iterator[Lab]:
    """Return an empty world, in memory where there is such a folder: syncs cost nothing there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Lab(Path(folder), worker, traced)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many steps commands were stopped at."""
    tried = [
        int(str(value))
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == TRIED and getattr(report, "when", "") == "call"
    ]
    if tried:
        terminalreporter.write_line(f"commands were stopped at {sum(tried)} steps")
