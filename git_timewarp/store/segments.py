"""Building the next value of each of our refs from what the journal holds.

Pure in effect: it writes trees, notes and tags into the quarantine (unsynced; the
fold packs and syncs them) and answers which refs should move where.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.objects import MODE_TREE, Reader, TreeEntry
from git_timewarp.git.refs import RefUpdate
from git_timewarp.git.repo import Repo
from git_timewarp.git.trees import new_objects
from git_timewarp.store import layout
from git_timewarp.store.events import Event
from git_timewarp.store.heap import Sink
from git_timewarp.store.notes import NOTE_LIMIT, NotesTree, overflow_anchor
from git_timewarp.store.notes import folders as walk_folders
from git_timewarp.store.notes import walk as walk_notes


class Place(Sink, Protocol):
    """Where segments are read and built: the quarantine, or memory."""

    repo: Repo
    reader: Reader


class Planned:
    """What a fold will do: ref moves, objects it made, objects nothing will name any more."""

    def __init__(self) -> None:
        self.updates: list[RefUpdate] = []
        self.objects: list[Oid] = []
        self.replaced: list[Oid] = []


class Builder:
    """Builds segment trees of one writer on top of the current ref values.

    New objects go to `sink`; into `place` unless another is given.
    """

    def __init__(
        self,
        place: Place,
        writer: WriterId,
        *,
        refs: Mapping[RefName, Oid],
        limits: Mapping[str, int] = layout.SEGMENT_LIMITS,
        sink: Sink | None = None,
    ) -> None:
        self._place = place
        self._sink = place if sink is None else sink
        self._reader: Reader = place.reader
        self._writer = writer
        self._refs = refs
        self._limits = limits
        self.planned = Planned()

    @property
    def repo(self) -> Repo:
        """The repository."""
        return self._place.repo

    def add_entries(self, kind: str, entries: Sequence[tuple[str, Oid]]) -> None:
        """Add named trees to the segments of `kind`; a name that is there already is left out."""
        left = list(entries)
        segment = self.last_segment(kind) or 1
        while left:
            name = layout.ref(self._writer, kind, segment)
            old = self._refs.get(name)
            present = self._entries(old)
            room = self._limits[kind] - len(present)
            fresh = [(key, oid) for key, oid in left if key not in present]
            if room > 0 and fresh:
                for key, oid in fresh[:room]:
                    present[key] = TreeEntry(MODE_TREE, key, oid)
                tree = self._sink.put_tree(list(present.values()), sync=False)
                self.planned.objects.append(tree)
                self._point(kind, name, old, tree)
            left = fresh[max(room, 0) :]
            segment += 1

    def add_events(self, events: Sequence[Event]) -> None:
        """Add events to their segments (decided by their number); one that is there is left out."""
        limit = self._limits[layout.EVENTS]
        by_segment: dict[int, list[Event]] = {}
        for event in events:
            by_segment.setdefault((event.n - 1) // limit + 1, []).append(event)
        for segment, members in sorted(by_segment.items()):
            name = layout.ref(self._writer, layout.EVENTS, segment)
            old = self._refs.get(name)
            root = self.tree_of(old) if old is not None else None
            notes = NotesTree(self._reader, root)
            by_anchor: dict[Oid, list[Event]] = {}
            for event in members:
                by_anchor.setdefault(event.anchor, []).append(event)
            for anchor, about in by_anchor.items():
                self._append_note(notes, anchor, about)
            tree, written = notes.write(self._sink)
            self.planned.objects += written
            self.planned.replaced += notes.replaced
            self._point(layout.EVENTS, name, old, tree, replaces_root=False)

    def last_segment(self, kind: str) -> int:
        """Return the number of the newest segment of `kind`, 0 when there is none."""
        found = [layout.parse_ref(name) for name in self._refs]
        return max((f[2] for f in found if f and f[0] == self._writer and f[1] == kind), default=0)

    def live(self) -> set[Oid]:
        """Return what the open segments are made of now: tags, roots, folders and notes."""
        found: set[Oid] = set()
        for kind in layout.KINDS:
            tag = self._refs.get(layout.ref(self._writer, kind, self.last_segment(kind)))
            if tag is None:
                continue
            root = self.tree_of(tag)
            found |= {tag, root}
            if kind == layout.EVENTS:
                found |= {oid for _, oid in walk_folders(self._reader, root)}
                found |= {oid for _, oid in walk_notes(self._reader, root)}
        return found

    def made_of(self, tag: Oid, *, since: Oid | None) -> set[Oid]:
        """Return a former value's tag and what it names that the present value does not."""
        return {tag, *self.named_by(tag, since=[since] if since is not None else [])}

    def named_by(self, tag: Oid, *, since: Sequence[Oid]) -> Iterator[Oid]:
        """Yield what a value names and the values `since` do not name at the same place."""
        bases = [self.tree_of(other) for other in since]
        return (oid for oid, _, _ in new_objects(self._reader, self.tree_of(tag), bases))

    def tree_of(self, tag: Oid) -> Oid:
        """Return the tree a tag of ours names."""
        return layout.tree_in(self._reader.read(tag, kind="tag"))

    def _entries(self, tag: Oid | None) -> dict[str, TreeEntry]:
        if tag is None:
            return {}
        tree = self.tree_of(tag)
        return {entry.name: entry for entry in self._reader.tree(tree)}

    def _append_note(self, notes: NotesTree, anchor: Oid, events: Sequence[Event]) -> None:
        """Append the lines of events that the note on `anchor` does not have already."""
        hash_name = self._place.repo.hash_name
        k = 0
        while notes.get(overflow_anchor(anchor, k + 1, hash_name=hash_name)) is not None:
            k += 1
        place = overflow_anchor(anchor, k, hash_name=hash_name)
        old = notes.get(place)
        text = bytearray(self._reader.read(old, kind="blob") if old is not None else b"")
        present = _last_n(text)
        for line in (event.line for event in events if event.n > present):
            if text and len(text) + len(line) + 1 > NOTE_LIMIT:
                self._put_note(notes, place, bytes(text), old)
                k += 1
                place, old = overflow_anchor(anchor, k, hash_name=hash_name), None
                text = bytearray()
            text += line + b"\n"
        if text:
            self._put_note(notes, place, bytes(text), old)

    def _put_note(self, notes: NotesTree, place: Oid, text: bytes, old: Oid | None) -> None:
        note = self._sink.put("blob", text, sync=False)
        if note != old:
            notes.set(place, note)
            self.planned.objects.append(note)

    def _point(
        self, kind: str, name: RefName, old: Oid | None, tree: Oid, *, replaces_root: bool = True
    ) -> None:
        tag = self._sink.put("tag", layout.tag_bytes(tree, kind), sync=False)
        if tag == old:
            return
        if old is not None:
            self.planned.replaced.append(old)
            if replaces_root:
                self.planned.replaced.append(self.tree_of(old))
        self.planned.objects.append(tag)
        zero = self._place.repo.zero
        self.planned.updates.append(RefUpdate(name, old if old is not None else zero, tag))


def _last_n(note: bytes | bytearray) -> int:
    """Return the number of the last event in a note; events of a writer are in order."""
    last = bytes(note).rstrip(b"\n").rpartition(b"\n")[2]
    try:
        return int(json.loads(last)["n"])
    except (ValueError, KeyError, TypeError):
        return 0
