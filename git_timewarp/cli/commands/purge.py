"""`purge`: remove content from every snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import disk
from git_timewarp.cli.spec import Argument, Command, Option
from git_timewarp.util.text import shell

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, what: tuple[str, ...], force: bool, dry_run: bool) -> int:
    """Ask, remove it, and say what of it is still there."""
    app = context.app
    if not (force or dry_run):
        planned = app.disk.purge(what, dry_run=True)
        words = " ".join(shell(word) for word in what)
        context.confirm(
            word="purge",
            what=f"this removes {len(planned.paths)} path(s) from "
            f"{len(planned.snapshots)} snapshot(s){disk.also(planned.archives)} for good",
            command=f"git timewarp purge --force {words}",
        )
    result = app.disk.purge(what, dry_run=dry_run)
    context.answer(result.to_dict(), disk.purge(result, context.look()))
    return 0


COMMAND = Command(
    name="purge",
    description="""Remove content that should never have been kept, a swallowed secret, from every
snapshot, draft and kept commit, and from the disk: files by path or pattern, as 'git restore'
reads them, or one content wherever it is, by the id of its blob. The snapshots stay and list the
paths as skipped; the events stay and an event tells of the purge. Copies that recoveries and
restores had kept go as well, and whole archives of what an import replaced that hold it: these are
named before.

The id of a file, folder or description that is lost and that 'git timewarp repair' could not bring
back is taken too: the snapshots go on without it, and git gc works again.

What your own commits, index or reflogs hold is yours and stays: that is told, with the command
that finds it. A secret that was in a snapshot may have been seen: change it, too. On a terminal
you are asked to type the word, elsewhere --force is needed.""",
    examples=(
        ("git timewarp purge --dry-run '*.pem'", "See what would go:"),
        ("git timewarp purge --force config/secret.env", "Remove a file from every snapshot:"),
    ),
    run=run,
    options=(Option(("-f", "--force"), "force", "do not ask"), DRY_RUN, JSON),
    arguments=(Argument("what", "<path-or-id>", "paths, patterns, or ids of blobs", many=True),),
)
