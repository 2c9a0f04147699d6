"""Every snapshot that an event names is stored, and has its parts (contents: `verify_objects`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import MissingObjectError, Object, Reader, absent, split_tree
from git_timewarp.integrity import damage, verify_removed
from git_timewarp.integrity.verify_look import LIMIT, Look
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.snapshots import TOMBSTONE, parse, plain_id
from git_timewarp.util.text import to_str

_BATCH = 5_000
_LOG = "git timewarp log --all"
_REBUILD = "git timewarp recover --rebuild"
_REQUIRED = frozenset({"tree", "refs", "meta"})


class _Stored(NamedTuple):
    """A snapshot, the tree that holds it, and the parts it names."""

    snapshot: SnapshotId
    entry: Oid
    parts: dict[str, Oid]


def snapshots(look: Look, *, full: bool) -> dict[SnapshotId, Oid]:
    """Look whether each snapshot and its parts are there; `full` reads its description too.

    Returns:
        every snapshot and the tree that holds it, those that were removed among them.
    """
    try:
        every = list(look.history.catalog.every())
    except TimewarpError as exc:
        named = sorted((min(events), name) for name, events in look.named.items())
        affects = tuple(f"E{lamport} (snapshot {name})" for lamport, name in named[:LIMIT])
        text = f"a segment of snapshots: {exc.message}"
        look.wrong("missing-object", text, look.remedy(_REBUILD), affects)
        return {}
    for start in range(0, len(every), _BATCH):
        look.progress(start, len(every))
        some = _stored(look, every[start : start + _BATCH])
        _presence(look, some)
        if full:
            _descriptions(look, some)
    look.snapshots = len(every) - len(look.tombstones)
    _named(look, {snapshot for snapshot, _ in every})
    return dict(every)


def _stored(look: Look, some: Sequence[tuple[SnapshotId, Oid]]) -> list[_Stored]:
    """Read the trees of some snapshots; tell of those that are lost, or lack a part."""
    found: list[_Stored] = []
    trees = _read(look.history.reader, [entry for _, entry in some])
    for (snapshot, entry), tree in zip(some, trees, strict=True):
        if tree is None or tree.type != "tree":
            look.told.add(entry)
            look.lacks(entry)
            text = f"{look.label(snapshot)} is lost: its tree {entry} is missing"
            look.wrong("missing-object", text, look.ending(entry), look.affected(snapshot))
            continue
        entries = split_tree(tree.data, hex_length=len(entry))
        parts = {to_str(name): Oid(raw.hex()) for _, name, raw in entries}
        if TOMBSTONE in parts:
            look.tombstones.add(snapshot)
            verify_removed.check(look, snapshot, entry, parts)
            continue
        if "refs" in parts:
            look.ref_lists.setdefault(parts["refs"], []).append(snapshot)
        if lacks := _REQUIRED - parts.keys():
            text = f"{look.label(snapshot)} has no part '{min(lacks)}'"
            look.wrong("foreign-edit", text, _LOG, look.affected(snapshot))
        found.append(_Stored(snapshot, entry, parts))
    return found


def _presence(look: Look, some: Sequence[_Stored]) -> None:
    """Look whether the parts of some snapshots are there."""
    git = look.repo.git.using(alternates=(Quarantine.folder(look.repo),))
    wanted = dict.fromkeys(oid for item in some for oid in item.parts.values())
    gone = set(absent(git, list(wanted)))
    for snapshot, _, parts in some if gone else ():
        for name, oid in parts.items():
            if oid in gone:
                look.told.add(oid)
                look.lacks(oid)
                text = f"{look.label(snapshot)} lost its part '{name}' ({oid})"
                look.wrong("missing-object", text, look.ending(oid), look.affected(snapshot))


def _descriptions(look: Look, some: Sequence[_Stored]) -> None:
    """Read the description of each snapshot: is it the one that stands there?

    What lacks a part was told of already, and cannot be read as a whole.
    """
    whole = [item for item in some if not _REQUIRED - item.parts.keys()]
    metas = _read(look.history.reader, [item.parts["meta"] for item in whole])
    for (snapshot, entry, parts), meta in zip(whole, metas, strict=True):
        try:
            if meta is None or meta.type != "blob":
                raise MissingObjectError(parts["meta"])
            found = plain_id(meta.data) or parse(meta.data, entry=entry, parts=parts).id
            if found != snapshot:
                text = f"{look.label(snapshot)} is another one"
                look.wrong("foreign-edit", text, _LOG, look.affected(snapshot))
        except TimewarpError as exc:
            if parts["meta"] not in look.told:
                text = f"{look.label(snapshot)}: {exc.message}"
                look.wrong(
                    "missing-object", text, look.ending(parts["meta"]), look.affected(snapshot)
                )


def _read(reader: Reader, names: Sequence[Oid]) -> list[Object | None]:
    """Return many objects; one by one where git ends over a damaged one."""
    try:
        return list(reader.read_all(names))
    except MissingObjectError:
        return [damage.find(reader, name) for name in names]


def _named(look: Look, stored: set[SnapshotId]) -> None:
    """Tell of snapshots that events name and no segment has."""
    gone = sorted((min(events), name) for name, events in look.named.items() if name not in stored)
    for lamport, name in gone:
        text = f"snapshot {name} of event E{lamport} is nowhere"
        look.wrong("missing-object", text, look.remedy(_LOG), look.affected(name)[: LIMIT + 1])
