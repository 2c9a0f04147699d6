"""Snapshots as stored: one tree per id (see `store/view.py`) with a `meta` blob.

`meta` is JSON (format version 1; `docs/formats/snapshot.md` is the public copy):
`v id ts writer timeline worktree trigger parents` and what `View.to_json` gives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid, RefName, SnapshotId
from git_timewarp.git.objects import (
    MODE_FILE,
    MODE_TREE,
    MissingObjectError,
    Reader,
    TreeEntry,
)
from git_timewarp.store import layout
from git_timewarp.store.events import Json, NewerFormatError
from git_timewarp.store.journal import PendingSnapshot
from git_timewarp.store.quarantine import Quarantine, new_objects
from git_timewarp.store.view import View
from git_timewarp.util.text import compact_json

FORMAT_VERSION = 1
_BLOBS = frozenset({"refs", "modes", "meta"})


class Snapshot(NamedTuple):
    """A stored snapshot: its id, the tree that holds it, what it looked like and why it is."""

    id: SnapshotId
    entry: Oid
    view: View
    ts: str
    trigger: str
    timeline: str
    worktree: str
    parents: tuple[SnapshotId, ...]
    meta: Mapping[str, object]


class NewSnapshot(NamedTuple):
    """A snapshot to be stored."""

    id: SnapshotId
    view: View
    ts: str
    trigger: str
    timeline: str
    worktree: str
    writer: str
    parents: tuple[SnapshotId, ...] = ()


def compose(quarantine: Quarantine, new: NewSnapshot) -> tuple[Oid, Oid]:
    """Write the entry tree and its meta; return (entry, meta blob)."""
    record: Json = {
        "v": FORMAT_VERSION,
        "id": new.id,
        "ts": new.ts,
        "writer": new.writer,
        "timeline": new.timeline,
        "worktree": new.worktree,
        "trigger": new.trigger,
        "parents": list(new.parents),
        **new.view.to_json(),
    }
    meta = quarantine.put("blob", compact_json(record))
    parts = {**new.view.parts(), "meta": meta}
    entries = [
        TreeEntry(MODE_FILE if name in _BLOBS else MODE_TREE, name, oid)
        for name, oid in parts.items()
    ]
    return quarantine.put_tree(entries), meta


def load(reader: Reader, entry: Oid) -> Snapshot:
    """Read a snapshot from its entry tree.

    Raises:
        MissingObjectError: a part is gone or damaged.
        NewerFormatError: a newer version wrote it.
    """
    parts = {item.name: item.oid for item in reader.tree(entry)}
    if "meta" not in parts:
        raise MissingObjectError(f"{entry}:meta")
    try:
        record = json.loads(reader.read(parts.pop("meta"), kind="blob"))
        if record["v"] != FORMAT_VERSION:
            raise NewerFormatError("a snapshot", record["v"])
        return Snapshot(
            id=SnapshotId(record["id"]),
            entry=entry,
            view=View.from_json(record, parts),
            ts=record["ts"],
            trigger=record["trigger"],
            timeline=record["timeline"],
            worktree=record["worktree"],
            parents=tuple(SnapshotId(item) for item in record["parents"]),
            meta=record,
        )
    except (ValueError, KeyError, TypeError) as exc:
        raise MissingObjectError(f"{entry}:meta") from exc


def needed(
    reader: Reader, view: View, *, previous: View | None, head_tree: Oid | None
) -> list[Oid]:
    """Return every object of `view` that neither `previous` nor HEAD's tree has in its place.

    Pass `head_tree` only when the snapshot is folded at once: what only HEAD's tree
    holds is git's to prune when HEAD moves (design 3).
    """
    heads = [head_tree] if head_tree is not None else []
    before = previous.parts() if previous is not None else {}
    found: dict[Oid, None] = {}

    def below(tree: Oid, bases: Sequence[Oid | None]) -> None:
        known = [base for base in bases if base is not None]
        found.update(dict.fromkeys(oid for oid, _, _ in new_objects(reader, tree, known)))

    for name, oid in view.parts().items():
        if before.get(name) == oid:
            continue
        if name in _BLOBS:
            found[oid] = None
        elif name == "tree":
            below(oid, [*heads, before.get("tree")])
        elif name == "index":
            found[oid] = None
            stages = {item.name: item for item in reader.tree(oid)}
            old = before.get("index")
            old_stages = {i.name: i for i in reader.tree(old)} if old is not None else {}
            last = previous.index_tree if previous is not None else None
            for stage, item in stages.items():
                was = old_stages.get(stage)
                if not item.is_tree:
                    found[item.oid] = None
                elif stage == "0":
                    below(item.oid, [*heads, view.tree, before.get("tree"), last if was else None])
                else:
                    below(item.oid, [was.oid if was else None])
        else:
            below(oid, [before.get(name)])
    return list(found)


class Catalog:
    """Finds snapshots by id or prefix: in the journal first, then in the segments."""

    def __init__(
        self, reader: Reader, *, refs: Mapping[RefName, Oid], pending: Sequence[PendingSnapshot]
    ) -> None:
        self._reader = reader
        self._refs = refs
        self._pending = {item.id: item for item in pending}
        self._segments: list[dict[str, Oid]] | None = None

    def entry(self, snapshot: SnapshotId) -> Oid | None:
        """Return the entry tree of a snapshot, or None when it is nowhere."""
        if snapshot in self._pending:
            return self._pending[snapshot].entry
        for segment in self._all():
            if snapshot in segment:
                return segment[snapshot]
        return None

    def matching(self, prefix: str) -> list[SnapshotId]:
        """Return the ids that begin with `prefix`, sorted."""
        names = {name for segment in self._all() for name in segment if name.startswith(prefix)}
        names |= {name for name in self._pending if name.startswith(prefix)}
        return sorted(SnapshotId(name) for name in names)

    def every(self) -> Iterator[tuple[SnapshotId, Oid]]:
        """Yield (id, entry tree) of all snapshots and drafts of all writers."""
        for segment in self._all():
            for name, oid in segment.items():
                yield SnapshotId(name), oid
        for item in self._pending.values():
            yield item.id, item.entry

    def _all(self) -> list[dict[str, Oid]]:
        if self._segments is None:
            wanted = [
                f"{oid}^{{tree}}"
                for name, oid in sorted(self._refs.items(), reverse=True)
                if (parsed := layout.parse_ref(name)) and parsed[1] in {"snapshots", "drafts"}
            ]
            self._segments = [
                {item.name: item.oid for item in self._reader.tree(name)} for name in wanted
            ]
        return self._segments
