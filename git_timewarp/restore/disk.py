"""The work tree as a restore touches it: every step from an open folder, never through a link.

Each folder on the way is opened with `O_NOFOLLOW` from the one above, so a symbolic link
that takes the place of a folder (before or meanwhile) cannot lead a write out of the work
tree, and a folder that is the git directory under another spelling is never entered.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import RepoPath
from git_timewarp.util import faults
from git_timewarp.util.atomic import sync_fd, write_all
from git_timewarp.util.text import to_bytes, to_str

TEMPORARY = ".timewarp-tmp-"
"""How every temporary name of ours in a work tree begins."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DISK_FAILS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


class BlockedError(TimewarpError):
    """A path cannot be reached: something that is not a folder stands in its way."""

    kind = Kind.REFUSED
    reference = "path-blocked"

    def __init__(self, path: str) -> None:
        super().__init__(f"'{path}' is blocked by something that is not a folder")


class Disk:
    """The work tree below `root`; close it or use it in a `with`."""

    def __init__(self, root: str, *, git_dir: str) -> None:
        self.root = root
        self._base = os.open(to_bytes(root), _FOLDER & ~os.O_NOFOLLOW)
        self._device = os.fstat(self._base).st_dev
        self._forbidden = {_identity(os.stat(to_bytes(git_dir)))}
        with contextlib.suppress(FileNotFoundError):
            self._forbidden.add(
                _identity(os.stat(b".git", dir_fd=self._base, follow_symlinks=False))
            )
        self._last: tuple[str, int] | None = None
        self._made: set[str] = set()
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the descriptors."""
        self.forget()
        os.close(self._base)

    def forget(self) -> None:
        """Forget the folder used last (a folder was replaced)."""
        if self._last is not None:
            os.close(self._last[1])
            self._last = None

    def parent(self, path: str) -> tuple[int, bytes]:
        """Return (descriptor of the folder, name) for `path`; the descriptor stays ours.

        Raises:
            FileNotFoundError: a folder on the way is not there.
            BlockedError: something else stands in its place, or it is a git directory.
        """
        folder, _, name = path.rpartition("/")
        return self._folder(folder), to_bytes(name)

    def _folder(self, folder: str) -> int:
        if not folder:
            return self._base
        if self._last is not None and self._last[0] == folder:
            return self._last[1]
        fd = os.dup(self._base)
        try:
            for part in folder.split("/"):
                below = self._enter(fd, part, folder)
                os.close(fd)
                fd = below
        except BaseException:
            os.close(fd)
            raise
        self.forget()
        self._last = (folder, fd)
        return fd

    def _enter(self, fd: int, part: str, folder: str) -> int:
        try:
            below = os.open(to_bytes(part), _FOLDER, dir_fd=fd)
        except FileNotFoundError:
            raise
        except OSError as exc:
            raise BlockedError(folder) from exc
        if _identity(os.fstat(below)) in self._forbidden:
            os.close(below)
            raise BlockedError(folder)
        return below

    def stat(self, path: str) -> os.stat_result | None:
        """Return `lstat` of `path`, or None where there is nothing (or nothing to reach it by)."""
        try:
            fd, name = self.parent(path)
            return os.stat(name, dir_fd=fd, follow_symlinks=False)
        except (FileNotFoundError, BlockedError):
            return None

    def is_git(self, path: str) -> bool:
        """Tell whether `path` is the git directory or git file, however it is spelt."""
        found = self.stat(path)
        return found is not None and _identity(found) in self._forbidden

    def open(self, path: str) -> int:
        """Open the regular file at `path` for reading; OSError when it cannot be."""
        fd, name = self.parent(path)
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=fd)

    def readlink(self, path: str) -> bytes:
        """Return the target of the link at `path`."""
        fd, name = self.parent(path)
        return os.readlink(name, dir_fd=fd)

    def make_folder(self, path: str) -> bool:
        """Make the folder `path` and those above it; tell whether it is new.

        Raises:
            BlockedError: a file or link stands in the way.
        """
        made = False
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            step = "/".join(parts[:depth])
            fd, name = self.parent(step)
            faults.point("mkdir")
            try:
                os.mkdir(name, dir_fd=fd)
                made = True
                self._made.add(step)
            except FileExistsError as exc:
                found = os.stat(name, dir_fd=fd, follow_symlinks=False)
                if not stat.S_ISDIR(found.st_mode) or _identity(found) in self._forbidden:
                    raise BlockedError(step) from exc
        return made

    def temporary(self, near: str, chunks: Iterable[bytes], *, executable: bool) -> str:
        """Write a new file beside `near` and return its path.

        It stands in the nearest folder above `near` that is there, so that permissions,
        groups and access lists are inherited as for any new file.
        """
        path = self._new_name(near)
        fd, name = self.parent(path)
        faults.point("write temporary")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        out = os.open(name, flags, 0o777 if executable else 0o666, dir_fd=fd)
        try:
            for chunk in chunks:
                write_all(out, chunk)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=fd)
            raise
        finally:
            os.close(out)
        return path

    def temporary_link(self, near: str, target: bytes) -> str:
        """Make a new symbolic link to `target` beside `near`, as `temporary`; return its path."""
        path = self._new_name(near)
        fd, name = self.parent(path)
        faults.point("write temporary")
        os.symlink(target, name, dir_fd=fd)
        return path

    def _new_name(self, near: str) -> str:
        folder = self._nearest(near)
        self._count += 1
        path = f"{folder}{TEMPORARY}{os.getpid()}-{self._count}"
        if self.stat(path) is not None:
            self.unlink(path)
        return path

    def _nearest(self, path: str) -> str:
        folder = path.rpartition("/")[0]
        while folder:
            try:
                self._folder(folder)
            except (FileNotFoundError, BlockedError):
                folder = folder.rpartition("/")[0]
            else:
                return folder + "/"
        return ""

    def sync(self, path: str) -> None:
        """Make the contents of the file at `path` durable (safe from several threads)."""
        with contextlib.suppress(FileNotFoundError):
            fd = os.open(to_bytes(f"{self.root}/{path}"), os.O_RDONLY | os.O_NOFOLLOW)
            try:
                sync_fd(fd)
            finally:
                os.close(fd)

    def sync_folders(self, folders: set[str]) -> None:
        """Make the names in `folders` durable; those gone since are passed over."""
        for folder in sorted(folders):
            with contextlib.suppress(FileNotFoundError, BlockedError):
                sync_fd(self._folder(folder))

    def rename(self, old: str, new: str) -> None:
        """Rename `old` to `new`, replacing a file or link there."""
        new_fd, new_name = self.parent(new)
        new_fd = os.dup(new_fd)
        try:
            old_fd, old_name = self.parent(old)
            faults.point("rename")
            os.rename(old_name, new_name, src_dir_fd=old_fd, dst_dir_fd=new_fd)
        finally:
            os.close(new_fd)

    def unlink(self, path: str) -> None:
        """Remove the file or link at `path`."""
        fd, name = self.parent(path)
        faults.point("unlink")
        os.unlink(name, dir_fd=fd)

    def rmdir(self, path: str) -> bool:
        """Remove the folder `path` if it is empty and not a repository's; tell whether it went.

        Raises:
            OSError: the disk fails; that is no property of the folder.
        """
        try:
            fd, name = self.parent(path)
            faults.point("rmdir")
            os.rmdir(name, dir_fd=fd)
        except BlockedError:
            return False
        except OSError as exc:
            if exc.errno in _DISK_FAILS:
                raise
            return False
        self.forget()
        return True

    def chmod(self, path: str, bits: int) -> None:
        """Set the permission bits of the regular file at `path`."""
        fd, name = self.parent(path)
        found = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise BlockedError(path)
        faults.point("chmod")
        os.chmod(name, bits, dir_fd=fd)

    def below(self, path: str) -> Iterator[tuple[RepoPath, os.stat_result]]:
        """Yield everything below the folder `path`, deepest last; links are not followed."""
        todo = [path]
        while todo:
            folder = todo.pop()
            for name, found in self._listed(folder):
                inner = RepoPath(f"{folder}/{name}" if folder else name)
                yield inner, found
                if stat.S_ISDIR(found.st_mode) and found.st_dev == self._device:
                    todo.append(inner)

    def _listed(self, folder: str) -> list[tuple[str, os.stat_result]]:
        try:
            fd = self._folder(folder)
            names = sorted(os.listdir(fd))
        except (OSError, BlockedError):
            return []
        found = []
        for text in names:
            name = os.fsencode(text)
            with contextlib.suppress(FileNotFoundError):
                found.append((to_str(name), os.stat(name, dir_fd=fd, follow_symlinks=False)))
        return found

    def temporaries(self, folder: str) -> list[RepoPath]:
        """Return the temporary files of ours that a crash left in `folder`."""
        above = folder + "/" if folder else ""
        return [
            RepoPath(above + name) for name, _ in self._listed(folder) if name.startswith(TEMPORARY)
        ]


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
