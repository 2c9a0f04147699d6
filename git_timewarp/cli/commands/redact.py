"""`redact`: take what an event says out of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import disk
from git_timewarp.cli.spec import Argument, Command, Option
from git_timewarp.util.text import shell

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, event: str, reason: str | None, force: bool, dry_run: bool) -> int:
    """Ask, redact it, and say where what it said is still."""
    app, reason = context.app, reason or ""
    if not (force or dry_run):
        planned = app.disk.redact(event, reason=reason, dry_run=True)
        if planned.archives or not planned.already:
            given = f"--reason {shell(reason)} " if reason else ""
            context.confirm(
                word="redact",
                what=f"this removes what {planned.event} says{disk.also(planned.archives)} for good",
                command=f"git timewarp redact --force {given}{shell(event)}",
            )
    result = app.disk.redact(event, reason=reason, dry_run=dry_run)
    context.answer(result.to_dict(), disk.redact(result, context.look()))
    return 0


COMMAND = Command(
    name="redact",
    description="""Remove what one event says, a secret in its summary, from the history and from
the disk: its summary, paths, tags, data and payloads. The event keeps its number, time, type, who
it was by and its snapshot, and the chain still verifies: an event tells of the redaction. Content
of files is taken out of snapshots by 'git timewarp purge'.

Only the clone that recorded an event can redact it. What you pushed or published before is told, if
it can be known, and stays. On a terminal you are asked to type the word, elsewhere --force is
needed.""",
    examples=(
        ("git timewarp redact --dry-run E47", "See what would go:"),
        ("git timewarp redact --force --reason 'a token' E47", "Redact an event:"),
    ),
    run=run,
    options=(
        Option(("--reason",), "reason", "why, for those who read the log", "<text>"),
        Option(("-f", "--force"), "force", "do not ask"),
        DRY_RUN,
        JSON,
    ),
    arguments=(Argument("event", "<event>", "its number (E47) or its id"),),
)
