"""What the disk says, as errors a user can act on."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.run import GitError


class StorageError(TimewarpError):
    """The disk, or the permissions on it, did not let us write."""

    kind = Kind.REFUSED
    reference = "cannot-write"


_REASONS = {
    errno.ENOSPC: ("no space is left on the disk", "df -h ."),
    errno.EDQUOT: ("the disk quota is used up", "df -h ."),
    errno.EROFS: ("the file system is read-only", "git timewarp doctor"),
    errno.EACCES: ("permission denied", "git timewarp doctor"),
    errno.EPERM: ("permission denied", "git timewarp doctor"),
    errno.EIO: ("the disk failed", "git timewarp verify --full"),
}

_GIT_SAYS = {errno.ENOSPC: "Out of diskspace"}
"""Where git has words of its own for what the system says."""


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn a failure of the disk, ours or in a git child, into a `StorageError`."""
    try:
        yield
    except OSError as exc:
        if exc.errno not in _REASONS:
            raise
        text, hint = _REASONS[exc.errno]
        name = exc.filename
        where = f": '{os.fsdecode(name) if isinstance(name, bytes) else name}'" if name else ""
        raise StorageError(text + where, hint=hint) from exc
    except GitError as exc:
        for code, (text, hint) in _REASONS.items():
            if os.strerror(code) in exc.stderr or _GIT_SAYS.get(code, "\0") in exc.stderr:
                raise StorageError(f"{text} (git {exc.command})", hint=hint) from exc
        raise


def put_off(notices: list[str], said: int) -> str:
    """Return why a fold was put off, of which the recorder gave notice; an error tells it now.

    `said`: how many notices there were before; those after them are taken away.

    Raises:
        OSError: the disk is the reason.
    """
    why = notices[-1].partition(": ")[2] if len(notices) > said else "a ref was moved meanwhile"
    del notices[said:]
    for code in _REASONS:
        if os.strerror(code) in why:
            raise OSError(code, os.strerror(code))
    return why
