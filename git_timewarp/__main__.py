"""Console entry: `git-timewarp`, `tw` and `python -m git_timewarp` come in here."""

from __future__ import annotations

import sys

from git_timewarp.cli.main import main as run


def main() -> int:
    """Run one command and return its exit code."""
    return run()


if __name__ == "__main__":
    sys.exit(main())
