"""`show`: one event and what it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import COLOR, DATE, JSON, NO_COLOR, STAT
from git_timewarp.cli.output import human
from git_timewarp.cli.spec import Argument, Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(
    context: Context,
    *,
    target: str | None,
    stat: bool,
    name_only: bool,
    date: str | None,
    colors: str | None,
    no_color: bool,
) -> int:
    """Show the event's heading, then its patch or its files."""
    app = context.app
    if not context.json:
        context.page()
    colors = "never" if no_color else colors
    patch = not (stat or name_only or context.json)
    result = app.show(
        "@" if target is None else target, patch=patch, stat=stat, color=context.paints(colors)
    )
    look = context.look(date=date, colors=colors)
    context.answer(result.to_dict(), human.show(result, look))
    if context.json:
        return 0
    if result.patch or result.files:
        context.console.write(b"\n")
    if result.patch:
        context.console.write(result.patch)
    elif result.files:
        context.console.lines(human.files(result.files, look, stat=stat))
    return 0


COMMAND = Command(
    name="show",
    description="""Show one event: who did what when, its snapshot, and what changed against
the snapshot before. An event without a snapshot of its own (a commit, a push) stands alone.
A revision of git is shown as a commit, with what changed against its first parent. Without a
target, the latest snapshot.""",
    examples=(
        ("git timewarp show E47", "What event 47 did:"),
        (
            "git timewarp show --stat '10 minutes ago'",
            "What the snapshot of ten minutes ago changed:",
        ),
        ("git timewarp show main~2", "A commit, as git shows it:"),
    ),
    run=run,
    options=(
        STAT,
        Option(("--name-only",), "name_only", "show only which files changed"),
        DATE,
        COLOR,
        NO_COLOR,
        JSON,
    ),
    arguments=(
        Argument(
            "target", "<target>", "an event, a snapshot, a time or a revision", required=False
        ),
    ),
)
