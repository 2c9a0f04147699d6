"""The entry point; the only place where failures become text and exit codes (design 8)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from git_timewarp import __version__
from git_timewarp.cli import light, lines, registry, terminal
from git_timewarp.cli.output.console import Console, HungUpError
from git_timewarp.errors import Kind, TimewarpError

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context
    from git_timewarp.cli.facade import App
    from git_timewarp.cli.spec import Command, Params
    from git_timewarp.cli.terminal import Terminal
    from git_timewarp.util.clock import Clock

_HELP = ("-h", "--help")


class UnknownCommandError(TimewarpError):
    """There is no such command."""

    kind = Kind.USAGE
    reference = "unknown-command"


class NoFolderError(TimewarpError):
    """The folder to run in is not there."""

    kind = Kind.NOT_FOUND
    reference = "no-folder"


def main() -> int:
    """Run the command this process was started with and return its exit code."""
    environ = dict(os.environ)
    ends = terminal.found(environ)
    console = Console(out=terminal.stream(1), err=terminal.stream(2), utf8=ends.utf8)
    return Run(terminal.words(), environ=environ, ends=ends, console=console).to_end()


class Run:
    """One command line on its way from words to an exit code.

    Without `app` the repository around the current folder is opened when a command asks.
    """

    def __init__(
        self,
        words: list[str],
        *,
        environ: Mapping[str, str],
        ends: Terminal,
        console: Console,
        app: App | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._words = words
        self._environ = environ
        self._ends = ends
        self._console = console
        self._app = app
        self._clock = clock
        self._context: Context | None = None

    def to_end(self) -> int:
        """Run the command; whatever happens ends as an exit code."""
        try:
            code = self._dispatch()
            self._console.close()
        except HungUpError:
            # The reader has seen enough (`| head`, a pager left early): not a failure.
            terminal.silence(1)
            self._close()
            code = 0
        except (Exception, KeyboardInterrupt) as exc:  # noqa: BLE001 - the last resort
            self._close()
            self._notices()
            code = self._failed(exc)
        else:
            self._notices()
        return code

    def _dispatch(self) -> int:
        if "GIT_TIMEWARP_FAULT" in self._environ:
            registry.install_faults(self._environ)
        line = lines.read(self._words, self._environ)
        _enter(line.folders)
        if line.wants == "version":
            return self._say([f"git-timewarp version {__version__}"])
        if line.wants == "help" and not line.words:
            return self._say(registry.pages().overview())
        if not [word for word in line.words if word != "--json"]:
            return self._bare(line)
        name, rest = registry.split(line.words)
        if name is None:
            return self._noun(line)
        command = registry.load(name)
        if line.wants == "help" or _asks_help(rest):
            page = registry.help_text(command, columns=self._ends.columns or 80)
            return self._say(page.splitlines())
        params = parse(command, words=rest)
        return command.run(self._new_context(line, json=bool(params.pop("json", False))), **params)

    def _bare(self, line: lines.Line) -> int:
        """Print a short status, or the first commands where nothing records."""
        context = self._new_context(line, json="--json" in line.words)
        try:
            is_recording = context.app.recording
        except TimewarpError as exc:
            if exc.kind is not Kind.REFUSED:
                raise
            if context.json:
                raise
            return self._say(
                registry.pages().first_command(exc.message, exc.hint or "git timewarp doctor")
            )
        if not is_recording and not context.json:
            return self._say(registry.pages().first_steps())
        return registry.load("status").run(context, short=True)

    def _noun(self, line: lines.Line) -> int:
        """Explain a noun, or refuse a command nobody knows."""
        first = line.words[0]
        if not registry.verbs(first):
            near = registry.near(first, {name.split()[0] for name in registry.COMMANDS})
            raise UnknownCommandError(
                f"'{first}' is not a command of git timewarp",
                hint=f"git timewarp {near}" if near else "git timewarp help",
            )
        rest = [word for word in line.words[1:] if word != "--json"]
        if line.wants == "help" or _asks_help(rest):
            return self._say(registry.pages().noun(first))
        verbs = ", ".join(registry.verbs(first))
        hint = f"git timewarp {first} --help"
        if not rest:
            raise UnknownCommandError(f"'{first}' needs a command: {verbs}", hint=hint)
        raise UnknownCommandError(f"'{first} {rest[0]}' is not one of: {verbs}", hint=hint)

    def _new_context(self, line: lines.Line, *, json: bool) -> Context:
        given = registry.settings_given(line.given) if line.given else {}
        self._context = registry.context()(
            environ=self._environ,
            start=_here(),
            console=self._console,
            terminal=self._ends,
            overrides={**line.overrides, **given},
            paginate=line.paginate,
            json=json,
            app=self._app,
            clock=self._clock,
        )
        return self._context

    def _say(self, text: Iterable[str]) -> int:
        self._console.lines(text)
        return 0

    def _failed(self, exc: BaseException) -> int:
        """Tell what failed and what to do next; return the exit code."""
        app = self._context.opened if self._context is not None else None
        folder = os.path.join(app.state_dir, "log") if app is not None else None
        manner = terminal.Manner(
            json=lines.is_json(self._words),
            terminal=self._ends.stderr,
            environ=self._environ,
            settings=self._settings(),
        )
        code, told = registry.explain(exc, folder=folder, words=self._words, manner=manner)
        for line in told:
            self._console.talk(line)
        return code

    def _settings(self) -> Mapping[str, str]:
        """Return git's settings, if they can be read: telling a failure must not fail."""
        try:
            return self._context.settings if self._context is not None else {}
        except (TimewarpError, OSError):
            return {}

    def _notices(self) -> None:
        """Pass on what happened on the way: recoveries, healed refs."""
        app = self._context.opened if self._context is not None else None
        if app is None or self._context is None:
            return
        for notice in app.notices:
            self._console.talk(self._context.notice(notice))

    def _close(self) -> None:
        """Send what was written so far, so that it stands before the error."""
        try:
            self._console.close()
        except (HungUpError, OSError):
            terminal.silence(1)


