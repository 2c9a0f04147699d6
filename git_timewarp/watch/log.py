"""The watcher's last words: a small file with what went wrong, the newest at its end."""

from __future__ import annotations

import contextlib
import os

from git_timewarp.util.clock import Clock, iso
from git_timewarp.util.text import printable, to_bytes

LIMIT = 64 * 1024
"""Bytes after which the older half goes."""


class Log:
    """Appends lines to a file that stays small; it never raises."""

    def __init__(self, path: str, *, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def write(self, text: str) -> None:
        """Add a message; each of its lines is one of the file's."""
        stamp = iso(self._clock.now_ns())
        lines = "".join(f"{stamp} {printable(line)}\n" for line in text.splitlines())
        with contextlib.suppress(OSError):
            self._halve()
            with open(self._path, "ab") as file:
                file.write(to_bytes(lines))

    def _halve(self) -> None:
        if not os.path.exists(self._path) or os.path.getsize(self._path) <= LIMIT:
            return
        with open(self._path, "r+b") as file:
            file.seek(-LIMIT // 2, os.SEEK_END)
            kept = file.read().partition(b"\n")[2]
            file.seek(0)
            file.truncate()
            file.write(kept)
