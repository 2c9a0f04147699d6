"""One writer at a time: an advisory lock that dies with its process."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from types import TracebackType
from typing import Self

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util import faults
from git_timewarp.util.clock import Clock

_BUSY = (errno.EACCES, errno.EAGAIN)
_HELD = b"held\n"
_FIRST_WAIT = 0.002
_LONGEST_WAIT = 0.05


class LockTimeoutError(TimewarpError):
    """Another process held the lock for longer than we may wait."""

    kind = Kind.LOCKED
    reference = "lock-timeout"


class FileLock:
    """An exclusive `flock` on a file, as a context manager.

    Git children started while it is held inherit the descriptor (`fd`), so an
    orphaned child still holds it and nobody writes beside it.
    """

    def __init__(self, path: str, *, clock: Clock, timeout: float) -> None:
        self._path = path
        self._clock = clock
        self._timeout = timeout
        self.fd = -1

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    @property
    def held(self) -> bool:
        """Whether this object holds the lock now."""
        return self.fd >= 0

    def acquire(self) -> None:
        """Take the lock or raise LockTimeoutError after the timeout in seconds."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline = self._clock.monotonic() + self._timeout
        wait = _FIRST_WAIT
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as exc:
                if exc.errno not in _BUSY or self._clock.monotonic() >= deadline:
                    os.close(fd)
                    if exc.errno not in _BUSY:
                        raise
                    raise LockTimeoutError(
                        f"another git-timewarp command is still writing after {self._timeout:g} s",
                        hint="git timewarp status",
                    ) from exc
                self._clock.sleep(wait)
                wait = min(wait * 1.5, _LONGEST_WAIT)
            else:
                self.fd = fd
                return

    def mark(self) -> bool:
        """Note in the file that it is held; tell whether the last holder died and left its note."""
        died = bool(os.pread(self.fd, 1, 0))
        if not died:
            faults.point("mark lock")
            with contextlib.suppress(OSError):
                os.pwrite(self.fd, _HELD, 0)
        return died

    def unmark(self) -> None:
        """Take the note away again; harmless when the lock is not held."""
        if self.fd >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self.fd, 0)

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
