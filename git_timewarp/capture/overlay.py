"""A few changes laid over the private index, without writing it.

Rewriting an index of 100,000 entries twice (`update-index`, `write-tree`) costs more
than all the rest after the scan. A few plain changes are not worth it: their blobs are
written by us, and only the folders above them are written anew over the tree of the
private index. It goes on naming the old state, so git names the same paths in the next
scan; each is recognised by its stamp, in nanoseconds. As soon as it is not that simple
(attributes, submodules, conflicts, many paths, a new folder) the index is fed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from git_timewarp.capture import exact_bytes
from git_timewarp.capture.memory import Memory
from git_timewarp.capture.sorting import Sorted
from git_timewarp.capture.tree_build import Leaf, edit
from git_timewarp.capture.workplace import Place
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_EXEC, MODE_FILE, MODE_GITLINK, MODE_LINK
from git_timewarp.git.worktree import Change
from git_timewarp.store.view import Skipped

_MOST = 100
_PLAIN = frozenset({MODE_FILE, MODE_EXEC, MODE_LINK})


def fits(place: Place, paths: Sorted, *, changes: Sequence[Change]) -> bool:
    """Tell whether the changes are few and plain enough to be laid over the index."""
    if len(paths.feed) > _MOST or paths.drop or paths.literal:
        return False
    if any(
        change.mode not in _PLAIN or change.mode == MODE_GITLINK or change.status == "U"
        for change in changes
    ):
        return False
    config = place.config
    if not config.flag("core.filemode", default=True) or config.flag(
        "core.ignorecase", default=False
    ):
        return False
    if not config.flag("core.symlinks", default=True):
        return False
    # What is fed and has no stat is gone, or a folder that took a file's place.
    gone = set(paths.deleted)
    return all(
        path in paths.stats or (path in gone and _absent(place, path)) for path in paths.feed
    )


def lay(
    place: Place, memory: Memory, paths: Sorted, *, now_ns: int
) -> tuple[Oid | None, list[RepoPath], list[Skipped]]:
    """Write what the changes make of the private index's tree.

    Returns:
        The tree (None when it is empty), the paths that were read, those that could not be.

    Raises:
        MissingObjectError: a folder of the private index's tree is lost.
    """
    known, memory.overlay = memory.overlay, {}
    changes: dict[tuple[str, ...], Leaf | None] = {}
    read: list[RepoPath] = []
    skipped: list[Skipped] = []
    for path in paths.feed:
        if path not in paths.stats:
            changes[tuple(path.split("/"))] = None
            memory.overlay[path] = ["", "", ""]
            continue
        before = known.get(path)
        try:
            leaf, key = exact_bytes.exact(place, path, known=before)
        except OSError as exc:
            skipped.append(Skipped(path, exact_bytes.excuse(exc)))
            continue
        if before is None or before[0] != key or not key:
            read.append(path)
        found = paths.stats[path]
        if stat.S_ISREG(found.st_mode) and found.st_ctime_ns >= now_ns:
            key = ""
        memory.overlay[path] = [key, f"{leaf.mode:o}", leaf.oid]
        changes[tuple(path.split("/"))] = leaf
    if memory.overlay == known and memory.laid and all(kept[0] for kept in known.values()):
        return Oid(memory.laid), read, skipped
    if not changes:
        memory.laid = memory.tree
        return Oid(memory.tree), read, skipped
    tree = edit(place.put_raw_tree, place.reader, Oid(memory.tree), changes)
    memory.laid = tree or ""
    return tree, read, skipped


def _absent(place: Place, path: str) -> bool:
    try:
        os.lstat(place.file(path))
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def forget(memory: Memory) -> None:
    """Drop what was laid over: the index says it all now."""
    memory.overlay, memory.laid = {}, ""
