"""Changes as Linux tells them: inotify(7), through the C library.

Why not a package for it: docs/design/0010-watcher-events.md. A folder a watch, names as bytes,
overflow and the system's limit told for what they are.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
from collections.abc import Iterable, Iterator

from git_timewarp.git.repo import Repo
from git_timewarp.util.text import to_bytes, to_str
from git_timewarp.watch import folders, roots
from git_timewarp.watch.source import Batch, GoneError, NoEventsError, Stop

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_UNMOUNT, _OVERFLOW, _IGNORED = 0x2000, 0x4000, 0x8000
_ONLYDIR, _DONT_FOLLOW, _EXCL_UNLINK = 0x1000000, 0x2000000, 0x4000000
_ISDIR = 0x40000000
_MASK = (_MODIFY | _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE) | (
    _ONLYDIR | _DONT_FOLLOW | _EXCL_UNLINK
)

_HEADER = struct.Struct("=iIII")
_READ_SIZE = 256 * 1024
_GROUP = 0.1
_PASSED_OVER = (errno.ENOENT, errno.ENOTDIR, errno.EACCES)
"""A folder that vanished, or that cannot be read: then nobody can capture it either."""

_LIMITS = {
    errno.ENOSPC: "the limit of watches is reached (fs.inotify.max_user_watches)",
    errno.EMFILE: "the limit of watching programs is reached (fs.inotify.max_user_instances)",
    errno.ENOSYS: "this system has no inotify",
}


class _PassedOverError(Exception):
    """A folder that is not watched, for a good reason."""


class Inotify:
    """Watches every folder that can hold a file we would capture; see `source.Source`."""

    prompt = True

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._paths: dict[int, bytes] = {}
        self._new_folders = False
        self._roots = roots.of(repo)
        self._fd = self._call("inotify_init1", os.O_CLOEXEC | os.O_NONBLOCK)
        self._mounts = roots.Mounts(repo)
        try:
            self.renew(everything=True)
        except BaseException:
            self.close()
            raise

    @property
    def is_behind(self) -> bool:
        """Whether a folder came that is not watched yet."""
        return self._new_folders

    @property
    def roots(self) -> str:
        """Which folders are watched: a word that a command compares with those it sees."""
        return self._roots

    def wait(self, seconds: float, stop: Stop) -> None:
        """Return when something changed, after `seconds` at the latest."""
        if _readable(seconds, self._fd, stop.fileno()) and seconds > _GROUP:
            # What comes together is taken together.
            _readable(_GROUP, stop.fileno())

    def take(self) -> Batch:
        """Return what changed since the last call, at once."""
        paths: set[str] = set()
        # Of neither does a watch tell: it stays on the folder that was there before.
        unnamed = self._mounts.changed() or roots.of(self._repo) != self._roots
        self._new_folders = self._new_folders or unnamed
        for path, mask in self._events():
            if path is None:
                unnamed = True
                self._new_folders = True
                continue
            paths.add(to_str(path))
            if mask & _ISDIR and mask & (_CREATE | _MOVED_TO | _ATTRIB):
                self._new_folders = True
        return Batch(frozenset(paths), unnamed)

    def renew(self, *, everything: bool = False, index: bool = False) -> bool:
        """Watch folders that are new; see `source.Source.renew`."""
        if not (everything or self._new_folders):
            return index and self._renew_tracked()
        self._new_folders = False
        before = dict(self._paths)
        self._roots = roots.of(self._repo)
        wanted = folders.listed(self._repo)
        found = set(self._add(map(to_bytes, (*wanted.tree, *wanted.git))))
        if not os.path.isdir(to_bytes(self._repo.work_tree)):
            raise GoneError
        for watch in self._paths.keys() - found:
            del self._paths[watch]
            self._libc.inotify_rm_watch(self._fd, watch)
        return before != self._paths

    def _renew_tracked(self) -> bool:
        """Watch the folders of tracked files that are not watched yet."""
        known = set(self._paths.values())
        wanted = [path for path in folders.tracked(self._repo) if path not in known]
        return bool(list(self._add(wanted)))

    def close(self) -> None:
        """Give the watches back."""
        self._mounts.close()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _add(self, paths: Iterable[bytes]) -> Iterator[int]:
        for path in paths:
            try:
                watch = self._call("inotify_add_watch", self._fd, path, _MASK)
            except _PassedOverError:
                continue
            self._paths[watch] = path
            yield watch

    def _events(self) -> Iterator[tuple[bytes | None, int]]:
        """Yield (path, mask) of what waits in the queue; no path where the queue was full."""
        while True:
            try:
                data = os.read(self._fd, _READ_SIZE)
            except BlockingIOError:
                return
            at = 0
            while at < len(data):
                watch, mask, _, size = _HEADER.unpack_from(data, at)
                name = data[at + _HEADER.size : at + _HEADER.size + size].rstrip(b"\0")
                at += _HEADER.size + size
                if mask & (_OVERFLOW | _UNMOUNT):
                    yield None, mask
                elif mask & _IGNORED:
                    self._paths.pop(watch, None)
                elif watch in self._paths and name:
                    yield os.path.join(self._paths[watch], name), mask

    def _call(self, name: str, *args: int | bytes) -> int:
        """Call the C library.

        Raises:
            _PassedOverError: there is no such folder for us.
            NoEventsError: the system cannot watch, or not so many.
        """
        answer = int(getattr(self._libc, name)(*args))
        if answer >= 0:
            return answer
        code = ctypes.get_errno()
        if code in _PASSED_OVER:
            raise _PassedOverError
        raise NoEventsError(_LIMITS.get(code, os.strerror(code)))


def _readable(seconds: float, *descriptors: int) -> bool:
    """Wait until one of the descriptors is readable, `seconds` at most; tell whether one is."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0, int(seconds * 1000))))
