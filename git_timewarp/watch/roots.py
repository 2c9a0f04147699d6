"""Whether the folders that are watched are those that commands see.

A watch is on a folder, not on a name. Where the work tree is another folder now (it was replaced
by a copy, something was mounted over it, the asker lives in a container of its own), what is
known of the old one says nothing of it.
"""

from __future__ import annotations

import contextlib
import os
import select

from git_timewarp.git.repo import Repo
from git_timewarp.integrity import mounts
from git_timewarp.integrity.mounts import Mount
from git_timewarp.util.text import to_bytes

_TABLE = "/proc/self/mountinfo"
_POINT = 4


def of(repo: Repo) -> str:
    """Return a word for the folders behind the names of a repository; '-' for one that is gone."""
    words = []
    for path in (repo.work_tree, repo.git_dir, repo.common_dir):
        try:
            found = os.stat(to_bytes(path))
        except OSError:
            words.append("-")
        else:
            words.append(f"{found.st_dev}:{found.st_ino}")
    return ",".join(words)


def unseen(repo: Repo, mounted: list[Mount] | None) -> str | None:
    """Say why this system does not learn of every change in a repository; None if it does."""
    for path, name in ((repo.work_tree, "work tree"), (repo.common_dir, "git directory")):
        mount = mounts.of(path, mounted or [])
        if mount is not None and mount.is_shared:
            return f"the {name} is on {mount.type}, where others change files unseen"
    return None


class Mounts:
    """Tells when something was mounted or unmounted in a work tree; never, where nobody knows."""

    def __init__(self, repo: Repo) -> None:
        self._below = tuple(
            to_bytes(f"{path.rstrip('/')}/") for path in (repo.work_tree, repo.common_dir)
        )
        self._poll = select.poll()
        self._fd = -1
        with contextlib.suppress(OSError):
            self._fd = os.open(_TABLE, os.O_RDONLY | os.O_CLOEXEC)
            # Readable it always is; an exceptional condition says that it changed.
            self._poll.register(self._fd, select.POLLPRI | select.POLLERR)
        self._known = self._read()

    def changed(self) -> bool:
        """Tell whether anything was mounted or unmounted since the last call."""
        if self._fd < 0 or not self._poll.poll(0):
            return False
        before, self._known = self._known, self._read()
        return before != self._known

    def close(self) -> None:
        """Give the descriptor back."""
        if self._fd >= 0:
            self._poll.unregister(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _read(self) -> frozenset[bytes]:
        if self._fd < 0:
            return frozenset()
        data = b""
        with contextlib.suppress(OSError):
            os.lseek(self._fd, 0, os.SEEK_SET)
            while part := os.read(self._fd, 1 << 16):
                data += part
        lines = (line for line in data.splitlines() if line.count(b" ") > _POINT)
        return frozenset(
            line for line in lines if _unescaped(line.split(b" ")[_POINT]).startswith(self._below)
        )


def _unescaped(name: bytes) -> bytes:
    for escaped in (b" ", b"\t", b"\n", b"\\"):
        name = name.replace(b"\\%03o" % escaped[0], escaped)
    return name
