"""Which snapshots are left: found by what they are, whatever became of the refs to them.

A snapshot is a tree with `tree`, `refs` and `meta` (docs/formats/snapshot.md). Every small
tree that survives is looked at, so neither refs nor tags nor the journal are needed; they
only tell of snapshots that were there and are gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from git_timewarp.errors import TimewarpError
from git_timewarp.git import raw_place
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import MODE_GITLINK, TreeEntry
from git_timewarp.git.raw import RawStore
from git_timewarp.store import journal as journal_file
from git_timewarp.store import layout
from git_timewarp.store.chain import hash_is_right
from git_timewarp.store.journal import Journal
from git_timewarp.store.paths import Paths
from git_timewarp.store.snapshots import Snapshot, parse
from git_timewarp.store.view import Head, View
from git_timewarp.util.clock import is_readable

_LARGEST = 2_000
"""Bytes of the largest tree that holds a snapshot (nine entries), and of a tag of ours."""

_MEMBERS = (b" meta\0", b" refs\0", b" tree\0")
_STONE = (b" meta\0", b" tombstone\0")
_TAG = (
    rb"object ([0-9a-f]+)\ntype tree\ntag timewarp-(events|snapshots|drafts|kept)\n"
    rb"tagger git-timewarp <git-timewarp@localhost> 0 \+0000\n"
)
WATCHED = "watch"
"""Trigger of a draft."""


class Tag(NamedTuple):
    """A tag of ours: the kind of ref that named it, and its tree."""

    oid: Oid
    kind: str
    tree: Oid


class Found(NamedTuple):
    """What was found of ours.

    Attributes:
        snapshots: every snapshot, oldest first; without a readable time is oldest. One whose
            `meta` is lost is made of its place and the event that names it (`is_described`).
        tags: every tag of ours, in no order.
        gone: ids of snapshots that something names and nothing holds.
        removed: the entries of snapshots that were removed on purpose, with their writers.
    """

    snapshots: tuple[Snapshot, ...]
    tags: tuple[Tag, ...]
    gone: tuple[SnapshotId, ...]
    removed: Mapping[SnapshotId, tuple[Oid, str]]


def search(store: RawStore, common_dir: str) -> Found:
    """Look through every tag and every small tree.

    Of several entries of one id (purged content left some of them) that counts which a ref names.
    """
    state_dir = os.path.join(common_dir, "timewarp")
    values = set(raw_place.refs(common_dir, layout.ROOT).values())
    snapshots: dict[SnapshotId, Snapshot] = {}
    others: list[Snapshot] = []
    removed: dict[SnapshotId, tuple[Oid, str]] = {}
    tags: list[Tag] = []
    lost: list[Oid] = []
    for thing in store.every(("tag", "tree"), most=_LARGEST):
        if thing.type == "tag":
            found = re.match(_TAG, thing.data)
            if found:
                tags.append(Tag(thing.oid, found[2].decode(), Oid(found[1].decode())))
        elif all(member in thing.data for member in _MEMBERS):
            snapshot = load(store, thing.oid)
            if snapshot is None:
                lost.append(thing.oid)
            elif snapshot.id in snapshots:
                others.append(snapshot)
            else:
                snapshots[snapshot.id] = snapshot
        elif all(member in thing.data for member in _STONE):
            removed.update(_tombstone(store, thing.oid))
    current = {item.oid for tag in tags if tag.oid in values for item in store.tree(tag.tree) or ()}
    snapshots.update((item.id, item) for item in others if item.entry in current)
    journal = _journal(state_dir)
    if lost:
        for item in _undescribed(store, lost, tags, values, journal):
            snapshots.setdefault(item.id, item)
    for name in removed.keys() & snapshots.keys():
        del snapshots[name]
    named = {*_named(store, tags), *(item.id for item in (journal.snapshots if journal else ()))}
    return Found(
        snapshots=tuple(sorted(snapshots.values(), key=lambda item: (when(item), item.id))),
        tags=tuple(tags),
        gone=tuple(sorted(named - snapshots.keys() - removed.keys())),
        removed=removed,
    )


def _tombstone(store: RawStore, entry: Oid) -> Iterator[tuple[SnapshotId, tuple[Oid, str]]]:
    parts = {item.name: item.oid for item in store.tree(entry) or ()}
    meta = store.blob(parts["meta"]) if "meta" in parts else None
    with contextlib.suppress(ValueError, KeyError, TypeError):
        record = json.loads(meta or b"")
        yield SnapshotId(str(record["id"])), (entry, str(record["writer"]))


def load(store: RawStore, entry: Oid) -> Snapshot | None:
    """Read a snapshot from its tree; None when it is none, or its `meta` is lost."""
    items = store.tree(entry) or ()
    parts = {item.name: item.oid for item in items}
    meta = store.blob(parts["meta"]) if "meta" in parts else None
    if meta is None:
        return None
    try:
        return parse(meta, entry=entry, parts=parts)
    except TimewarpError:
        return None


def when(snapshot: Snapshot) -> str:
    """Return the time to sort a snapshot by: the oldest there is where its own is none."""
    return snapshot.ts if is_readable(snapshot.ts) else ""


def _named(store: RawStore, tags: Iterable[Tag]) -> Iterator[SnapshotId]:
    trees = {tag.tree for tag in tags if tag.kind in {layout.SNAPSHOTS, layout.DRAFTS}}
    for tree in trees:
        for item in store.tree(tree) or ():
            yield SnapshotId(item.name)


def _journal(state_dir: str) -> Journal | None:
    try:
        return journal_file.load(Paths(state_dir).journal)
    except (TimewarpError, OSError, ValueError, KeyError, TypeError):
        return None


def _undescribed(
    store: RawStore,
    lost: Sequence[Oid],
    tags: Sequence[Tag],
    current: Collection[Oid],
    journal: Journal | None,
) -> Iterator[Snapshot]:
    """Yield what can be said of entries whose `meta` is lost: what names them knows the id.

    Of several entries of one id that counts which a ref names now.
    """
    wanted = frozenset(lost)
    places: dict[SnapshotId, Oid] = {}
    for tag in sorted(tags, key=lambda tag: tag.oid in current):
        if tag.kind in {layout.SNAPSHOTS, layout.DRAFTS}:
            found = [item for item in store.tree(tag.tree) or () if item.oid in wanted]
            places.update((SnapshotId(item.name), item.oid) for item in found)
    lines: list[bytes] = []
    if journal is not None:
        found_ = [item for item in journal.snapshots if item.entry in wanted]
        places.update((item.id, item.entry) for item in found_)
        lines += [event.line for event in journal.events]
    for tree in {tag.tree for tag in tags if tag.kind == layout.EVENTS} if places else ():
        lines += _lines(store, tree)
    told = _telling(lines, places)
    for name, entry in places.items():
        parts = {item.name: item.oid for item in store.tree(entry) or ()}
        record = told.get(name, {})
        view = View(
            tree=parts["tree"],
            index_tree=parts["tree"],
            refs=parts["refs"],
            head=Head(None, None),
            raw=parts.get("raw"),
            modes=parts.get("modes"),
            nested=parts.get("nested"),
        )
        yield Snapshot(
            id=name,
            entry=entry,
            view=view,
            ts=str(record.get("ts", "")),
            trigger=str(record.get("type", "")),
            timeline=str(record.get("timeline", "")),
            worktree=str(record.get("worktree", "")),
            parents=(),
            meta={"writer": str(record.get("writer", ""))},
        )


def _lines(store: RawStore, tree: Oid) -> Iterator[bytes]:
    for item in store.tree(tree) or ():
        if item.is_tree:
            yield from _lines(store, item.oid)
        else:
            yield from (store.blob(item.oid) or b"").splitlines()


def _telling(
    lines: Iterable[bytes], names: Collection[SnapshotId]
) -> dict[SnapshotId, Mapping[str, object]]:
    """Return for each snapshot the first event, as it was sealed, that names it."""
    found: dict[SnapshotId, Mapping[str, object]] = {}
    for line in lines:
        try:
            record = json.loads(line)
            name, order = SnapshotId(str(record["snapshot"])), int(record["lamport"])
            if name in names and hash_is_right(line):
                known = found.get(name)
                if known is None or order < int(str(known["lamport"])):
                    found[name] = record
        except (ValueError, KeyError, TypeError):
            continue
    return found


class Losses:
    """Counts what is lost below trees; what many snapshots share is read once.

    What is in `promised` is not here and no loss: git fetches it when it is needed.
    """

    def __init__(self, store: RawStore, promised: Collection[Oid] = ()) -> None:
        self._store = store
        self._promised = promised
        self._sound: dict[Oid, bool] = {}
        self._below: dict[Oid, tuple[str, ...]] = {}

    def of(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Return the places in a snapshot, as paths below its tree, that cannot be read."""
        return self.below(snapshot.entry)

    def files(self, snapshot: Snapshot) -> int:
        """Return how many files of a snapshot cannot be read; a folder counts as one."""
        view = snapshot.view
        raw = frozenset(self._leaves(view.raw)) if view.raw is not None else frozenset()
        lost = {path for path in self.below(view.tree) if path not in raw}
        for part in (view.raw, view.nested):
            if part is not None:
                lost |= {f"{part}:{path}" for path in self.below(part)}
        return len(lost)

    def _leaves(self, tree: Oid, above: str = "") -> Iterator[str]:
        for item in self._store.tree(tree) or ():
            if item.is_tree:
                yield from self._leaves(item.oid, f"{above}{item.name}/")
            else:
                yield above + item.name

    def below(self, tree: Oid) -> tuple[str, ...]:
        """Return the paths below a tree that cannot be read; the tree itself is `''`."""
        stack = [tree]
        while stack:
            here = stack[-1]
            entries = () if here in self._below else self._store.tree(here)
            inner = [item.oid for item in entries or () if item.is_tree]
            waiting = [oid for oid in inner if oid not in self._below and oid not in stack]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            if here not in self._below:
                self._below[here] = tuple(self._lost(here, entries))
        return self._below[tree]

    def _lost(self, tree: Oid, entries: Sequence[TreeEntry] | None) -> Iterator[str]:
        if entries is None and tree not in self._promised:
            yield ""
        for item in entries or ():
            if item.is_tree:
                for path in self._below.get(item.oid, ("",)):
                    yield f"{item.name}/{path}".removesuffix("/")
            elif item.mode != MODE_GITLINK and not self._is_sound(item.oid):
                yield item.name

    def _is_sound(self, oid: Oid) -> bool:
        known = self._sound.get(oid)
        if known is None:
            known = self._sound[oid] = oid in self._promised or self._store.copy(
                oid, lambda _: None
            )
        return known
