"""Building a tree of folders from a flat list of leaves, and changing a few of one."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MODE_TREE, Reader, TreeEntry

Put = Callable[[Sequence[TreeEntry]], Oid]
"""Writes one tree and returns its id."""


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
    put: Put, reader: Reader, tree: Oid | None, changes: Mapping[tuple[str, ...], Leaf | None]
) -> Oid | None:
    """Write `tree` with some leaves replaced, added or (None) taken away.

    Only the folders above a change are read and written. A folder left without entries is
    left out; the answer is None when nothing is left at all.

    Raises:
        MissingObjectError: a folder above a change cannot be read.
    """
    entries = {item.name: item for item in reader.tree(tree)} if tree is not None else {}
    below: dict[str, dict[tuple[str, ...], Leaf | None]] = {}
    added: list[TreeEntry] = []
    for parts, leaf in changes.items():
        name = parts[0]
        if len(parts) > 1:
            below.setdefault(name, {})[parts[1:]] = leaf
        elif leaf is not None:
            added.append(TreeEntry(leaf.mode, name, leaf.oid))
        elif name in entries and not entries[name].is_tree:
            del entries[name]
    for name, found in below.items():
        old = entries.get(name)
        folder = old.oid if old is not None and old.is_tree else None
        new = edit(put, reader, folder, found)
        if new is not None:
            entries[name] = TreeEntry(MODE_TREE, name, new)
        elif folder is not None:
            del entries[name]
    entries |= {item.name: item for item in added}
    return put(list(entries.values())) if entries else None
