"""`restore`: bring some paths back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli import journey
from git_timewarp.cli.options import DRY_RUN, FORCE, JSON
from git_timewarp.cli.spec import Argument, Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(
    context: Context, *, paths: tuple[str, ...], source: str | None, force: bool, dry_run: bool
) -> int:
    """Restore the paths and say what came back."""
    return journey.told(
        context, context.app.restore(paths, source=source, force=force, dry_run=dry_run)
    )


COMMAND = Command(
    name="restore",
    description="""Bring some paths back as they were: a file, a folder, or a pattern as git
understands it. Without --source, from the latest snapshot in which they differ from now.

What is there now is kept first; 'git timewarp undo' goes back.""",
    examples=(
        ("git timewarp restore src/", "A folder that was deleted or spoiled:"),
        ("git timewarp restore --source '1 hour ago' notes.txt", "A file as it was an hour ago:"),
    ),
    run=run,
    options=(
        Option(("-s", "--source"), "source", "the moment to take them from", "<target>"),
        FORCE,
        DRY_RUN,
        JSON,
    ),
    arguments=(Argument("paths", "<path>", "what to bring back", many=True),),
)
