"""Runs one command on the fake app with this process's own streams: for tests on a terminal."""

from __future__ import annotations

import os
import sys

from git_timewarp.cli import terminal
from git_timewarp.cli.main import Run
from git_timewarp.cli.output.console import Console
from git_timewarp.timeline.results_look import Changes
from tests.support.fake_app import FakeApp, Stopped, entry


def main() -> int:
    """Run the command line; SHOWN_ENTRIES says how long the log is."""
    environ = dict(os.environ)
    ends = terminal.found(environ)
    count = int(environ.get("SHOWN_ENTRIES", "3"))
    entries = [entry(n, summary=f"number {n}", changes=Changes(n)) for n in range(count, 0, -1)]
    return Run(
        terminal.words(),
        environ=environ,
        ends=ends,
        console=Console(out=terminal.stream(1), err=terminal.stream(2), utf8=ends.utf8),
        app=FakeApp(entries=entries, notices=environ.get("SHOWN_NOTICES", "").split()),
        clock=Stopped(),
    ).to_end()


if __name__ == "__main__":
    sys.exit(main())
