"""`history`: every version of one path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import ASCII, COLOR, DATE, JSON, NO_COLOR, PATCH
from git_timewarp.cli.output import machine
from git_timewarp.cli.output.versions import Versions
from git_timewarp.cli.spec import Argument, Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(
    context: Context,
    *,
    path: str,
    span: str | None,
    limit: int | None,
    patch: bool,
    date: str | None,
    colors: str | None,
    no_color: bool,
    ascii_only: bool,
) -> int:
    """Show the versions, one line each, or each with its patch."""
    found = context.app.versions.history(path, span=span, limit=limit)
    if context.json:
        for version in found:
            context.console.write(machine.line(version.to_dict()))
        return 0
    context.page()
    colors = "never" if no_color else colors
    drawing = Versions(context.look(date=date, colors=colors, ascii_only=ascii_only))
    if not patch:
        context.console.lines(drawing.draw(found))
        return 0
    for version in found:
        context.console.lines(drawing.draw([version]))
        told = context.app.versions.patch(version, color=context.paints(colors))
        if told:
            context.console.write(b"\n" + told + b"\n")
    return 0


COMMAND = Command(
    name="history",
    description="""Show every version of one path that a snapshot of this work tree holds, newest
first, drafts included: the event that brought it, how it changed, the lines added and deleted,
and in brackets the commit that has it. Snapshots in a row that hold the same version are one
line. '@' is the version of the latest snapshot; the oldest one, which nothing is known from
before, is 'found'.

A file that was renamed is followed. The path may be gone by now, and it may be a folder.
A range of moments, '<target>..<target>' with either side left out, limits what is shown to
what changed after the first and up to the second; a single target is the second.""",
    examples=(
        ("git timewarp history src/main.py", "What a file was, all along:"),
        (
            "git timewarp history -p notes.txt '2 hours ago..'",
            "What was written to a file in the last two hours:",
        ),
    ),
    run=run,
    options=(
        Option(
            ("-n", "--max-count"),
            "limit",
            "show at most so many; -20 is short for it",
            "<number>",
            number=True,
        ),
        PATCH,
        DATE,
        COLOR,
        NO_COLOR,
        ASCII,
        JSON,
    ),
    arguments=(
        Argument("path", "<path>", "the file or folder"),
        Argument("span", "<range>", "only what changed between two moments", required=False),
    ),
    count="-n",
)
