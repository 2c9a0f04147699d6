"""Console entry: `git-timewarp`, `tw` and `python -m git_timewarp` come in here."""

from __future__ import annotations

import sys

try:
    from git_timewarp.cli.main import main as run
except KeyboardInterrupt:
    # Nothing has begun yet, so there is nothing to tell.
    sys.exit(130)


def main() -> int:
    """Run one command and return its exit code."""
    try:
        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
