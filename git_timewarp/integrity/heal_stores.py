"""Object directories: git's own, the quarantine, alternates, and what recoveries kept.

Each is asked alone. Asked together, git takes the first copy of a loose object that it finds
and looks no further when that one is damaged.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from git_timewarp.git.objects import Object
from git_timewarp.integrity.heal_source import Need, Wanted, read_some
from git_timewarp.store import recovery
from git_timewarp.util import atomic
from git_timewarp.util.text import to_str


class Stores:
    """Every object directory that we know."""

    name = "another copy in the object store"

    def find(self, need: Need, wanted: Wanted) -> Iterator[Object]:
        """Yield what one of them has whole."""
        repo = need.op.world.repo
        folders = [repo.objects_dir, need.op.quarantine.path, *_alternates(repo.objects_dir)]
        left = set(wanted)
        for folder in folders:
            for found in read_some(need.only(folder), sorted(left)):
                yield found
                left.discard(found.oid)


class Kept:
    """What recoveries and damaged journals left."""

    name = "what an earlier recovery kept"

    def find(self, need: Need, wanted: Wanted) -> Iterator[Object]:
        """Yield what one of them has whole."""
        for folder in recovery.object_folders(need.op.recorder.paths):
            if not folder.startswith(need.folder):
                yield from read_some(need.only(folder), sorted(wanted))


def _alternates(objects_dir: str) -> list[str]:
    """Return the object directories that git reads besides, as its own file names them."""
    data = atomic.read(os.path.join(objects_dir, "info", "alternates")) or b""
    named = [to_str(line) for line in data.splitlines() if line and not line.startswith(b"#")]
    return [os.path.normpath(os.path.join(objects_dir, path)) for path in named]
