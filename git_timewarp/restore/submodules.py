"""Submodules whose files a journey changes although no capture of now holds them.

A capture keeps no files of a submodule that is as its commit says: git has them. Where the
target does hold its files, they have to be known all the same: or one that the target does
not have would stay, and the way back would not know what was there before.
"""

from __future__ import annotations

import re

from git_timewarp.git.names import RepoPath
from git_timewarp.git.objects import Reader
from git_timewarp.restore.entries import Contents, Layer, all_paths
from git_timewarp.restore.pathspec import PathFilter
from git_timewarp.store.view import View


def unseen(
    reader: Reader, *, now: View, target: View, paths: PathFilter | None
) -> frozenset[RepoPath]:
    """Return the submodules whose files `target` holds and `now` does not."""
    if target.nested is None:
        return frozenset()
    before, after = Contents(reader, now), Contents(reader, target)
    found: set[RepoPath] = set()
    for root in sorted(after.nested.keys() - before.nested.keys()):
        entry = before.entry(root)
        is_submodule = entry is not None and entry.is_gitlink
        if is_submodule or any(root.startswith(f"{above}/") for above in found):
            found.add(RepoPath(root))
    if paths is not None:
        found = {root for root in found if _reaches(paths, after.nested[root])}
    return frozenset(found)


def _reaches(paths: PathFilter, layer: Layer) -> bool:
    """Tell whether a filter may be about files of a submodule."""
    inside = f"{layer.root}/"
    # A name in it, or a glob that begins with it: also one of a file the target does not have.
    if any(re.escape(inside) in item.regex.pattern for item in paths.patterns):
        return True
    files = all_paths(layer.reader, layer.view.tree)
    return paths.matches(layer.root) or any(paths.matches(inside + path) for path, _ in files)
