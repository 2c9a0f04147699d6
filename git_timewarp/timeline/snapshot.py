"""Taking a snapshot: capture, close the quarantine, record (design 3 and 6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from git_timewarp.capture.work_tree import Capture, CaptureLimits, is_whole
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RepoPath, SnapshotId
from git_timewarp.git.objects import MissingObjectError
from git_timewarp.git.refs import STASH
from git_timewarp.safety.secrets import scrub
from git_timewarp.store import kept, layout
from git_timewarp.store.chain import Actor, NewEvent
from git_timewarp.store.compose import NewSnapshot, compose, needed
from git_timewarp.store.index import Entry
from git_timewarp.store.journal import PendingKept, PendingSnapshot
from git_timewarp.store.room import SKIPPED, LowDiskError, megabytes
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.store.view import View
from git_timewarp.timeline import label, observe, stash_link, treediff
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.results import SnapshotResult
from git_timewarp.timeline.results_look import Changes
from git_timewarp.util.clock import iso
from git_timewarp.util.frozen import NOTHING, Frozen
from git_timewarp.util.ids import SNAPSHOT_ID_LENGTH, letters
from git_timewarp.util.text import json_name

COPY_LIMIT = 200
"""A snapshot that would copy more objects than this into the quarantine is folded at once."""

TOUCHES_LIMIT = 50
_LIMITED = frozenset({"snapshot", "draft", "init"})
"""Types of snapshots that may be refused for their size: no work tree is about to change."""


class SnapshotTooLargeError(TimewarpError):
    """A snapshot would add more to the store than one may."""

    kind = Kind.REFUSED
    reference = "snapshot-too-large"


class Wish(Frozen):
    """What sort of snapshot to take.

    Attributes:
        type: event type: `snapshot`, `draft`, `safety` …
        trigger: why, kept in meta: `user`, `watch`, `safety`, `init`, `after`.
        kind: `snapshots` or `drafts`.
        fold: fold at once (explicit snapshots, stashes, milestones).
        always: record an event also when nothing changed.
        parents: what the snapshot follows; the one before it in this work tree by default.
        done: operation whose intent is closed in the same write.
        moved: names of refs that this very operation moved: nobody need wonder who did.
    """

    type: str
    trigger: str
    summary: str = ""
    kind: str = layout.SNAPSHOTS
    fold: bool = False
    always: bool = False
    actor: Actor | None = None
    data: Mapping[str, object] = NOTHING
    extra: Mapping[str, object] = NOTHING
    parents: tuple[SnapshotId, ...] = ()
    done: str | None = None
    moved: Collection[str] = ()


class Taken(Frozen):
    """A snapshot that is durable now (or was already); `entry` is its event."""

    id: SnapshotId
    view: View
    created: bool
    entry: Entry
    changes: Changes
    previous: SnapshotId | None


def capture(
    op: Operation,
    *,
    whole: Collection[RepoPath] = (),
    fresh: bool = False,
    trusting: bool = False,
) -> View:
    """Return what the work tree looks like now; objects go into the quarantine.

    `trusting`: look only at what the watcher tells of, where one knows.
    """
    world = op.world
    limits = CaptureLimits(max_untracked=world.max_untracked)
    look = Capture(
        op.repo,
        op.quarantine,
        limits=limits,
        clock=world.clock,
        watched=world.watched,
        warm=world.warm,
        trusting=trusting,
    )
    view = look.take(whole=whole, fresh=fresh)
    op.mended = op.mended or look.mended
    return view


def take(
    op: Operation, wish: Wish, *, whole: Collection[RepoPath] = (), trusting: bool = False
) -> Taken:
    """Capture the work tree and make it durable, or answer the snapshot that equals it.

    `trusting` as in `capture`.

    Raises:
        MissingObjectError: git's store lost an object twice while we looked.
        OSError: the disk is full; nothing was recorded.
        LowDiskError: it nearly is; an event says that there is no snapshot.
        SnapshotTooLargeError: it would add more than is allowed; nothing was recorded.
    """
    try:
        op.world.room.need(op.repo.common_dir, what="no snapshot is taken")
    except LowDiskError as exc:
        _note_skipped(op, wish, exc)
        raise
    return store(op, wish, capture(op, whole=whole, trusting=trusting), whole=whole)


def store(op: Operation, wish: Wish, view: View, *, whole: Collection[RepoPath] = ()) -> Taken:
    """Make a captured view durable; as `take`.

    A view whose objects vanished meanwhile (a prune) is captured again, once. Beside a
    previous snapshot that lost a part, a whole one is stored, though nothing changed.
    """
    previous = op.latest()
    hurt = previous is not None and (op.mended or not is_whole(op.quarantine.reader, previous.view))
    if previous is not None and view == previous.view and not (wish.always or hurt):
        lost = _keep_lost(op, view, previous)
        if lost:
            op.recorder.append(kept=lost, fold=True)
            op.changed()
        entry = op.history.latest_snapshot(op.repo.worktree)
        assert entry is not None  # noqa: S101 - `previous` came from it
        return Taken(
            previous.id, view, created=False, entry=entry, changes=Changes(), previous=None
        )
    try:
        return _store(op, wish, view, previous, base=None if hurt else previous)
    except MissingObjectError:
        view = capture(op, whole=whole, fresh=True)
        return _store(op, wish, view, previous, base=None if hurt else previous)


def explicit(*, message: str = "", milestone: str | None = None) -> Wish:
    """Return the wish of a user's `snapshot`; what he wrote is stored without secrets."""
    message = scrub(message).text
    milestone = None if milestone is None else scrub(milestone).text
    data: dict[str, object] = {}
    if milestone:
        data["milestone"] = {"kind": "user", "importance": "high", "name": milestone}
    summary = message or (f"milestone {milestone}" if milestone else "")
    return Wish(
        "snapshot", "user", summary=summary, fold=True, always=bool(message or milestone), data=data
    )


