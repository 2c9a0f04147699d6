"""How many files a view holds, without looking at their names."""

from __future__ import annotations

from collections import Counter

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Reader
from git_timewarp.restore.entries import Layer, all_paths
from git_timewarp.store.view import View, unescape

_FOLDER = b"40000"
_AT_ONCE = 256
"""How many trees are read in one go."""


def count_files(reader: Reader, view: View) -> int:
    """Return the number of files, links and gitlinks of a view (nested ones aside).

    Raises:
        MissingObjectError: a tree cannot be read.
    """
    total = _count(reader, view.tree)
    if view.raw is not None:
        plain = Layer(reader, View(view.tree, view.tree, view.refs, view.head))
        raw = all_paths(reader, view.raw, decode=unescape)
        total += sum(plain.entry(path) is None for path, _ in raw)
    return total


def _count(reader: Reader, tree: Oid) -> int:
    """Walk level by level, each distinct tree once a level; mostly a plan has read them already."""
    total = 0
    level = Counter({tree: 1})
    while level:
        below: Counter[Oid] = Counter()
        names = list(level)
        for start in range(0, len(names), _AT_ONCE):
            chunk = names[start : start + _AT_ONCE]
            for name, entries in zip(chunk, reader.split(chunk), strict=True):
                folders = [oid for mode, _, oid in entries if mode == _FOLDER]
                total += (len(entries) - len(folders)) * level[name]
                for folder in folders:
                    below[Oid(folder.hex())] += level[name]
        level = below
    return total
