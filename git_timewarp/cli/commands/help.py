"""`help`: explain a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli import overview, registry, topics
from git_timewarp.cli.options import JSON
from git_timewarp.cli.spec import Argument, Command
from git_timewarp.errors import Kind, TimewarpError

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


class NoHelpError(TimewarpError):
    """There is nothing to explain under that name."""

    kind = Kind.NOT_FOUND
    reference = "no-help"


def run(context: Context, *, words: tuple[str, ...]) -> int:
    """Explain a command, the verbs of a noun, or list everything."""
    name = " ".join(words)
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
        page = registry.help_text(registry.load(name), columns=context.terminal.columns or 80)
        context.console.lines(page.splitlines())
    elif registry.verbs(name):
        context.console.lines(overview.noun(name))
    elif name in topics.TOPICS:
        context.console.lines(overview.topic(name))
    else:
        raise NoHelpError(f"there is no command '{name}'", hint="git timewarp help")
    return 0


COMMAND = Command(
    name="help",
    description="""Explain a command with all its options and an example, or list the commands.

There are pages on more than commands: targets, exit-codes, files, environment.""",
    examples=(
        ("git timewarp help stash apply", "Explain one command:"),
        ("git timewarp help targets", "How to name a moment:"),
    ),
    run=run,
    options=(JSON,),
    arguments=(Argument("words", "<command>", "the command", required=False, many=True),),
)
