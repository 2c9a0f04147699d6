"""Which commands there are and where each lives; nothing is imported before it is wanted.

The order of the table is the order in help, in the manual page and in the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from git_timewarp.cli.context import Context
    from git_timewarp.cli.facade import App
    from git_timewarp.cli.output.console import Pager
    from git_timewarp.cli.output.progress import Progress
    from git_timewarp.cli.spec import Command, Params
    from git_timewarp.cli.terminal import Manner
    from git_timewarp.util.clock import Clock

_HERE = "git_timewarp.cli.commands."

SECTIONS = {
    "start": "start a recording, look after it",
    "record": "record",
    "look": "look at what happened",
    "travel": "travel in time",
    "safe": "keep it safe, pass it on",
}


class Entry:
    """Where a command lives: module and attribute, section, one line of help."""

    __slots__ = ("needs_repo", "section", "target", "text")

    def __init__(self, target: str, section: str, text: str, *, needs_repo: bool = True) -> None:
        self.target = _HERE + target
        self.section = section
        self.text = text
        self.needs_repo = needs_repo


COMMANDS: dict[str, Entry] = {
    "init": Entry("init:COMMAND", "start", "start recording in this repository"),
    "deinit": Entry("deinit:COMMAND", "start", "stop recording, put everything back"),
    "status": Entry("status:COMMAND", "start", "show what is recorded and what is wrong"),
    "doctor": Entry("doctor:COMMAND", "start", "check that everything works, hooks included"),
    "config list": Entry("config:LIST", "start", "show the settings and where each comes from"),
    "config get": Entry("config:GET", "start", "show one setting"),
    "config set": Entry("config:SET", "start", "change a setting"),
    "config validate": Entry("config:VALIDATE", "start", "check all settings"),
    "demo": Entry(
        "demo:COMMAND", "start", "lose work in a throw-away clone, bring it back", needs_repo=False
    ),
    "help": Entry("help:COMMAND", "start", "explain a command", needs_repo=False),
    "snapshot": Entry("snapshot:COMMAND", "record", "keep the work tree as it is now"),
    "watch start": Entry("watch:START", "record", "record while you work, in the background"),
    "watch stop": Entry("watch:STOP", "record", "stop the watcher"),
    "watch status": Entry("watch:STATUS", "record", "tell whether the watcher runs"),
    "watch run": Entry("watch:RUN", "record", "run the watcher in the foreground"),
    "hooks install": Entry("hooks:INSTALL", "record", "record commits, merges, rebases, pushes"),
    "hooks uninstall": Entry("hooks:UNINSTALL", "record", "put the hooks back as they were"),
    "hooks status": Entry("hooks:STATUS", "record", "tell which hooks are there and fire"),
    "record": Entry("record:COMMAND", "record", "record events read from standard input"),
    "log": Entry("log:COMMAND", "look", "show what happened, newest first"),
    "show": Entry("show:COMMAND", "look", "show one event and what it changed"),
    "diff": Entry("diff:COMMAND", "look", "show changes between two moments"),
    "cat": Entry("cat:COMMAND", "look", "print a file as it was"),
    "history": Entry("history:COMMAND", "look", "show every version of one path"),
    "jump": Entry("jump:COMMAND", "travel", "bring the whole work tree back to a moment"),
    "restore": Entry("restore:COMMAND", "travel", "bring some paths back"),
    "undo": Entry("undo:UNDO", "travel", "take back what a command of ours changed"),
    "redo": Entry("undo:REDO", "travel", "take back an undo"),
    "stash list": Entry("stash:LIST", "travel", "list the work that jumps put away"),
    "stash show": Entry("stash:SHOW", "travel", "show what a stash holds"),
    "stash apply": Entry("stash:APPLY", "travel", "put a stash on top of the work tree"),
    "stash store": Entry("stash:STORE", "travel", "put a stash on git's own list as well"),
    "stash drop": Entry("stash:DROP", "travel", "forget a stash"),
    "verify": Entry("verify:COMMAND", "safe", "check every chain and object of ours"),
    "storage": Entry("storage:COMMAND", "safe", "show what takes how much of the disk"),
    "compact": Entry("compact:COMMAND", "safe", "thin old snapshots, free their space"),
    "purge": Entry("purge:COMMAND", "safe", "remove content from every snapshot"),
    "redact": Entry("redact:COMMAND", "safe", "remove what an event says, keep its place"),
    "recover": Entry("recover:COMMAND", "safe", "finish what a crash cut off, say what came back"),
    "repair": Entry("repair:COMMAND", "safe", "heal what is damaged from wherever it still is"),
    "emergency-restore": Entry(
        "emergency_restore:COMMAND",
        "safe",
        "write a moment into an empty folder, without git",
        needs_repo=False,
    ),
    "export": Entry("export:COMMAND", "safe", "write all that is recorded to one file"),
    "import": Entry("bring:COMMAND", "safe", "take in what such a file holds"),
    "inspect": Entry(
        "inspect:COMMAND", "safe", "tell what such a file holds and check it", needs_repo=False
    ),
    "notes publish": Entry("notes:PUBLISH", "safe", "write the log as ordinary git notes"),
}


def load(name: str) -> Command:
    """Import one command and nothing else; KeyError for an unknown name."""
    module, attribute = COMMANDS[name].target.split(":")
    command: Command = getattr(__import__(module, fromlist=[attribute]), attribute)
    return command


def split(words: list[str]) -> tuple[str | None, list[str]]:
    """Return the longest command name the words begin with, and the words after it."""
    for length in (2, 1):
        name = " ".join(words[:length])
        if len(words) >= length and name in COMMANDS:
            return name, words[length:]
    return None, words


def verbs(noun: str) -> dict[str, Entry]:
    """Return the commands `noun verb`, by verb; empty when there is no such noun."""
    start = noun + " "
    return {
        name.removeprefix(start): entry
        for name, entry in COMMANDS.items()
        if name.startswith(start)
    }


def open_app(
    start: str,
    *,
    environ: Mapping[str, str],
    clock: Clock,
    overrides: Mapping[str, str],
) -> App:
    """Import the app and open it on the repository around the folder `start`."""
    from git_timewarp.app import repository

    return repository.open(start, environ=environ, clock=clock, overrides=overrides)


def settings_given(options: Mapping[str, str]) -> dict[str, str]:
    """Import the settings and return those of `-c` under their full names."""
    from git_timewarp.config import validate

    return validate.given(options)


def system_clock() -> Clock:
    """Return the machine's clock."""
    from git_timewarp.util.clock import SystemClock

    return SystemClock()


