"""Snapshots whose line in the journal is gone and whose objects are still in the quarantine.

What the journal lost is on record from then on: an event says which numbers are gone, and
each snapshot that is found whole is recorded again, with its own id and time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MODE_GITLINK
from git_timewarp.integrity import damage, losses
from git_timewarp.store import layout
from git_timewarp.store.chain import NewEvent
from git_timewarp.store.journal import PendingSnapshot
from git_timewarp.store.snapshots import Snapshot, load
from git_timewarp.timeline.operation import Operation

_NEEDED = frozenset({"tree", "refs", "meta"})
_WATCHED = "watch"


def salvage(op: Operation) -> list[str]:
    """Record again what can be found of what the journal lost; return what to tell."""
    recorder = op.recorder
    if recorder.lost is None and not recorder.journal.damaged:
        return []
    new: list[NewEvent] = []
    told: list[str] = []
    if recorder.lost is not None:
        text = losses.described(recorder.lost)
        new.append(_gap(op, text))
        told += recorder.recovery.gone(text)
    pending: list[PendingSnapshot] = []
    for snapshot, closure in sorted(_found(op), key=lambda item: item[0].ts):
        kind = layout.DRAFTS if snapshot.trigger == _WATCHED else layout.SNAPSHOTS
        pending.append(PendingSnapshot(snapshot.id, kind, snapshot.entry, closure))
        new.append(_again(op, snapshot))
    new += [_again(op, snapshot) for snapshot in _unnamed(op)]
    recorder.lost = None
    if not new:
        return told
    sealed = recorder.seal(new)
    recorder.append(sealed, snapshots=pending)
    entries = op.recorded(sealed)
    found = [op.label(entry) for entry in entries if entry.snapshot]
    if found:
        count = len(found)
        text = f"{count} snapshot(s) that the journal had lost are found: {', '.join(found)}"
        told += recorder.recovery.back(text)
    return told


def _gap(op: Operation, text: str) -> NewEvent:
    head = op.quarantine.reader.info("HEAD")
    tree = op.quarantine.put_tree([]) if head is None else None
    anchor = head[0] if head is not None else tree
    assert anchor is not None  # noqa: S101 - one of both
    return op.event(
        "gap",
        text,
        anchor=anchor,
        head=head[0] if head is not None else None,
        branch=None,
        actor=op.world.system,
    )


def _again(op: Operation, snapshot: Snapshot) -> NewEvent:
    view = snapshot.view
    event = op.event(
        "draft" if snapshot.trigger == _WATCHED else "snapshot",
        "found again after the journal had lost it",
        anchor=view.head.oid or view.tree,
        head=view.head.oid,
        branch=view.head.branch,
        snapshot=snapshot.id,
        data={"found": True},
        actor=op.world.system,
    )
    return event._replace(ts=snapshot.ts, worktree=snapshot.worktree, timeline=snapshot.timeline)


def _found(op: Operation) -> Iterator[tuple[Snapshot, tuple[Oid, ...]]]:
    """Yield every whole snapshot in the quarantine that is nowhere else, and its objects there."""
    held = set(op.quarantine.loose())
    reader = op.quarantine.reader
    for oid in sorted(held):
        info = damage.info(reader, oid)
        if info is None or info[1] != "tree":
            continue
        try:
            if not {item.name for item in reader.tree(oid)} >= _NEEDED:
                continue
            snapshot = load(reader, oid)
            closure = _closure(op, oid, held)
        except (TimewarpError, ValueError):
            continue
        if closure is not None and op.history.catalog.entry(snapshot.id) is None:
            yield snapshot, closure


def _unnamed(op: Operation) -> list[Snapshot]:
    """Return the snapshots in the journal whose event is gone."""
    held = op.recorder.journal
    named = {event.text("snapshot") for event in held.events}
    found = []
    for item in held.snapshots:
        with contextlib.suppress(TimewarpError):
            if item.id not in named:
                found.append(load(op.quarantine.reader, item.entry))
    return found


def _closure(op: Operation, entry: Oid, held: AbstractSet[Oid]) -> tuple[Oid, ...] | None:
    """Return the objects of a snapshot that are in the quarantine; None when one is nowhere.

    A tree that is not in it has nothing below that is (`store/quarantine.py`).
    """
    reader = op.quarantine.reader
    seen: dict[Oid, None] = {}
    left = [entry]
    while left:
        for item in reader.tree(left.pop()):
            if item.mode == MODE_GITLINK or item.oid in seen:
                continue
            if item.oid in held:
                seen[item.oid] = None
                if item.is_tree:
                    left.append(item.oid)
            elif damage.info(reader, item.oid) is None:
                return None
    return tuple(seen)
