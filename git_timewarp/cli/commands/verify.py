"""`verify`: check every chain and object of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import JSON
from git_timewarp.cli.output import health
from git_timewarp.cli.spec import Command, Option
from git_timewarp.errors import Kind

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, quick: bool, full: bool) -> int:
    """Check, and say what is damaged; 5 when anything is."""
    progress = context.progress("verify")
    try:
        report = context.app.verify(full=full and not quick, progress=progress.advance)
    finally:
        progress.finish()
    context.answer(report.to_dict(), health.verify(report, context.look()))
    return 0 if report.is_clean else Kind.CORRUPT.value


COMMAND = Command(
    name="verify",
    description="""Check what was recorded: every chain of events, and that every object of ours is
there; with --full each object is read and hashed again too. It only looks: nothing is
repaired, folded or recorded. The exit code is 5 when anything is damaged.""",
    examples=(
        ("git timewarp verify", "A quick check:"),
        ("git timewarp verify --full", "Read and hash every object again:"),
    ),
    run=run,
    options=(
        Option(("--quick",), "quick", "chains and presence only (the default)"),
        Option(("--full",), "full", "read and hash every object"),
        JSON,
    ),
)
