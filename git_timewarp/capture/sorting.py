"""Sorting what a scan saw: what git adds to the private index, what is kept otherwise.

Each path goes to exactly one place:

    feed     git adds, updates or removes it in the private index
    drop     it leaves the private index, though something may lie there
    apart    its exact bytes go under `raw`: no server takes its name or contents
    clean    git doubts it, we know better: it is as the index says
    skipped  it is not captured, with the reason
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Sequence

from git_timewarp.capture import sha256
from git_timewarp.capture.memory import Memory
from git_timewarp.capture.workplace import Place, open_regular, read_all
from git_timewarp.git import attributes, refusals
from git_timewarp.git import index as index_file
from git_timewarp.git.names import RepoPath
from git_timewarp.git.objects import MODE_GITLINK
from git_timewarp.git.worktree import Change
from git_timewarp.store.view import Skipped
from git_timewarp.util.text import to_bytes, to_str

_MOST_ARGUMENTS = 200


class Sorted:
    """Where the paths go; see the module's table.

    Attributes:
        feed, drop, apart, skipped: as in the table.
        stats: what `lstat` said about the files that are fed.
        deleted: tracked paths that are gone.
        literal: fed paths whose external filter is not run.
    """

    def __init__(self) -> None:
        self.feed: list[RepoPath] = []
        self.drop: list[RepoPath] = []
        self.apart: list[RepoPath] = []
        self.skipped: list[Skipped] = []
        self.stats: dict[RepoPath, os.stat_result] = {}
        self.deleted: list[RepoPath] = []
        self.literal: set[RepoPath] = set()


class Sorter:
    """Sorts the candidates of one capture."""

    def __init__(self, place: Place, memory: Memory, *, max_untracked: int) -> None:
        self._place = place
        self._memory = memory
        self._limit = max_untracked
        self._links: dict[str, bool] = {"": False}
        self._tracked: set[RepoPath] = set()
        self.sorted = Sorted()

    def run(
        self, changes: Sequence[Change], others: Collection[RepoPath], *, convertible: bool
    ) -> Sorted:
        """Sort tracked `changes` and untracked `others`.

        `convertible` says that attributes may apply; without it none is asked for.
        """
        large: list[tuple[RepoPath, os.stat_result]] = []
        self._tracked = {change.path for change in changes}
        for change in changes:
            self._changed(change, large)
        for path in others:
            if path not in self._tracked:
                self._other(path, large)
        self._too_large(large)
        mine = [path for path in self.sorted.apart if path in self._tracked]
        # The last that a server takes stays, but attributes, which would go on converting.
        users = self._tracked_by_user(mine)
        self.sorted.drop += [
            path for path in mine if path not in users or path.endswith(refusals.ATTRIBUTES)
        ]
        if self._place.config.flag("core.ignorecase", default=False) and others:
            self._renamed_case(others)
        if convertible:
            self._filtered()
        return self.sorted

    def _changed(self, change: Change, large: list[tuple[RepoPath, os.stat_result]]) -> None:
        out, path = self.sorted, change.path
        if self._behind_link(path):
            out.drop.append(path)
            out.deleted.append(path)
            return
        try:
            found = os.lstat(self._place.file(path))
        except OSError as exc:
            if isinstance(exc, (FileNotFoundError, NotADirectoryError)):
                out.feed.append(path)
                out.deleted.append(path)
            else:
                out.skipped.append(Skipped(path, "unreadable"))
            return
        if stat.S_ISDIR(found.st_mode):
            if change.mode == MODE_GITLINK:
                out.feed.append(path)
            else:
                # git would keep the stages of a conflict where a folder is now.
                out.drop.append(path)
                out.deleted.append(path)
            return
        self._file(path, found, large)

    def _other(self, path: RepoPath, large: list[tuple[RepoPath, os.stat_result]]) -> None:
        try:
            found = os.lstat(self._place.file(path))
        except OSError as exc:
            gone = isinstance(exc, (FileNotFoundError, NotADirectoryError))
            self.sorted.skipped.append(Skipped(path, "vanished" if gone else "unreadable"))
            return
        self._file(path, found, large)

    def _file(
        self,
        path: RepoPath,
        found: os.stat_result,
        large: list[tuple[RepoPath, os.stat_result]],
    ) -> None:
        """Sort something that exists and is no folder."""
        out = self.sorted
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
            out.skipped.append(Skipped(path, "special"))
            self._leave(path)
        elif stat.S_ISREG(found.st_mode) and found.st_size > self._limit:
            large.append((path, found))
        elif stat.S_ISREG(found.st_mode) and not self._opens(path):
            out.skipped.append(Skipped(path, "unreadable", size=found.st_size))
        elif self._refused(path, found):
            out.apart.append(path)
        else:
            out.feed.append(path)
            out.stats[path] = found

    def _leave(self, path: RepoPath) -> None:
        """Take a path out of the private index if it may be in it."""
        if path in self._tracked:
            self.sorted.drop.append(path)

    def _opens(self, path: RepoPath) -> bool:
        try:
            os.close(open_regular(self._place.file(path)))
        except OSError:
            return False
        return True

    def _refused(self, path: RepoPath, found: os.stat_result) -> bool:
        if refusals.name_refused(path):
            return True
        if not refusals.is_special(path):
            return False
        if not stat.S_ISREG(found.st_mode):
            return True
        try:
            fd = open_regular(self._place.file(path))
        except OSError:
            return False
        try:
            data = read_all(fd)
        finally:
            os.close(fd)
        return refusals.contents_refused(self._place.repo.git, path, data)

    def _too_large(self, large: Sequence[tuple[RepoPath, os.stat_result]]) -> None:
        """Feed what the user's own index tracks, refer to the rest by hash and size."""
        tracked = self._tracked_by_user([path for path, _ in large])
        digests: dict[str, list[str]] = {}
        for path, found in large:
            if path in tracked and not refusals.name_refused(path):
                if self._opens(path):
                    self.sorted.feed.append(path)
                    self.sorted.stats[path] = found
                else:
                    self.sorted.skipped.append(Skipped(path, "unreadable", size=found.st_size))
                continue
            digest = sha256.of(self._place, self._memory, path=path, digests=digests)
            reason = "too-large" if digest else "unreadable"
            self._leave(path)
            self.sorted.skipped.append(Skipped(path, reason, size=found.st_size, digest=digest))
        self._memory.digests = digests

    def _tracked_by_user(self, paths: Sequence[str]) -> set[str]:
        """Return those of `paths` that the user's own index has."""
        tracked: set[str] = set()
        for start in range(0, len(paths), _MOST_ARGUMENTS):
            some = paths[start : start + _MOST_ARGUMENTS]
            listed = self._place.repo.git.run("ls-files", "-z", "--", *some, ok=(0, 128))
            tracked |= {to_str(name) for name in listed.out.split(b"\0")}
        return tracked

    def _filtered(self) -> None:
        """Treat the files with an external filter: raw, or not at all when it encrypts."""
        out, filters = self.sorted, self._place.filters
        regular = [path for path, found in out.stats.items() if stat.S_ISREG(found.st_mode)]
        asked = attributes.conversions(self._place.git, regular, config=self._place.config)
        named = {path: c.filter for path, c in zip(regular, asked, strict=True) if c.filter}
        wanted = {
            path: name
            for path, name in named.items()
            if name in filters.names or filters.encrypts(name)
        }
        if not wanted:
            return
        clean = self._untouched([path for path in wanted if path in self._tracked])
        gone: set[RepoPath] = set()
        for path, name in wanted.items():
            if path in clean:
                gone.add(path)
            elif filters.encrypts(name):
                gone.add(path)
                out.skipped.append(Skipped(path, "encrypted", size=out.stats[path].st_size))
            else:
                out.literal.add(path)
        out.feed = [path for path in out.feed if path not in gone]

    def _untouched(self, paths: Collection[RepoPath]) -> set[RepoPath]:
        """Return the paths that git doubts (same second) though every nanosecond agrees."""
        if not paths:
            return set()
        with open(self._place.index, "rb") as file:
            data = file.read()
        wanted = {to_bytes(path) for path in paths}
        found = set()
        for entry in index_file.select(data, wanted, hex_length=self._place.repo.hex_length):
            now = index_file.Stamp.of(self.sorted.stats[entry.path])
            then = entry.stamp
            same = (now.ctime_ns, now.mtime_ns, now.ino) == (
                then.ctime_ns,
                then.mtime_ns,
                then.ino,
            )
            # git writes size 0 for an entry it knows to be racy.
            if same and then.size in {0, now.size} and then.ctime_ns % 10**9:
                found.add(entry.path)
        return found

    def _renamed_case(self, others: Collection[RepoPath]) -> None:
        """Drop tracked names that live on under another spelling (case-insensitive disks)."""
        with open(self._place.index, "rb") as file:
            data = file.read()
        lowered = data.lower()
        guesses: set[bytes] = set()
        for path in others:
            name = to_bytes(path)
            start = lowered.find(name.lower() + b"\0")
            while start >= 0:
                guesses.add(data[start : start + len(name)])
                start = lowered.find(name.lower() + b"\0", start + 1)
        guesses -= {to_bytes(path) for path in others}
        hex_length = self._place.repo.hex_length
        listed: dict[str, set[bytes]] = {}
        for entry in index_file.select(data, guesses, hex_length=hex_length):
            if not self._spelled(entry.path, listed) and entry.path not in self.sorted.feed:
                self.sorted.drop.append(entry.path)
                self.sorted.deleted.append(entry.path)

    def _spelled(self, path: str, listed: dict[str, set[bytes]]) -> bool:
        """Tell whether the path exists in exactly this spelling."""
        folder, rest = "", path
        while rest:
            name, _, rest = rest.partition("/")
            if folder not in listed:
                try:
                    listed[folder] = set(os.listdir(self._place.file(folder)))
                except OSError:
                    listed[folder] = set()
            if to_bytes(name) not in listed[folder]:
                return False
            folder = f"{folder}/{name}" if folder else name
        return True

    def _behind_link(self, path: str) -> bool:
        folder = path.rpartition("/")[0]
        known = self._links.get(folder)
        if known is None:
            known = self._behind_link(folder) or os.path.islink(self._place.file(folder))
            self._links[folder] = known
        return known
