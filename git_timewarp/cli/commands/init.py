"""`init`: start recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import human
from git_timewarp.cli.spec import Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, watch: bool, no_hooks: bool, dry_run: bool) -> int:
    """Start recording and say what that protects and what not."""
    if dry_run:
        return _plan(context, watch=watch, no_hooks=no_hooks)
    result = context.app.init(hooks=not no_hooks, watch=watch)
    look = context.look()
    context.answer(
        result.to_dict(),
        human.init(result, look),
        human.skipped(result.first, context.look(talk=True)) if result.first else (),
    )
    return 0


def _plan(context: Context, *, watch: bool, no_hooks: bool) -> int:
    """Say what `init` would do; the repository is opened, nothing is written."""
    is_recording = context.app.recording
    steps = ["nothing: recording is on already"] if is_recording else ["take a first snapshot"]
    if not no_hooks:
        steps.append("install the git hooks beside those that are there")
    if watch:
        steps.append("start the watcher")
    context.answer(
        {"dry_run": True, "recording": is_recording, "hooks": not no_hooks, "watch": watch},
        [f"would {step}" if step[:7] != "nothing" else step for step in steps],
    )
    return 0


COMMAND = Command(
    name="init",
    description="""Start recording in this repository: take a first snapshot and install the git
hooks beside those that are already there.

Nothing of yours changes: no branch, no index, no file. What is recorded lives in refs below
refs/timewarp/ and is put away by 'git timewarp deinit'. Running it again does no harm.""",
    examples=(
        ("git timewarp init", "Start recording:"),
        ("git timewarp init --watch", "And keep recording while you work, without any command:"),
    ),
    run=run,
    options=(
        Option(("-w", "--watch"), "watch", "start the watcher too"),
        Option(("--no-hooks",), "no_hooks", "do not install the git hooks"),
        DRY_RUN,
        JSON,
    ),
)
