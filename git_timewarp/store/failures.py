"""What the disk says, as errors a user can act on."""

from __future__ import annotations

import contextlib
import errno
import os
import re
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

_NAMED = re.compile(r".*'([^']*/[^']*)'", re.DOTALL)
"""The last path in what was said."""


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn a failure of the disk, ours or in a git child, into a `StorageError`."""
    try:
        yield
    except OSError as exc:
        if exc.errno not in _REASONS:
            raise
        raise StorageError(reason(exc), hint=_REASONS[exc.errno][1]) from exc
    except GitError as exc:
        for code, (text, hint) in _REASONS.items():
            for line in exc.stderr.splitlines():
                if os.strerror(code) in line or _GIT_SAYS.get(code, "\0") in line:
                    named = _NAMED.match(line)
                    where = f": '{named[1]}'" if named else ""
                    said = "" if named else f": {line.strip()}"
                    raise StorageError(
                        f"{text}{where} (git {exc.command}{said})", hint=hint
                    ) from exc
        raise


def reason(exc: Exception) -> str:
    """Return what to tell of a failure that ends nothing: the disk's in words."""
    if not isinstance(exc, OSError) or exc.errno not in _REASONS:
        return str(exc)
    name = exc.filename
    where = f": '{os.fsdecode(name) if isinstance(name, bytes) else name}'" if name else ""
    return _REASONS[exc.errno][0] + where


def put_off(notices: list[str], said: int) -> str:
    """Return why a fold was put off, of which the recorder gave notice; an error tells it now.

    `said`: how many notices there were before; those after them are taken away.

    Raises:
        OSError: the disk is the reason.
    """
    why = notices[-1].partition(": ")[2] if len(notices) > said else "a ref was moved meanwhile"
    del notices[said:]
    for code, (text, _) in _REASONS.items():
        if os.strerror(code) in why or why.startswith(text):
            named = _NAMED.match(why)
            raise OSError(code, os.strerror(code), *([named[1]] if named else []))
    return why
