"""Bring the changes of one view into another: `stash apply` on top of changes.

Trees are merged by git, line by line. What a tree does not say (exact bytes, permission
bits, empty folders, names git refuses) is merged path by path: the side that changed it
wins, and where both did and differ it is a conflict.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.merge import merge_trees
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_TREE, Reader, TreeEntry
from git_timewarp.git.trees import new_objects
from git_timewarp.restore.entries import Layer, all_paths, parse_modes
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import View, escape, unescape
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes

Leaf = tuple[int, Oid]


class MergeConflictError(TimewarpError):
    """The same lines changed on both sides; nothing was written."""

    kind = Kind.CONFLICT
    reference = "merge-conflict"

    def __init__(self, paths: Collection[RepoPath], *, command: str) -> None:
        self.paths = tuple(sorted(paths))
        named = f"'{self.paths[0]}'" if len(self.paths) == 1 else f"{len(self.paths)} paths"
        super().__init__(f"{named} changed on both sides", hint=command)


class MergedView(Frozen):
    """A view to restore, or the paths that stand against it."""

    view: View
    conflicts: tuple[RepoPath, ...]


def merge_views(quarantine: Quarantine, *, base: Oid, ours: View, theirs: View) -> MergedView:
    """Merge what changed from the tree `base` to `theirs` into `ours`.

    The index, the refs, the operation and nested repositories stay those of `ours`. All
    objects of the result are in the quarantine or where `ours` and `theirs` are.

    Raises:
        GitError: git could not merge.
        MissingObjectError: a part of a view cannot be read.
    """
    merged = merge_trees(
        quarantine.git, quarantine.put, base=base, ours=ours.tree, theirs=theirs.tree
    )
    reader = quarantine.reader
    written = new_objects(reader, merged.tree, [ours.tree, theirs.tree, base])
    quarantine.note_written([oid for oid, _, _ in written if quarantine.holds(oid)])
    result = _Sides(quarantine, base, ours, theirs, merged.tree)
    raw, odd = result.raw()
    modes = result.modes()
    blob = b"".join(b"%o %s\0" % (bits, to_bytes(path)) for path, bits in sorted(modes.items()))
    view = ours._replace(
        tree=merged.tree,
        raw=_write_tree(quarantine, raw) if raw else None,
        modes=quarantine.put("blob", blob) if blob else None,
        literal=result.literal(),
        empty_dirs=result.empty_dirs(),
    )
    return MergedView(view, tuple(sorted({*merged.conflicts, *odd})))


class _Sides:
    """The two views and the merged tree, compared path by path."""

    def __init__(
        self, quarantine: Quarantine, base: Oid, ours: View, theirs: View, merged: Oid
    ) -> None:
        self._reader = quarantine.reader
        self._ours, self._theirs = ours, theirs

        def layer(tree: Oid) -> Layer:
            return Layer(self._reader, View(tree, tree, ours.refs, ours.head))

        self._base, self._merged = layer(base), layer(merged)
        self._one, self._two = layer(ours.tree), layer(theirs.tree)

    def _side(self, path: str) -> str:
        """Say whose content the merged tree has: `both`, `ours`, `theirs`, `new`, or `none`."""
        merged = self._merged.entry(path)
        if merged is None:
            return "none"
        one, two = self._one.entry(path), self._two.entry(path)
        is_ours = one is not None and one.oid == merged.oid
        is_theirs = two is not None and two.oid == merged.oid
        if is_ours and is_theirs:
            return "both"
        if is_ours:
            return "ours"
        return "theirs" if is_theirs else "new"

    def raw(self) -> tuple[dict[str, Leaf], set[RepoPath]]:
        """Return the merged `raw` entries, and the paths where exact bytes conflict."""
        mine = _leaves(self._reader, self._ours.raw)
        other = _leaves(self._reader, self._theirs.raw)
        found: dict[str, Leaf] = {}
        conflicts: set[RepoPath] = set()
        for path in mine.keys() | other.keys():
            side = self._side(path)
            one, two = mine.get(path), other.get(path)
            in_trees = self._one.entry(path) or self._two.entry(path)
            if side == "none" and in_trees is None:
                # Only under raw/: a name git refuses, or a file that stood in the way.
                if one is not None and two is not None and one != two:
                    conflicts.add(RepoPath(path))
                chosen = one or two
            elif side == "ours":
                chosen = one
            elif side == "theirs":
                chosen = two
            elif side == "both":
                chosen = one if one == two or two is None else two
            else:
                chosen = None
            if chosen is not None:
                found[path] = chosen
        return found, conflicts

    def modes(self) -> dict[str, int]:
        """Return the merged permission bits: those of the side whose content was taken."""
        mine = parse_modes(self._reader, self._ours.modes)
        other = parse_modes(self._reader, self._theirs.modes)
        found = {}
        for path in mine.keys() | other.keys():
            side = self._side(path)
            bits = other.get(path) if side == "theirs" else mine.get(path, other.get(path))
            if bits is not None:
                found[path] = bits
        return found

    def literal(self) -> tuple[RepoPath, ...]:
        """Return the paths whose merged blob is one side's literal file."""
        found = {path for path in self._ours.literal if self._side(path) in {"ours", "both"}}
        found |= {path for path in self._theirs.literal if self._side(path) in {"theirs", "both"}}
        return tuple(sorted(found))

    def empty_dirs(self) -> tuple[RepoPath, ...]:
        """Return the empty folders of both sides that are not filled now."""
        both = {*self._ours.empty_dirs, *self._theirs.empty_dirs}
        return tuple(
            sorted(
                path
                for path in both
                if not self._merged.has_folder(path) and self._merged.entry(path) is None
            )
        )


def _leaves(reader: Reader, raw: Oid | None) -> dict[str, Leaf]:
    found = all_paths(reader, raw, decode=unescape)
    return {path: (item.mode, item.oid) for path, item in found}


def _write_tree(quarantine: Quarantine, leaves: Mapping[str, Leaf]) -> Oid:
    entries: list[TreeEntry] = []
    folders: dict[str, dict[str, Leaf]] = {}
    for path, (mode, oid) in leaves.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = (mode, oid)
        else:
            entries.append(TreeEntry(mode, escape(name), oid))
    for name, below in folders.items():
        entries.append(TreeEntry(MODE_TREE, escape(name), _write_tree(quarantine, below)))
    return quarantine.put_tree(entries)
