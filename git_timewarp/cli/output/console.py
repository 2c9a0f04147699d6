"""Standard output and error: data on one, talk on the other, a pager in between."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Protocol

from git_timewarp.util.text import to_bytes


class HungUpError(Exception):
    """Whoever read our output is gone."""


class Sink(Protocol):
    """Something that takes bytes: standard output, or a pager."""

    def write(self, data: bytes, /) -> object:
        """Take more."""

    def flush(self) -> None:
        """Pass everything on."""


class Pager(Sink, Protocol):
    """A sink somebody is looking at."""

    def close(self) -> None:
        """Wait until they are done."""


class Console:
    """Where a command writes.

    Data goes to standard output (through the pager once `page` was called), talk to
    standard error. Text is written as UTF-8 with names byte for byte; where the
    terminal is not UTF-8, characters outside ASCII become `?`.

    Every method that writes data raises HungUpError when the reader is gone and
    OSError when it cannot be written (a full disk).
    """

    def __init__(self, *, out: Sink, err: Sink, utf8: bool) -> None:
        self._out = out
        self._err = err
        self._utf8 = utf8
        self._pager: Pager | None = None
        self._starter: Callable[[], Pager | None] | None = None

    def page(self, starter: Callable[[], Pager | None]) -> None:
        """Have a pager started by `starter` before the first data is written."""
        self._starter = starter

    def write(self, data: bytes) -> None:
        """Write bytes as they are."""
        if self._starter is not None:
            starter, self._starter = self._starter, None
            self.flush()
            self._pager = starter()
        try:
            self._target.write(data)
        except BrokenPipeError as exc:
            raise HungUpError from exc

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines of text."""
        for line in lines:
            self.write(self._encode(line) + b"\n")

    def talk(self, line: str) -> None:
        """Write a line for people to standard error; a closed one is nobody's loss."""
        with contextlib.suppress(OSError):
            self._err.write(self._encode(line) + b"\n")
            self._err.flush()

    def flush(self) -> None:
        """Send on what was written."""
        try:
            self._target.flush()
        except BrokenPipeError as exc:
            raise HungUpError from exc

    def close(self) -> None:
        """Send everything and wait for the pager, if there is one."""
        if self._pager is None:
            self.flush()
            return
        running, self._pager = self._pager, None
        running.close()

    @property
    def _target(self) -> Sink:
        return self._out if self._pager is None else self._pager

    def _encode(self, text: str) -> bytes:
        if self._utf8 or text.isascii():
            return to_bytes(text)
        return b"".join(
            to_bytes(char) if char.isascii() or "\udc80" <= char <= "\udcff" else b"?"
            for char in text
        )
