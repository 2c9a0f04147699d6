"""`stash`: the uncommitted work that jumps put away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli import journey
from git_timewarp.cli.options import COLOR, DATE, DRY_RUN, FORCE, JSON, NO_COLOR, PATCH
from git_timewarp.cli.output import human
from git_timewarp.cli.spec import Argument, Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context

LATEST = "stash@{0}"
_NAME = Argument("name", "<stash>", "as the list names it; the latest without", required=False)


def list_stashes(context: Context, *, date: str | None) -> int:
    """List the stashes, newest first."""
    entries = context.app.stash_list()
    context.page()
    context.answer(
        {"stashes": [entry.to_dict() for entry in entries]},
        human.stashes(entries, context.look(date=date)),
    )
    return 0


def show(
    context: Context, *, name: str | None, patch: bool, colors: str | None, no_color: bool
) -> int:
    """Show what a stash holds against the commit it was made on."""
    app = context.app
    context.page()
    colors = "never" if no_color else colors
    result = app.stash_show(name or LATEST, patch=patch, color=context.paints(colors))
    if patch and not context.json:
        context.console.write(result.patch)
        return 0
    context.answer(
        result.to_dict(), human.files(result.files, context.look(colors=colors), stat=True)
    )
    return 0


def apply(context: Context, *, name: str | None, drop: bool, force: bool, dry_run: bool) -> int:
    """Put a stash on top of what is there."""
    return journey.told(
        context, context.app.stash_apply(name or LATEST, drop=drop, force=force, dry_run=dry_run)
    )


def drop_stash(context: Context, *, name: str, dry_run: bool) -> int:
    """Forget a stash."""
    entry = context.app.stash_drop(name, dry_run=dry_run)
    word = "would drop" if dry_run else "dropped"
    context.answer(
        {"stash": entry.to_dict(), "dry_run": dry_run},
        [f"{word} {entry.name} ({entry.event} {entry.snapshot})"],
        () if dry_run else [f"to see it again: git timewarp show {entry.event}"],
    )
    return 0


LIST = Command(
    name="stash list",
    description="""List the uncommitted work that jumps put away, newest first.""",
    examples=(("git timewarp stash list", "What was put away:"),),
    run=list_stashes,
    options=(DATE, JSON),
)

SHOW = Command(
    name="stash show",
    description="""Show which files a stash changes, or with -p how.""",
    examples=(("git timewarp stash show -p", "The latest stash, line by line:"),),
    run=show,
    options=(PATCH, COLOR, NO_COLOR, JSON),
    arguments=(_NAME,),
)

APPLY = Command(
    name="stash apply",
    description="""Put a stash on top of the work tree, also where that has changes of its own:
both are merged. Where they touch the same lines nothing is changed and the paths are named
(exit code 4). 'git timewarp undo' takes it back.""",
    examples=(("git timewarp stash apply 'stash@{0}'", "Bring back what the last jump put away:"),),
    run=apply,
    options=(
        Option(("--drop",), "drop", "forget the stash once it is applied"),
        FORCE,
        DRY_RUN,
        JSON,
    ),
    arguments=(_NAME,),
)

DROP = Command(
    name="stash drop",
    description="""Forget a stash. It leaves the list; its snapshot stays where it was, and
'git timewarp show' and 'jump' still find it.""",
    examples=(("git timewarp stash drop 'stash@{0}'", "Forget the latest:"),),
    run=drop_stash,
    options=(DRY_RUN, JSON),
    arguments=(Argument("name", "<stash>", "as the list names it"),),
)
