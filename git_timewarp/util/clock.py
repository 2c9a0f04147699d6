"""Time and randomness as values that are passed in, never reached for (style rule 5)."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time and random bits; a test passes its own."""

    def now_ns(self) -> int:
        """Return nanoseconds since the epoch, UTC."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""

    def random_bytes(self, size: int) -> bytes:
        """Return `size` bytes nobody can guess."""


class SystemClock:
    """The machine's clock and entropy."""

    __slots__ = ()

    def now_ns(self) -> int:
        """Return nanoseconds since the epoch, UTC."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        time.sleep(seconds)

    def random_bytes(self, size: int) -> bytes:
        """Return `size` bytes from the operating system."""
        return os.urandom(size)


_EARLIEST = -62_135_596_800 * 1_000_000_000
_LATEST = 253_402_300_799_999_000_000
"""The years 1 to 9999: those that ISO 8601 can write."""


def iso(ns: int) -> str:
    """Format nanoseconds since the epoch as ISO 8601 UTC with milliseconds.

    What lies before the year 1 or after 9999 is given as the nearest time that can be written.
    """
    seconds, rest = divmod(_bounded(ns), 1_000_000_000)
    stamp = datetime.fromtimestamp(seconds, tz=UTC).replace(tzinfo=None)
    return f"{stamp.isoformat()}.{rest // 1_000_000:03d}Z"


def parse_iso(text: str) -> int:
    """Parse what `iso` wrote (or any ISO 8601 time) to nanoseconds; ValueError otherwise."""
    stamp = datetime.fromisoformat(text)
    try:
        if stamp.tzinfo is None:
            stamp = stamp.astimezone()
        seconds = int(stamp.timestamp())
    except OverflowError as exc:
        raise ValueError(f"'{text}' is out of range") from exc
    return _bounded(seconds * 1_000_000_000 + stamp.microsecond * 1000)


def stored_ns(text: str) -> int:
    """Return what `parse_iso` does; of a stored time that is none the epoch's, so the oldest."""
    return parse_iso(text) if is_readable(text) else 0


def _bounded(ns: int) -> int:
    return min(max(ns, _EARLIEST), _LATEST)


def is_readable(text: str) -> bool:
    """Tell whether `parse_iso` can read it."""
    try:
        parse_iso(text)
    except ValueError:
        return False
    return True
