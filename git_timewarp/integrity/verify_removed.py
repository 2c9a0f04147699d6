"""What stands in the place of a removed snapshot is ours only when an event in a chain says so."""

from __future__ import annotations

from collections.abc import Mapping

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.integrity.verify_look import Look
from git_timewarp.store.snapshots import TOMBSTONE, meta_of, parse_tombstone

_LOG = "git timewarp log --all"
_PARTS = frozenset({"meta", TOMBSTONE})
_MEMBER = "removed"
_TYPES = ("compact", "purge")


def check(look: Look, snapshot: SnapshotId, entry: Oid, parts: Mapping[str, Oid]) -> None:
    """Tell of a tombstone that is damaged, is more than that, or that no event speaks of."""
    wrong = None
    kind = "foreign-edit"
    try:
        data = look.history.reader.read(parts[TOMBSTONE], kind="blob")
        stone = parse_tombstone(data, entry=entry)
        if parts.keys() != _PARTS:
            wrong = "was removed and has parts all the same"
        elif (str(snapshot), stone.op) not in _told(look):
            wrong = "was removed and no event tells of it"
        elif meta_of(look.history.reader, entry)["id"] != snapshot:
            wrong = "is another one"
    except TimewarpError as exc:
        wrong, kind = f"was removed and what is left is damaged: {exc.message}", "missing-object"
        look.told.update(parts.values())
    if wrong is not None:
        look.wrong(kind, f"{look.label(snapshot)} {wrong}", _LOG, look.affected(snapshot))


def _told(look: Look) -> set[tuple[str, str]]:
    """Return (snapshot, operation) of every removal that an event or an open operation tells of."""
    if look.removed is None:
        look.removed = set()
        where = " OR ".join("type = name(?)" for _ in _TYPES)
        for entry in look.history.entries(where, _TYPES):
            ids = entry.data.get(_MEMBER)
            if entry.type in _TYPES and isinstance(ids, list):
                look.removed.update((str(name), str(entry.op)) for name in ids)
        for op, intent in look.history.journal.intents.items():
            places = intent.get("snapshots")
            if isinstance(places, dict):
                look.removed.update((str(name), op) for name in places)
    return look.removed
