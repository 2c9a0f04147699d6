"""Where a file came from, or went, between two trees: by its content, then as git would say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from git_timewarp.git import trees
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_GITLINK, MODE_TREE, Reader, TreeEntry
from git_timewarp.git.run import Git
from git_timewarp.util.text import to_str


class Moves:
    """The renames between two trees; what is asked for is found out, and no more."""

    def __init__(self, reader: Reader, git: Git, *, before: Oid, after: Oid) -> None:
        self._reader = reader
        self._git = git
        self._before = before
        self._after = after

    def source(self, path: str, item: TreeEntry) -> RepoPath | None:
        """Return the name of a file, new in the later tree, in the earlier one; None: it is new."""
        gone = [(one.path, one.before) for one in self._differing if one.after is None]
        return _same(gone, path, item) or next(
            (old for old, new in self._as_git_says(item, gone) if new == path), None
        )

    def destination(self, path: str, item: TreeEntry) -> RepoPath | None:
        """Return the name a file has in the later tree that is gone under its own; None: deleted."""
        come = [(one.path, one.after) for one in self._differing if one.before is None]
        return _same(come, path, item) or next(
            (new for old, new in self._as_git_says(item, come) if old == path), None
        )

    @cached_property
    def _differing(self) -> list[trees.Difference]:
        return list(trees.differences(self._reader, self._before, self._after))

    def _as_git_says(
        self, item: TreeEntry, others: list[tuple[str, TreeEntry | None]]
    ) -> Iterator[tuple[RepoPath, RepoPath]]:
        """Yield (old name, new name) of files that git takes for the same, changed."""
        if not others or item.mode in {MODE_TREE, MODE_GITLINK}:
            return
        line = ("diff-tree", "-r", "-M", "--diff-filter=R", "--name-status", "-z")
        out = self._git.run(*line, self._before, self._after).out
        words = to_str(out).split("\0")
        for old, new in zip(words[1::3], words[2::3], strict=False):
            yield RepoPath(old), RepoPath(new)


def _same(
    others: list[tuple[str, TreeEntry | None]], path: str, item: TreeEntry
) -> RepoPath | None:
    """Return the name with the same content; one with the same last part before any other."""
    if item.mode == MODE_TREE:
        return None
    named = [name for name, other in others if other is not None and other.oid == item.oid]
    last = path.rpartition("/")[2]
    found = min(named, key=lambda name: (name.rpartition("/")[2] != last, name), default=None)
    return RepoPath(found) if found is not None else None
