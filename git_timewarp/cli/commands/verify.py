"""`verify`: check every chain and object of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import JSON
from git_timewarp.cli.output import health
from git_timewarp.cli.spec import Command, Option
from git_timewarp.errors import Kind, TimewarpError

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


_DRILLS = 3


class DepthError(TimewarpError):
    """The options ask for two things at once."""

    kind = Kind.USAGE
    reference = "verify-depth"


def run(
    context: Context,
    *,
    quick: bool,
    full: bool,
    subset: str | None,
    restore_drill: bool,
    drills: int | None,
) -> int:
    """Check, and say what is damaged; 5 when anything is."""
    if quick and (full or subset is not None):
        more = "--full" if full else f"--read-data-subset {subset}"
        raise DepthError(
            f"--quick reads no contents, {more.split(maxsplit=1)[0]} does",
            hint=f"git timewarp verify {more}",
        )
    if full and subset is not None:
        raise DepthError(
            "--full reads everything, --read-data-subset a part of it",
            hint=f"git timewarp verify --read-data-subset {subset}",
        )
    if drills == 0:
        raise DepthError(
            "'--drills 0' would restore nothing", hint="git timewarp verify --restore-drill"
        )
    count = drills if drills is not None else _DRILLS if restore_drill else 0
    progress = context.progress("verify")
    try:
        report = context.app.verify(
            full=full,
            subset=subset,
            drills=count,
            progress=progress.advance,
        )
    finally:
        progress.finish()
    context.answer(report.to_dict(), health.verify(report, context.look()))
    return 0 if report.is_clean else Kind.CORRUPT.value


COMMAND = Command(
    name="verify",
    description="""Check what was recorded. The quick check reads every event and follows its chain, and
looks whether the journal, our refs and packs, and each snapshot with its parts are in their
places; it does not read what is in the snapshots. With --full every object of every snapshot
is read and hashed again, our packs are checked from end to end, and the read index is compared
with the notes. --read-data-subset reads a part of the objects: 1/5, then 2/5 and so on reads
everything in five runs, 10% a tenth of it chosen by chance.

With --restore-drill some snapshots, chosen by chance, are restored into a scratch folder by the
code that restores, and their trees are compared. It only looks: nothing is repaired, folded or
recorded. The exit code is 5 when anything is damaged.""",
    examples=(
        ("git timewarp verify", "Check the chains, not the contents:"),
        ("git timewarp verify --full", "Read and hash every object again:"),
        ("git timewarp verify --read-data-subset 2/5", "Read the second fifth of the objects:"),
        ("git timewarp verify --restore-drill --drills 10", "Restore ten snapshots for a trial:"),
    ),
    run=run,
    options=(
        Option(("--quick",), "quick", "chains, and that each snapshot is there (the default)"),
        Option(("--full",), "full", "read and hash every object"),
        Option(
            ("--read-data-subset",),
            "subset",
            "read and hash a part of the objects: n/t, or a percentage",
            metavar="<part>",
        ),
        Option(("--restore-drill",), "restore_drill", "restore some snapshots and compare"),
        Option(
            ("--drills",),
            "drills",
            "how many snapshots to restore (3)",
            metavar="<number>",
            number=True,
        ),
        JSON,
    ),
)
