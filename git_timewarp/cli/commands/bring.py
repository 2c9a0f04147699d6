"""`import`: take in what an archive holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import archives
from git_timewarp.cli.spec import Argument, Command, Option
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util.text import shell

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


class MergeOrReplaceError(TimewarpError):
    """Both were asked for."""

    kind = Kind.USAGE
    reference = "merge-or-replace"


def run(
    context: Context, *, archive: str, merge: bool, replace: bool, force: bool, dry_run: bool
) -> int:
    """Check the archive, take it in, and say what came."""
    if merge and replace:
        raise MergeOrReplaceError(
            "'--merge' and '--replace' exclude each other", hint="git timewarp help import"
        )

    def confirm(what: str) -> None:
        if not force:
            command = f"git timewarp import --replace --force {shell(archive)}"
            context.confirm(word="replace", what=what, command=command)

    progress = context.progress("import")
    try:
        result = context.app.archive.bring(
            context.path(archive),
            replace=replace,
            confirm=confirm,
            dry_run=dry_run,
            progress=progress.advance,
        )
    finally:
        progress.finish()
    context.answer(result.to_dict(), archives.imported(result, context.look(), start=context.start))
    return 0


COMMAND = Command(
    name="import",
    description="""Take in the history that 'git timewarp export' wrote. All of the file is checked
before anything changes: its checksums, every object, the chain of every writer, and that no name
in it points outside of a work tree.

What is here stays, and what is not here is added to it. Where the file and this repository went
different ways under one writer's name, what is not here is kept beside, under a name of its own.
With --replace the file takes the place of everything that is recorded here: that is written to
an archive first, whose path is told. On a terminal you are asked to type the word, elsewhere
--force is needed.

Where nothing records yet, recording begins, and goes on where the file ends. Your files, your
index and your branches are not touched.""",
    examples=(
        ("git timewarp import history.tar.zst", "After a fresh clone, get the history back:"),
        ("git timewarp import --dry-run history.tar.zst", "See what would come:"),
        (
            "git timewarp import --replace history.tar.zst",
            "Go back to that history, whatever was recorded since:",
        ),
    ),
    run=run,
    options=(
        Option(("--merge",), "merge", "add it to what is here (the default)"),
        Option(("--replace",), "replace", "put it in the place of what is here"),
        Option(("-f", "--force"), "force", "do not ask before replacing"),
        DRY_RUN,
        JSON,
    ),
    arguments=(Argument("archive", "<file>", "the archive"),),
)
