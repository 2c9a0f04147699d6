"""Giving snapshots another content, or none: the next values of the segments they stand in.

Pure in effect: it writes objects into the quarantine (unsynced; who moves the refs packs
them) and answers which refs should move where. Ids and events stay as they are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.objects import MODE_FILE, MODE_TREE, MissingObjectError, TreeEntry
from git_timewarp.git.refs import RefUpdate
from git_timewarp.store import layout
from git_timewarp.store.events import Json
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.snapshots import FORMAT_VERSION, TOMBSTONE, Tombstone, meta_of
from git_timewarp.util.text import compact_json

HOLDS_SNAPSHOTS = frozenset({layout.SNAPSHOTS, layout.DRAFTS})


class Rewritten(NamedTuple):
    """Ref moves, and the objects that were written for them."""

    updates: list[RefUpdate]
    objects: list[Oid]


def put_tombstone(quarantine: Quarantine, stone: Tombstone) -> Oid:
    """Write the blob of a tombstone; many snapshots may share it."""
    record: Json = {"v": FORMAT_VERSION, **stone._asdict()}
    return quarantine.put("blob", compact_json(record), sync=False)


def bury(
    quarantine: Quarantine,
    entry: Oid,
    stone: Oid,
    *,
    keep: Collection[str],
    anew: Callable[[], Json] | None = None,
) -> Oid:
    """Write what takes the place of `entry`: its parts `keep`, and the tombstone; return it.

    `anew` makes the description of a snapshot where the stored one cannot be read.

    Raises:
        MissingObjectError: one of these parts is gone.
    """
    if anew is not None and "meta" in keep:
        parts = [_meta(quarantine, entry, anew)]
    else:
        parts = [item for item in quarantine.reader.tree(entry) if item.name in keep]
    if len(parts) != len(keep):
        raise MissingObjectError(f"{entry}:{min(set(keep) - {item.name for item in parts})}")
    return quarantine.put_tree([*parts, TreeEntry(MODE_FILE, TOMBSTONE, stone)], sync=False)


def _meta(quarantine: Quarantine, entry: Oid, anew: Callable[[], Json]) -> TreeEntry:
    """Return the description of a snapshot, written anew where it is lost."""
    reader = quarantine.reader
    with contextlib.suppress(MissingObjectError):
        meta_of(reader, entry)
        return next(item for item in reader.tree(entry) if item.name == "meta")
    return TreeEntry(MODE_FILE, "meta", quarantine.put("blob", compact_json(anew()), sync=False))


def rewrite(
    quarantine: Quarantine,
    refs: Mapping[RefName, Oid],
    changes: Mapping[str, Oid],
    *,
    kinds: Collection[str],
) -> Rewritten:
    """Put the trees `changes` (name in the segment -> tree) in the places of those that are there."""
    found = Rewritten([], [])
    reader = quarantine.reader
    for name, tag in sorted(refs.items()):
        parsed = layout.parse_ref(name)
        if parsed is None or parsed[1] not in kinds:
            continue
        entries = reader.tree(f"{tag}^{{tree}}")
        new = [
            TreeEntry(MODE_TREE, item.name, changes.get(item.name, item.oid)) for item in entries
        ]
        if new == list(entries):
            continue
        root = quarantine.put_tree(new, sync=False)
        value = quarantine.put("tag", layout.tag_bytes(root, parsed[1]), sync=False)
        found.objects.extend((root, value))
        found.updates.append(RefUpdate(name, tag, value))
    return found
