"""What of ours survives and no ref names: the plan of a rebuild, by looking only.

Everything is read without git (`git/raw.py`) and proved complete here: an entry comes into
the plan with every object below it, each hashed again. Of events the union of all values that
a segment ever had is taken, so the newest wins by itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, RefName, SnapshotId, WriterId
from git_timewarp.git.objects import MODE_GITLINK
from git_timewarp.git.raw import RawStore
from git_timewarp.rescue import moments
from git_timewarp.rescue.moments import Found, Losses, Tag
from git_timewarp.rescue.results import Moment
from git_timewarp.store import layout
from git_timewarp.store.chain import hash_is_right
from git_timewarp.store.events import REDACTED, Event, parse
from git_timewarp.store.journal import Journal
from git_timewarp.store.notes import next_place
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.store.stone import Evidence

_ID = r"(?:[0-9a-f]{40}|[0-9a-f]{64})"


class Held(NamedTuple):
    """An entry to be named again: in which kind of segment of whom, under which name."""

    writer: WriterId
    kind: str
    name: str
    entry: Oid


class Missing(NamedTuple):
    """Numbers of a writer's events, first and last, that are nowhere any more."""

    writer: WriterId
    first: int
    last: int


class Survey(NamedTuple):
    """The plan.

    Attributes:
        entries: whole snapshots, drafts and kept objects that no ref names, oldest first.
        events: per (writer, segment) every surviving event, where the ref lacks some of them.
        last: the highest number among all surviving events of each writer.
        partial: snapshots that are not whole, and gone: those of which nothing is left.
        missing: events that are gone.
        promised: objects that are not here and that git fetches when they are needed;
            None where it fetches nothing.
    """

    entries: tuple[Held, ...]
    events: Mapping[tuple[WriterId, int], Sequence[Event]]
    last: Mapping[WriterId, int]
    fresh: int
    partial: tuple[Moment, ...]
    gone: tuple[SnapshotId, ...]
    missing: tuple[Missing, ...]
    promised: frozenset[Oid] | None


def survey(
    store: RawStore,
    found: Found,
    *,
    refs: Mapping[RefName, Oid],
    owners: Mapping[Oid, WriterId],
    journal: Journal,
    promised: frozenset[Oid] | None,
) -> Survey:
    """Plan what to name again.

    Args:
        store: every object that is left.
        found: the snapshots and tags in it.
        refs: our refs whose values git can read.
        owners: tags of which something (a reflog, a note of ours) says whose they were.
        journal: what waits in it is no loss, and what its own writer never wrote there never was.
        promised: what is not here and yet no loss.
    """
    pending = {str(item.id) for item in journal.snapshots}
    named = {name for tag in refs.values() for name in _names(store, tag)} | pending
    losses = Losses(store, promised or ())
    entries, partial = _snapshots(store, found, named, losses)
    entries += _stones(store, found, named, losses)
    events, last, fresh, missing = _events(store, found.tags, refs, journal)
    writers = sorted({item.writer for item in entries} | last.keys())
    if writers:
        entries += _kept(store, found.tags, owners, named=named, losses=losses, usual=writers[0])
    return Survey(
        entries=tuple(entries),
        events=events,
        last=last,
        fresh=fresh,
        partial=tuple(partial),
        gone=tuple(oid for oid in found.gone if oid not in pending),
        missing=tuple(missing),
        promised=promised,
    )


def closure(store: RawStore, entry: Oid, seen: set[Oid]) -> Iterator[Oid]:
    """Yield every object below a whole entry, and itself, that is not in `seen`; add them."""
    todo = [entry]
    while todo:
        oid = todo.pop()
        if oid in seen:
            continue
        seen.add(oid)
        yield oid
        for item in store.tree(oid) or ():
            if item.is_tree:
                todo.append(item.oid)
            elif item.mode != MODE_GITLINK and item.oid not in seen:
                seen.add(item.oid)
                yield item.oid


def tips(store: RawStore, found: Found) -> list[Oid]:
    """Return the entries that may be named again."""
    kept = [
        item.oid
        for tag in found.tags
        if tag.kind == layout.KEPT
        for item in store.tree(tag.tree) or ()
    ]
    return list(dict.fromkeys([*(item.entry for item in found.snapshots), *kept]))


def tree_of(store: RawStore, tag: Oid) -> Oid | None:
    """Return the tree that a tag names, None where it cannot be read."""
    found = store.find(tag)
    named = re.match(rf"object ({_ID})\ntype tree\n".encode(), found.data) if found else None
    return Oid(named[1].decode()) if named else None


def _names(store: RawStore, tag: Oid) -> Iterator[str]:
    tree = tree_of(store, tag)
    for item in (store.tree(tree) or ()) if tree is not None else ():
        yield item.name


def _snapshots(
    store: RawStore, found: Found, named: set[str], losses: Losses
) -> tuple[list[Held], list[Moment]]:
    drafts = {
        item.name
        for tag in found.tags
        if tag.kind == layout.DRAFTS
        for item in store.tree(tag.tree) or ()
    }
    entries: list[Held] = []
    partial: list[Moment] = []
    for item in found.snapshots:
        if losses.of(item):
            described = item.is_described
            count = max(losses.files(item), int(described))
            partial.append(
                Moment(item.id, item.ts, item.trigger, item.worktree, count, described=described)
            )
        elif item.id not in named:
            is_draft = item.id in drafts or item.trigger == moments.WATCHED
            kind = layout.DRAFTS if is_draft else layout.SNAPSHOTS
            entries.append(Held(writer_of(item), kind, item.id, item.entry))
    return entries, partial


