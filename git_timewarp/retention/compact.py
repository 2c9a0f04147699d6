"""Compacting: the snapshots that no rule keeps go; the events that told of them stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.retention import removal
from git_timewarp.retention.gathered import Stored, gather
from git_timewarp.retention.policy import Decision, Policy, decide
from git_timewarp.retention.results import CompactResult, Judged
from git_timewarp.store.history import History
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.reach import below
from git_timewarp.store.rewrite import bury, put_tombstone
from git_timewarp.store.snapshots import Tombstone
from git_timewarp.store.usage import sizes
from git_timewarp.timeline.label import of_snapshot
from git_timewarp.timeline.operation import Operation
from git_timewarp.util import directories
from git_timewarp.util.clock import iso

_META = frozenset({"meta"})
_TIGHT = 16 << 20
"""Bytes free on the disk below which a removal may not fit."""


def compact(
    op: Operation,
    policy: Policy,
    *,
    now: bool = False,
    dry_run: bool = False,
    most: int = 1_000,
) -> CompactResult:
    """Remove what no rule keeps.

    Args:
        op: the operation.
        policy: the rules.
        now: remove the old packs at once, not after their grace time; those that wait for it
            go first, so that there is room for the rest on a full disk.
        dry_run: only decide.
        most: how many ids one event lists.

    Raises:
        NotRemovedError, GitError: nothing was removed.
    """
    swept = 0
    if not dry_run:
        if now:
            _drop_memory(op)
            swept = removal.sweep(op)
        removal.ready(op)
    stored = gather(op.history)
    decisions = decide((item.candidate for item in stored), policy, now_ns=op.world.clock.now_ns())
    judged = _judged(op.history, stored, decisions)
    gone = [item for item in decisions if not item.keep]
    if dry_run or not gone:
        freed = frees(op.history, stored, decisions) if dry_run else swept
        return CompactResult(judged, freed, dry_run=dry_run)
    entries = {item.candidate.id: item.entry for item in stored}
    snapshots, written = _buried(op, entries, gone)
    some = f"{len(gone)} snapshots" if len(gone) > 1 else "1 snapshot"
    done = removal.carry_out(
        op,
        removal.Wish(
            f"removed {some}, kept {len(decisions) - len(gone)}",
            snapshots,
            written,
            "removed",
            data={"reasons": dict(Counter(item.reasons[0] for item in gone))},
            most=most,
            now=now,
        ),
    )
    return CompactResult(judged, swept + done.freed, done.waits, done.events)


def _drop_memory(op: Operation) -> None:
    """On a disk that is nearly full: remove what the next capture can find out again."""
    if op.world.room.free(op.repo.common_dir) < _TIGHT:
        directories.remove(op.recorder.paths.memory)


def frees(history: History, stored: Sequence[Stored], decisions: Sequence[Decision]) -> int:
    """Return how many bytes go with what is not kept, at most: the user may need some of it."""
    entries = {item.candidate.id: item.entry for item in stored}
    gone = {entries[item.id] for item in decisions if not item.keep}
    if not gone:
        return 0
    git = history.repo.git.using(alternates=(Quarantine.folder(history.repo),))
    kept = _others(history, gone)
    first = min(gone)
    listed = below(git, [*kept, first, *sorted(gone - {first})])
    tail = listed[listed.index(first) :]
    return sum(sizes(history.repo, tail).values())


def _others(history: History, gone: set[Oid]) -> list[Oid]:
    """Return the trees of everything of ours but the snapshots `gone`."""
    reader = history.reader
    roots = [reader.tree(f"{tag}^{{tree}}") for tag in history.refs.values()]
    trees = {item.oid for entries in roots for item in entries} - gone
    pending = {item.entry for item in history.journal.snapshots} | {
        item.entry for item in history.journal.kept
    }
    return sorted(trees | pending)


def _buried(
    op: Operation, entries: dict[str, Oid], gone: Sequence[Decision]
) -> tuple[dict[str, Oid], list[Oid]]:
    """Write a tombstone for each snapshot that goes; return them, and all that was written."""
    ts = iso(op.world.clock.now_ns())
    stones: dict[str, Oid] = {}
    found: dict[str, Oid] = {}
    written: list[Oid] = []
    for item in gone:
        reason = item.reasons[0]
        if reason not in stones:
            stone = Tombstone("compact", op.id, reason, ts)
            stones[reason] = put_tombstone(op.quarantine, stone)
        entry = entries[item.id]
        anew = partial(op.history.describe, SnapshotId(item.id), entry)
        found[item.id] = bury(op.quarantine, entry, stones[reason], keep=_META, anew=anew)
        written.append(found[item.id])
        written += [p.oid for p in op.quarantine.reader.tree(found[item.id]) if p.name == "meta"]
    return found, [*stones.values(), *written]


def _judged(
    history: History, stored: Sequence[Stored], decisions: Sequence[Decision]
) -> tuple[Judged, ...]:
    known = {item.candidate.id: item.candidate for item in stored}
    return tuple(
        Judged(
            item.id,
            of_snapshot(history, SnapshotId(item.id)),
            iso(known[item.id].at_ns),
            known[item.id].is_draft,
            item.keep,
            item.reasons,
        )
        for item in decisions
    )
