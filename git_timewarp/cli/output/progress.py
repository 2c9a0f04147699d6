"""A progress line on a terminal, nothing on a pipe, as git draws it."""

from __future__ import annotations

from collections.abc import Callable

from git_timewarp.util.clock import Clock

_DELAY = 1.0
_EVERY = 0.1


class Progress:
    """Counts up one piece of long work on standard error.

    Nothing is drawn in the first second: short work stays silent.
    """

    def __init__(
        self, title: str, *, clock: Clock, terminal: bool, write: Callable[[str], None]
    ) -> None:
        self._title = title
        self._clock = clock
        self._terminal = terminal
        self._write = write
        self._next = clock.monotonic() + _DELAY
        self._drawn = False

    def advance(self, done: int, total: int) -> None:
        """Say that `done` of `total` steps are done."""
        if not self._terminal:
            return
        now = self._clock.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        self._drawn = True
        share = 100 * done // total if total else 100
        self._write(f"\r{self._title}: {share:3d}% ({done}/{total})")

    def finish(self) -> None:
        """Leave the line as it is and go on below it."""
        if self._drawn:
            self._write("\r\x1b[K")
            self._drawn = False
