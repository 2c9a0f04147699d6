"""`diff`: changes between two moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import COLOR, JSON, NO_COLOR, STAT
from git_timewarp.cli.output import human
from git_timewarp.cli.spec import Argument, Command, Option

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(
    context: Context,
    *,
    a: str | None,
    b: str | None,
    paths: tuple[str, ...],
    stat: bool,
    name_only: bool,
    colors: str | None,
    no_color: bool,
) -> int:
    """Show the differences as git would."""
    app = context.app
    if not context.json:
        context.page()
    painted = context.paints("never" if no_color else colors)
    result = app.diff(a, b, paths=paths, color=painted, stat=stat, name_only=name_only)
    if context.json:
        context.answer(result.to_dict(), ())
    elif result.patch and not name_only:
        context.console.write(result.patch)
    else:
        look = context.look(colors="never" if no_color else colors)
        if name_only:
            context.console.lines(look.path(change.path) for change in result.files)
        else:
            context.console.lines(human.files(result.files, look, stat=stat))
    return 0


COMMAND = Command(
    name="diff",
    description="""Show changes between two moments: without a target the latest snapshot
against the work tree, with one that moment against the work tree, with two the first
against the second.""",
    examples=(
        ("git timewarp diff", "What changed since the latest snapshot:"),
        ("git timewarp diff E12 E47 -- src", "What happened to a folder between two events:"),
    ),
    run=run,
    options=(
        STAT,
        Option(("--name-only",), "name_only", "show only which files changed"),
        COLOR,
        NO_COLOR,
        JSON,
    ),
    arguments=(
        Argument("a", "<target>", "the earlier moment", required=False),
        Argument("b", "<target>", "the later moment", required=False),
    ),
    after=Argument("paths", "<path>", "only these paths", required=False, many=True),
)
