"""What tells the watcher that something changed; each system has its way, polling is everybody's.

A source misses nothing from the moment it is open until it is closed: what it cannot name it
reports as unnamed, and where it cannot watch at all it refuses to open.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from git_timewarp.util.clock import Clock

STEP = 0.2
"""Seconds between two looks at the stop request, where waiting cannot be interrupted."""


class Stop:
    """The request to end; set by a signal, it also ends a wait."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._set = False

    def set(self) -> None:
        """Ask for the end; also from a signal's code, also twice."""
        if not self._set:
            self._set = True
            os.write(self._write, b"!")

    def is_set(self) -> bool:
        """Return true from the request on."""
        return self._set

    def fileno(self) -> int:
        """Return the descriptor that is readable from the request on."""
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

    def wait(self, seconds: float, stop: Stop) -> Batch:
        """Return what changed since the last call, after `seconds` at the latest."""

    def renew(self, *, everything: bool = False) -> None:
        """Watch folders that are new, or the whole list of them again.

        Raises:
            NoEventsError: the system cannot watch them all; use another source.
            GoneError: the work tree is not there any more.
        """

    def close(self) -> None:
        """Give everything back."""


class Polling:
    """Looking by turns: each time it is due, something may have changed."""

    def __init__(self, clock: Clock, *, every: Callable[[], float]) -> None:
        self._clock = clock
        self._every = every
        self._last = clock.monotonic()

    def wait(self, seconds: float, stop: Stop) -> Batch:
        """Wait in short steps; answer that something may have changed when it is time to look."""
        until = self._clock.monotonic() + seconds
        while not stop.is_set():
            now = self._clock.monotonic()
            if now >= self._last + self._every():
                self._last = now
                return Batch(unnamed=True)
            if now >= until:
                break
            self._clock.sleep(min(STEP, until - now))
        return Batch()

    def renew(self, *, everything: bool = False) -> None:
        """Do nothing: each look is at everything."""

    def close(self) -> None:
        """Do nothing: nothing is held."""
