"""What the developer's work is and since when: the other side of every comparison with a draft."""

from __future__ import annotations

import hashlib
import math
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Reader
from git_timewarp.store.snapshots import load
from git_timewarp.util.text import to_str
from tests.support import recording
from tests.support.repo_builder import RepoBuilder

Files = Mapping[str, tuple[int, str]]
"""Path -> (mode, id of the blob), as in a tree."""

_Mark = tuple[int, int, int, int]


@dataclass
class Work:
    """The files git would see in a work tree, each with the moment it was last changed.

    Attributes:
        files: what is there.
        since: when what is there (or that there is nothing) was first seen so; monotonic.
        changed: when anything was last seen to have changed.
    """

    repo: RepoBuilder
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    changed: float = 0.0
    _marks: dict[str, _Mark] = field(default_factory=dict)
    _midway: set[str] = field(default_factory=set)

    def look(self, mentioned: Iterable[str] = (), *, midway: bool = False) -> None:
        """Look at every file; one that was written again counts as changed, equal or not.

        `midway`: the writing goes on, so what has changed is of no certain moment yet.
        """
        listed = self.repo.run("ls-files", "-z", "-co", "--exclude-standard").stdout
        now: dict[str, _Mark] = {}
        for name in set(to_str(listed).split("\0")) - {""}:
            mark = _mark(self.repo.location(name))
            if mark is not None:
                now[name] = mark
        gone = [*(self._marks.keys() - now.keys()), *(set(mentioned) - now.keys())]
        new = [name for name, mark in now.items() if self._marks.get(name) != mark]
        for name in new:
            self.files[name] = _entry(self.repo.location(name), now[name][0])
        for name in gone:
            self.files.pop(name, None)
        self._marks = now
        changed = {*new, *gone, *self._midway}
        self._midway = changed if midway else set()
        if changed:
            # Taken last: whatever we saw was there before this moment.
            self.changed = time.monotonic()
            self.since.update(dict.fromkeys(changed, math.inf if midway else self.changed))

    def missing(self, kept: Files, *, before: float) -> dict[str, float]:
        """Return path -> since when, of the work from before a moment that `kept` has not."""
        return {
            name: since
            for name, since in self.since.items()
            if since <= before and kept.get(name) != self.files.get(name)
        }


def _mark(where: bytes) -> _Mark | None:
    try:
        found = os.lstat(where)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(found.st_mode):
        return None
    return found.st_mode, found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def _entry(where: bytes, mode: int) -> tuple[int, str]:
    if stat.S_ISLNK(mode):
        data, kind = os.readlink(where), 0o120000
    else:
        with open(where, "rb") as file:
            data, kind = file.read(), 0o100755 if mode & 0o100 else 0o100644
    return kind, hashlib.sha1(b"blob %d\0%b" % (len(data), data)).hexdigest()  # noqa: S324 - git's


@dataclass(frozen=True)
class Kept:
    """The newest thing recorded in a work tree: its event's id and type, and its files."""

    event: str
    type: str
    files: Files


def newest(repo: RepoBuilder, *, known: Kept | None = None) -> Kept:
    """Return the newest draft or snapshot of a work tree; takes no lock, records nothing."""
    with recording.history(recording.world(repo)) as history:
        entry = next(entry for entry in history.entries() if entry.snapshot is not None)
        if known is not None and known.event == entry.id:
            return known
        assert entry.snapshot is not None
        found = history.catalog.entry(entry.snapshot)
        assert found is not None
        tree = load(history.reader, found).view.tree
        return Kept(entry.id, entry.type, dict(_below(history.reader, "", tree)))


def _below(reader: Reader, folder: str, tree: Oid) -> Iterator[tuple[str, tuple[int, str]]]:
    for entry in reader.tree(tree):
        if entry.is_tree:
            yield from _below(reader, f"{folder}{entry.name}/", entry.oid)
        else:
            yield f"{folder}{entry.name}", (entry.mode, str(entry.oid))