def _stones(store: RawStore, found: Found, named: set[str], losses: Losses) -> list[Held]:
    """Return what stands in the place of snapshots that were removed on purpose."""
    drafts = {
        item.oid
        for tag in found.tags
        if tag.kind == layout.DRAFTS
        for item in store.tree(tag.tree) or ()
    }
    return [
        Held(WriterId(who), layout.DRAFTS if entry in drafts else layout.SNAPSHOTS, name, entry)
        for name, (entry, who) in sorted(found.removed.items())
        if name not in named and not losses.below(entry)
    ]


def writer_of(snapshot: Snapshot) -> WriterId:
    """Return who recorded a snapshot."""
    return WriterId(str(snapshot.meta["writer"]))


def _kept(
    store: RawStore,
    tags: Sequence[Tag],
    owners: Mapping[Oid, WriterId],
    *,
    named: set[str],
    losses: Losses,
    usual: WriterId,
) -> list[Held]:
    """Return whole kept objects; where nothing says whose they were, they go to `usual`."""
    entries: dict[str, Held] = {}
    for tag in tags:
        for item in (store.tree(tag.tree) or ()) if tag.kind == layout.KEPT else ():
            there = item.name in named or item.name in entries
            if not there and re.fullmatch(_ID, item.name) and not losses.below(item.oid):
                writer = owners.get(tag.oid, usual)
                entries[item.name] = Held(writer, layout.KEPT, item.name, item.oid)
    return list(entries.values())


def _events(
    store: RawStore, tags: Sequence[Tag], refs: Mapping[RefName, Oid], journal: Journal
) -> tuple[dict[tuple[WriterId, int], list[Event]], dict[WriterId, int], int, list[Missing]]:
    """Return the events to write again, the last number of each writer, how many are new, gaps."""
    groups: dict[tuple[WriterId, int], list[Oid]] = {}
    for tree in dict.fromkeys(tag.tree for tag in tags if tag.kind == layout.EVENTS):
        first = next(_in_order(store, tree), None)
        if first is not None:
            segment = (first.n - 1) // layout.SEGMENT_LIMITS[layout.EVENTS] + 1
            groups.setdefault((first.writer, segment), []).append(tree)
    wanted: dict[tuple[WriterId, int], list[Event]] = {}
    last: dict[WriterId, int] = {}
    fresh = 0
    missing: list[Missing] = []
    for (writer, segment), roots in sorted(groups.items()):
        current = refs.get(layout.ref(writer, layout.EVENTS, segment))
        base = tree_of(store, current) if current is not None else None
        there = _of(store, [base]).keys() if base is not None else set()
        union = _of(store, roots)
        if writer == journal.writer:
            # A crash left notes of events that were never acknowledged: their numbers are free.
            union = {n: event for n, event in union.items() if n <= journal.head.n}
        missing += _gaps(writer, sorted(union), last.get(writer, 0))
        last[writer] = max(last.get(writer, 0), *union, 0)
        if union.keys() - there:
            wanted[writer, segment] = [union[n] for n in sorted(union)]
            fresh += len(union.keys() - there)
    return wanted, last, fresh, missing


def _gaps(writer: WriterId, numbers: Sequence[int], last: int) -> Iterator[Missing]:
    for n in numbers:
        if n > last + 1:
            yield Missing(writer, last + 1, n - 1)
        last = n


def _in_order(store: RawStore, tree: Oid) -> Iterator[Event]:
    """Yield events of a notes tree as they come, to learn whose and which they are."""
    for item in store.tree(tree) or ():
        if item.is_tree:
            yield from _in_order(store, item.oid)
        else:
            yield from _parsed(store.blob(item.oid) or b"", Oid(item.oid))


def _of(store: RawStore, roots: Sequence[Oid]) -> dict[int, Event]:
    """Return the events of notes trees of one segment, by number; each note is read once."""
    notes: dict[Oid, dict[Oid, None]] = {}
    seen: set[tuple[str, Oid]] = set()
    todo: list[tuple[str, Oid]] = [("", root) for root in roots]
    while todo:
        above, oid = todo.pop()
        if (above, oid) in seen:
            continue
        seen.add((above, oid))
        for item in store.tree(oid) or ():
            place = above + item.name
            if item.is_tree and len(above) < 4:
                todo.append((place, item.oid))
            elif re.fullmatch(_ID, place):
                notes.setdefault(Oid(place), {})[item.oid] = None
    anchors = _anchors(notes)
    found: dict[int, Event] = {}
    stones: dict[int, Event] = {}
    evidence = Evidence()
    for place, blobs in notes.items():
        for note in blobs:
            for event in _parsed(store.blob(note) or b"", anchors.get(place, place)):
                if hash_is_right(event.line):
                    found.setdefault(event.n, event)
                    evidence.see(event)
                else:
                    stones[event.n] = event
    # What was redacted does not come back; of what was not, the line that was sealed counts.
    found.update((n, e) for n, e in stones.items() if n not in found or evidence.proves(e))
    return found


def _parsed(note: bytes, anchor: Oid) -> Iterator[Event]:
    """Yield the lines of a note that are what was sealed, or say that they were redacted."""
    for line in note.splitlines():
        try:
            event = parse(line, anchor=anchor)
            if event.writer and (REDACTED in event.record or hash_is_right(line)):
                yield event
        except (TimewarpError, ValueError, KeyError, TypeError):
            continue


def _anchors(places: Collection[Oid]) -> dict[Oid, Oid]:
    """Return the anchor of each place that is an overflow of another one."""
    found: dict[Oid, Oid] = {}
    for anchor in places:
        k, place = 0, next_place(anchor, 0)
        while place in places:
            found[place] = anchor
            k += 1
            place = next_place(anchor, k)
    return found
