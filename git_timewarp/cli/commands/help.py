"""`help`: explain a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli import overview, registry, topics
from git_timewarp.cli.explained import page
from git_timewarp.cli.options import JSON
from git_timewarp.cli.spec import Argument, Command
from git_timewarp.errors import Kind, TimewarpError

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


_ERRORS = "errors"


class NoHelpError(TimewarpError):
    """There is nothing to explain under that name."""

    kind = Kind.NOT_FOUND
    reference = "no-help"


def run(context: Context, *, words: tuple[str, ...]) -> int:
    """Explain a command, the verbs of a noun, or list everything."""
    name = " ".join(words)
    if words[:1] == (_ERRORS,):
        return _errors(context, words[1:])
    if context.json:
        commands = [
            {"name": known, "section": entry.section, "help": entry.text}
            for known, entry in registry.COMMANDS.items()
            if not name or known == name or known.startswith(f"{name} ")
        ]
        context.answer({"commands": commands}, ())
    elif not name:
        context.console.lines(overview.overview())
    elif name in registry.COMMANDS:
        page = registry.help_text(registry.load(name), columns=_columns(context))
        context.console.lines(page.splitlines())
    elif registry.verbs(name):
        context.console.lines(overview.noun(name))
    elif name in topics.TOPICS:
        context.console.lines(overview.topic(name))
    else:
        raise NoHelpError(f"there is no command '{name}'", hint="git timewarp help")
    return 0


def _errors(context: Context, words: tuple[str, ...]) -> int:
    """Explain errors by their reference, or list them."""
    for word in words:
        if word not in page.TABLE:
            raise NoHelpError(f"there is no error '{word}'", hint="git timewarp help errors")
    chosen = words or tuple(sorted(page.TABLE))
    lines: list[str] = []
    for word in words:
        lines += [*([""] if lines else []), *page.explained(word, columns=_columns(context))]
    context.answer({"errors": [page.to_dict(word) for word in chosen]}, lines or page.listed())
    return 0


def _columns(context: Context) -> int:
    return context.terminal.columns or 80


COMMAND = Command(
    name="help",
    description="""Explain a command with all its options and an example, or list the commands.

There are pages on more than commands: targets, exit-codes, files, environment,
autostart. 'errors' lists
what can go wrong, and with a reference ('--json' gives that of a failure) says how it comes,
what is safe and what to do.""",
    examples=(
        ("git timewarp help stash apply", "Explain one command:"),
        ("git timewarp help targets", "How to name a moment:"),
        ("git timewarp help errors lock-timeout", "What to do about a failure:"),
    ),
    run=run,
    options=(JSON,),
    arguments=(Argument("words", "<command>", "the command", required=False, many=True),),
)
