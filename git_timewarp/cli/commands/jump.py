"""`jump`: bring the whole work tree back to a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli import journey
from git_timewarp.cli.options import DRY_RUN, FORCE, JSON
from git_timewarp.cli.spec import Argument, Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(
    context: Context,
    *,
    target: str,
    with_head: bool,
    with_refs: bool,
    force: bool,
    dry_run: bool,
) -> int:
    """Jump and say what came back, what went and how to go back."""
    return journey.told(
        context,
        context.app.jump(
            target, with_head=with_head, with_refs=with_refs, force=force, dry_run=dry_run
        ),
    )


COMMAND = Command(
    name="jump",
    description="""Bring the whole work tree and the index back to a moment. What is there now is
kept first: uncommitted work is put away as a stash, and 'git timewarp undo' goes back.

Only files that differ are touched. Files that were made since are removed, ignored files
never are. HEAD and branches stay where they are unless asked for. No confirmation is needed,
because every jump can be undone.""",
    examples=(
        ("git timewarp jump @-3", "Three snapshots back:"),
        ("git timewarp jump '10 minutes ago' --dry-run", "See what would change, change nothing:"),
    ),
    run=run,
    options=(
        Option(("--with-head",), "with_head", "put HEAD back too"),
        Option(("--with-refs",), "with_refs", "put all branches and tags back too"),
        FORCE,
        DRY_RUN,
        JSON,
    ),
    arguments=(Argument("target", "<target>", "an event, a snapshot, a time or a revision"),),
)
