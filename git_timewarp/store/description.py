"""The description of a snapshot made anew, where the stored one (`meta`) is lost.

From the event that names the snapshot. What only `meta` said is unknown then, as it is for a
revision of git: what was skipped, which folders were empty, which snapshot came before.
"""

from __future__ import annotations

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.store.events import Json
from git_timewarp.store.history import History
from git_timewarp.store.snapshots import FORMAT_VERSION

_UNKNOWN = "1970-01-01T00:00:00.000Z"


def anew(history: History, snapshot: SnapshotId, tree: Oid) -> Json:
    """Return a description of a snapshot whose staged files are taken to be those of `tree`."""
    named = history.naming(snapshot)
    first = named[-1] if named else None
    return {
        "v": FORMAT_VERSION,
        "id": snapshot,
        "ts": first.ts if first else _UNKNOWN,
        "writer": (first.writer if first else history.catalog.writer(snapshot)) or "",
        "timeline": first.timeline if first else "",
        "worktree": first.worktree if first else history.repo.worktree,
        "trigger": first.type if first else "snapshot",
        "parents": [],
        "head": {
            "oid": first.head if first else None,
            "branch": first.branch if first else None,
        },
        "index_tree": tree,
        "operation": None,
        "empty_dirs": [],
        "literal": [],
        "skipped": [],
    }
