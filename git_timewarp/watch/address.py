"""Names of sockets: the system takes 107 bytes at most, however deep a folder lies."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from git_timewarp.util.text import to_bytes

_LONGEST = 100


@contextlib.contextmanager
def of(path: str) -> Iterator[bytes]:
    """Give a name for the socket at `path` that is short enough; OSError where there is none."""
    name = to_bytes(path)
    if len(name) <= _LONGEST:
        yield name
        return
    folder = os.open(os.path.dirname(name), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield b"/proc/self/fd/%d/%s" % (folder, os.path.basename(name))
    finally:
        os.close(folder)
