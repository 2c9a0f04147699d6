"""`emergency-restore`: write a moment into an empty folder where git opens nothing any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.app import rescue
from git_timewarp.cli.options import JSON
from git_timewarp.cli.output import disaster
from git_timewarp.cli.spec import Command, Option
from git_timewarp.errors import Kind, TimewarpError

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


class WhichMomentError(TimewarpError):
    """The command line does not say which moment, or where to."""

    kind = Kind.USAGE
    reference = "which-moment"


def run(
    context: Context,
    *,
    latest: bool,
    at: str | None,
    to: str | None,
    git_dir: str | None,
    list_only: bool,
) -> int:
    """Write out what can be read and say what cannot; 5 when something is missing."""
    ways = [latest, at is not None, list_only]
    if ways.count(True) != 1 or (to is None) != list_only:
        raise WhichMomentError(
            "one of '--latest' and '--at' is needed, and '--to'; or '--list' alone",
            hint="git timewarp emergency-restore --latest --to ../rescued",
        )
    app = rescue.Emergency(context.start, environ=context.environ, clock=context.clock)
    progress = context.progress("emergency-restore")
    try:
        if to is None:
            listing = app.moments(git_dir=git_dir, progress=progress.advance)
            context.answer(
                listing.to_dict(),
                disaster.moments(listing, context.look()),
                disaster.gone(listing.gone),
            )
            return 0
        done = app.restore(to=to, at=at, git_dir=git_dir, progress=progress.advance)
    finally:
        progress.finish()
    context.answer(done.to_dict(), (), disaster.rescued(done, context.look(talk=True)))
    return 0 if done.is_whole else Kind.CORRUPT.value


COMMAND = Command(
    name="emergency-restore",
    description="""Write a snapshot into an empty folder, reading what is left of the repository
without git: where refs, HEAD, settings, the index of a pack or our own files are gone, where a
pack is cut short, where git is not installed. Each object is hashed again before it is used.

The folder is made, or must be empty. It gets the files and nothing else; nothing is written
anywhere else, and nothing in the repository changes. What could not be read is listed on standard
error, and the exit code is then 5. Without --git-dir the repository around the current folder is
read, however broken it is.

Snapshots of the work tree one stands in are taken, also in a linked one; with --git-dir, of the one
whose git directory it is. Only where none of its own is left, the newest of any work tree is taken.
--list shows those of all. A time is ISO 8601, '@' and seconds since the epoch, or like '2 hours
ago'.""",
    examples=(
        ("git timewarp emergency-restore --list", "See which moments are left:"),
        ("git timewarp emergency-restore --latest --to ../rescued", "Write the latest one out:"),
        (
            "git timewarp emergency-restore --at '2 hours ago' --to ../rescued --git-dir /mnt/.git",
            "An older one, from a disk that was mounted:",
        ),
    ),
    run=run,
    options=(
        Option(("--latest",), "latest", "the newest snapshot or draft left of this work tree"),
        Option(("--at",), "at", "the newest one that is not after this", metavar="<time>"),
        Option(("--to",), "to", "the empty folder to write into", metavar="<dir>"),
        Option(("--git-dir",), "git_dir", "the repository to read, or its '.git'", metavar="<dir>"),
        Option(("--list",), "list_only", "only list which moments are left, and how whole"),
        JSON,
    ),
)
