"""What differs between trees.

Only folders that differ are entered, and a level of them is read in one go; entries that
the trees share are told apart by their bytes and never become objects of ours.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import (
    MODE_GITLINK,
    MODE_TREE,
    RawEntry,
    Reader,
    TreeEntry,
    entry_of,
)
from git_timewarp.util.text import to_bytes, to_str

_AT_ONCE = 256
"""How many folders are read in one go."""


class Difference(NamedTuple):
    """A path at which two trees differ; None where one has nothing, or a folder."""

    path: str
    before: TreeEntry | None
    after: TreeEntry | None


def differences(reader: Reader, before: Oid | None, after: Oid | None) -> Iterator[Difference]:
    """Yield every path, folders aside, at which two trees differ, in no order.

    None is an empty tree.

    Raises:
        MissingObjectError: a tree that differs cannot be read.
    """
    todo: list[tuple[str, Oid | None, Oid | None]] = [("", before, after)]
    while todo:
        now = [item for item in todo[:_AT_ONCE] if item[1] != item[2]]
        todo = todo[_AT_ONCE:]
        split = _split(reader, [oid for _, *pair in now for oid in pair if oid is not None])
        for above, left, right in now:
            had = split[left] if left is not None else ()
            has = split[right] if right is not None else ()
            for name, one, two in _unshared(had, has):
                path = above + name
                folders = _folder(one), _folder(two)
                if folders != (None, None):
                    todo.append((path + "/", *folders))
                leaves = one if folders[0] is None else None, two if folders[1] is None else None
                if leaves != (None, None):
                    yield Difference(path, *leaves)


def entries_at(reader: Reader, roots: Sequence[Oid | None], path: str) -> list[TreeEntry | None]:
    """Return what each tree has at `path`; None where it has nothing there, or is None.

    All trees go down one level at a time, and a folder that several share is read once.

    Raises:
        MissingObjectError: a tree on the way cannot be read.
    """
    here: list[Oid | None] = list(roots)
    *above, last = path.split("/")
    for part in above:
        found = _named(reader, here, part)
        here = [_folder(found.get(oid)) if oid is not None else None for oid in here]
    found = _named(reader, here, last)
    return [found.get(oid) if oid is not None else None for oid in here]


def _named(reader: Reader, folders: Sequence[Oid | None], name: str) -> dict[Oid, TreeEntry]:
    """Return the entry called `name` by folder, for those that have one."""
    wanted = list(dict.fromkeys(oid for oid in folders if oid is not None))
    raw = to_bytes(name)
    found = {}
    for start in range(0, len(wanted), _AT_ONCE):
        window = wanted[start : start + _AT_ONCE]
        for oid, split in zip(window, reader.split(window), strict=True):
            item = next((item for item in split if item[1] == raw), None)
            if item is not None:
                found[oid] = entry_of(item)
    return found


def new_objects(
    reader: Reader, tree: Oid, bases: Sequence[Oid]
) -> Iterator[tuple[Oid, int, tuple[str, ...]]]:
    """Yield (id, mode, path parts) of all objects of `tree` that no base has at the same path.

    Gitlinks are not objects of this repository and are left out.

    Raises:
        MissingObjectError: a tree that differs cannot be read.
    """
    seen: set[Oid] = set()
    todo: list[tuple[Oid, list[Oid], tuple[str, ...]]] = [(tree, [*filter(None, bases)], ())]
    while todo:
        now = todo[:_AT_ONCE]
        todo = todo[_AT_ONCE:]
        now = [item for item in now if item[0] not in item[1] and item[0] not in seen]
        split = _split(reader, [oid for one, known, _ in now for oid in (one, *known)])
        for oid, known, path in now:
            if oid in seen:
                continue
            seen.add(oid)
            yield oid, MODE_TREE, path
            for entry, below in _unknown(split[oid], [split[base] for base in known]):
                inner = (*path, entry.name)
                if entry.is_tree:
                    todo.append((entry.oid, below, inner))
                elif entry.oid not in seen:
                    seen.add(entry.oid)
                    yield entry.oid, entry.mode, inner


def _split(reader: Reader, names: Sequence[Oid]) -> dict[Oid, list[RawEntry]]:
    wanted = list(dict.fromkeys(names))
    return dict(zip(wanted, reader.split(wanted), strict=True))


def _unshared(
    had: Sequence[RawEntry], has: Sequence[RawEntry]
) -> Iterator[tuple[str, TreeEntry | None, TreeEntry | None]]:
    """Yield name and entries where two folders differ."""
    before = {item[1]: item for item in set(had).difference(has)}
    after = {item[1]: item for item in set(has).difference(had)}
    for name in before.keys() | after.keys():
        one, two = before.get(name), after.get(name)
        yield to_str(name), entry_of(one) if one else None, entry_of(two) if two else None


def _unknown(
    entries: Sequence[RawEntry], known: Sequence[Sequence[RawEntry]]
) -> Iterator[tuple[TreeEntry, list[Oid]]]:
    """Yield the entries whose object no known folder has under that name, and its folders there."""
    new = set(entries).difference(*known)
    names = {name for _, name, _ in new}
    there: dict[bytes, list[RawEntry]] = {}
    for folder in known:
        for item in folder:
            if item[1] in names:
                there.setdefault(item[1], []).append(item)
    for item in entries:
        if item not in new:
            continue
        entry, same = entry_of(item), [entry_of(other) for other in there.get(item[1], ())]
        if entry.mode != MODE_GITLINK and all(entry.oid != other.oid for other in same):
            yield entry, [other.oid for other in same if other.is_tree]


def _folder(entry: TreeEntry | None) -> Oid | None:
    return entry.oid if entry is not None and entry.is_tree else None
