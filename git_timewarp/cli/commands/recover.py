"""`recover`: make our own records again from what survives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import disaster
from git_timewarp.cli.spec import Command, Option
from git_timewarp.errors import Kind, TimewarpError

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


class WhichRecoveryError(TimewarpError):
    """The command line does not say what to recover from."""

    kind = Kind.USAGE
    reference = "which-recovery"


def run(context: Context, *, rebuild: bool, dry_run: bool) -> int:
    """Rebuild, and say what came back and what did not; 5 when something did not."""
    if not rebuild:
        raise WhichRecoveryError(
            "recover from what: '--rebuild'", hint="git timewarp recover --rebuild --dry-run"
        )
    done = context.app.rescue.rebuild(dry_run=dry_run)
    context.answer(done.to_dict(), disaster.rebuilt(done, context.look()))
    return 0 if done.is_whole else Kind.CORRUPT.value


COMMAND = Command(
    name="recover",
    description="""Make our own records again after a disaster.

With --rebuild every snapshot, draft, kept commit and event whose objects survive anywhere in the
repository, packs without an index and packs cut short included, is named by our refs again, and
the read index is made anew. What git could no longer read is written again. Each is proved whole
before a ref moves; refs only gain, nothing else in the repository changes. Where our own files
are gone too, this clone goes on from the ids it had. The exit code is 5 when something that was
recorded did not come back; 'git timewarp emergency-restore' gets single files out of a snapshot
that is not whole.""",
    examples=(
        ("git timewarp recover --rebuild --dry-run", "See what would come back:"),
        ("git timewarp recover --rebuild", "Bring it back:"),
    ),
    run=run,
    options=(
        Option(("--rebuild",), "rebuild", "make our refs again from the objects that survive"),
        DRY_RUN,
        JSON,
    ),
)
