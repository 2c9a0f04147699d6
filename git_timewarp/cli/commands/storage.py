"""`storage`: what takes how much of the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import JSON
from git_timewarp.cli.output import disk
from git_timewarp.cli.spec import Command

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context) -> int:
    """Show it."""
    result = context.app.disk.storage()
    context.answer(result.to_dict(), disk.storage(result, context.look()))
    return 0


COMMAND = Command(
    name="storage",
    description="""Show what git-timewarp takes of the disk: by class, the largest snapshots (by what
only they and later ones hold) and files, how much of the quota it is, how much is free on the
disk, and what 'git timewarp compact' would free. Sizes are those on the disk, compressed. It only
looks.""",
    examples=(("git timewarp storage", "Where did the space go:"),),
    run=run,
    options=(JSON,),
)
