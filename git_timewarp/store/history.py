"""All events of all writers: the read index and the journal as one list.

Readers take no lock. The journal is read first and the refs after it, so an event a
fold moves meanwhile is seen twice (and shown once), never missed.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from git_timewarp.git import index_mark
from git_timewarp.git.names import Oid, RefName, SnapshotId, WriterId
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.git.repo import Repo
from git_timewarp.store import acknowledged, description, leaving, lineage, transaction
from git_timewarp.store import journal as journal_file
from git_timewarp.store.events import Json
from git_timewarp.store.index import Entry, Fill, ReadIndex, entry_of
from git_timewarp.store.journal import Journal
from git_timewarp.store.paths import Paths
from git_timewarp.store.snapshots import (
    TOMBSTONE,
    Catalog,
    Snapshot,
    Tombstone,
    load,
    meta_of,
    tombstone,
)


class History:
    """A consistent look at everything recorded; `close` it when done."""

    def __init__(
        self,
        repo: Repo,
        *,
        fill: Fill,
        journal: Journal | None = None,
        refs: Mapping[RefName, Oid] | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.repo = repo
        self._fill = fill
        self._paths = Paths(repo.state_dir)
        mark = acknowledged.read(self._paths.acknowledged)
        self.journal = journal if journal is not None else journal_file.load(self._paths.journal)
        self.lost = acknowledged.lost(self.journal, mark)
        """What the journal lost of what was acknowledged, if anything."""
        if self.lost and mark != acknowledged.read(self._paths.acknowledged):
            # Somebody recorded or folded while we looked.
            self.lost = None
        self._listing = transaction.listing(repo) if refs is None else None
        self._given = refs or {}
        self._own_reader = reader is None
        self.reader = reader if reader is not None else readable(repo)
        self._index: ReadIndex | None = None
        self._former: Mapping[str, int] | None = None

    @cached_property
    def refs(self) -> Mapping[RefName, Oid]:
        """Every ref of ours; git has listed them while something else was done."""
        if self._listing is None:
            return self._given
        return transaction.current(self.repo, asked=self._listing)

    @cached_property
    def catalog(self) -> Catalog:
        """Where the snapshots are."""
        ours = lineage.ours(self.repo.state_dir, self.writer)
        return Catalog(self.reader, refs=self.refs, pending=self.journal.snapshots, ours=ours)

    @property
    def needs_recovery(self) -> bool:
        """Whether a crash left something for the next writer to finish."""
        held = self.journal
        if held.intents or held.fold is not None or held.ends_torn:
            return True
        if self.lost is not None or held.writer != lineage.recorded(self.repo.state_dir):
            return True
        if not held.exists or index_mark.has_our_lock(self.repo):
            return True
        if leaving.going(self.repo.state_dir):
            return True
        known = transaction.known(self._paths.known_refs)
        return bool(transaction.lost(known, self.refs, writer=held.writer))

    def close(self) -> None:
        """Close the index, and the reader when it is this object's own."""
        if self._listing is not None:
            self._listing.stop()
        if self._index is not None:
            self._index.close()
        if self._own_reader:
            self.reader.close()

    @property
    def index(self) -> ReadIndex:
        """The read index, brought up to date."""
        if self._index is None:
            self._index = ReadIndex(self._paths.index, fill=self._fill)
            self._index.update(self.reader, self.refs)
        return self._index

    @property
    def writer(self) -> WriterId | None:
        """This clone's writer id as the journal says."""
        return self.journal.writer

    def is_own(self, entry: Entry) -> bool:
        """Tell whether this clone recorded an entry, also under an id it had before it moved."""
        if entry.writer == self.writer:
            return True
        if self._former is None:
            self._former = lineage.former(self.repo.state_dir)
        return entry.n <= self._former.get(entry.writer, 0)

    def count(self) -> int:
        """Return how many events there are, of all writers."""
        folded = self.journal.folded.n
        return self.index.count() + sum(event.n > folded for event in self.journal.events)

    def entries(
        self, where: str = "1", args: Sequence[object] = (), *, limit: int | None = None
    ) -> Iterator[Entry]:
        """Yield entries newest first; `where` filters the index, the caller the rest.

        The journal's entries are not filtered by `where`: check what you get.
        """
        pending = [entry_of(event, pending=True) for event in reversed(self.journal.events)]
        folded = self.index.select(where, args, limit=-1 if limit is None else limit + len(pending))
        both = heapq.merge(pending, folded, key=lambda entry: entry.order, reverse=True)
        seen: set[tuple[str, int]] = set()

        def once() -> Iterator[Entry]:
            waiting = {(entry.writer, entry.n) for entry in pending}
            for entry in both:
                place = (entry.writer, entry.n)
                if place in waiting:
                    if place in seen:
                        continue
                    seen.add(place)
                yield entry

        return itertools.islice(once(), limit)

    def here(self, types: Collection[str], *, with_snapshot: bool = False) -> Iterator[Entry]:
        """Yield the entries of some types in this work tree, newest first.

        `with_snapshot`: only those that have one, which the index finds at once.
        """
        where = " OR ".join("type = name(?)" for _ in types)
        if with_snapshot:
            where = f"snapshot IS NOT NULL AND ({where})"
        for entry in self.entries(where, tuple(types)):
            lacks = with_snapshot and entry.snapshot is None
            if entry.type in types and entry.worktree == self.repo.worktree and not lacks:
                yield entry

    def find_key(self, key: str) -> Entry | None:
        """Return the event recorded with an idempotency key, or None."""
        for event in self.journal.events:
            if event.text("key") == key:
                return entry_of(event, pending=True)
        return next(self.index.select("key = ?", (key,), limit=1), None)

    def latest_snapshot(self, worktree: str) -> Entry | None:
        """Return the newest entry with a snapshot in this work tree, or None.

        What another clone recorded for a work tree of the same name does not count.
        """
        for event in reversed(self.journal.events):
            entry = entry_of(event, pending=True)
            if entry.snapshot is not None and entry.worktree == worktree:
                return entry
        where = "snapshot IS NOT NULL AND worktree = name(?)"
        for entry in self.index.select(where, (worktree,)):
            if self.is_own(entry):
                return entry
        return None

    def snapshot(self, snapshot: SnapshotId) -> Snapshot | None:
        """Return a stored snapshot by its full id, or None when it is nowhere or was removed.

        Of one whose description is lost, what its parts and its event say (`is_described`).

        Raises:
            MissingObjectError: a part without which there is none is gone or damaged.
            NewerFormatError: a newer version wrote it.
        """
        entry = self.catalog.entry(snapshot)
        if entry is None:
            return None
        parts = {item.name: item.oid for item in self.reader.tree(entry)}
        if TOMBSTONE in parts:
            return None
        try:
            return load(self.reader, entry)
        except MissingObjectError:
            record = self.describe(snapshot, parts.get("tree", entry))
            before = self._before(snapshot)
            return description.stand_in(self.reader, entry, parts, record, before)

    def describe(self, snapshot: SnapshotId, tree: Oid) -> Json:
        """Return a description made anew (`store/description.py`) of a snapshot that lost its own."""
        named = self.naming(snapshot)
        return description.anew(
            snapshot,
            tree,
            named=named[-1] if named else None,
            writer=self.catalog.writer(snapshot) or "",
            worktree=self.repo.worktree,
        )

    def _before(self, snapshot: SnapshotId) -> tuple[SnapshotId, ...]:
        """Return the snapshot that was recorded before one in the same work tree, by the events."""
        named = self.naming(snapshot)
        if not named:
            return ()
        first = named[-1]
        where = "snapshot IS NOT NULL AND worktree = name(?) AND lamport < ?"
        for entry in self.entries(where, (first.worktree, first.lamport)):
            mine = entry.worktree == first.worktree and entry.order < first.order
            if mine and entry.snapshot not in {None, snapshot}:
                return (SnapshotId(str(entry.snapshot)),)
        return ()

    def naming(self, snapshot: SnapshotId) -> list[Entry]:
        """Return the entries that name a snapshot, newest first.

        Anybody may write any id into an event: where the writer under whom the snapshot is
        stored has named it, only what that writer says counts.
        """
        named = [e for e in self.entries("snapshot = ?", (snapshot,)) if e.snapshot == snapshot]
        if len({entry.writer for entry in named}) < 2:
            return named
        writer = self.catalog.writer(snapshot) or self.writer
        return [entry for entry in named if entry.writer == writer] or named

    def removed(self, snapshot: SnapshotId) -> Tombstone | None:
        """Return what is left of a snapshot that was removed on purpose, None for any other."""
        entry = self.catalog.entry(snapshot)
        return None if entry is None else tombstone(self.reader, entry)

    def parent(self, snapshot: Snapshot) -> Snapshot | None:
        """Return the newest snapshot before one that is still there; None at the beginning."""
        line = snapshot.parents[:1]
        while line:
            entry = self.catalog.entry(line[0])
            if entry is None:
                return None
            found = self.snapshot(line[0])
            if found is not None:
                return found
            parents = meta_of(self.reader, entry).get("parents")
            line = tuple(map(SnapshotId, parents[:1])) if isinstance(parents, list) else ()
        return None


def readable(repo: Repo) -> Reader:
    """Return a reader over git's store, the quarantine and packs a fold is about to link."""
    return Reader(repo.git.using(alternates=(Paths(repo.state_dir).quarantine,)))
