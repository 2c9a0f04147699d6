"""`recover`: what the last recovery did; our own records made again from what survives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON, SINCE
from git_timewarp.cli.output import disaster, rescue
from git_timewarp.cli.spec import Command, Option
from git_timewarp.errors import Kind, TimewarpError

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


class WhichRecoveryError(TimewarpError):
    """The command line asks for two recoveries, or for part of one."""

    kind = Kind.USAGE
    reference = "which-recovery"


def run(
    context: Context,
    *,
    rebuild: bool,
    from_git: bool,
    since: str | None,
    limit: int | None,
    dry_run: bool,
) -> int:
    """Bring back what survives, or tell what came back; 5 when something did not."""
    if (rebuild and from_git) or (dry_run and not (rebuild or from_git)):
        raise WhichRecoveryError(
            "recover from what: one of '--rebuild' and '--from-git'",
            hint="git timewarp recover --rebuild --dry-run",
        )
    if not from_git and (since is not None or limit is not None):
        raise WhichRecoveryError(
            "'--since' and '--limit' go with '--from-git'", hint="git timewarp help recover"
        )
    if from_git:
        most = 1000 if limit is None else limit
        derived = context.app.rescue.from_git(since=since, limit=most, dry_run=dry_run)
        context.answer(derived.to_dict(), disaster.derived(derived, context.look()))
        return Kind.CORRUPT.value if derived.lost else 0
    if rebuild:
        done = context.app.rescue.rebuild(dry_run=dry_run)
        context.answer(done.to_dict(), disaster.rebuilt(done, context.look()))
        return 0 if done.is_whole else Kind.CORRUPT.value
    report = context.app.recovery.report()
    context.answer(report.to_dict(), rescue.recovery(report, context.look()))
    return 0 if report.now.is_clean else Kind.CORRUPT.value


COMMAND = Command(
    name="recover",
    description="""Tell what the last recovery did, or make our own records again after a disaster.

Without an option it finishes what a crash cut off, as every command does, and tells what came
back, what was lost, what is still to be done, and how everything is now, by a quick look. Before
anything is put right, all our ref values and the journal are copied; the report says where.
Objects that a crash left and nothing names are kept there too, and listed.

With --rebuild every snapshot, draft, kept commit and event whose objects survive anywhere in the
repository, packs without an index and packs cut short included, is named by our refs again, and
the read index is made anew. What git could no longer read is written again. Each is proved whole
before a ref moves; refs only gain, nothing else in the repository changes. Where our own files
are gone too, this clone goes on from the ids it had.

With --from-git, for when nothing of ours survived, the timeline is derived from git: an event and
a snapshot for each commit (first parents of every branch, and those that only HEAD's reflog knows),
and an event for each checkout, reset, merge and rebase in that reflog. They carry the dates and
authors git has, are marked as derived, and are recorded once, however often this is run.

The exit code is 5 when something did not come back, or is damaged now;
'git timewarp emergency-restore' gets single files out of a snapshot that is not whole.""",
    examples=(
        ("git timewarp recover", "See what the last recovery brought back:"),
        ("git timewarp recover --rebuild --dry-run", "See what would come back:"),
        ("git timewarp recover --rebuild", "Bring it back:"),
        ("git timewarp recover --from-git --since '3 months ago'", "Begin anew with git's past:"),
    ),
    run=run,
    options=(
        Option(("--rebuild",), "rebuild", "make our refs again from the objects that survive"),
        Option(("--from-git",), "from_git", "derive a timeline from commits and the reflog"),
        SINCE,
        Option(
            ("--limit",),
            "limit",
            "with --from-git, the newest commits (1000)",
            metavar="<number>",
            number=True,
        ),
        DRY_RUN,
        JSON,
    ),
)