def take_explicit(
    op: Operation, *, message: str = "", milestone: str | None = None, patient: bool = True
) -> Taken:
    """Take the snapshot a user asked for; it is durable when this returns.

    Who is not `patient` does not wait for git's store where a watcher can fold it a moment later.
    """
    wish, watched = explicit(message=message, milestone=milestone), op.world.watched
    if not (patient or wish.data) and watched is not None and watched.will_fold():
        wish = wish._replace(fold=False)
    return take(op, wish, trusting=True)


def result(op: Operation, taken: Taken) -> SnapshotResult:
    """Return the answer of the `snapshot` command."""
    return SnapshotResult(
        snapshot=taken.id,
        event=op.label(taken.entry),
        tree=taken.view.tree,
        created=taken.created,
        changes=taken.changes,
        skipped=taken.view.skipped,
        marked=not taken.created and bool(taken.entry.op == op.id),
    )


def preview(op: Operation) -> SnapshotResult:
    """Say what a snapshot would hold; nothing is recorded."""
    previous = op.latest()
    view = capture(op)
    reader = op.quarantine.reader
    changed = list(treediff.compare(reader, previous.view.tree if previous else None, view.tree))
    same = previous is not None and previous.view == view
    known = previous.id if previous is not None and same else SnapshotId("")
    return SnapshotResult(
        snapshot=known,
        event=label.of_snapshot(op.history, known),
        tree=view.tree,
        created=not same,
        changes=_count(changed),
        skipped=view.skipped,
    )


def anchor_of(view: View) -> Oid:
    """Return the object a non-commit event sits on: HEAD, or the tree where there is none."""
    return view.head.oid or view.tree


def _store(
    op: Operation, wish: Wish, view: View, previous: Snapshot | None, *, base: Snapshot | None
) -> Taken:
    """Store a view; `base` is the previous snapshot where it is whole, to be built upon."""
    same = base is not None and view == base.view
    if same and previous is not None:
        snapshot_id, changes, fold = previous.id, Changes(), wish.fold
        pending: list[PendingSnapshot] = []
        changed: list[treediff.PathChange] = []
    else:
        snapshot_id = SnapshotId(letters(op.world.clock, SNAPSHOT_ID_LENGTH))
        pending, fold = _pending(op, wish, view, previous, snapshot_id, base=base)
        before = base.view.tree if base is not None else None
        changed = list(treediff.compare(op.quarantine.reader, before, view.tree))
        changes = _count(changed)
    lost = _keep_lost(op, view, base)
    first = previous is None
    events = [_event(op, wish, view, changed, snapshot_id=snapshot_id, first=first)]
    if base is not None:
        since = op.history.latest_snapshot(op.repo.worktree)
        moves = observe.unseen(op, base.view, view, since)
        moves = {name: ends for name, ends in moves.items() if name not in wish.moved}
        stashes, is_all = stash_link.noticed(op, moves, view)
        events[:0] = stashes
        if is_all:
            del moves[STASH]
        if moves:
            events.insert(0, observe.gap(op, moves, anchor=anchor_of(view), view=view))
    sealed = op.recorder.seal(events)
    done = [wish.done] if wish.done is not None else []
    op.recorder.append(sealed, snapshots=pending, kept=lost, done=done, fold=fold or bool(lost))
    entry = op.recorded(sealed)[-1]
    return Taken(
        snapshot_id,
        view,
        created=not same,
        entry=entry,
        changes=changes,
        previous=previous.id if previous is not None else None,
    )


def _note_skipped(op: Operation, wish: Wish, why: LowDiskError) -> None:
    """Record that there was no room for one; for `draft` and `init` once, until there is again."""
    if wish.kind == layout.DRAFTS or wish.type == "init":
        for entry in op.history.entries("data LIKE ? OR snapshot IS NOT NULL", (f"%{SKIPPED}%",)):
            if entry.worktree != op.repo.worktree or not op.history.is_own(entry):
                continue
            if entry.data.get("snapshot") == SKIPPED:
                return
            if entry.snapshot is not None:
                break
    found = op.quarantine.reader.info("HEAD")
    event = op.event(
        wish.type,
        f"{wish.summary}; {why.message}" if wish.summary else why.message,
        anchor=found[0] if found is not None else op.quarantine.put_tree([]),
        head=found[0] if found is not None else None,
        branch=None,
        data={"snapshot": SKIPPED},
        actor=wish.actor,
    )
    op.finish([event])


