"""The table a soak ends with, printed after the tests."""

from __future__ import annotations

import pytest

TABLE = "soak"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what soaks saw."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == TABLE and getattr(report, "when", "") == "call":
                    terminalreporter.write_line(str(value))
