"""A scan of the paths that changed, where somebody watched: the last scan, brought up to date.

What git would say about 100,000 files is what it said the last time, but for the paths that
changed since. Only plain cases are judged here: files and links beside others, tracked or not.
At anything else (a folder that came or went, rules, repositories inside, files of two names,
sparse or unmerged entries) the whole work tree is scanned.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Sequence

from git_timewarp.capture.memory import Memory
from git_timewarp.capture.workplace import Place
from git_timewarp.git import worktree
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import (
    MODE_GITLINK,
    MODE_LINK,
    MissingObjectError,
    RawEntry,
    Reader,
    TreeEntry,
    entry_of,
)
from git_timewarp.git.worktree import Change, Found
from git_timewarp.util.text import to_bytes

_RULES = frozenset({".gitignore", ".gitattributes", ".gitmodules", ".git"})
_MOST = 1_000
"""Paths that are looked at one by one; more are found faster by git."""


class UnsureError(Exception):
    """The whole work tree has to be scanned."""


def found(place: Place, memory: Memory, paths: frozenset[str]) -> Found:
    """Return what a scan would see now, given the paths that may have changed since the last.

    Raises:
        UnsureError: that cannot be told from the paths alone.
    """
    _check(place, memory, paths)
    tracked, untracked = [], []
    listing = _Listing(place.reader, Oid(memory.tree))
    for path in paths:
        name = RepoPath(path)
        mode = _mode(place, path)
        entry = listing.entry(path)
        if entry is not None and (entry.mode == MODE_GITLINK or entry.is_tree != _is_folder(mode)):
            raise UnsureError
        if entry is not None and not entry.is_tree:
            tracked.append(_change(name, mode, entry))
        elif entry is None and mode is not None:
            untracked.append((name, mode))
    changes = [*(change for change in _changes(memory) if change.path not in paths), *tracked]
    others = [RepoPath(path) for path in memory.others if path not in paths]
    others += _taken_up(place, untracked)
    return Found(
        changes=tuple(sorted(changes, key=lambda change: to_bytes(change.path))),
        others=tuple(sorted(others, key=to_bytes)),
        folders=tuple(RepoPath(path) for path in memory.folders),
        closed=(),
    )


def remember(memory: Memory, scanned: Found, *, settled: Collection[str]) -> None:
    """Keep what a scan saw, but for the `settled` paths, which the private index has now."""
    memory.changes = [
        [change.path, f"{change.mode:o}", change.oid, change.status]
        for change in scanned.changes
        if change.path not in settled
    ]
    memory.others = [path for path in scanned.others if path not in settled]
    memory.folders = list(scanned.folders)


def _check(place: Place, memory: Memory, paths: frozenset[str]) -> None:
    config = place.config
    if (
        not memory.tree
        or memory.stages
        or memory.bits
        or memory.sparse
        or memory.present
        or len(paths) > _MOST
        or not config.flag("core.filemode", default=True)
        or not config.flag("core.symlinks", default=True)
        or config.flag("core.ignorecase", default=False)
        or config.flag("core.precomposeunicode", default=False)
    ):
        raise UnsureError
    apart = (*memory.gitlinks, *memory.folders)
    # A commit in a submodule moves a ref that nobody watches.
    if any(os.path.lexists(os.path.join(place.file(path), b".git")) for path in memory.gitlinks):
        raise UnsureError
    for path in paths:
        name = path.rpartition("/")[2]
        if name in _RULES or "/.git/" in path or path in (memory.special or ()):
            raise UnsureError
        if any(path == folder or path.startswith(f"{folder}/") for folder in apart):
            raise UnsureError


def _mode(place: Place, path: str) -> int | None:
    """Return type and permissions of what lies at a path; None where nothing does."""
    try:
        found = os.lstat(place.file(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise UnsureError from exc
    mode = found.st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)):
        raise UnsureError
    if found.st_nlink > 1 and not stat.S_ISDIR(mode):
        # The system tells of the name that was written; the other one changed with it.
        raise UnsureError
    return mode


def _is_folder(mode: int | None) -> bool:
    return mode is not None and stat.S_ISDIR(mode)


def _change(path: RepoPath, mode: int | None, entry: TreeEntry) -> Change:
    if mode is None:
        status = "D"
    else:
        status = "M" if stat.S_ISLNK(mode) == (entry.mode == MODE_LINK) else "T"
    return Change(path, entry.mode, entry.oid, status)


def _changes(memory: Memory) -> Iterable[Change]:
    for path, mode, oid, status in memory.changes:
        yield Change(RepoPath(path), int(mode, 8), Oid(oid), status)


def _taken_up(place: Place, paths: Sequence[tuple[RepoPath, int]]) -> list[RepoPath]:
    """Return the untracked files that no rule excludes."""
    asked = [f"{path}/" if stat.S_ISDIR(mode) else str(path) for path, mode in paths]
    hidden = worktree.ignored(place.git, asked)
    kept = []
    for (path, mode), name in zip(paths, asked, strict=True):
        if name in hidden:
            continue
        if stat.S_ISDIR(mode):
            raise UnsureError
        kept.append(path)
    return kept


class _Listing:
    """Looks paths up in a tree, each folder read once."""

    def __init__(self, reader: Reader, tree: Oid) -> None:
        self._reader = reader
        self._folders: dict[str, dict[bytes, RawEntry] | None] = {"": self._read(tree)}

    def entry(self, path: str) -> TreeEntry | None:
        """Return what the tree has at a path; UnsureError when a tree is missing."""
        folder, _, name = path.rpartition("/")
        entries = self._folder(folder)
        found = entries.get(to_bytes(name)) if entries is not None else None
        return entry_of(found) if found is not None else None

    def _folder(self, path: str) -> dict[bytes, RawEntry] | None:
        if path not in self._folders:
            entry = self.entry(path)
            is_tree = entry is not None and entry.is_tree
            self._folders[path] = self._read(entry.oid) if entry is not None and is_tree else None
        return self._folders[path]

    def _read(self, tree: Oid) -> dict[bytes, RawEntry]:
        try:
            return {raw[1]: raw for raw in self._reader.raw_tree(tree)}
        except MissingObjectError as exc:
            raise UnsureError from exc
