"""Kill -9 at random, and how long somebody was recording meanwhile."""

from __future__ import annotations

import bisect
import contextlib
import os
import random
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.watching import Watched

_TICK = 0.05


@dataclass(frozen=True)
class Kill:
    """One kill: when (monotonic), and whether its git processes were killed with it."""

    at: float
    group: bool


class Reaper:
    """A thread that ends the watcher of one repository by surprise, at seeded distances.

    It also notes when the recorder's lock is held, as the system tells (/proc/locks), which
    disturbs nobody: a look of the watcher, a fold, a command of the user's.
    """

    def __init__(self, watched: Watched, *, seed: int, every: float) -> None:
        self._watched = watched
        self._random = random.Random(seed)
        self._every = every
        self._held: list[tuple[float, float]] = []
        self._told: Kill | None = None
        self._armed = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def arm(self) -> None:
        """Let it kill the watcher that runs now, some time."""
        self._armed.set()

    def take(self) -> Kill | None:
        """Return what it has done, once."""
        told, self._told = self._told, None
        return told

    def close(self) -> None:
        """Kill nobody any more."""
        self._over.set()
        self._thread.join()

    def busy(self, begin: float, end: float) -> float:
        """Return for how many seconds between two moments somebody was recording."""
        first = bisect.bisect_left(self._held, (begin - 3600.0, 0.0))
        return sum(max(0.0, min(end, b) - max(begin, a)) for a, b in self._held[first:])

    def _run(self) -> None:
        lock = self._watched.repo.path / ".git/timewarp/lock"
        last, due = time.monotonic(), 0.0
        while not self._over.wait(_TICK):
            now = time.monotonic()
            if _is_held(lock):
                self._held.append((last, now))
            last = now
            if self._armed.is_set():
                self._armed.clear()
                due = now + self._random.uniform(0.5, 1.5) * self._every
            if due and now >= due:
                due = 0.0
                self._kill()

    def _kill(self) -> None:
        pid, group = self._watched.pid(), self._random.random() < 0.3
        if group:
            os.killpg(os.getpgid(pid), signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
        while _runs(pid):
            time.sleep(0.001)
        self._told = Kill(time.monotonic(), group)


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    return False


def _is_held(lock: Path) -> bool:
    try:
        inode = f":{lock.stat().st_ino} "
    except OSError:
        return False
    return inode in Path("/proc/locks").read_text(encoding="ascii")
