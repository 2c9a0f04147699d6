"""SHA-256 of files that are too large to capture; each state of a file is read once."""

from __future__ import annotations

import hashlib
import os

from git_timewarp.capture.memory import Memory
from git_timewarp.capture.workplace import Place, open_regular
from git_timewarp.git.index import Stamp


def of(place: Place, memory: Memory, *, path: str, digests: dict[str, list[str]]) -> str | None:
    """Return the digest of a regular file, None when it cannot be read.

    A digest known from the last capture is taken from `memory`; what holds now goes
    into `digests`, which replaces it.
    """
    try:
        fd = open_regular(place.file(path))
    except OSError:
        return None
    try:
        before = Stamp.of(os.fstat(fd)).key
        known = memory.digests.get(path)
        if known is None or known[0] != before:
            digest = hashlib.sha256()
            while part := os.read(fd, 1 << 22):
                digest.update(part)
            known = [before, digest.hexdigest()]
        if Stamp.of(os.fstat(fd)).key == before:
            digests[path] = known
        return known[1]
    except OSError:
        return None
    finally:
        os.close(fd)
