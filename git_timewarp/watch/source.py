"""What tells the watcher that something changed; each system has its way, polling is everybody's.

A source misses nothing from the moment it is open until it is closed: what it cannot name it
reports as unnamed, and where it cannot watch at all it refuses to open.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from git_timewarp.util.clock import Clock

STEP = 0.2
"""Seconds between two looks at the stop request, where waiting cannot be interrupted."""


class Stop:
    """The request to end; set by a signal, it also ends a wait, as a nudge does."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._set = False

    def set(self) -> None:
        """Ask for the end; also from a signal's code, also twice."""
        if not self._set:
            self._set = True
            os.write(self._write, b"!")

    def nudge(self) -> None:
        """End the wait of now, without a request; also from another thread."""
        # A pipe that is full ends the wait as well.
        with contextlib.suppress(BlockingIOError):
            os.write(self._write, b".")

    def settle(self) -> None:
        """Forget the nudges; a request stays."""
        with contextlib.suppress(BlockingIOError):
            while not self._set:
                os.read(self._read, 4096)

    def is_set(self) -> bool:
        """Return true from the request on."""
        return self._set

    def fileno(self) -> int:
        """Return the descriptor that is readable from a request or a nudge on."""
        return self._read

    def close(self) -> None:
        """Give the descriptors back."""
        self._set = True
        os.close(self._read)
        os.close(self._write)


class NoEventsError(Exception):
    """The system cannot tell of all changes; the text says why."""


class GoneError(Exception):
    """There is nothing left to watch."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one wait brought; false when it brought nothing.

    Attributes:
        paths: absolute paths of what changed.
        unnamed: whether something changed that the source could not name.
    """

    paths: frozenset[str] = frozenset()
    unnamed: bool = False

    def __bool__(self) -> bool:
        return self.unnamed or bool(self.paths)


class Source(Protocol):
    """Notices changes from the moment it is open."""

    @property
    def prompt(self) -> bool:
        """Whether `take` brings every change that was made before it was called."""

    @property
    def is_behind(self) -> bool:
        """Whether there are folders that are not watched yet."""

    @property
    def roots(self) -> str:
        """Which folders are watched, see `roots.of`; '' where `prompt` is false."""

    def wait(self, seconds: float, stop: Stop) -> None:
        """Return when something changed, after `seconds` at the latest."""

    def take(self) -> Batch:
        """Return what changed since the last call, at once."""

    def renew(self, *, everything: bool = False, index: bool = False) -> bool:
        """Watch folders that are new; tell if there were any.

        `everything`: list all of them again. `index`: those of tracked files too, which may
        lie in ignored ones.

        Raises:
            NoEventsError: the system cannot watch them all; use another source.
            GoneError: the work tree is not there any more.
        """

    def close(self) -> None:
        """Give everything back."""


class Polling:
    """Looking by turns: each time it is due, something may have changed."""

    prompt = False
    is_behind = False
    roots = ""

    def __init__(self, clock: Clock, *, every: Callable[[], float]) -> None:
        self._clock = clock
        self._every = every
        self._last = clock.monotonic()
        self._due = False

    def wait(self, seconds: float, stop: Stop) -> None:
        """Wait in short steps until it is time to look."""
        until = self._clock.monotonic() + seconds
        while not stop.is_set():
            now = self._clock.monotonic()
            if now >= self._last + self._every():
                self._last = now
                self._due = True
                return
            if now >= until:
                return
            self._clock.sleep(min(STEP, until - now))

    def take(self) -> Batch:
        """Tell that something may have changed when it is time to look."""
        due, self._due = self._due, False
        return Batch(unnamed=due)

    def renew(self, *, everything: bool = False, index: bool = False) -> bool:
        """Do nothing: each look is at everything."""
        return everything or index

    def close(self) -> None:
        """Do nothing: nothing is held."""
