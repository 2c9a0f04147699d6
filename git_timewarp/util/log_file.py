"""A file of lines that stays small: appended to by many processes, rotated by whoever fills it.

    <path>            the newest lines
    <path>.1, .2 …    what it was before, the highest number the oldest

A line is written by one `write` to a descriptor in append mode. One that a crash or a full
disk cut off is ended before the next, so it spoils none. Nothing is synced: a power cut may
take the last lines, never earlier ones.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator

from git_timewarp.util import faults

LIMIT = 256 * 1024
"""Bytes after which a file is put aside."""

KEPT = 3
"""How many files that were put aside are kept."""


class LogFile:
    """Appends lines; `append` raises OSError where the file cannot be written."""

    def __init__(self, path: str, *, limit: int = LIMIT, kept: int = KEPT) -> None:
        self._path = path
        self._limit = limit
        self._kept = kept

    def append(self, line: bytes) -> None:
        """Add one line (without its newline, and with none in it)."""
        fd = self._opened()
        try:
            size = os.fstat(fd).st_size
            whole = line + b"\n"
            if size and os.pread(fd, 1, size - 1) != b"\n":
                whole = b"\n" + whole
            faults.point("log append")
            os.write(fd, whole)
            if size + len(whole) > self._limit and _lock(fd):
                self._rotate(fd)
        finally:
            os.close(fd)

    def _opened(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            return os.open(self._path, flags, 0o600)
        except FileNotFoundError:
            # Only its own folder: where the one above is gone, nobody wants a log.
            faults.point("log mkdir")
            os.mkdir(os.path.dirname(self._path))
            return os.open(self._path, flags, 0o600)

    def _rotate(self, fd: int) -> None:
        """Put the file aside, unless another process just has."""
        try:
            if not os.path.samestat(os.fstat(fd), os.stat(self._path)):
                return
        except FileNotFoundError:
            return
        names = [self._path, *(f"{self._path}.{number}" for number in range(1, self._kept + 1))]
        for older, newer in reversed(list(zip(names[1:], names, strict=False))):
            with contextlib.suppress(FileNotFoundError):
                faults.point("log rename")
                os.replace(newer, older)


def newest_first(path: str, *, kept: int = KEPT) -> Iterator[bytes]:
    """Yield the lines of the file and of those put aside, the newest first, torn ones too."""
    for name in (path, *(f"{path}.{number}" for number in range(1, kept + 1))):
        try:
            with open(name, "rb") as file:
                yield from reversed(file.read().split(b"\n"))
        except FileNotFoundError:
            continue


def _lock(fd: int) -> bool:
    """Take the lock of an open file, without waiting; it goes with the descriptor."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
