"""`deinit`: stop recording and put everything back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import human
from git_timewarp.cli.spec import Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, purge: bool, force: bool, dry_run: bool) -> int:
    """Stop recording; with `purge` forget everything that was recorded."""
    app = context.app
    # Where nothing records, a dry run fails before anything is asked.
    if (
        purge
        and not force
        and not dry_run
        and (app.recording or app.deinit(purge=True, dry_run=True))
    ):
        context.confirm(
            word="purge",
            what="this deletes every snapshot and event of this clone for good",
            command="git timewarp deinit --purge --force",
        )
    record = app.deinit(purge=purge, dry_run=dry_run)
    context.answer(record, human.deinit(record, context.look()))
    return 0


COMMAND = Command(
    name="deinit",
    description="""Stop recording: stop the watchers, put the hooks back exactly as they were, fold
what is pending, remove our files and settings. What was recorded stays in refs below
refs/timewarp/, and 'git timewarp init' goes on from there.

With --purge all of it is deleted, for good: on a terminal you are asked to type the word,
elsewhere --force is needed.""",
    examples=(
        ("git timewarp deinit", "Stop recording, keep what was recorded:"),
        ("git timewarp deinit --purge --dry-run", "See what a purge would delete:"),
    ),
    run=run,
    options=(
        Option(("--purge",), "purge", "delete everything that was recorded"),
        Option(("-f", "--force"), "force", "do not ask before a purge"),
        DRY_RUN,
        JSON,
    ),
)
