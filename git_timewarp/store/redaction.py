"""Putting stones into the places of events: the next values of the segments they stand in.

Pure in effect, as `store/rewrite.py`. The payloads of such events leave their segments too:
`refs/timewarp/<writer>/payloads/<segment>`, trees of blobs that are named by their content.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.objects import MissingObjectError, TreeEntry
from git_timewarp.git.refs import RefUpdate
from git_timewarp.store import layout
from git_timewarp.store.events import Event
from git_timewarp.store.notes import NotesTree, next_place
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.rewrite import Rewritten

_PAYLOADS = re.compile(rf"{layout.ROOT}/[^/]+/{layout.PAYLOADS}/[0-9]+")


class Stone(NamedTuple):
    """An event, and the line that takes its place."""

    event: Event
    line: bytes


def segment_of(event: Event) -> RefName:
    """Return the ref of the segment that holds an event."""
    segment = (event.n - 1) // layout.SEGMENT_LIMITS[layout.EVENTS] + 1
    return layout.ref(event.writer, layout.EVENTS, segment)


def place(
    quarantine: Quarantine, refs: Mapping[RefName, Oid], stones: Sequence[Stone]
) -> Rewritten:
    """Write the segments of events with these lines in the places of theirs.

    Raises:
        MissingObjectError: an event is not where it was.
    """
    found = Rewritten([], [])
    by_ref: dict[RefName, list[Stone]] = {}
    for stone in stones:
        by_ref.setdefault(segment_of(stone.event), []).append(stone)
    for name, members in sorted(by_ref.items()):
        old = refs[name]
        root = quarantine.reader.info(f"{old}^{{tree}}")
        if root is None:
            raise MissingObjectError(old)
        notes = NotesTree(quarantine.reader, root[0])
        for stone in members:
            found.objects.append(_put(quarantine, notes, stone))
        tree, written = notes.write(quarantine)
        value = quarantine.put("tag", layout.tag_bytes(tree, layout.EVENTS), sync=False)
        found.objects.extend((*written, value))
        found.updates.append(RefUpdate(name, old, value))
    return found


def _put(quarantine: Quarantine, notes: NotesTree, stone: Stone) -> Oid:
    """Write the note that held the event with the stone's line; return it."""
    place, k = stone.event.anchor, 0
    while (note := notes.get(place)) is not None:
        lines = quarantine.reader.read(note, kind="blob").split(b"\n")
        if stone.event.line in lines:
            lines[lines.index(stone.event.line)] = stone.line
            new = quarantine.put("blob", b"\n".join(lines), sync=False)
            notes.set(place, new)
            return new
        place, k = next_place(stone.event.anchor, k), k + 1
    raise MissingObjectError(stone.event.anchor)


def payloads_of(events: Collection[Event]) -> set[Oid]:
    """Return the blobs of what events hold besides their line."""
    found = set()
    for event in events:
        parts = event.record.get("payload")
        for part in parts.values() if isinstance(parts, dict) else ():
            if isinstance(part, dict) and isinstance(part.get("oid"), str):
                found.add(Oid(part["oid"]))
    return found


def drop_payloads(
    quarantine: Quarantine, refs: Mapping[RefName, Oid], gone: Collection[Oid]
) -> Rewritten:
    """Write the segments of payloads without the blobs `gone`."""
    found = Rewritten([], [])
    for name, old in sorted(refs.items()) if gone else ():
        if not _PAYLOADS.fullmatch(name):
            continue
        entries = quarantine.reader.tree(f"{old}^{{tree}}")
        left: list[TreeEntry] = [item for item in entries if item.oid not in gone]
        if len(left) < len(entries):
            tree = quarantine.put_tree(left, sync=False)
            value = quarantine.put("tag", layout.tag_bytes(tree, layout.PAYLOADS), sync=False)
            found.objects.extend((tree, value))
            found.updates.append(RefUpdate(name, old, value))
    return found
