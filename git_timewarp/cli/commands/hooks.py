"""`hooks`: record commits, checkouts, merges, rebases and pushes as they happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import human
from git_timewarp.cli.spec import Command

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def install(context: Context, *, dry_run: bool) -> int:
    """Install the hooks beside those that are there."""
    if dry_run:
        return _plan(context, verb="install", when=False)
    record = context.app.hooks_install()
    context.answer(record, human.hooks_installed(record, context.look()))
    return 0


def uninstall(context: Context, *, dry_run: bool) -> int:
    """Put the hooks back as they were."""
    if dry_run:
        return _plan(context, verb="uninstall", when=True)
    record = context.app.hooks_uninstall()
    context.answer(record, human.hooks_removed(record, context.look()))
    return 0


def status(context: Context) -> int:
    """Tell which hooks are there and fire."""
    record = context.app.hooks_status()
    context.answer(record, human.hooks(record, context.look()))
    return 0


def _plan(context: Context, *, verb: str, when: bool) -> int:
    listed = context.app.hooks_status().get("hooks")
    hooks = [hook for hook in listed if isinstance(hook, dict)] if isinstance(listed, list) else []
    touched = [str(hook["name"]) for hook in hooks if bool(hook.get("installed")) is when]
    context.answer(
        {"dry_run": True, verb: touched},
        [f"would {verb} {name}" for name in touched] or ["nothing to do"],
    )
    return 0


INSTALL = Command(
    name="hooks install",
    description="""Install the hooks that tell us of commits, checkouts, merges, rewrites and pushes.
They start no process and never make a git command fail. Hooks that are there already run as
before, wherever core.hooksPath says they are.""",
    examples=(("git timewarp hooks install", "After 'init --no-hooks', or when doctor says so:"),),
    run=install,
    options=(DRY_RUN, JSON),
)

UNINSTALL = Command(
    name="hooks uninstall",
    description="""Remove our hooks and put back exactly what was there before.""",
    examples=(("git timewarp hooks uninstall", "Go on without hooks:"),),
    run=uninstall,
    options=(DRY_RUN, JSON),
)

STATUS = Command(
    name="hooks status",
    description="""Tell which hooks are installed, whether each fires, and which hook of yours each
passes on to.""",
    examples=(("git timewarp hooks status", "See whether commits are recorded:"),),
    run=status,
    options=(JSON,),
)
