"""Which events are about a path: by what their snapshot or their commit changed, or by their word."""

from collections.abc import Iterator

from git_timewarp.git import trees
from git_timewarp.git.names import Oid, RepoPath, SnapshotId
from git_timewarp.git.objects import MissingObjectError
from git_timewarp.restore.pathspec import PathFilter
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.records import whole_record
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.util.text import name_from_json

_COMMITS = frozenset({"commit", "merge"})


def before(history: History, entry: Entry, snapshot: Snapshot) -> Oid | None:
    """Return the tree that the event changed: of a journey, what was there when it began."""
    started = entry.data.get("before")
    known = [SnapshotId(started)] if isinstance(started, str) else list(snapshot.parents)
    found = history.snapshot(known[0]) if known else None
    return found.view.tree if found is not None else None


def touches(history: History, entry: Entry, paths: PathFilter) -> bool:
    """Tell whether an event is about one of the paths."""
    pair = _trees(history, entry)
    if pair is None:
        return any(paths.matches(name) for name in _told(history, entry))
    old, new = pair
    if paths.plain is None:
        return any(paths.matches(name) for name in _differing(history, old, new))
    return any(_at(history, old, path) != _at(history, new, path) for path in paths.plain)


def names(history: History, entry: Entry, paths: PathFilter) -> list[RepoPath]:
    """Return the paths an event with a snapshot changed that are asked for."""
    pair = _trees(history, entry)
    if pair is None:
        return []
    return sorted(RepoPath(name) for name in _differing(history, *pair) if paths.matches(name))


def _trees(history: History, entry: Entry) -> tuple[Oid | None, Oid] | None:
    """Return the work tree before and after the event, of a commit its parent's and its own."""
    if entry.snapshot is not None:
        snapshot = history.snapshot(entry.snapshot)
        if snapshot is None:
            return None
        return before(history, entry, snapshot), snapshot.view.tree
    if entry.type not in _COMMITS or entry.head is None:
        return None
    new = history.reader.info(f"{entry.head}^{{tree}}")
    if new is None:
        return None
    old = history.reader.info(f"{entry.head}^1^{{tree}}")
    return old[0] if old is not None else None, new[0]


def _differing(history: History, old: Oid | None, new: Oid) -> Iterator[str]:
    try:
        for item in trees.differences(history.reader, old, new):
            yield item.path
    except MissingObjectError:
        # `verify` tells of it; the log goes on.
        return


def _told(history: History, entry: Entry) -> Iterator[str]:
    """Yield the paths that the event itself names."""
    listed = whole_record(history, entry).get("touches")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and "path" in item:
            yield name_from_json(item["path"])


def _at(history: History, tree: Oid | None, path: str) -> Oid | None:
    if path == "." or tree is None:
        return tree
    (found,) = trees.entries_at(history.reader, [tree], path)
    return found.oid if found is not None else None
