"""`status`: what is recorded and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DATE, JSON
from git_timewarp.cli.output import health
from git_timewarp.cli.spec import Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, short: bool = False, date: str | None = None) -> int:
    """Show the status; trouble is part of the answer, not a failure."""
    result = context.app.status()
    look = context.look(date=date)
    context.answer(result.to_dict(), health.status(result, look, short=short))
    return 0


COMMAND = Command(
    name="status",
    description="""Show whether this repository is recorded, how fresh the latest snapshot is,
whether the watcher and the hooks are at work, and what is wrong.

The exit code is 0 also where something is wrong: problems are listed, each with the next
command.""",
    examples=(
        ("git timewarp status", "See whether you are protected:"),
        ("git timewarp status --json", "The same for a program:"),
    ),
    run=run,
    options=(
        Option(("-s", "--short"), "short", "only recording, latest snapshot, watcher and hooks"),
        DATE,
        JSON,
    ),
)
