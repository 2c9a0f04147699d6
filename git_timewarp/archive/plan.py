"""What taking an archive in would change: which refs move where. Pure, but for new trees.

A chain is taken over as it is where none of its writer is here, or the one that is here is
its beginning. Where the two part, what is not here yet is copied under a writer of its own
(`archive/chains.py`). A snapshot that is here stays what it is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from git_timewarp.archive import chains
from git_timewarp.archive.manifest import INSPECT, Manifest
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.objects import Reader
from git_timewarp.git.refs import RefUpdate
from git_timewarp.store import layout
from git_timewarp.store.events import REDACTED, Event, Json
from git_timewarp.store.segments import Builder, Place

_ENTRIES = (layout.SNAPSHOTS, layout.DRAFTS, layout.KEPT)


class EmptyArchiveError(TimewarpError):
    """An archive of nothing was to take the place of everything."""

    kind = Kind.REFUSED
    reference = "empty-archive"


class Taken(NamedTuple):
    """What is taken of one writer.

    Attributes:
        how: `new`, `longer`, `same`, `copied` (under `under`), `replaced` or `removed`.
    """

    writer: WriterId
    how: str
    events: int = 0
    snapshots: int = 0
    under: WriterId | None = None

    def to_json(self) -> Json:
        """Return the stable JSON form."""
        record: Json = {"writer": self.writer, "how": self.how, "events": self.events}
        record["snapshots"] = self.snapshots
        if self.under is not None:
            record["under"] = self.under
        return record


class Plan(NamedTuple):
    """Which refs move, and what that means for each writer.

    Attributes:
        renounces: this clone needs a new id, its chain is not its own to go on with.
        replaces: events go that are here now.
    """

    updates: Sequence[RefUpdate]
    taken: Sequence[Taken]
    renounces: bool = False
    replaces: bool = False


class _Difference(NamedTuple):
    """How a chain from outside differs from the one that is here.

    Attributes:
        theirs: segments to be taken as they are.
        parts_at: the number from which on it is another chain.
    """

    theirs: Mapping[int, Oid]
    parts_at: int | None = None


def check_replacing(manifest: Manifest) -> None:
    """Refuse to replace what is here by an archive of nothing: `export` writes none.

    Raises:
        EmptyArchiveError: it is one.
    """
    if not manifest.refs:
        raise EmptyArchiveError(
            "the archive holds nothing: all that is recorded here would be replaced by nothing",
            hint=INSPECT,
        )


def replacing(
    reader: Reader, refs: Mapping[RefName, Oid], manifest: Manifest, *, zero: Oid
) -> Plan:
    """Return the plan that makes the refs those of the archive, whatever they are.

    `reader` reads the archive's objects.
    """
    given = manifest.refs
    updates = [RefUpdate(n, refs.get(n, zero), o) for n, o in given.items() if refs.get(n) != o]
    updates += [RefUpdate(name, oid, zero) for name, oid in refs.items() if name not in given]
    theirs = {writer for writer, _ in _places(given)}
    ours = {writer for writer, _ in _places(refs)}
    taken = [
        Taken(
            chain.writer,
            "replaced" if chain.writer in ours else "new",
            chain.events,
            _snapshots(reader, given, chain.writer),
        )
        for chain in manifest.chains
    ]
    taken += [Taken(writer, "removed") for writer in sorted(ours - theirs)]
    return Plan(updates, taken, renounces=True, replaces=True)


class Merge:
    """Works the plan out for one archive; new trees are built in `place`."""

    def __init__(
        self, place: Place, refs: Mapping[RefName, Oid], manifest: Manifest, *, own: WriterId | None
    ) -> None:
        self._place = place
        self._reader = place.reader
        self._refs = refs
        self._given = manifest.refs
        self._manifest = manifest
        self._own = own
        self._known: set[str] | None = None
        self._present = {name for kind in _ENTRIES for name, _ in self._named(refs, kind)}

    def plan(self) -> Plan:
        """Return the plan.

        Raises:
            MissingObjectError: what is here is damaged where it has to be compared.
        """
        updates: list[RefUpdate] = []
        taken: list[Taken] = []
        renounces = False
        here = {writer for writer, _ in _places(self._refs)}
        for chain in self._manifest.chains:
            writer = chain.writer
            if writer in here:
                moves, told, longer = self._compared(writer, chain.events)
                renounces = renounces or (longer and writer == self._own)
            elif chain.origin is not None and self._known_of(writer):
                moves, told = self._copied(writer, self._events(writer, 1))
            else:
                moves, told = self._whole(writer, chain.events)
            updates += moves
            taken.append(told)
        return Plan(updates, taken, renounces=renounces)

    def _whole(self, writer: WriterId, events: int) -> tuple[list[RefUpdate], Taken]:
        """Take everything of a writer as it is: there is nothing of it here."""
        zero = self._place.repo.zero
        moves = [
            RefUpdate(name, zero, oid)
            for name, oid in self._given.items()
            if name.startswith(f"{layout.ROOT}/{writer}/")
        ]
        names = [n for kind in _ENTRIES for n, _ in self._named(self._given, kind, writer)]
        self._present.update(names)
        snapshots = len(names) - len(self._named(self._given, layout.KEPT, writer))
        return moves, Taken(writer, "new", events, snapshots)

    def _compared(self, writer: WriterId, events: int) -> tuple[list[RefUpdate], Taken, bool]:
        """Take what is not here of a writer that is; tell whether its chain grows."""
        found = self._difference(writer)
        if found.parts_at is not None:
            moves, told = self._copied(writer, self._events(writer, found.parts_at))
            return moves, told, False
        zero = self._place.repo.zero
        moves = []
        for number, tag in found.theirs.items():
            name = layout.ref(writer, layout.EVENTS, number)
            moves.append(RefUpdate(name, self._refs.get(name, zero), tag))
        builder = Builder(self._place, writer, refs=self._refs)
        snapshots = self._add_entries(builder, writer)
        moves += builder.planned.updates
        fresh = max(events - self._count(writer), 0) if found.theirs else 0
        how = "longer" if fresh else "same"
        return moves, Taken(writer, how, fresh, snapshots), bool(fresh)

    def _copied(self, writer: WriterId, events: Sequence[Event]) -> tuple[list[RefUpdate], Taken]:
        """Copy the events that are not here in any form, and the snapshots of this writer."""
        known = self._originals()
        fresh = [event for event in events if chains.original(event).hash not in known]
        if not fresh:
            builder = Builder(self._place, writer, refs=self._refs)
            snapshots = self._add_entries(builder, writer)
            return builder.planned.updates, Taken(writer, "same", 0, snapshots)
        under = chains.derived(fresh[0])
        builder = Builder(self._place, under, refs=self._refs)
        builder.add_events(list(chains.copied(fresh, under)))
        snapshots = self._add_entries(builder, writer)
        return builder.planned.updates, Taken(writer, "copied", len(fresh), snapshots, under)

    def _difference(self, writer: WriterId) -> _Difference:
        here, there = self._parts(self._refs, writer), self._parts(self._given, writer)
        taken: dict[int, Oid] = {}
        for number, tag in there.items():
            if here.get(number) == tag:
                continue
            if number not in here:
                taken[number] = tag
                continue
            ours = chains.of_segment(self._reader, here[number])
            theirs = chains.of_segment(self._reader, tag)
            for one, other in zip(ours, theirs, strict=False):
                if one.hash != other.hash:
                    return _Difference({}, other.n)
            if len(theirs) < len(ours):
                break
            if self._may_replace(ours, theirs):
                taken[number] = tag
            elif len(theirs) > len(ours):
                return _Difference({}, theirs[len(ours)].n)
        return _Difference(taken)

    def _may_replace(self, ours: Sequence[Event], theirs: Sequence[Event]) -> bool:
        """Tell whether a segment takes the place of its beginning.

        What was redacted here stays so, and what this clone recorded is redacted here only.
        """
        changed = [one for one, other in zip(ours, theirs, strict=False) if one.line != other.line]
        if any(REDACTED in one.record or one.writer == self._own for one in changed):
            return False
        return bool(changed) or len(theirs) > len(ours)

    def _events(self, writer: WriterId, first: int) -> list[Event]:
        """Return the archive's events of a writer from number `first` on."""
        limit = layout.SEGMENT_LIMITS[layout.EVENTS]
        found: list[Event] = []
        for number, tag in self._parts(self._given, writer).items():
            if number * limit >= first:
                found += chains.of_segment(self._reader, tag)
        return [event for event in found if event.n >= first]

    def _parts(self, refs: Mapping[RefName, Oid], writer: WriterId) -> Mapping[int, Oid]:
        return chains.segments(refs, layout.EVENTS).get(writer, {})

    def _count(self, writer: WriterId) -> int:
        segments = self._parts(self._refs, writer)
        if not segments:
            return 0
        last = chains.of_segment(self._reader, segments[max(segments)])
        return last[-1].n if last else 0

    def _known_of(self, writer: WriterId) -> bool:
        """Tell whether some event of a copied chain is here in another form."""
        known = self._originals()
        return any(chains.original(event).hash in known for event in self._events(writer, 1))

    def _originals(self) -> set[str]:
        if self._known is None:
            self._known = chains.originals(self._reader, self._refs)
        return self._known

    def _add_entries(self, builder: Builder, writer: WriterId) -> int:
        """Add what is not here of a writer's snapshots and kept objects; count the snapshots."""
        count = 0
        for kind in _ENTRIES:
            found = self._named(self._given, kind, writer)
            fresh = [(name, oid) for name, oid in found if name not in self._present]
            builder.add_entries(kind, fresh)
            self._present.update(name for name, _ in fresh)
            count += len(fresh) if kind != layout.KEPT else 0
        return count

    def _named(
        self, refs: Mapping[RefName, Oid], kind: str, writer: WriterId | None = None
    ) -> list[tuple[str, Oid]]:
        """Return name and tree of the entries of one kind, of one writer or of all."""
        return [
            (item.name, item.oid)
            for who, segments in chains.segments(refs, kind).items()
            if writer is None or who == writer
            for tag in segments.values()
            for item in self._reader.tree(chains.tree_of(self._reader, tag))
        ]


def _snapshots(reader: Reader, refs: Mapping[RefName, Oid], writer: WriterId) -> int:
    """Count the snapshots and drafts of a writer."""
    return sum(
        len(reader.tree(chains.tree_of(reader, tag)))
        for kind in (layout.SNAPSHOTS, layout.DRAFTS)
        for tag in chains.segments(refs, kind).get(writer, {}).values()
    )


def _places(refs: Mapping[RefName, Oid]) -> list[tuple[WriterId, str]]:
    found = [layout.parse_ref(name) for name in refs]
    return [(item[0], item[1]) for item in found if item is not None]
