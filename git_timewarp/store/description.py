"""The description of a snapshot made anew, where the stored one (`meta`) is lost.

From the event that names the snapshot. What only `meta` said is unknown then, as it is for a
revision of git: what was skipped, which folders were empty, how much of it was staged.
"""

from __future__ import annotations

from collections.abc import Mapping

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.store.events import Json
from git_timewarp.store.index import Entry
from git_timewarp.store.snapshots import FORMAT_VERSION, Snapshot
from git_timewarp.store.view import View

_UNKNOWN = "1970-01-01T00:00:00.000Z"


def anew(
    snapshot: SnapshotId, tree: Oid, *, named: Entry | None, writer: str, worktree: str
) -> Json:
    """Return a description of a snapshot whose staged files are taken to be those of `tree`.

    `named` is the first event that names it; `writer` and `worktree` count where none does.
    """
    return {
        "v": FORMAT_VERSION,
        "id": snapshot,
        "ts": named.ts if named else _UNKNOWN,
        "writer": named.writer if named else writer,
        "timeline": named.timeline if named else "",
        "worktree": named.worktree if named else worktree,
        "trigger": named.type if named else "snapshot",
        "parents": [],
        "head": {
            "oid": named.head if named else None,
            "branch": named.branch if named else None,
        },
        "index_tree": tree,
        "operation": None,
        "empty_dirs": [],
        "literal": [],
        "skipped": [],
    }


def stand_in(
    reader: Reader,
    entry: Oid,
    parts: Mapping[str, Oid],
    record: Json,
    parents: tuple[SnapshotId, ...],
) -> Snapshot:
    """Return what can still be said of a snapshot whose `meta` is lost; `record` is as of `anew`.

    Raises:
        MissingObjectError: its files or refs have no place either.
    """
    if not {"tree", "refs"} <= parts.keys():
        raise MissingObjectError(f"{entry}:meta")
    staged = _staged(reader, parts, record)
    said = {name: value for name, value in record.items() if name != "v"}
    view = View.from_json({**said, "index_tree": staged}, parts)
    return Snapshot(
        id=SnapshotId(str(said["id"])),
        entry=entry,
        view=view,
        ts=str(said["ts"]),
        trigger=str(said["trigger"]),
        timeline=str(said["timeline"]),
        worktree=str(said["worktree"]),
        parents=parents,
        meta={**said, "index_tree": staged, "parents": list(parents), "lost": True},
    )


def _staged(reader: Reader, parts: Mapping[str, Oid], record: Json) -> Oid:
    """Return the tree that was staged: as stored, else HEAD's, else that of the files."""
    if "index" in parts and reader.info(parts["index"]) is not None:
        stages = {item.name: item.oid for item in reader.tree(parts["index"])}
        if "0" in stages:
            return stages["0"]
    head = record["head"]
    oid = head.get("oid") if isinstance(head, dict) else None
    tree = reader.info(f"{oid}^{{tree}}") if oid else None
    return tree[0] if tree is not None else parts["tree"]
