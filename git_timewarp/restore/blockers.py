"""Paths that a view holds below its own link or file: no work tree can have them so.

Only a view that somebody made up does. Nothing is ever written through a link
(`restore/disk.py`); this says so before anything changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from git_timewarp.restore.change import parents
from git_timewarp.restore.entries import Contents, Layer, all_paths, parse_bits
from git_timewarp.store.view import unescape

MOST_BITS = 0o7777
"""Permission bits there are: three for each of owner, group and others, and setuid and its kin."""


class Blockers:
    """Finds what stands above a path in a view and is no folder.

    What the view's tree holds and was not there (skip-worktree, uncaptured) does not count.
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._known: dict[str, bool] = {}

    def above(self, path: str, *, folder: bool = False) -> str | None:
        """Return the link or file above `path`, None where all above it are folders.

        A `folder` is not a link or file itself either.
        """
        line = parents(f"{path}/." if folder else path)
        return next((above for above in line if self._blocks(above)), None)

    def first(self) -> tuple[str, str] | None:
        """Return a path that the view holds and what stands above it; None where all is well."""
        for path, folder in self._listed():
            above = self.above(path, folder=folder)
            if above is not None:
                return path, above
        return None

    @cached_property
    def _absent(self) -> frozenset[str]:
        found: set[str] = set()
        for root, layer in self._layers():
            view, above = layer.view, f"{root}/" if root else ""
            hidden = parse_bits(layer.reader, view.index).skip_worktree
            gone = hidden - set(view.present or ()) | {item.path for item in view.skipped}
            found |= {above + path for path in gone}
        return frozenset(found)

    def _layers(self) -> Iterator[tuple[str, Layer]]:
        yield "", self._contents.main
        yield from self._contents.nested.items()

    def _blocks(self, path: str) -> bool:
        if path not in self._known:
            found = self._contents.entry(path) if path not in self._absent else None
            self._known[path] = found is not None and not found.is_gitlink
        return self._known[path]

    def _listed(self) -> Iterator[tuple[str, bool]]:
        """Yield what is kept beside git's trees, in which nothing lies below a file."""
        yield from ((root, True) for root in self._contents.nested)
        for root, layer in self._layers():
            above = f"{root}/" if root else ""
            yield from ((above + path, True) for path in layer.view.empty_dirs)
            raw = all_paths(layer.reader, layer.view.raw, decode=unescape)
            yield from ((above + path, False) for path, _ in raw)
