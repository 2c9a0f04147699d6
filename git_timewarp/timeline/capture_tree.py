"""Building a tree of folders from a flat list of leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MODE_TREE, TreeEntry

Put = Callable[[Sequence[TreeEntry]], Oid]
"""Writes one tree and returns its id."""


@dataclass(frozen=True, slots=True)
class Leaf:
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
