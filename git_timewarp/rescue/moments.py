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
from git_timewarp.store.paths import Paths
from git_timewarp.store.snapshots import Snapshot, parse
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
        snapshots: every snapshot whose `meta` can be read, oldest first; without a readable time is oldest.
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
    for thing in store.every(("tag", "tree"), most=_LARGEST):
        if thing.type == "tag":
            found = re.match(_TAG, thing.data)
            if found:
                tags.append(Tag(thing.oid, found[2].decode(), Oid(found[1].decode())))
        elif all(member in thing.data for member in _MEMBERS):
            snapshot = load(store, thing.oid)
            if snapshot is not None and snapshot.id in snapshots:
                others.append(snapshot)
            elif snapshot is not None:
                snapshots[snapshot.id] = snapshot
        elif all(member in thing.data for member in _STONE):
            removed.update(_tombstone(store, thing.oid))
    current = {item.oid for tag in tags if tag.oid in values for item in store.tree(tag.tree) or ()}
    snapshots.update((item.id, item) for item in others if item.entry in current)
    for name in removed.keys() & snapshots.keys():
        del snapshots[name]
    named = {*_named(store, tags), *_journalled(state_dir)}
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


def _journalled(state_dir: str) -> list[SnapshotId]:
    try:
        held = journal_file.load(Paths(state_dir).journal)
    except (TimewarpError, OSError, ValueError, KeyError, TypeError):
        return []
    return [item.id for item in held.snapshots]


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
