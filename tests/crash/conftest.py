"""One process that runs commands in forks, one world a test, and how many steps were tried."""

from __future__ import annotations

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


@pytest.fixture
def lab(tmp_path: Path, worker: Worker) -> Lab:
    """Return an empty world."""
    return Lab(tmp_path, worker)


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
