"""What follows from other things we have: tags, segment trees, notes, and the small constants.

A ref of ours points to a tag whose every byte follows from its tree; a segment of snapshots
is a list of entries that lie in our packs; a note is the lines of its events, which copies
of the journal may still hold.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.objects import (
    MODE_FILE,
    MODE_TREE,
    MissingObjectError,
    Object,
    Reader,
    TreeEntry,
    format_tree,
)
from git_timewarp.git.run import Git
from git_timewarp.integrity import damage
from git_timewarp.integrity.heal_source import Need, Wanted, made
from git_timewarp.store import journal as journal_file
from git_timewarp.store import layout, recovery, transaction
from git_timewarp.store.snapshots import load

_PARTS = frozenset({"tree", "refs", "meta"})
_KEPT_PARTS = frozenset({"object", "type", "tree", "blob"})
_INDEX_PARTS = frozenset({"0", "1", "2", "3", "bits"})
_META = b'{"empty_dirs":'
_WATCHED = "watch"
_LARGEST = 1 << 20
_MOST_TRIES = 2_000_000
_FEW = 16
_MOST_LINES = 200
_KINDS = ("commit", "tag", "tree", "blob")
"""What the `type` of a kept object says."""


class Derived:
    """Objects whose content follows from others."""

    name = "other records of ours"

    def find(self, need: Need, wanted: Wanted) -> Iterator[Object]:
        """Yield what can be made again; many more than are wanted, the caller picks."""
        make = _Maker(need, wanted)
        yield from make.constants()
        yield from make.notes()
        trees = make.trees()
        yield from make.entries(trees)
        segments = list(make.segments(trees))
        yield from segments
        yield from make.tags([*trees, *(item.oid for item in segments)])


class _Maker:
    def __init__(self, need: Need, wanted: Wanted) -> None:
        self._need = need
        self._wanted = wanted
        self._hash = need.op.world.repo.hash_name
        self._reader: Reader = need.op.quarantine.reader
        self._refs = need.op.recorder.refs

    def _object(self, kind: str, data: bytes) -> Object:
        return made(kind, data, hash_name=self._hash)

    def constants(self) -> Iterator[Object]:
        """Yield the empty tree and blob, and what the `type` of a kept object may be."""
        yield self._object("tree", b"")
        yield self._object("blob", b"")
        for kind in _KINDS:
            yield self._object("blob", kind.encode() + b"\n")

    def notes(self) -> Iterator[Object]:
        """Yield the notes that the lines in copies of the journal make, whole and in parts."""
        lines: dict[Oid, dict[int, bytes]] = {}
        for path in self._journals():
            try:
                held = journal_file.load(path)
            except (OSError, ValueError):
                continue
            for event in held.events:
                lines.setdefault(event.anchor, {})[event.n] = event.line + b"\n"
        for found in lines.values():
            ordered = [line for _, line in sorted(found.items())][:_MOST_LINES]
            for first, last in itertools.combinations(range(len(ordered) + 1), 2):
                yield self._object("blob", b"".join(ordered[first:last]))

    def _journals(self) -> list[str]:
        paths = self._need.op.recorder.paths
        folders = [os.path.join(paths.recovery, name) for name in recovery.names(paths)]
        return [os.path.join(folder, "journal") for folder in folders]

    def trees(self) -> list[Oid]:
        """Return every tree that git finds anywhere, the quarantine included."""
        git: Git = self._need.op.world.repo.git.using(alternates=(self._need.op.quarantine.path,))
        form = "--batch-check=%(objectname) %(objecttype)"
        out = git.run("cat-file", "--batch-all-objects", "--unordered", form, ok=range(256)).text
        lines = [line.split(" ") for line in out.splitlines()]
        return [Oid(words[0]) for words in lines if len(words) == 2 and words[1] == "tree"]

    def entries(self, trees: Sequence[Oid]) -> Iterator[Object]:
        """Yield the wanted entries of snapshots: a description, and the parts that go with it.

        What belongs together is written down in the entry alone, so every combination is
        tried of descriptions that have no entry, lists of refs, indexes, and trees.
        """
        metas, lists = self._loose_parts(trees)
        indexes = [None, *(oid for oid in trees if self._is_index(oid))]
        if len(metas) * len(lists) * len(indexes) * len(trees) > _MOST_TRIES:
            indexes, lists = [None], lists[:_FEW]
        for meta, refs, index in itertools.product(metas[:_FEW], lists, indexes):
            parts = [TreeEntry(MODE_FILE, "meta", meta), TreeEntry(MODE_FILE, "refs", refs)]
            if index is not None:
                parts.append(TreeEntry(MODE_TREE, "index", index))
            for tree in trees:
                entry = [*parts, TreeEntry(MODE_TREE, "tree", tree)]
                found = self._object("tree", format_tree(entry))
                if found.oid in self._wanted:
                    yield found

    def _loose_parts(self, trees: Sequence[Oid]) -> tuple[list[Oid], list[Oid]]:
        """Return the descriptions that no entry has, and every list of refs, of our packs."""
        used = {oid for entry in self._whole(trees) for oid in entry.values()}
        packs = self._need.op.recorder.packs
        ours = {oid for name in packs.names() for oid in packs.objects_of(name)}
        metas, lists = [], []
        for oid in sorted(ours):
            info = damage.info(self._reader, oid)
            if info is None or info[1] != "blob" or info[2] > _LARGEST:
                continue
            found = damage.find(self._reader, oid)
            data = b"" if found is None else found.data
            if data.startswith(_META) and oid not in used:
                metas.append(oid)
            elif data.split(b"\n", 1)[0].split(b" ")[1:2] == [b"HEAD"]:
                lists.append(oid)
        return metas, lists

    def _whole(self, trees: Sequence[Oid]) -> Iterator[dict[str, Oid]]:
        """Yield the parts of each entry of a snapshot that is there."""
        for oid in trees:
            try:
                parts = {item.name: item.oid for item in self._reader.tree(oid)}
            except (MissingObjectError, ValueError):
                continue
            if parts.keys() >= _PARTS:
                yield parts

    def _is_index(self, oid: Oid) -> bool:
        try:
            names = {item.name for item in self._reader.tree(oid)}
        except (MissingObjectError, ValueError):
            return False
        return "0" in names and names <= _INDEX_PARTS

    def segments(self, trees: Iterable[Oid]) -> Iterator[Object]:
        """Yield the trees of segments: of the entries that are there and in no other segment.

        The last value of the ref before, as its reflog has it, says which were in it then.
        """
        entries = self._entries(trees)
        logged = transaction.logged(self._need.op.world.repo)
        elsewhere: set[str] = set()
        broken: list[RefName] = []
        for name in sorted({*self._refs, *logged}):
            held = self._held(self._refs.get(name))
            if held is None:
                broken.append(name)
            else:
                elsewhere |= {item.name for item in held}
        for name in broken:
            parsed = layout.parse_ref(name)
            known = entries.get(parsed[1] if parsed else "", [])
            free = [item for item in known if item.name not in elsewhere]
            for value in [*reversed(logged.get(name, [])), None]:
                before = self._held(value) if value is not None else ()
                if before is not None:
                    yield from self._grown(list(before), free)

    def _grown(self, before: list[TreeEntry], free: list[TreeEntry]) -> Iterator[Object]:
        """Yield a segment as it grew: with one entry more at a time, oldest first."""
        have = {item.name for item in before}
        now = list(before)
        for entry in free:
            if entry.name not in have:
                now.append(entry)
                yield self._object("tree", format_tree(now))

    def _entries(self, trees: Iterable[Oid]) -> dict[str, list[TreeEntry]]:
        """Return the entry of each snapshot and kept object that is there, by kind, oldest first."""
        found: dict[str, list[tuple[str, TreeEntry]]] = {}
        for oid in trees:
            try:
                parts = {item.name: item.oid for item in self._reader.tree(oid)}
                if parts.keys() >= _PARTS:
                    snapshot = load(self._reader, oid)
                    kind = layout.DRAFTS if snapshot.trigger == _WATCHED else layout.SNAPSHOTS
                    entry = TreeEntry(MODE_TREE, snapshot.id, oid)
                    found.setdefault(kind, []).append((snapshot.ts, entry))
                elif "type" in parts and "object" in parts and parts.keys() <= _KEPT_PARTS:
                    word = self._reader.read(parts["type"], kind="blob").decode().strip()
                    data = self._reader.read(parts["object"], kind="blob")
                    entry = TreeEntry(MODE_TREE, self._object(word, data).oid, oid)
                    found.setdefault(layout.KEPT, []).append(("", entry))
            except (TimewarpError, ValueError):
                continue
        return {kind: [item for _, item in sorted(some)] for kind, some in found.items()}

    def _held(self, tag: Oid | None) -> tuple[TreeEntry, ...] | None:
        try:
            return self._reader.tree(f"{tag}^{{tree}}") if tag is not None else None
        except MissingObjectError:
            return None

    def tags(self, trees: Iterable[Oid]) -> Iterator[Object]:
        """Yield the tag of each tree, of each kind."""
        for oid in trees:
            for kind in layout.KINDS:
                yield self._object("tag", layout.tag_bytes(oid, kind))