def parse(command: Command, *, words: list[str]) -> Params:
    """Return a command's parameters; click is imported only where the line is unusual.

    Raises:
        UsageError: the line does not say what to do.
    """
    end = words.index("--") if "--" in words else len(words)
    before, rest = words[:end], words[end:]
    if command.count is not None:
        before = _counted(before, command)
    after = command.after
    line = before if after is not None else [*before, *rest]
    params = light.parse(command, line)
    if params is None:
        params = registry.parse(command, line)
    if after is not None:
        params[after.dest] = tuple(rest[1:])
    return params


def _counted(words: list[str], command: Command) -> list[str]:
    """Return the words with `-20` written as the option it is short for."""
    waiting = {name for option in command.options if not option.is_flag for name in option.names}
    return [
        f"{command.count}{word[1:]}" if _is_count(word) and last not in waiting else word
        for last, word in zip(["", *words], words, strict=False)
    ]


def _is_count(word: str) -> bool:
    return word.startswith("-") and word[1:].isascii() and word[1:].isdigit()


def _asks_help(words: list[str]) -> bool:
    end = words.index("--") if "--" in words else len(words)
    return any(word in _HELP for word in words[:end])


def _enter(folders: list[str]) -> None:
    for folder in folders:
        if not folder:
            continue
        try:
            os.chdir(folder.encode("utf-8", "surrogateescape"))
        except OSError as exc:
            raise NoFolderError(
                f"cannot change to '{folder}': {(exc.strerror or str(exc)).lower()}", hint="ls"
            ) from exc


def _here() -> str:
    try:
        return os.fsencode(os.getcwd()).decode("utf-8", "surrogateescape")
    except FileNotFoundError as exc:
        raise NoFolderError("the current folder does not exist any more", hint="cd ..") from exc
