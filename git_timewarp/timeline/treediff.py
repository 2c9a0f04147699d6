"""What differs between two trees, read through one kept-open reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import Reader, TreeEntry
from git_timewarp.timeline.results_look import Changes


class PathChange(NamedTuple):
    """A path that differs; `before` or `after` is None where it is not there."""

    path: RepoPath
    before: TreeEntry | None
    after: TreeEntry | None

    @property
    def status(self) -> str:
        """`A`, `M`, `D` or `T` as in git-diff(1)."""
        if self.before is None:
            return "A"
        if self.after is None:
            return "D"
        return "M" if self.before.mode & 0o170000 == self.after.mode & 0o170000 else "T"


def compare(reader: Reader, before: Oid | None, after: Oid | None) -> Iterator[PathChange]:
    """Yield every path (no folders) that differs, in path order; enters only what differs."""
    yield from _compare(reader, before, after, "")


def count(reader: Reader, before: Oid | None, after: Oid | None) -> Changes:
    """Count the paths that were added, modified and deleted."""
    counts = {"A": 0, "M": 0, "D": 0, "T": 0}
    for change in compare(reader, before, after):
        counts[change.status] += 1
    return Changes(counts["A"], counts["M"] + counts["T"], counts["D"])


def _compare(
    reader: Reader, before: Oid | None, after: Oid | None, prefix: str
) -> Iterator[PathChange]:
    if before == after:
        return
    old = _entries(reader, before)
    new = _entries(reader, after)
    for name in sorted(old.keys() | new.keys()):
        left, right = old.get(name), new.get(name)
        if left == right:
            continue
        path = prefix + name
        left_tree = left.oid if left is not None and left.is_tree else None
        right_tree = right.oid if right is not None and right.is_tree else None
        left_leaf = left if left_tree is None else None
        right_leaf = right if right_tree is None else None
        if left_leaf is not None or right_leaf is not None:
            yield PathChange(RepoPath(path), left_leaf, right_leaf)
        if left_tree is not None or right_tree is not None:
            yield from _compare(reader, left_tree, right_tree, path + "/")


def _entries(reader: Reader, tree: Oid | None) -> dict[str, TreeEntry]:
    return {} if tree is None else {entry.name: entry for entry in reader.tree(tree)}
