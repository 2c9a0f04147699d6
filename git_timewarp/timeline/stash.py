"""Stashes: uncommitted work that a jump put away; a view over events and snapshots.

S0-2.4: `stash` events name the snapshot that holds the work; `stash-drop` events take one
off the list and the snapshot stays, so a drop loses nothing.
"""

from __future__ import annotations

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Reader
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.timeline import merge3, query, selector, snapshot, treediff
from git_timewarp.timeline.label import label
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.results import DiffResult, StashEntry, TravelResult
from git_timewarp.timeline.results_look import Changes
from git_timewarp.timeline.selector import Target
from git_timewarp.timeline.travel import How, Journey, go


class NotAStashError(TimewarpError):
    """The name is not one of a stash."""

    kind = Kind.NOT_FOUND
    reference = "not-a-stash"


def listed(history: History) -> tuple[StashEntry, ...]:
    """Return the stashes of this work tree, newest first."""
    return tuple(
        _shown(history, number, entry) for number, entry in enumerate(selector.stashes(history))
    )


def show(history: History, name: str, *, flags: tuple[str, ...]) -> DiffResult:
    """Return what a stash holds against the commit it was made on."""
    _, _, stored = _find(history, name)
    return query.diff(
        history, _base(history.reader, stored) or stored.view.tree, stored.view.tree, flags=flags
    )


def apply(op: Operation, name: str, how: How, *, drop: bool) -> TravelResult:
    """Put a stash on top of what the work tree is now, by a three-way merge.

    Raises:
        MergeConflictError: it does not fit; no byte changed (exit 4).
    """
    number, entry, stored = _find(op.history, name)
    now = snapshot.capture(op)
    base = _base(op.quarantine.reader, stored)
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


def drop(op: Operation, name: str, *, dry_run: bool) -> StashEntry:
    """Take a stash off the list; its snapshot stays and can be jumped to."""
    number, entry, _ = _find(op.history, name)
    shown = _shown(op.history, number, entry)
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


def _find(history: History, name: str) -> tuple[int, Entry, Snapshot]:
    """Find a stash by `stash@{n}`, a plain number, its event or its snapshot."""
    text = f"stash@{{{name}}}" if name.isdigit() else name
    found: Target = selector.resolve(history, text)
    for number, entry in enumerate(selector.stashes(history)):
        by_event = found.entry is not None and found.entry.id == entry.id
        by_snapshot = found.snapshot is not None and found.snapshot.id == entry.snapshot
        if (by_event or by_snapshot) and found.snapshot is not None:
            return number, entry, found.snapshot
    raise NotAStashError(f"'{name}' is not a stash", hint="git timewarp stash list")


def _base(reader: Reader, stored: Snapshot) -> Oid | None:
    head = stored.view.head.oid
    found = reader.info(f"{head}^{{tree}}") if head is not None else None
    return found[0] if found is not None else None


def _shown(history: History, number: int, entry: Entry) -> StashEntry:
    assert entry.snapshot is not None  # noqa: S101 - a stash event always has one
    stored = history.snapshot(entry.snapshot)
    changes = Changes()
    if stored is not None:
        changes = treediff.count(history.reader, _base(history.reader, stored), stored.view.tree)
    return StashEntry(
        name=f"stash@{{{number}}}",
        event=label(history, entry),
        snapshot=entry.snapshot,
        ts=entry.ts,
        branch=(entry.branch or "").removeprefix("refs/heads/") or None,
        summary=entry.summary,
        changes=changes,
    )
