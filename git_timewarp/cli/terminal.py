"""What stands at the other end of our streams, and the words we were started with."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import IO

from git_timewarp.util.text import to_str


class Terminal:
    """What is known of the three streams.

    Attributes:
        stdin, stdout, stderr: whether each is a terminal.
        columns: width to draw in; None where nothing is to be cut.
        utf8: whether characters outside ASCII can be shown.
    """

    __slots__ = ("columns", "stderr", "stdin", "stdout", "utf8")

    def __init__(
        self,
        *,
        stdin: bool = False,
        stdout: bool = False,
        stderr: bool = False,
        columns: int | None = None,
        utf8: bool = True,
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.columns = columns
        self.utf8 = utf8


class Manner:
    """How a failure is told.

    Attributes:
        json: for a program, not for people.
        environ, settings: what decides about colours.
        terminal: whether a person reads standard error.
    """

    __slots__ = ("environ", "json", "settings", "terminal")

    def __init__(
        self,
        *,
        json: bool = False,
        terminal: bool = False,
        environ: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.json = json
        self.terminal = terminal
        self.environ = environ or {}
        self.settings = settings or {}


def found(environ: Mapping[str, str]) -> Terminal:
    """Look at the streams of this process."""
    stdout = _is_terminal(1)
    return Terminal(
        stdin=_is_terminal(0),
        stdout=stdout,
        stderr=_is_terminal(2),
        columns=_columns(environ, terminal=stdout),
        utf8=is_utf8(environ),
    )


def is_utf8(environ: Mapping[str, str]) -> bool:
    """Tell whether the locale's characters are UTF-8 (setlocale(3): the first one set)."""
    for key in ("LC_ALL", "LC_CTYPE", "LANG"):
        if environ.get(key):
            return "utf-8" in environ[key].lower().replace("utf8", "utf-8")
    return False


def words() -> list[str]:
    """Return our arguments as names: UTF-8 with surrogate escapes, whatever the locale."""
    return [to_str(os.fsencode(word)) for word in sys.argv[1:]]


def stream(number: int) -> IO[bytes]:
    """Return standard output (1) or error (2) for bytes; a closed one swallows them."""
    try:
        os.fstat(number)
    except OSError:
        return open(os.devnull, "wb")
    return open(number, "wb", closefd=False)


def silence(number: int) -> None:
    """Send what is still written to a stream nowhere, so that nothing complains at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def _is_terminal(number: int) -> bool:
    try:
        return os.isatty(number)
    except OSError:
        return False


def _columns(environ: Mapping[str, str], *, terminal: bool) -> int | None:
    text = environ.get("COLUMNS", "")
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    if not terminal:
        return None
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80
