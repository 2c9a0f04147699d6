"""A folder of our own for the time of one export or import, and a bare repository in it.

It has a temporary name; what a process left there that was killed goes with the next one
(`util.atomic.sweep`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from git_timewarp.git import bundle
from git_timewarp.git.run import Git
from git_timewarp.util import atomic, directories, faults
from git_timewarp.util.clock import Clock
from git_timewarp.util.text import to_bytes


class Scratch:
    """The folder; `git` calls the repository in it, once there is one.

    Attributes:
        path: the folder.
        place: a folder on the same disk that stays.
        objects: the object directory of the repository.
    """

    def __init__(self, path: str, git: Git, *, place: str) -> None:
        self.path = path
        self.place = place
        self._git = git
        self._history = os.path.join(path, "history.git")
        self.objects = os.path.join(self._history, "objects")

    def file(self, name: str) -> str:
        """Return the path of a file in it."""
        return os.path.join(self.path, name)

    def repository(self, *, hash_name: str) -> Git:
        """Make the bare repository; return how to call git for it."""
        return bundle.scratch(self._git, self._history, hash_name=hash_name)


@contextlib.contextmanager
def opened(above: str, git: Git, *, clock: Clock) -> Iterator[Scratch]:
    """Make the folder below `above`, which is made too, and remove both (if empty) at the end.

    Raises:
        OSError: it cannot be made.
    """
    had = os.path.isdir(above)
    directories.make(above)
    path = os.path.join(above, atomic.temporary(f"archive-{clock.random_bytes(4).hex()}"))
    faults.point(f"mkdir {os.path.basename(path)}")
    # It may be beside other users' files.
    os.mkdir(to_bytes(path), 0o700)
    try:
        yield Scratch(path, git, place=above if had else os.path.dirname(above))
    finally:
        directories.remove(path)
        if not had:
            faults.point("rmdir state")
            with contextlib.suppress(OSError):
                os.rmdir(above)
