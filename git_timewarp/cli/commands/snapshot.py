"""`snapshot`: keep the work tree as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import human
from git_timewarp.cli.spec import Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, message: str, milestone: str | None, dry_run: bool) -> int:
    """Take a snapshot and say what it holds and what it could not."""
    # A program may hand the tree it is told of to git right away.
    result = context.app.snapshot(
        message=message, milestone=milestone, dry_run=dry_run, patient=context.json
    )
    look = context.look()
    context.answer(
        result.to_dict(),
        human.snapshot(result, look, dry_run=dry_run),
        human.skipped(result, context.look(talk=True)),
    )
    return 0


COMMAND = Command(
    name="snapshot",
    description="""Keep the work tree as it is now: tracked and untracked files, modes, links,
empty folders, the index, and an operation in progress.

Ignored files are not kept. What cannot be kept is listed with the reason. Where nothing
changed since the latest snapshot, that one is answered and no new one is made.""",
    examples=(
        ("git timewarp snapshot -m 'before the refactoring'", "Keep everything, with a message:"),
        (
            "git timewarp snapshot --milestone v1-works",
            "Mark it, so that it stands out and has a name:",
        ),
    ),
    run=run,
    options=(
        Option(("-m", "--message"), "message", "what to remember it by", "<text>", default=""),
        Option(("--milestone",), "milestone", "mark it as a milestone of this name", "<name>"),
        DRY_RUN,
        JSON,
    ),
)