def parse(command: Command, words: list[str]) -> Params:
    """Import the real parser and parse; UsageError explains what is wrong."""
    from git_timewarp.cli import grammar

    return grammar.parse(command, words)


def help_text(command: Command, *, columns: int) -> str:
    """Import the writer of help pages and return a command's."""
    from git_timewarp.cli import grammar

    return grammar.help_text(command, columns=columns)


def pages() -> ModuleType:
    """Import what is said before a command is chosen: `cli/overview.py`."""
    from git_timewarp.cli import overview

    return overview


def progress(title: str, *, clock: Clock, terminal: bool, write: Callable[[str], None]) -> Progress:
    """Import and make a progress line."""
    from git_timewarp.cli.output.progress import Progress

    return Progress(title, clock=clock, terminal=terminal, write=write)


def pager_line(
    *, choice: bool | None, settings: Mapping[str, str], environ: Mapping[str, str]
) -> str | None:
    """Import the pager and return its command line; None for no pager."""
    from git_timewarp.cli.output import pager

    return pager.command(choice=choice, settings=settings, environ=environ)


def start_pager(line: str, environ: Mapping[str, str]) -> Pager:
    """Import the pager and start it."""
    from git_timewarp.cli.output import pager

    return pager.Pager(line, environ)


def explain(
    exc: BaseException, *, folder: str | None, words: list[str], manner: Manner
) -> tuple[int, list[str]]:
    """Import what turns exceptions into failures; return the exit code and what to say."""
    from git_timewarp.cli import failures

    return failures.explain(exc, folder=folder, words=words, manner=manner)


def install_faults(environ: Mapping[str, str]) -> None:
    """Import and install the fault that a test asks for."""
    from git_timewarp.cli import injection

    injection.install(environ)


def context() -> type[Context]:
    """Import what a command is given."""
    from git_timewarp.cli.context import Context

    return Context


def near(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like `word`, if any is."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1)), None)
