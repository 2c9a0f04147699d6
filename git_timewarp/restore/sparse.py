"""Files that skip-worktree keeps off the disk (sparse checkouts, `update-index`), in a plan.

A view's tree holds such a file whether it is there or not; `present` says which were there.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_FILE, MODE_TREE, TreeEntry
from git_timewarp.restore.change import Change, parents
from git_timewarp.restore.entries import Contents, all_paths, index_tree, parse_bits
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import View
from git_timewarp.util.text import to_bytes

Changes = dict[RepoPath, Change]


def settle(before: Contents, after: Contents, *, writes: Changes, removes: Changes) -> None:
    """Correct a plan: hidden files stay absent, unless the target had them in the work tree.

    Args:
        before: the work tree now.
        after: the target.
        writes: what the plan writes, corrected in place.
        removes: what it removes, corrected in place.
    """
    now = parse_bits(before.reader, before.view.index).skip_worktree
    then = parse_bits(after.reader, after.view.index).skip_worktree
    if not (now or then):
        return
    gone = now - set(before.view.present or ())
    were_there = after.view.present
    if were_there is None:
        _only_over_files(after, then, writes)
        wanted = gone - then
    else:
        _remove_hidden(before, then - set(were_there), gone, writes=writes, removes=removes)
        wanted = gone - (then - set(were_there))
    for path in map(RepoPath, sorted(wanted)):
        new = after.entry(path)
        if path not in writes and new is not None and not new.is_gitlink:
            writes[path] = Change(path, before.entry(path), new, when="absent")


def _only_over_files(after: Contents, hidden: frozenset[str], writes: Changes) -> None:
    """Nobody knows whether the target had its hidden files: write those that are here."""
    staged = Contents(after.reader, after.view._replace(tree=index_tree(after.reader, after.view)))
    for path, change in list(writes.items()):
        if path in hidden and change.after is not None:
            listed = staged.entry(path)
            if listed is not None and listed.same_content(change.after):
                writes[path] = change._replace(when="present")


def _remove_hidden(
    before: Contents,
    absent: AbstractSet[str],
    gone: AbstractSet[str],
    *,
    writes: Changes,
    removes: Changes,
) -> None:
    """Take away what the target did not have in the work tree, although its tree holds it."""
    for path in map(RepoPath, absent):
        writes.pop(path, None)
        old = before.entry(path)
        if old is not None and not old.is_gitlink and path not in gone:
            removes[path] = Change(path, old, None)


def hidden_part(quarantine: Quarantine, now: View, tree: Oid) -> Oid | None:
    """Return the `index` part that hides in a commit's tree what is hidden now; None for nothing.

    A path the index does not know is hidden when it lies in a folder of which nothing shows,
    as git's cone patterns would have it.
    """
    reader = quarantine.reader
    bits = parse_bits(reader, now.index)
    if not (bits.skip_worktree or bits.assume_unchanged):
        return None
    names = {path for path, _ in all_paths(reader, tree)}
    known = {path for path, _ in all_paths(reader, index_tree(reader, now))}
    folders = {above for path in known for above in parents(path)}
    showing = {above for path in known - bits.skip_worktree for above in parents(path)}

    def is_hidden(path: str) -> bool:
        if path in known:
            return path in bits.skip_worktree
        nearest = next((above for above in parents(path) if above in folders), None)
        return nearest is not None and nearest not in showing

    lines = [b"assume-unchanged " + to_bytes(path) for path in bits.assume_unchanged & names]
    lines += [b"skip-worktree " + to_bytes(path) for path in names if is_hidden(path)]
    blob = quarantine.put("blob", b"".join(line + b"\0" for line in sorted(lines)))
    return quarantine.put_tree(
        [TreeEntry(MODE_TREE, "0", tree), TreeEntry(MODE_FILE, "bits", blob)]
    )
