"""Who lost what: from objects that are missing or damaged to snapshots and their paths."""

import hashlib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import (
    MODE_GITLINK,
    MissingObjectError,
    Object,
    Reader,
    TreeEntry,
    parse_tree,
)
from git_timewarp.store.view import unescape

_ESCAPED = frozenset({"raw", "operation"})


class Loss(NamedTuple):
    """A place below a root where an object is missing or damaged; `parts` are tree names."""

    oid: Oid
    parts: tuple[str, ...]


def find(reader: Reader, name: str) -> Object | None:
    """Return an object, or None where git cannot read it (git ends over some damage)."""
    try:
        return reader.find(name)
    except MissingObjectError:
        return None


def info(reader: Reader, name: str) -> tuple[Oid, str, int] | None:
    """Return id, type and size of an object, or None where git cannot read it."""
    try:
        return reader.info(name)
    except MissingObjectError:
        return None


def is_sound(reader: Reader, oid: Oid) -> bool:
    """Read an object and hash it again."""
    found = find(reader, oid)
    if found is None:
        return False
    algorithm = "sha1" if len(oid) == 40 else "sha256"
    header = b"%s %d\0" % (found.type.encode(), len(found.data))
    return hashlib.new(algorithm, header + found.data, usedforsecurity=False).hexdigest() == oid


class Search:
    """Finds the places of damaged objects below trees; a tree two of them share is read once."""

    def __init__(self, reader: Reader, bad: AbstractSet[Oid]) -> None:
        self._reader = reader
        self._bad = bad
        self._below: dict[Oid, tuple[Loss, ...]] = {}

    def below(self, tree: Oid) -> tuple[Loss, ...]:
        """Return the damaged objects below a tree, itself included."""
        known = self._below.get(tree)
        if known is None:
            known = self._below[tree] = tuple(self._walk(tree))
        return known

    def _walk(self, tree: Oid) -> Iterator[Loss]:
        if tree in self._bad:
            yield Loss(tree, ())
            return
        found = find(self._reader, tree)
        if found is None or found.type != "tree":
            return
        for entry in parse_tree(found.data, hex_length=len(tree)):
            yield from self._of_entry(entry)

    def _of_entry(self, entry: TreeEntry) -> Iterator[Loss]:
        if entry.is_tree:
            for loss in self.below(entry.oid):
                yield Loss(loss.oid, (entry.name, *loss.parts))
        elif entry.mode != MODE_GITLINK and entry.oid in self._bad:
            yield Loss(entry.oid, (entry.name,))


def described(parts: tuple[str, ...]) -> tuple[str, str | None]:
    """Say what a place within a snapshot is, and which path of the work tree, if it is one."""
    part, rest = (parts[0], parts[1:]) if parts else ("", ())
    if part == "tree" and rest:
        path = "/".join(rest)
        return f"'{path}'", path
    if part == "index" and len(rest) > 1:
        path = "/".join(rest[1:])
        return f"'{path}' as it was staged", path
    if part in _ESCAPED and rest:
        path = "/".join(unescape(name) for name in rest)
        if part == "raw":
            return f"the exact bytes of '{path}'", path
        return f"'{path}' of the operation in progress", None
    if part == "nested" and len(rest) > 1:
        inner = described(rest[1:])[0]
        return f"{inner} in the nested repository '{unescape(rest[0])}'", None
    what = {"tree": "all its files", "index": "the index", "refs": "the list of refs"}
    return what.get(part, f"its part '{part}'" if part else "everything"), None
