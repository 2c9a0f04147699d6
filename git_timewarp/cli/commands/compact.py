"""`compact`: thin old snapshots and free their space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DATE, DRY_RUN, JSON
from git_timewarp.cli.output import disk
from git_timewarp.cli.spec import Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, now: bool, force: bool, dry_run: bool, date: str | None) -> int:
    """Ask, remove what no rule keeps, and say so; a dry run gives every decision."""
    app = context.app
    if not (force or dry_run):
        planned = app.disk.compact(now=now, dry_run=True)
        if planned.removed:
            context.confirm(
                word="compact",
                what=f"this removes {planned.removed} of {len(planned.decisions)} snapshots for good",
                command=f"git timewarp compact{' --now' if now else ''} --force",
            )
    result = app.disk.compact(now=now, dry_run=dry_run)
    if dry_run:
        context.page()
    context.answer(result.to_dict(), disk.compact(result, context.look(date=date), every=dry_run))
    return 0


COMMAND = Command(
    name="compact",
    description="""Remove the snapshots that no rule keeps, and free their space. The rules are the
settings below timewarp.retention: the newest so many stay, everything of the last week, then one
for each day, week and month; drafts for a day, then one for each hour and each day. Milestones,
stashes, whatever 'undo' and 'redo' can still reach and the newest of each timeline stay whatever
the rules say. The events stay too, and tell of what was removed.

The space is free when the old packs go, a day later (timewarp.packs.graceHours), or at once with
--now. On a terminal you are asked to type the word, elsewhere --force is needed. The watcher
compacts by itself when the quota nears or the disk fills (timewarp.retention.auto).""",
    examples=(
        ("git timewarp compact --dry-run", "See each decision with its reason:"),
        ("git timewarp compact --now --force", "Free the space now, without being asked:"),
    ),
    run=run,
    options=(
        Option(
            ("--now",), "now", "free the space at once: no git command may be reading old packs"
        ),
        Option(("-f", "--force"), "force", "do not ask"),
        DRY_RUN,
        DATE,
        JSON,
    ),
)
