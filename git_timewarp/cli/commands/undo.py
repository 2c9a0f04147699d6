"""`undo` and `redo`: take back what a command of ours changed, and take that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli import journey
from git_timewarp.cli.options import DRY_RUN, FORCE, JSON
from git_timewarp.cli.spec import Argument, Command

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context

_OPTIONS = (FORCE, DRY_RUN, JSON)
_ARGUMENTS = (
    Argument("what", "<number-or-event>", "how many steps, or one event", required=False),
)


def undo(context: Context, *, what: str | None, force: bool, dry_run: bool) -> int:
    """Undo and say what came back."""
    steps, event = _steps(what)
    return journey.told(context, context.app.undo(steps, event=event, force=force, dry_run=dry_run))


def redo(context: Context, *, what: str | None, force: bool, dry_run: bool) -> int:
    """Redo and say what came back."""
    steps, event = _steps(what)
    return journey.told(context, context.app.redo(steps, event=event, force=force, dry_run=dry_run))


def _steps(what: str | None) -> tuple[int, str | None]:
    if what is None:
        return 1, None
    if what.isascii() and what.isdigit():
        return int(what), None
    return 1, what


UNDO = Command(
    name="undo",
    description="""Take back the last command of ours that changed files, the index or refs of
this work tree: a jump, a restore, a stash applied. An undo can itself be undone, by 'redo'.

Commands of git's own are no steps; jump to the snapshot before them instead.""",
    examples=(
        ("git timewarp undo", "Go back to before the last jump or restore:"),
        ("git timewarp undo 2 --dry-run", "See what two steps back would change:"),
    ),
    run=undo,
    options=_OPTIONS,
    arguments=_ARGUMENTS,
)

REDO = Command(
    name="redo",
    description="""Take back the last undo, so that the state after the command is there again.""",
    examples=(("git timewarp redo", "After an undo too many:"),),
    run=redo,
    options=_OPTIONS,
    arguments=_ARGUMENTS,
)
