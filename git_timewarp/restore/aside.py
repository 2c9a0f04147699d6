"""Keeping aside what somebody changed between the capture and the restore.

Nothing that no view holds is ever overwritten: it moves to a folder of ours, under its
own path, and the command says where it is.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat

from git_timewarp.git.names import RepoPath
from git_timewarp.restore.disk import BlockedError, Disk
from git_timewarp.util import faults
from git_timewarp.util.atomic import sync_dir, sync_file
from git_timewarp.util.text import to_bytes


class Aside:
    """Moves paths out of the work tree into `folder`.

    Attributes:
        kept: (path, where it is now), in order.
    """

    def __init__(self, disk: Disk, folder: str) -> None:
        self._disk = disk
        self._folder = folder
        self.kept: list[tuple[RepoPath, str]] = []

    def keep(self, path: RepoPath) -> bool:
        """Move what stands at `path` aside; False when that cannot be done (nothing changed)."""
        where = self._free(path)
        try:
            os.makedirs(to_bytes(os.path.dirname(where)), exist_ok=True)
            self._move(path, where)
        except (OSError, BlockedError):
            return False
        sync_dir(os.path.dirname(where))
        self._disk.forget()
        self.kept.append((path, where))
        return True

    def _free(self, path: str) -> str:
        base = os.path.join(self._folder, path)
        where = base
        number = 1
        while os.path.lexists(to_bytes(where)):
            where = f"{base}.{number}"
            number += 1
        return where

    def _move(self, path: RepoPath, where: str) -> None:
        fd, name = self._disk.parent(path)
        faults.point("keep aside")
        try:
            os.rename(name, to_bytes(where), src_dir_fd=fd)
        except OSError as exc:
            if exc.errno != errno.EXDEV:
                raise
            self._copy(path, where)
            self._disk.unlink(path)

    def _copy(self, path: RepoPath, where: str) -> None:
        """Copy a file or link to another file system; folders and special files stay."""
        found = self._disk.stat(path)
        if found is not None and stat.S_ISLNK(found.st_mode):
            os.symlink(self._disk.readlink(path), to_bytes(where))
            return
        if found is None or not stat.S_ISREG(found.st_mode):
            raise BlockedError(path)
        with open(self._disk.open(path), "rb") as source, open(to_bytes(where), "xb") as copy:
            shutil.copyfileobj(source, copy)
        os.chmod(to_bytes(where), stat.S_IMODE(found.st_mode))
        sync_file(where)
