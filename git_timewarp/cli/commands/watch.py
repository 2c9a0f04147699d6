"""`watch`: record while you work, in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import health
from git_timewarp.cli.spec import Command

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context
    from git_timewarp.timeline.results_look import Json


def start(context: Context, *, dry_run: bool) -> int:
    """Start the watcher; it is live when this returns."""
    if dry_run:
        return _plan(context, verb="start", when=False)
    return _told(context, context.app.watch_start())


def stop(context: Context, *, dry_run: bool) -> int:
    """Stop the watcher."""
    if dry_run:
        return _plan(context, verb="stop", when=True)
    record = context.app.watch_stop()
    if record.get("running"):
        return _told(context, record)
    was_running = record.get("changed", True)
    told = "the watcher is stopped; what it recorded stays"
    context.answer(record, [told if was_running else "no watcher was running"])
    return 0


def status(context: Context) -> int:
    """Tell whether the watcher runs."""
    return _told(context, context.app.watch_status())


def run(context: Context) -> int:
    """Watch until told to stop."""
    context.app.watch_run()
    return 0


def _told(context: Context, record: Json) -> int:
    look = context.look()
    lines = [f"watcher: {health.watcher(record, look)}", *health.watcher_problem(record, look)]
    context.answer(record, lines)
    return 0


def _plan(context: Context, *, verb: str, when: bool) -> int:
    running = bool(context.app.watch_status().get("running"))
    text = f"would {verb} the watcher" if running is when else "nothing to do"
    context.answer({"dry_run": True, "running": running}, [text])
    return 0


START = Command(
    name="watch start",
    description="""Start one small background process for this work tree. It takes a draft two
seconds after the last change and at least every minute while you work, so that work is kept
without any command. It ends by 'watch stop', with the repository, or at shutdown.""",
    examples=(("git timewarp watch start", "Record while you work:"),),
    run=start,
    options=(DRY_RUN, JSON),
)

STOP = Command(
    name="watch stop",
    description="""Stop the watcher of this work tree. What it recorded stays.""",
    examples=(("git timewarp watch stop", "Stop recording in the background:"),),
    run=stop,
    options=(DRY_RUN, JSON),
)

STATUS = Command(
    name="watch status",
    description="""Tell whether the watcher runs, how it notices changes, and when it last took a
draft.""",
    examples=(("git timewarp watch status", "See whether your work is being recorded:"),),
    run=status,
    options=(JSON,),
)

RUN = Command(
    name="watch run",
    description="""Run the watcher in the foreground, until it is interrupted. 'watch start' does
the same in the background; this form is for service managers.""",
    examples=(("git timewarp watch run", "Under a service manager:"),),
    run=run,
    options=(JSON,),
)
