"""Building a tree of folders from a flat list of leaves, and changing a few of one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import (
    MODE_TREE,
    RawEntry,
    Reader,
    TreeEntry,
    is_raw_tree,
    raw_of,
)
from git_timewarp.util.text import to_bytes

Put = Callable[[Sequence[TreeEntry]], Oid]
"""Writes one tree and returns its id."""

PutRaw = Callable[[Iterable[RawEntry]], Oid]
"""As `Put`, of entries as they are stored."""


class Leaf(NamedTuple):
    """What stands at the end of a path: mode and object id."""

    mode: int
    oid: Oid


def build(put: Put, leaves: Mapping[tuple[str, ...], Leaf]) -> Oid:
    """Write the tree that has each leaf at its path (parts of names) and return its id."""
    here: list[TreeEntry] = []
    below: dict[str, dict[tuple[str, ...], Leaf]] = {}
    for parts, leaf in leaves.items():
        if len(parts) == 1:
            here.append(TreeEntry(leaf.mode, parts[0], leaf.oid))
        else:
            below.setdefault(parts[0], {})[parts[1:]] = leaf
    here += [TreeEntry(MODE_TREE, name, build(put, found)) for name, found in below.items()]
    return put(here)


def edit(
    put: PutRaw, reader: Reader, tree: Oid | None, changes: Mapping[tuple[str, ...], Leaf | None]
) -> Oid | None:
    """Write `tree` with some leaves replaced, added or (None) taken away.

    Only the folders above a change are read and written, and what is not changed stays as it
    is stored. A folder left without entries is left out; the answer is None when nothing is
    left at all.

    Raises:
        MissingObjectError: a folder above a change cannot be read.
    """
    entries = {raw[1]: raw for raw in reader.raw_tree(tree)} if tree is not None else {}
    below: dict[str, dict[tuple[str, ...], Leaf | None]] = {}
    added: list[RawEntry] = []
    for parts, leaf in changes.items():
        name = to_bytes(parts[0])
        if len(parts) > 1:
            below.setdefault(parts[0], {})[parts[1:]] = leaf
        elif leaf is not None:
            added.append(raw_of(TreeEntry(leaf.mode, parts[0], leaf.oid)))
        elif name in entries and not is_raw_tree(entries[name]):
            del entries[name]
    for part, found in below.items():
        name = to_bytes(part)
        old = entries.get(name)
        folder = Oid(old[2].hex()) if old is not None and is_raw_tree(old) else None
        new = edit(put, reader, folder, found)
        if new is not None:
            entries[name] = raw_of(TreeEntry(MODE_TREE, part, new))
        elif folder is not None:
            del entries[name]
    entries |= {raw[1]: raw for raw in added}
    return put(entries.values()) if entries else None
