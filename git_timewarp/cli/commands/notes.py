"""`notes publish`: the log as ordinary git notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import human
from git_timewarp.cli.spec import Command

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def publish(context: Context, *, dry_run: bool) -> int:
    """Write refs/notes/timewarp and say how much."""
    record = context.app.notes_publish(dry_run=dry_run)
    context.answer(record, human.fields(record))
    return 0


PUBLISH = Command(
    name="notes publish",
    description="""Write the events of each commit as an ordinary git note under
refs/notes/timewarp, one readable line an event. You may rewrite, merge and push it as any
notes; it is a copy that is never read back.""",
    examples=(
        ("git timewarp notes publish", "Publish, then look with 'git log --notes=timewarp':"),
    ),
    run=publish,
    options=(DRY_RUN, JSON),
)
