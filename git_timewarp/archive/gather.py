"""Gathering what goes into an archive: refs, chains and counts, and the lines for reading.

All of it is taken as it is. Of a part, the events that were asked for, the snapshots these
name, and the kept objects that the refs of these snapshots name are put together anew; a
chain of which the beginning is not among them is copied (`archive/chains.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from git_timewarp.archive import chains
from git_timewarp.archive.bench import Bench
from git_timewarp.archive.manifest import Chain, Origin
from git_timewarp.archive.selection import Selection
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.store import kept, layout
from git_timewarp.store.chain import hash_is_right
from git_timewarp.store.events import ChainHead, Event
from git_timewarp.store.segments import Builder
from git_timewarp.store.stone import Evidence

_ENTRIES = (layout.SNAPSHOTS, layout.DRAFTS, layout.KEPT)
_BROKEN = "git timewarp verify --full"

Line = Callable[[bytes], object]


class NothingToExportError(TimewarpError):
    """No event is among what was asked for."""

    kind = Kind.NOT_FOUND
    reference = "nothing-to-export"


class BrokenHistoryError(TimewarpError):
    """A chain does not hold together, so an archive of it could not be checked."""

    kind = Kind.CORRUPT
    reference = "broken-history"


class Gathered:
    """What an archive will hold.

    Attributes:
        refs: name and value of each ref in it.
        chains: each writer's chain.
        counts: entries of each kind.
        first, last: times of the first and the last event.
        made: objects of `bench` that git does not have.
    """

    def __init__(self) -> None:
        self.refs: dict[RefName, Oid] = {}
        self.chains: list[Chain] = []
        self.counts = dict.fromkeys((*_ENTRIES, layout.EVENTS), 0)
        self.first = ""
        self.last = ""
        self.made: list[Oid] = []

    def saw(self, event: Event, line: Line) -> None:
        """Count an event and pass its line on."""
        ts = str(event.record["ts"])
        self.first = min(self.first or ts, ts)
        self.last = max(self.last, ts)
        self.counts[layout.EVENTS] += 1
        line(event.line + b"\n")


def everything(bench: Bench, refs: Mapping[RefName, Oid], line: Line) -> Gathered:
    """Gather all there is; `line` is given each event's line.

    Raises:
        BrokenHistoryError: a chain has gaps.
    """
    found = Gathered()
    found.refs = {name: oid for name, oid in refs.items() if layout.parse_ref(name)}
    segments = chains.segments(refs, layout.EVENTS)
    for writer in _writers(found.refs):
        head = ChainHead()
        origin: list[chains.Original] = []
        for tag in segments.get(writer, {}).values():
            for event in chains.of_segment(bench.reader, tag):
                head = _after(event, head, writer)
                if chains.ORIGIN in event.record:
                    origin = [*origin[:1], chains.original(event)]
                found.saw(event, line)
        found.chains.append(_chain(writer, head, origin))
    for kind in _ENTRIES:
        found.counts[kind] = len(list(_named(bench, refs, kind)))
    return found


def part(bench: Bench, refs: Mapping[RefName, Oid], selection: Selection, line: Line) -> Gathered:
    """Gather what is selected; as `everything`."""
    found = Gathered()
    segments = chains.segments(refs, layout.EVENTS)
    where = {kind: _entries(bench, refs, kind) for kind in _ENTRIES}
    taken: set[str] = set()
    chosen: dict[WriterId, list[Event]] = {}
    evidence = Evidence()
    for writer in _writers(refs):
        events: list[Event] = []
        head = ChainHead()
        for tag in segments.get(writer, {}).values():
            for event in chains.of_segment(bench.reader, tag):
                head = _after(event, head, writer)
                if selection.takes(event):
                    events.append(event)
                    evidence.see(event)
        if events:
            chosen[writer] = events
    for writer, events in chosen.items():
        # A chain can be checked from its beginning on, and with what tells of its stones.
        proved = all(hash_is_right(e.line) or evidence.proves(e) for e in events)
        whole = proved and events[-1].n == len(events)
        under = writer if whole else chains.derived(events[0])
        some = events if whole else list(chains.copied(events, under))
        _add(bench, found, under, some, line, where=where, taken=taken)
    return found


def _add(
    bench: Bench,
    found: Gathered,
    under: WriterId,
    events: Sequence[Event],
    line: Line,
    *,
    where: Mapping[str, Mapping[str, Oid]],
    taken: set[str],
) -> None:
    """Add some events of a writer, and what they need."""
    origin = list[chains.Original]()
    if chains.ORIGIN in events[0].record:
        origin = [chains.original(events[0]), chains.original(events[-1])]
    builder = Builder(bench, under, refs={})
    builder.add_events(events)
    named = {event.text("snapshot") for event in events}
    for kind in (layout.SNAPSHOTS, layout.DRAFTS):
        entries = [(n, o) for n, o in where[kind].items() if n in named and n not in taken]
        builder.add_entries(kind, entries)
        found.counts[kind] += len(entries)
        taken.update(name for name, _ in entries)
    lost = [oid for oid in _lost(bench, where, named) if oid not in taken]
    builder.add_entries(layout.KEPT, [(oid, where[layout.KEPT][oid]) for oid in lost])
    found.counts[layout.KEPT] += len(lost)
    taken.update(lost)
    for update in builder.planned.updates:
        found.refs[update.name] = update.new
    found.made += builder.planned.objects
    for event in events:
        found.saw(event, line)
    found.chains.append(_chain(under, events[-1].head, origin))


def _lost(
    bench: Bench, where: Mapping[str, Mapping[str, Oid]], named: set[str | None]
) -> list[str]:
    """Return the kept objects that the refs of the snapshots `named` lead to."""
    every = where[layout.KEPT]
    if not every:
        return []
    lists: set[Oid] = set()
    for kind in (layout.SNAPSHOTS, layout.DRAFTS):
        for name, entry in where[kind].items():
            parts = {item.name: item.oid for item in bench.reader.tree(entry)}
            if name in named and "refs" in parts:
                lists.add(parts["refs"])
    todo = [
        str(oid)
        for blob in sorted(lists)
        for oid in kept.parse_refs(bench.reader.read(blob, kind="blob")).values()
    ]
    found: dict[str, None] = {}
    while todo:
        oid = todo.pop()
        if oid in found or oid not in every:
            continue
        found[oid] = None
        parts = {item.name: item.oid for item in bench.reader.tree(every[oid])}
        if "object" in parts:
            todo += kept.named(bench.reader.read(parts["object"], kind="blob"))
    return list(found)


def _after(event: Event, head: ChainHead, writer: WriterId) -> ChainHead:
    record = event.record
    if event.n != head.n + 1 or record["prev"] != head.hash:
        raise BrokenHistoryError(
            f"event {event.n} of '{writer}' does not follow event {head.n}: "
            "an archive of this history could not be checked",
            hint=_BROKEN,
        )
    return event.head


def _chain(writer: WriterId, head: ChainHead, origin: Sequence[chains.Original]) -> Chain:
    copied = None
    if origin:
        copied = Origin(WriterId(origin[0].writer), origin[0].n, origin[-1].n)
    return Chain(writer, head.n, head.lamport, head.hash, copied)


def _entries(bench: Bench, refs: Mapping[RefName, Oid], kind: str) -> dict[str, Oid]:
    """Return name and tree of every entry of one kind."""
    return dict(_named(bench, refs, kind))


def _named(bench: Bench, refs: Mapping[RefName, Oid], kind: str) -> Iterator[tuple[str, Oid]]:
    for segments in chains.segments(refs, kind).values():
        for tag in segments.values():
            for item in bench.reader.tree(chains.tree_of(bench.reader, tag)):
                yield item.name, item.oid


def _writers(refs: Mapping[RefName, Oid]) -> list[WriterId]:
    return sorted({parsed[0] for name in refs if (parsed := layout.parse_ref(name))})
