"""Event segments as git notes trees, written by us (never by the notes porcelain).

Format (version 1); `docs/formats/events.md` is its public copy. Fan-out is fixed at
2/2/rest of the anchor's id; a note is JSON Lines, one event a line. A note ends at
64 KiB: the k-th overflow of anchor A is the note on the blob id of the text
`timewarp overflow <A> <k>` (k from 1). Event n is in segment (n - 1) // 10,000 + 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MODE_FILE, MODE_TREE, Reader, TreeEntry

if TYPE_CHECKING:
    from git_timewarp.store.heap import Sink

FORMAT_VERSION = 1
NOTE_LIMIT = 64 * 1024


def overflow_anchor(anchor: Oid, k: int, *, hash_name: str) -> Oid:
    """Return the anchor of the k-th overflow note of `anchor`; k = 0 is the anchor itself."""
    if k == 0:
        return anchor
    text = f"timewarp overflow {anchor} {k}".encode()
    header = b"blob %d\0" % len(text)
    return Oid(hashlib.new(hash_name, header + text, usedforsecurity=False).hexdigest())


def next_place(anchor: Oid, k: int) -> Oid:
    """Return the place after the k-th of `anchor`, for ids of the same length."""
    return overflow_anchor(anchor, k + 1, hash_name="sha1" if len(anchor) == 40 else "sha256")


class NotesTree:
    """A notes tree being changed: folders are read when needed and written once."""

    def __init__(self, reader: Reader, root: Oid | None) -> None:
        self._reader = reader
        self._folders: dict[str, dict[str, TreeEntry]] = {}
        self._loaded: dict[str, Oid] = {}
        self._changed: set[str] = set()
        self._root = root
        self.replaced: list[Oid] = []

    def get(self, anchor: Oid) -> Oid | None:
        """Return the note on `anchor`, or None."""
        entry = self._folder(f"{anchor[:2]}/{anchor[2:4]}").get(anchor[4:])
        return None if entry is None else entry.oid

    def set(self, anchor: Oid, note: Oid) -> None:
        """Put `note` on `anchor`."""
        path = f"{anchor[:2]}/{anchor[2:4]}"
        folder = self._folder(path)
        old = folder.get(anchor[4:])
        if old is not None:
            self.replaced.append(old.oid)
        folder[anchor[4:]] = TreeEntry(MODE_FILE, anchor[4:], note)
        self._changed.add(path)

    def write(self, sink: Sink) -> tuple[Oid, list[Oid]]:
        """Write the changed folders; return the new root and every object written."""
        written: list[Oid] = []
        for level in (2, 1, 0):
            for path in sorted(self._changed):
                if _depth(path) != level:
                    continue
                oid = sink.put_tree(list(self._folders[path].values()), sync=False)
                written.append(oid)
                if path in self._loaded:
                    self.replaced.append(self._loaded[path])
                if path:
                    parent, _, name = path.rpartition("/")
                    self._folder(parent)[name] = TreeEntry(MODE_TREE, name, oid)
                    self._changed.add(parent)
                else:
                    self._root = oid
        if self._root is None:
            self._root = sink.put_tree([], sync=False)
            written.append(self._root)
        return self._root, written

    def _folder(self, path: str) -> dict[str, TreeEntry]:
        if path in self._folders:
            return self._folders[path]
        oid: Oid | None
        if not path:
            oid = self._root
        else:
            parent, _, name = path.rpartition("/")
            entry = self._folder(parent).get(name)
            oid = entry.oid if entry is not None else None
        entries = self._reader.tree(oid) if oid is not None else ()
        if oid is not None:
            self._loaded[path] = oid
        self._folders[path] = {entry.name: entry for entry in entries}
        return self._folders[path]


def _depth(path: str) -> int:
    return len(path.split("/")) if path else 0


def walk(
    reader: Reader, root: Oid, *, known: dict[str, Oid] | None = None
) -> Iterator[tuple[Oid, Oid]]:
    """Yield (anchor, note) of a notes tree; folders equal to one in `known` are left out.

    `known` maps folder paths (`ab`, `ab/cd`) to tree ids read earlier.
    """
    known = known or {}
    firsts = [f for f in reader.tree(root) if known.get(f.name) != f.oid]
    seconds = [
        (first.name + second.name, second.oid)
        for first, below in zip(firsts, reader.trees([f.oid for f in firsts]), strict=True)
        for second in below
        if known.get(f"{first.name}/{second.name}") != second.oid
    ]
    for (path, _), leaves in zip(seconds, reader.trees([oid for _, oid in seconds]), strict=True):
        for leaf in leaves:
            yield Oid(path + leaf.name), leaf.oid


def folders(reader: Reader, root: Oid) -> Iterator[tuple[str, Oid]]:
    """Yield (path, tree) of every folder of a notes tree, for the next `walk`."""
    for first in reader.tree(root):
        yield first.name, first.oid
        for second in reader.tree(first.oid):
            yield f"{first.name}/{second.name}", second.oid
