"""`export`: all that is recorded in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import archives
from git_timewarp.cli.spec import Command, Option
from git_timewarp.errors import Kind, TimewarpError

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context

_STDOUT = "-"


class BinaryOutputError(TimewarpError):
    """An archive was to be written to a terminal, or mixed with JSON."""

    kind = Kind.USAGE
    reference = "binary-output"


def run(
    context: Context,
    *,
    output: str | None,
    since: str | None,
    until: str | None,
    timeline: str | None,
    no_drafts: bool,
    force: bool,
    dry_run: bool,
) -> int:
    """Write the archive and say what is in it."""
    streams = output == _STDOUT and not dry_run
    if streams and (context.terminal.stdout or context.json):
        other = "JSON" if context.json else "a terminal"
        raise BinaryOutputError(
            f"an archive cannot be written to {other}",
            hint="git timewarp export --output history.tar.zst",
        )
    archive = context.app.archive
    unnamed = None if output is not None else archive.unnamed(context.start)
    result = archive.export(
        None if streams else unnamed or context.path(str(output)),
        write=context.console.write if streams else None,
        since=since,
        until=until,
        timeline=timeline,
        drafts=not no_drafts,
        force=force,
        dry_run=dry_run,
    )
    look = context.look(talk=streams)
    start = context.start if unnamed is None else None
    told = list(archives.exported(result, look, start=start))
    if streams:
        context.console.flush()
        for line in told:
            context.console.talk(line)
        return 0
    context.answer(result.to_dict(), told)
    return 0


COMMAND = Command(
    name="export",
    description="""Write everything that is recorded to one file: all snapshots, drafts and events
of every writer, and the commits that lost their last branch. The file needs nothing but itself:
'git timewarp import' takes it in anywhere, and a README in it tells how to read it with tar, zstd
and git alone. The commits of your branches are not in it: git clone and git bundle keep those.

With --from, --to or --timeline only a part is written: the events between two moments and the
snapshots they name. Equal histories give equal files. Nothing is recorded by it, and what others
record meanwhile is not disturbed.

Without --output the file is beside the work tree, named after it and the time: in it, the next
snapshot would have it. Its whole path is told.""",
    examples=(
        ("git timewarp export --output history.tar.zst", "Keep everything in a file:"),
        (
            "git timewarp export --from '2 days ago' --no-drafts --output recent.tar.zst",
            "Only the last two days, without auto-saves:",
        ),
        ("git timewarp export --output - > /mnt/disk/history.tar.zst", "Somewhere else:"),
    ),
    run=run,
    options=(
        Option(
            ("-o", "--output"),
            "output",
            "the file to write; - is standard output (../<work tree>-<time>.tar.zst)",
            "<file>",
        ),
        Option(("--from",), "since", "begin at this event, snapshot or time", "<target>"),
        Option(("--to",), "until", "end at this event, snapshot or time", "<target>"),
        Option(("--timeline",), "timeline", "only what belongs to this timeline", "<name>"),
        Option(("--no-drafts",), "no_drafts", "leave auto-saves out"),
        Option(("-f", "--force"), "force", "replace the file if it is there"),
        DRY_RUN,
        JSON,
    ),
)
