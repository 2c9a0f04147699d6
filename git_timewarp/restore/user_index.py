"""What the user's index shall hold after a restore.

The target's index exactly (staged changes, conflict stages, flags) when HEAD is, or becomes,
the target's HEAD, or when something was staged. When HEAD has moved on and nothing was
staged then, nothing shall be staged now: the index becomes the tree of today's HEAD.
"""

from __future__ import annotations

from collections.abc import Collection

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Reader
from git_timewarp.git.user_index import Flags, StagedEntry, WantedIndex
from git_timewarp.restore.entries import Layer, all_paths, index_tree, parse_bits
from git_timewarp.store.view import View


def wanted_index(
    reader: Reader,
    *,
    target: View,
    head: Oid | None,
    current: Flags,
    empty_tree: Oid,
) -> WantedIndex:
    """Return what the index shall hold.

    Args:
        reader: reads the objects of the target.
        target: the view that is restored.
        head: the commit HEAD names once the restore is done.
        current: flags of the entries now (a sparse checkout's stay on paths the target
            does not know).
        empty_tree: id of the empty tree, for an unborn HEAD.
    """
    staged = index_tree(reader, target)
    conflicts = conflict_entries(reader, target.index)
    bits = parse_bits(reader, target.index)
    flags = Flags(bits.assume_unchanged, bits.skip_worktree, bits.intent_to_add)
    if head == target.head.oid or conflicts:
        return WantedIndex(staged, conflicts, flags)
    then = tree_of(reader, target.head.oid, empty_tree=empty_tree)
    now = tree_of(reader, head, empty_tree=empty_tree)
    if then is None or now is None or staged != then:
        return WantedIndex(staged, conflicts, flags)
    known = {path for path, _ in all_paths(reader, staged)} if current != Flags() else set()
    return WantedIndex(
        now,
        (),
        Flags(
            flags.assume_unchanged | (current.assume_unchanged - known),
            flags.skip_worktree | (current.skip_worktree - known),
            flags.intent_to_add,
        ),
    )


def conflict_entries(reader: Reader, index: Oid | None) -> tuple[StagedEntry, ...]:
    """Return the entries of stages 1 to 3 of an `index` part."""
    if index is None:
        return ()
    found = []
    for part in reader.tree(index):
        if part.name in {"1", "2", "3"} and part.is_tree:
            for path, item in all_paths(reader, part.oid):
                found.append(StagedEntry(path, item.mode, item.oid, int(part.name)))
    return tuple(sorted(found, key=lambda entry: (entry.path, entry.stage)))


def tree_of(reader: Reader, commit: Oid | None, *, empty_tree: Oid) -> Oid | None:
    """Return a commit's tree, the empty tree for no commit, None when the commit is gone."""
    if commit is None:
        return empty_tree
    found = reader.info(f"{commit}^{{tree}}")
    return found[0] if found is not None else None


def staged_entries(
    reader: Reader, *, target: View, tree: Oid, paths: Collection[str]
) -> list[StagedEntry]:
    """Return the entries of the tree `tree` at those of `paths` it has, folders aside."""
    layer = Layer(reader, View(tree, tree, target.refs, target.head))
    found = ((path, layer.entry(path)) for path in paths)
    return [StagedEntry(path, item.mode, item.oid) for path, item in found if item is not None]