def _check_size(op: Operation, wish: Wish, new: Sequence[Oid]) -> None:
    """Refuse what would add more than one snapshot may; never what a journey needs."""
    limit = op.world.max_snapshot
    if not limit or wish.type not in _LIMITED:
        return
    size = sum(op.quarantine.size(oid) for oid in new)
    if size > limit:
        raise SnapshotTooLargeError(
            f"this snapshot would add {megabytes(size)}, "
            f"'timewarp.snapshot.maxBytes' allows {megabytes(limit)}",
            hint=f"git timewarp -c snapshot.maxBytes={size // 1024**2 + 1}m snapshot",
        )


def _pending(
    op: Operation,
    wish: Wish,
    view: View,
    previous: Snapshot | None,
    snapshot_id: SnapshotId,
    *,
    base: Snapshot | None,
) -> tuple[list[PendingSnapshot], bool]:
    """Close the quarantine over the view; return the journal's record and whether to fold now."""
    reader = op.quarantine.reader
    head = view.head.oid
    fold = wish.fold or base is None or base.view.head.oid != head
    before = base.view if base is not None else None
    head_tree = _tree_of_commit(op, head) if fold else None
    new = needed(reader, view, previous=before, head_tree=head_tree)
    _check_size(op, wish, new)
    if not fold:
        absent = [oid for oid in new if not op.quarantine.holds(oid)]
        if len(absent) > COPY_LIMIT:
            fold = True
            new = needed(reader, view, previous=before, head_tree=_tree_of_commit(op, head))
        else:
            for oid in absent:
                op.quarantine.copy_in(oid)
    entry, meta = compose(
        op.quarantine,
        NewSnapshot(
            id=snapshot_id,
            view=view,
            ts=iso(op.world.clock.now_ns()),
            trigger=wish.trigger,
            timeline=op.world.timeline,
            worktree=op.repo.worktree,
            writer=op.recorder.writer,
            parents=wish.parents or ((previous.id,) if previous is not None else ()),
        ),
    )
    return [PendingSnapshot(snapshot_id, wish.kind, entry, (*new, meta))], fold


def _keep_lost(op: Operation, view: View, base: Snapshot | None) -> list[PendingKept]:
    """Keep commits and tags that a ref named at the last look, or a hook told of, and none names now."""
    since = op.history.latest_snapshot(op.repo.worktree)
    if since is None:
        return []
    told = observe.told(op, since)
    moved = base is not None and base.view.refs != view.refs
    if not told and not moved:
        return []
    reader = op.quarantine.reader
    now = kept.parse_refs(reader.read(view.refs, kind="blob"))
    before = now
    if base is not None and moved:
        before = kept.parse_refs(reader.read(base.view.refs, kind="blob"))
    current = set(now.values())
    tips = [*kept.lost_tips(before, now), *(oid for oid in told if oid not in current)]
    if not tips:
        return []
    held = op.recorder.journal.kept
    have = [oid for oid, _ in kept.entries(reader, op.recorder.refs, held)]
    tree = _tree_of_commit(op, view.head.oid)
    return kept.gather(op.repo, op.quarantine, tips, have=have, base=tree)


def _tree_of_commit(op: Operation, commit: Oid | None) -> Oid | None:
    if commit is None:
        return None
    found = op.quarantine.reader.info(f"{commit}^{{tree}}")
    return found[0] if found is not None else None


def _count(changed: list[treediff.PathChange]) -> Changes:
    letters_ = [change.status for change in changed]
    return Changes(
        letters_.count("A"), letters_.count("M") + letters_.count("T"), letters_.count("D")
    )


def _event(
    op: Operation,
    wish: Wish,
    view: View,
    changed: list[treediff.PathChange],
    *,
    snapshot_id: SnapshotId,
    first: bool,
) -> NewEvent:
    changes = _count(changed)
    touches = [
        {
            "path": json_name(change.path),
            "op": change.status,
            "before": change.before.oid if change.before else None,
            "after": change.after.oid if change.after else None,
        }
        for change in changed[:TOUCHES_LIMIT]
    ]
    data: dict[str, object] = dict(wish.data)
    if not first:
        data["changes"] = [changes.added, changes.modified, changes.deleted]
    if view.skipped:
        data["skipped"] = len(view.skipped)
    extra = dict(wish.extra)
    if touches and not first:
        extra["touches"] = touches
    return op.event(
        wish.type,
        wish.summary or _summary(changed, first=first),
        anchor=anchor_of(view),
        head=view.head.oid,
        branch=view.head.branch,
        snapshot=snapshot_id,
        data=data,
        extra=extra,
        actor=wish.actor,
    )


def _summary(changed: list[treediff.PathChange], *, first: bool) -> str:
    """Say in a few words what changed."""
    if first:
        return "first snapshot"
    if not changed:
        return "refs, index or metadata changed"
    verbs = {"A": "add", "M": "edit", "T": "retype", "D": "delete"}
    named = [f"{verbs[change.status]} {change.path}" for change in changed[:2]]
    more = len(changed) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
