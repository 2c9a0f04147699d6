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
    description="""Check what was recorded. The quick check reads every event and follows its chain, and
looks whether the journal, our refs and packs, and each snapshot with its parts are in their
places; it does not read what is in the snapshots. With --full every object of every snapshot
is read and hashed again, and our packs are checked from end to end. It only looks: nothing is
repaired, folded or recorded. The exit code is 5 when anything is damaged.""",
    examples=(
        ("git timewarp verify", "Check the chains, not the contents:"),
        ("git timewarp verify --full", "Read and hash every object again:"),
    ),
    run=run,
    options=(
        Option(("--quick",), "quick", "chains, and that each snapshot is there (the default)"),
        Option(("--full",), "full", "read and hash every object"),
        JSON,
    ),
)
