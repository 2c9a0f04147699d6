"""Time and chance as functions of a counter, so that two runs of a test are alike."""

from __future__ import annotations

import hashlib

EPOCH_NS = 1_700_000_000_000_000_000


class CountingClock:
    """A clock that moves one millisecond each time it is asked, and only then.

    Attributes:
        asked: how often it was asked for time or chance.
        slept: how long somebody slept, in seconds.
    """

    def __init__(self, *, seed: str = "") -> None:
        self.asked = 0
        self.slept = 0.0
        self._seed = seed
        self._ahead_ns = 0

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead_ns += int(seconds * 1_000_000_000)

    def now_ns(self) -> int:
        """Return the next millisecond."""
        self.asked += 1
        return EPOCH_NS + self._ahead_ns + self.asked * 1_000_000

    def monotonic(self) -> float:
        """Return the same in seconds."""
        return self.now_ns() / 1_000_000_000

    def sleep(self, seconds: float) -> None:
        """Let time pass without waiting."""
        self.slept += seconds
        self.advance(seconds)

    def random_bytes(self, size: int) -> bytes:
        """Return bytes that follow from seed and counter."""
        self.asked += 1
        found = b""
        block = 0
        while len(found) < size:
            found += hashlib.sha256(f"{self._seed} {self.asked} {block}".encode()).digest()
            block += 1
        return found[:size]
