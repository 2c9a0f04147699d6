"""Stashes: uncommitted work that a jump put away; a view over events and snapshots.

S0-2.4: `stash` events name the snapshot that holds the work; `stash-drop` events take one
off the list and the snapshot stays, so a drop loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import Reader
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.timeline import merge3, query, selector, snapshot, stash_git, treediff
from git_timewarp.timeline.label import label
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.results import StashEntry, TravelResult
from git_timewarp.timeline.results_look import Changes
from git_timewarp.timeline.results_stash import GitStashEntry, StashLists, StashShow
from git_timewarp.timeline.selector import Target
from git_timewarp.timeline.travel import How, Journey, go


class NotAStashError(TimewarpError):
    """The name is not one of a stash."""

    kind = Kind.NOT_FOUND
    reference = "not-a-stash"


def listed(history: History) -> tuple[StashEntry, ...]:
    """Return the stashes of this work tree, newest first."""
    found = selector.stashes(history)
    theirs = stash_git.by_snapshot(history) if found else {}
    return tuple(_shown(history, number, entry, theirs) for number, entry in enumerate(found))


def show(history: History, name: str, *, flags: tuple[str, ...]) -> StashShow:
    """Return what a stash, ours or git's, holds against the commit it was made on."""
    named = stash_git.find(history, name)
    if named is not None:
        return stash_git.show(history, named, flags=flags)
    _, _, stored = find(history, name)
    base = base_of(history.reader, stored) or stored.view.tree
    found = query.diff(history, base, stored.view.tree, flags=flags)
    theirs = stash_git.by_snapshot(history)
    return StashShow(found.files, found.patch, theirs.get(stored.id))


def lists(history: History) -> StashLists:
    """Return our stashes of this work tree and git's own, each with its like in the other."""
    return StashLists(listed(history), stash_git.listed(history))


def apply(op: Operation, name: str, how: How, *, drop: bool) -> TravelResult:
    """Put a stash on top of what the work tree is now, by a three-way merge.

    Raises:
        MergeConflictError: it does not fit; no byte changed (exit 4).
    """
    theirs = stash_git.find(op.history, name)
    if theirs is not None:
        return stash_git.apply(op, theirs, how, drop=drop)
    number, entry, stored = find(op.history, name)
    now = snapshot.capture(op)
    base = base_of(op.quarantine.reader, stored)
    merged = merge3.merge_views(
        op.quarantine,
        base=base if base is not None else op.quarantine.put_tree([]),
        ours=now,
        theirs=stored.view,
    )
    if merged.conflicts:
        raise merge3.MergeConflictError(
            merged.conflicts, command=f"git timewarp jump {op.label(entry)}"
        )
    trip = Journey(
        "stash-apply",
        f"stash@{{{number}}}",
        merged.view,
        f"applied stash {op.label(entry)}",
        data={"stash": entry.id},
        is_merged=True,
    )
    result = go(op, trip, how._replace(index=False), now=now)
    if drop and not how.dry_run:
        _drop(op, entry)
    return result


def store(op: Operation, name: str, *, message: str, dry_run: bool) -> GitStashEntry:
    """Put a stash of ours, or any snapshot, on git's own list as well."""
    text = f"stash@{{{name}}}" if name.isdigit() else name
    target = selector.resolve(op.history, text)
    return stash_git.store(op, target, message=message, dry_run=dry_run)


def drop(op: Operation, name: str, *, dry_run: bool) -> StashEntry:
    """Take a stash off the list; its snapshot stays and can be jumped to."""
    theirs = stash_git.find(op.history, name)
    if theirs is not None:
        raise stash_git.refusal(theirs)
    number, entry, _ = find(op.history, name)
    shown = _shown(op.history, number, entry, stash_git.by_snapshot(op.history))
    if not dry_run:
        _drop(op, entry)
    return shown


def _drop(op: Operation, entry: Entry) -> None:
    event = op.event(
        "stash-drop",
        f"dropped stash {op.label(entry)}",
        anchor=entry.anchor,
        head=entry.head,
        branch=entry.branch,
        data={"stash": entry.id, "held": entry.snapshot},
    )
    op.finish([event])


def find(history: History, name: str) -> tuple[int, Entry, Snapshot]:
    """Find a stash by `stash@{n}`, a plain number, its event or its snapshot."""
    text = f"stash@{{{name}}}" if name.isdigit() else name
    found: Target = selector.resolve(history, text)
    for number, entry in enumerate(selector.stashes(history)):
        by_event = found.entry is not None and found.entry.id == entry.id
        by_snapshot = found.snapshot is not None and found.snapshot.id == entry.snapshot
        if (by_event or by_snapshot) and found.snapshot is not None:
            return number, entry, found.snapshot
    raise NotAStashError(f"'{name}' is not a stash", hint="git timewarp stash list")


def base_of(reader: Reader, stored: Snapshot) -> Oid | None:
    """Return the tree of the commit a stash was made on; None where there was no commit."""
    head = stored.view.head.oid
    found = reader.info(f"{head}^{{tree}}") if head is not None else None
    return found[0] if found is not None else None


def _shown(
    history: History, number: int, entry: Entry, theirs: Mapping[SnapshotId, GitStashEntry]
) -> StashEntry:
    assert entry.snapshot is not None  # noqa: S101 - a stash event always has one
    stored = history.snapshot(entry.snapshot)
    changes, like = Changes(), theirs.get(entry.snapshot)
    if stored is not None:
        changes = treediff.count(history.reader, base_of(history.reader, stored), stored.view.tree)
    return StashEntry(
        name=f"stash@{{{number}}}",
        event=label(history, entry),
        snapshot=entry.snapshot,
        ts=entry.ts,
        branch=(entry.branch or "").removeprefix("refs/heads/") or None,
        summary=entry.summary,
        changes=changes,
        git=(like.name, like.commit) if like is not None and like.commit is not None else None,
    )
