"""What is said before a command is chosen: version, overview, the verbs of a noun."""

from __future__ import annotations

from collections.abc import Iterator

from git_timewarp.cli import registry
from git_timewarp.cli.topics import TOPICS
from git_timewarp.util.text import printable

_WIDTH = 18
_MORE = (
    "'git timewarp demo' shows it all in a throw-away clone; 'git timewarp help' lists the rest."
)

GLOBAL_OPTIONS = (
    ("-C <dir>", "run as if started in that folder"),
    ("-c <key>=<value>", "set a setting for this command only"),
    ("-p, --paginate", "use the pager on a terminal, whatever is configured"),
    ("-P, --no-pager", "do not use a pager"),
    ("-v, --version", "print the version"),
    ("-h, --help", "print this help"),
)


def overview() -> Iterator[str]:
    """Draw the list of commands by section."""
    yield "usage: git timewarp [-C <dir>] [-c <key>=<value>] [--no-pager] <command> [<args>]"
    for section, title in registry.SECTIONS.items():
        yield ""
        yield title
        for name, text in _rows(section):
            yield f"   {name:{_WIDTH}} {text}"
    yield ""
    yield "options before the command"
    for name, text in GLOBAL_OPTIONS:
        yield f"   {name:{_WIDTH}} {text}"
    yield ""
    yield "'git timewarp <command> --help' explains a command and shows an example;"
    yield f"'git timewarp help <topic>' explains {', '.join(TOPICS)}."


def first_steps() -> Iterator[str]:
    """Draw the three first commands, where nothing records yet."""
    yield "nothing is recorded here yet; the three first commands are:"
    yield ""
    yield f"   {'git timewarp init':{_WIDTH + 6}} start recording in this repository"
    yield f"   {'git timewarp log':{_WIDTH + 6}} show what happened"
    yield f"   {'git timewarp undo':{_WIDTH + 6}} take back what a command of ours changed"
    yield ""
    yield _MORE


def first_command(reason: str, command: str) -> Iterator[str]:
    """Draw the one command that leads on, where nothing can be recorded."""
    yield f"{printable(reason)}; the first command is:"
    yield ""
    yield f"   {printable(command)}"
    yield ""
    yield _MORE


def noun(name: str) -> Iterator[str]:
    """Draw the verbs of a noun such as `watch`."""
    yield f"usage: git timewarp {name} <command> [<args>]"
    yield ""
    for verb, entry in registry.verbs(name).items():
        yield f"   {name + ' ' + verb:{_WIDTH}} {entry.text}"
    yield ""
    yield f"'git timewarp {name} <command> --help' explains each."


def topic(name: str) -> Iterator[str]:
    """Draw a page on something other than a command."""
    title, rows = TOPICS[name]
    yield title
    yield ""
    wide = max(len(left) for left, _ in rows)
    for left, right in rows:
        yield f"   {left:{wide}}  {right}"


def _rows(section: str) -> Iterator[tuple[str, str]]:
    """Give one row for a command, the verbs of a noun together."""
    seen = set()
    for name, entry in registry.COMMANDS.items():
        if entry.section != section:
            continue
        first, _, verb = name.partition(" ")
        if not verb:
            yield name, entry.text
        elif first not in seen:
            seen.add(first)
            yield first, ", ".join(registry.verbs(first))
