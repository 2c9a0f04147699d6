"""`diff`: changes between two moments."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from git_timewarp.cli.options import COLOR, JSON, NO_COLOR, STAT
from git_timewarp.cli.output import human
from git_timewarp.cli.spec import Argument, Command, Option
from git_timewarp.errors import TimewarpError
from git_timewarp.util.text import shell

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context

_UNKNOWN = "unknown-target"


def run(
    context: Context,
    *,
    a: str | None,
    b: str | None,
    more: tuple[str, ...],
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
    words = [word for word in (a, b) if word is not None]
    rest = [*more, *paths]
    while True:
        left, right = (*words, None, None)[:2]
        try:
            result = app.diff(
                left, right, paths=tuple(rest), color=painted, stat=stat, name_only=name_only
            )
            break
        except TimewarpError as exc:
            if exc.reference != _UNKNOWN:
                raise
            # As git: what names no moment and is there is a path, without `--` too.
            if paths or not os.path.lexists(os.path.join(context.start, words[-1])):
                exc.hint = exc.hint if paths else _with_dashes(words, rest)
                raise
            rest.insert(0, words.pop())
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


def _with_dashes(words: list[str], rest: list[str]) -> str:
    line = [*words[:-1], "--", words[-1], *rest]
    return "git timewarp diff " + " ".join(shell(word) for word in line)


COMMAND = Command(
    name="diff",
    description="""Show changes between two moments: without a target the latest snapshot
against the work tree, with one that moment against the work tree, with two the first
against the second. What names no moment and is there is a path, as for git; '--' before the
paths says so.""",
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
        Argument("more", "<path>", "only these paths", required=False, many=True),
    ),
    after=Argument("paths", "<path>", "only these paths", required=False, many=True),
)
