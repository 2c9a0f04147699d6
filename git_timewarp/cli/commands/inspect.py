"""`inspect`: what an archive holds, and whether it is what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.app import archive as archive_verbs
from git_timewarp.cli.options import JSON
from git_timewarp.cli.output import archives
from git_timewarp.cli.spec import Argument, Command

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, archive: str) -> int:
    """Read the archive from one end to the other and tell what is in it."""
    progress = context.progress("inspect")
    try:
        result = archive_verbs.inspect(context.path(archive), progress=progress.advance)
    finally:
        progress.finish()
    context.answer(
        result.to_dict(), archives.inspected(result, context.look(), start=context.start)
    )
    return 0


COMMAND = Command(
    name="inspect",
    description="""Tell what an archive of 'git timewarp export' holds: whose history, how many
events and snapshots, from when to when. The whole file is read, and every checksum in it is
compared; the exit code is 5 when one is wrong. No repository is needed. What only git can check,
the objects themselves, is checked by 'git timewarp import --dry-run'.""",
    examples=(("git timewarp inspect history.tar.zst", "See what a file holds:"),),
    run=run,
    options=(JSON,),
    arguments=(Argument("archive", "<file>", "the archive"),),
)
