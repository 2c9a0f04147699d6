"""How many files a view holds, without looking at their names."""

from __future__ import annotations

from collections import Counter

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.store.view import View, unescape
from git_timewarp.timeline.plan_entries import Layer, all_paths


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
    """Walk level by level, each distinct tree read once a level, the pipe kept full."""
    total = 0
    level = Counter({tree: 1})
    while level:
        below: Counter[Oid] = Counter()
        names = list(level)
        for name, found in zip(names, reader.read_all(names), strict=True):
            if found is None or found.type != "tree":
                raise MissingObjectError(name)
            files, folders = _scan(found.data, len(found.oid) // 2)
            total += files * level[name]
            for folder in folders:
                below[folder] += level[name]
        level = below
    return total


def _scan(data: bytes, raw: int) -> tuple[int, list[Oid]]:
    """Return (files, subtrees) of a raw tree; a tenth of the cost of parsing it."""
    files = 0
    folders = []
    at = 0
    end = len(data)
    while at < end:
        nul = data.index(b"\0", at)
        if data.startswith(b"40000 ", at):
            folders.append(Oid(data[nul + 1 : nul + 1 + raw].hex()))
        else:
            files += 1
        at = nul + 1 + raw
    return files, folders
