"""Making and removing whole folders, each step announced to `faults`."""

from __future__ import annotations

import contextlib
import errno
import os

from git_timewarp.util import faults
from git_timewarp.util.text import to_bytes, to_str


def make(path: str) -> None:
    """Make the folder `path` and those above it; harmless when it is there.

    Raises:
        OSError: something else stands there, or it cannot be made.
    """
    if os.path.isdir(to_bytes(path)):
        return
    above = os.path.dirname(path)
    if above and above != path:
        make(above)
    faults.point(f"mkdir {os.path.basename(path)}")
    try:
        os.mkdir(to_bytes(path))
    except FileExistsError as exc:
        if not os.path.isdir(to_bytes(path)):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path) from exc


def remove(path: str) -> None:
    """Remove a file, a link or a whole folder; harmless when it is not there.

    Raises:
        OSError: something in it cannot be removed.
    """
    where = to_bytes(path)
    if os.path.isdir(where) and not os.path.islink(where):
        with os.scandir(where) as found:
            names = [to_str(item.path) for item in found]
        for name in names:
            remove(name)
        faults.point(f"rmdir {os.path.basename(path)}")
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(where)
    elif os.path.lexists(where):
        faults.point(f"remove {os.path.basename(path)}")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(where)
