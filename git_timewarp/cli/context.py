"""The surroundings of one command, read once: environment, terminal, folder, arguments.

Nothing else in the program reads them (style rule 5).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from git_timewarp.cli import registry
from git_timewarp.cli.output import age, color, machine
from git_timewarp.cli.output.look import Look
from git_timewarp.errors import Kind, TimewarpError

if TYPE_CHECKING:
    from git_timewarp.cli.facade import App
    from git_timewarp.cli.output.console import Console
    from git_timewarp.cli.output.progress import Progress
    from git_timewarp.cli.terminal import Terminal
    from git_timewarp.timeline.results_look import Json
    from git_timewarp.util.clock import Clock

_FALSE = {"false", "no", "off", "0"}
_TRUE = {"true", "yes", "on", "1"}
_OURS = "timewarp."


class DateFormatError(TimewarpError):
    """A way to show times that nobody knows."""

    kind = Kind.USAGE
    reference = "date-format"


class NotConfirmedError(TimewarpError):
    """The word that confirms was not typed, or nobody could be asked."""

    kind = Kind.REFUSED
    reference = "not-confirmed"


class Context:
    """What a command is given: the app, and where and how to answer.

    Attributes:
        json: whether the answer is for a program.
        console: where output goes.
        terminal: what is at the other end.
        clock: the machine's, or a test's.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        start: str,
        console: Console,
        terminal: Terminal,
        overrides: Mapping[str, str],
        paginate: bool | None = None,
        json: bool = False,
        app: App | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.json = json
        self.console = console
        self.terminal = terminal
        self.clock: Clock = clock or registry.system_clock()
        self._environ = environ
        self._start = start
        self._overrides = overrides
        self._paginate = paginate
        self._paging = False
        self._app = app

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of this process."""
        return self._environ

    @property
    def start(self) -> str:
        """The folder the command was started in."""
        return self._start

    def path(self, text: str) -> str:
        """Return the absolute path of a file as the user named it."""
        return os.path.join(self._start, text)

    @property
    def app(self) -> App:
        """The app on this repository, opened when it is first asked for."""
        if self._app is None:
            given = self._overrides.items()
            ours = {key: value for key, value in given if key.lower().startswith(_OURS)}
            self._app = registry.open_app(
                self._start,
                environ=self._environ,
                clock=self.clock,
                overrides=ours,
            )
        return self._app

    @property
    def opened(self) -> App | None:
        """The app if it was opened already."""
        return self._app

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings of git with what the command line says over them; keys in lower case."""
        found = self._app.git_config if self._app is not None else {}
        return {**found, **{key.lower(): value for key, value in self._overrides.items()}}

    def look(
        self,
        *,
        date: str | None = None,
        colors: str | None = None,
        ascii_only: bool = False,
        talk: bool = False,
    ) -> Look:
        """Return how to draw: options first, then settings, then the terminal.

        Args:
            date: `--date`.
            colors: `--color`.
            ascii_only: `--ascii`.
            talk: for standard error, not for standard output.

        Raises:
            DateFormatError: nobody knows such a format.
        """
        settings = self.settings
        painted = self.paints(colors, talk=talk)
        return Look(
            now_ns=self.clock.now_ns(),
            columns=self.terminal.columns,
            palette=color.palette(settings) if painted else color.PLAIN,
            ascii=ascii_only or not self.terminal.utf8 or self._wants_ascii(),
            quote_path=settings.get("core.quotepath", "true").lower() not in _FALSE,
            date=self._date(date),
        )

    def _date(self, given: str | None) -> str:
        if given is None:
            usual = self.settings.get("log.date", "relative").removeprefix("auto:")
            return usual if age.is_format(usual) else "relative"
        if not age.is_format(given):
            raise DateFormatError(
                f"unknown date format '{given}', not one of {', '.join(age.FORMATS)}",
                hint="git timewarp log --date iso",
            )
        return given

    def _wants_ascii(self) -> bool:
        name = "timewarp.ui.ascii"
        given = {key.lower(): value for key, value in self._overrides.items()}
        marks = given.get(name) or self._environ.get("GIT_TIMEWARP_UI_ASCII")
        return (marks or self.settings.get(name, "auto")).lower() in _TRUE

    def paints(self, colors: str | None, *, talk: bool = False) -> bool:
        """Tell whether output (or `talk`, standard error) is coloured, given `--color`."""
        settings = self.settings
        terminal = self.terminal.stderr if talk else self.terminal.stdout
        if self._paging and settings.get("color.pager", "true").lower() in _FALSE:
            terminal = False
        return color.wanted(colors, settings=settings, environ=self._environ, terminal=terminal)

    def page(self) -> None:
        """Let the data that follows go through the user's pager, on a terminal."""
        if self.json or not self.terminal.stdout:
            return
        line = registry.pager_line(
            choice=self._paginate, settings=self.settings, environ=self._environ
        )
        if line is None:
            return
        self._paging = True
        self.console.page(lambda: registry.start_pager(line, self._environ))

    def answer(self, record: Json, lines: Iterable[str], talk: Iterable[str] = ()) -> None:
        """Give the result: as JSON, or as lines on standard output and talk on standard error."""
        if self.json:
            self.console.write(machine.line(machine.versioned(record)))
            return
        self.console.lines(lines)
        self.console.flush()
        for line in talk:
            self.console.talk(line)

    def notice(self, text: str) -> str:
        """Return the line of standard error that passes on `text`."""
        if self.json:
            return machine.text(machine.versioned({"notice": text.removeprefix("warning: ")}))
        return text

    def progress(self, title: str) -> Progress:
        """Return a progress line; silent unless a person is watching."""
        return registry.progress(
            title,
            clock=self.clock,
            terminal=self.terminal.stderr and not self.json,
            write=_write_error,
        )

    def stdin(self) -> Iterable[bytes]:
        """Return standard input, line by line."""
        return sys.stdin.buffer if sys.stdin is not None else ()

    def confirm(self, *, word: str, what: str, command: str) -> None:
        """Have a person type `word` before something that cannot be undone.

        Args:
            word: what has to be typed.
            what: what is about to happen, as a sentence without a full stop.
            command: the same command line with `--force`, for scripts.

        Raises:
            NotConfirmedError: something else was typed, or nobody is there to ask.
        """
        if not (self.terminal.stdin and self.terminal.stderr) or self.json:
            raise NotConfirmedError(f"{what}; nobody is there to confirm it", hint=command)
        self.console.talk(f"warning: {what}")
        _write_error(f"type '{word}' to go on: ")
        if sys.stdin.readline().strip() != word:
            raise NotConfirmedError(f"'{word}' was not typed, nothing was done", hint=command)


def _write_error(text: str) -> None:
    os.write(2, text.encode())
