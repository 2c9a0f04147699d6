"""`repair`: heal what is damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import rescue
from git_timewarp.cli.spec import Command
from git_timewarp.errors import Kind

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, dry_run: bool) -> int:
    """Heal, and say what is left; 5 when anything is, or could not be healed."""
    progress = context.progress("repair")
    try:
        report = context.app.recovery.repair(dry_run=dry_run, progress=progress.advance)
    finally:
        progress.finish()
    context.answer(report.to_dict(), rescue.repair(report, context.look()))
    return Kind.CORRUPT.value if report.problems else 0


COMMAND = Command(
    name="repair",
    description="""Heal what 'git timewarp verify --full' finds damaged: each object that is missing
or not what it was is looked for in other copies, in what is left of a damaged pack, in what
earlier recoveries kept, in other records of ours, in the work tree and the indexes, and in the
remotes, and comes back byte for byte or not at all. Refs of ours and the read index are made
again where they can be. Before anything changes, all our ref values and the journal are copied;
damaged files are not deleted but moved beside them.

What cannot be healed is named with what it affects, and the exit code is 5.""",
    examples=(
        ("git timewarp repair --dry-run", "See what could be healed, and from where:"),
        ("git timewarp repair", "Heal it:"),
    ),
    run=run,
    options=(DRY_RUN, JSON),
)
