"""`stash`: the uncommitted work that jumps put away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli import journey
from git_timewarp.cli.options import COLOR, DATE, DRY_RUN, FORCE, JSON, NO_COLOR, PATCH
from git_timewarp.cli.output import human, names
from git_timewarp.cli.spec import Argument, Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context

LATEST = "stash@{0}"
_THEIRS = "refs/"
_NAME = Argument("name", "<stash>", "as the list names it; the latest without", required=False)
_GIT = Option(("--git",), "git", "the stash is one of git's own list (git stash list)")


def list_stashes(context: Context, *, git: bool, date: str | None) -> int:
    """List the stashes, newest first."""
    if git:
        return _both(context, date=date)
    entries = context.app.stash_list()
    context.page()
    context.answer(
        {"stashes": [entry.to_dict() for entry in entries]},
        human.stashes(entries, context.look(date=date)),
    )
    return 0


def _both(context: Context, *, date: str | None) -> int:
    lists = context.app.stashes.lists()
    context.page()
    look = context.look(date=date)
    context.answer(
        {
            "stashes": [entry.to_dict() for entry in lists.ours],
            "git": [entry.to_dict() for entry in lists.git],
        },
        [*human.stashes(lists.ours, look), *human.git_stashes(lists.git, look)],
    )
    return 0


def _named(name: str | None, *, git: bool) -> str:
    """Return what the app takes: git's own entries have the name git has for them in full."""
    name = name or LATEST
    if not git:
        return name
    name = f"stash@{{{name}}}" if name.isdigit() else name
    return f"{_THEIRS}{name}" if name.startswith("stash") else name


def show(
    context: Context,
    *,
    name: str | None,
    git: bool,
    patch: bool,
    colors: str | None,
    no_color: bool,
) -> int:
    """Show what a stash holds against the commit it was made on."""
    app = context.app
    context.page()
    colors = "never" if no_color else colors
    result = app.stash_show(_named(name, git=git), patch=patch, color=context.paints(colors))
    if patch and not context.json:
        context.console.write(result.patch)
        return 0
    context.answer(
        result.to_dict(), human.files(result.files, context.look(colors=colors), stat=True)
    )
    return 0


def apply(
    context: Context, *, name: str | None, git: bool, drop: bool, force: bool, dry_run: bool
) -> int:
    """Put a stash on top of what is there."""
    chosen = _named(name, git=git)
    return journey.told(
        context, context.app.stash_apply(chosen, drop=drop, force=force, dry_run=dry_run)
    )


def store(context: Context, *, name: str | None, message: str | None, dry_run: bool) -> int:
    """Put a stash on git's own list."""
    entry = context.app.stashes.store(name or LATEST, message=message or "", dry_run=dry_run)
    word = "would be" if dry_run else "is"
    context.answer(
        {"git": entry.to_dict(), "dry_run": dry_run},
        [f"{entry.event} {word} {entry.name} of git's own list: {names.one_line(entry.message)}"],
        () if dry_run else [f"to have it back with git: git stash pop --index '{entry.name}'"],
    )
    return 0


def drop_stash(context: Context, *, name: str, dry_run: bool) -> int:
    """Forget a stash."""
    entry = context.app.stash_drop(name, dry_run=dry_run)
    word = "would drop" if dry_run else "dropped"
    talk = [f"to see it again: git timewarp show {entry.event}"]
    if entry.git is not None:
        talk.append(
            f"git's own list still has the same work; to drop it: git stash drop '{entry.git[0]}'"
        )
    context.answer(
        {"stash": entry.to_dict(), "dry_run": dry_run},
        [f"{word} {entry.name} ({entry.event} {entry.snapshot})"],
        () if dry_run else talk,
    )
    return 0


LIST = Command(
    name="stash list",
    description="""List the uncommitted work that jumps put away, newest first. In brackets stands
the entry of git's own list that holds the same work.

With --git, git's own list (git stash list) follows, each entry with what of ours holds the
same work: an event, and its place on our list if it is on it. Dropping one never drops the
other.""",
    examples=(
        ("git timewarp stash list", "What was put away:"),
        ("git timewarp stash list --git", "The same, and what 'git stash' put away:"),
    ),
    run=list_stashes,
    options=(
        Option(("--git",), "git", "list what is on git's own list too"),
        DATE,
        JSON,
    ),
)

SHOW = Command(
    name="stash show",
    description="""Show which files a stash changes, or with -p how. With --git the stash is one
of git's own list; its untracked files are shown too.""",
    examples=(
        ("git timewarp stash show -p", "The latest stash, line by line:"),
        ("git timewarp stash show --git 1", "What git's stash@{1} holds:"),
    ),
    run=show,
    options=(_GIT, PATCH, COLOR, NO_COLOR, JSON),
    arguments=(_NAME,),
)

APPLY = Command(
    name="stash apply",
    description="""Put a stash on top of the work tree, also where that has changes of its own:
both are merged. Where they touch the same lines nothing is changed and the paths are named
(exit code 4). 'git timewarp undo' takes it back.

With --git the stash is one of git's own list. Its files and untracked files come, the index
stays; it stays on git's list, 'git stash drop' takes it off.""",
    examples=(
        ("git timewarp stash apply 'stash@{0}'", "Bring back what the last jump put away:"),
        ("git timewarp stash apply --git", "Bring back what 'git stash' put away, with undo:"),
    ),
    run=apply,
    options=(
        _GIT,
        Option(("--drop",), "drop", "forget the stash once it is applied"),
        FORCE,
        DRY_RUN,
        JSON,
    ),
    arguments=(_NAME,),
)

STORE = Command(
    name="stash store",
    description="""Put a stash of ours, or any snapshot, on git's own list as well, where 'git
stash list', 'apply', 'pop' and 'drop' and every other tool find it. Nothing is taken from the
work tree or the index. The entry has tracked files, the index and untracked files, as
'git stash push --include-untracked' makes one; what git cannot hold (permissions, empty folders,
exact line ends) is in ours only, which stays on our list.""",
    examples=(
        ("git timewarp stash store", "Hand the latest stash over to git:"),
        (
            "git timewarp stash store -m 'half a parser' E47",
            "Make a stash of git's out of a snapshot:",
        ),
    ),
    run=store,
    options=(
        Option(("-m", "--message"), "message", "what git's list says about it", "<message>"),
        DRY_RUN,
        JSON,
    ),
    arguments=(
        Argument(
            "name",
            "<stash>",
            "a stash, or any event or snapshot; the latest stash without",
            required=False,
        ),
    ),
)

DROP = Command(
    name="stash drop",
    description="""Forget a stash. It leaves the list; its snapshot stays where it was, and
'git timewarp show' and 'jump' still find it. An entry of git's own list that holds the same
work stays too.""",
    examples=(("git timewarp stash drop 'stash@{0}'", "Forget the latest:"),),
    run=drop_stash,
    options=(DRY_RUN, JSON),
    arguments=(Argument("name", "<stash>", "as the list names it"),),
)
