"""Console entry: `git-timewarp`, `tw` and `python -m git_timewarp` come in here."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

gc.set_threshold(50_000)
# What is imported stays, and looking through it for garbage takes a short command some milliseconds.

try:
    from git_timewarp.cli.main import main as from_words
except KeyboardInterrupt:
    # Nothing has begun yet, so there is nothing to tell.
    sys.exit(130)


def run() -> int:
    """Run one command and return its exit code; all it wrote is flushed."""
    try:
        return from_words()
    except KeyboardInterrupt:
        return 130


def main() -> NoReturn:
    """Run one command and end the process.

    Everything is closed by then, and the interpreter is not asked to take itself apart: that
    takes a tenth of a short command's time and nobody is there to see it.
    """
    os._exit(run())


if __name__ == "__main__":
    main()
