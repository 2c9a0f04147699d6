"""Bringing back: jump and restore (and, through `go`, undo, redo and stash apply).

    capture now -> plan -> capture whole what stands in the way -> safety snapshot, durable
    -> intent -> files, index, refs -> capture again and compare -> event and "done"

Nothing in the work tree changes before the safety snapshot is durable (design 7).
"""

import os
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RefName, RepoPath, SnapshotId
from git_timewarp.git.user_index import IndexLockedError
from git_timewarp.restore import filtered, leftover, needs, once_ignored, sparse, submodules
from git_timewarp.restore import plan as planning
from git_timewarp.restore.apply import Outcome
from git_timewarp.restore.engine import Restorer, differences
from git_timewarp.restore.engine import Wish as RestoreWish
from git_timewarp.restore.operation_files import OperationInProgressError
from git_timewarp.restore.outcome import Refused
from git_timewarp.restore.pathspec import PathFilter
from git_timewarp.restore.plan import Plan
from git_timewarp.restore.refs import BranchElsewhereError, LostCommitError, RefPlan
from git_timewarp.store import kept
from git_timewarp.store.events import Json
from git_timewarp.store.index import Entry
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.store.view import Head, View
from git_timewarp.timeline import selector, snapshot
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.results import TravelResult
from git_timewarp.timeline.selector import Target
from git_timewarp.timeline.snapshot import Taken, Wish
from git_timewarp.util.frozen import NOTHING, Frozen
from git_timewarp.util.text import json_name, shell, some

SAVED_BY_HAND = frozenset({"init", "snapshot", "jump"})
"""Types of events whose state needs no stash: somebody gave it a name, or it is another moment's."""

_MOST_NAMED = 50
_VERIFY = "git timewarp verify --full"


UNTOUCHED = (
    IndexLockedError,
    OperationInProgressError,
    BranchElsewhereError,
    LostCommitError,
)
"""What `Restorer.restore` raises before it changes anything."""


class OtherWorktreeError(TimewarpError):
    """The target was recorded in another work tree."""

    kind = Kind.REFUSED
    reference = "other-worktree"


class IncompleteRestoreError(TimewarpError):
    """The work tree is not what the target says; what was there is safe."""

    kind = Kind.CONFLICT
    reference = "incomplete-restore"

    def __init__(
        self, wrong: Sequence[RepoPath], outcome: Outcome, *, safety: SnapshotId, why: Sequence[str]
    ) -> None:
        named = ", ".join(f"'{path}'" for path in wrong[:3])
        reason = "; ".join(why) or "they changed meanwhile"
        text = f"{len(wrong)} path(s) are not as in the target: {named}; {reason}"
        aside = sorted({os.path.dirname(place) for _, place in outcome.kept_aside})
        if aside:
            text += f"; {len(outcome.kept_aside)} file(s) are kept below '{aside[0]}'"
        super().__init__(text, hint=f"git timewarp jump {safety}")


class How(Frozen):
    """Options of a travel command.

    Attributes:
        force: override a refusal that names what could not be captured.
        filter: paths it is about, or None for the whole work tree.
        index: whether the user's index comes back too.
    """

    with_head: bool = False
    with_refs: bool = False
    force: bool = False
    dry_run: bool = False
    filter: PathFilter | None = None
    index: bool = True


class Journey(Frozen):
    """Where to: the view to bring back, and what the event will say.

    Attributes:
        verb: event type.
        text: the target as typed.
        to: the snapshot the view is of, or None (a git revision, a merge result).
        data: further members of the event's data.
        is_merged: the view is the result of a merge.
        notes: what to tell of the target.
    """

    verb: str
    text: str
    view: View
    summary: str
    to: SnapshotId | None = None
    data: Mapping[str, object] = NOTHING
    is_merged: bool = False
    notes: tuple[str, ...] = ()


def jump(op: Operation, text: str, how: How) -> TravelResult:
    """Bring the whole work tree to a moment."""
    now = snapshot.capture(op)
    position = _position(op, now)
    target = resolve(op, text, now=now, position=position, force=how.force)
    return go(op, journey(op, "jump", target, now), how, now=now)


def restore(op: Operation, paths: Sequence[str], how: How, *, source: str | None) -> TravelResult:
    """Bring some paths back, by default from the latest snapshot in which they differ from now."""
    wanted = PathFilter.parse(paths, prefix=op.repo.prefix)
    now = snapshot.capture(op)
    if source is not None:
        target = resolve(op, source, now=now, position=_position(op, now), force=True)
    else:
        target = _latest_that_differs(op, now, wanted, paths)
    named = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    trip = journey(op, "restore", target, now)
    trip = trip._replace(summary=f"restored {named} from {target.text}")
    return go(op, trip, how._replace(filter=wanted, index=False), now=now)


def resolve(
    op: Operation, text: str, *, now: View, position: SnapshotId | None, force: bool
) -> Target:
    """Find a target; refuse one of another work tree unless forced."""
    target = selector.seen_from(op.history, text, now, position=position)
    found = target.snapshot
    if found is not None and found.worktree != op.repo.worktree and not force:
        raise OtherWorktreeError(
            f"'{target.text}' was recorded in another work tree, '{found.worktree}'",
            hint=f"git timewarp jump --force {shell(target.text)}",
        )
    return target


def journey(op: Operation, verb: str, target: Target, now: View) -> Journey:
    """Return the journey to a target; a git revision becomes a view of its tree."""
    if target.snapshot is not None:
        label = op.label(target.entry) if target.entry is not None else target.text
        summary = f"{verb} to {label}" if verb == "jump" else f"{verb} {label}"
        return towards(target.snapshot, verb, label, summary, now=now)
    view = revision_view(op, now, target.files, head=Head(target.commit, _branch(op, target)))
    return Journey(verb, target.text, view, f"{verb} to {target.text}")


def towards(
    stored: Snapshot, verb: str, label: str, summary: str, *, now: View, data: Json | None = None
) -> Journey:
    """Return the journey to a snapshot; what its lost description only said stays as it is now."""
    trip = Journey(verb, label, stored.view, summary, to=stored.id, data=data or {})
    if stored.is_described:
        return trip
    note = (
        f"the description of {label} is lost: its files are what git holds of them and empty "
        "folders stay; what it had skipped, which files a filter of the user's had made and which "
        "operation was in progress is not known any more (git timewarp verify --full)"
    )
    view = stored.view._replace(empty_dirs=now.empty_dirs)
    return trip._replace(view=view, notes=(note,))


def go(op: Operation, trip: Journey, how: How, *, now: View) -> TravelResult:
    """Carry out a journey; see the module's docstring for the order.

    Raises:
        UncapturedError: something in the way cannot be captured (`force` keeps it aside).
        LostCommitError: a commit that a ref or HEAD goes to is not kept whole.
        IncompleteRestoreError: the comparison afterwards failed; the safety snapshot has it all.
    """
    planned = _plan(op, trip, how, now)
    plan, now, spare = planned.plan, planned.now, planned.spare
    # Parts of the view (of a merge, of a revision) may be in the quarantine only.
    op.recorder.holding = True
    restorer = restorer_of(op)
    wish = restore_wish(trip, how)
    refs = restorer.check(now=now, target=trip.view, wish=wish)
    _come_back(op, trip, how, refs.needed)
    if how.dry_run:
        return _dry(op, trip, plan, refs)
    op.world.room.need(op.repo.common_dir, what=f"'{trip.verb}' needs a safety snapshot")
    leaves = how.filter is None and not trip.is_merged
    stashing = leaves and _is_uncommitted(op, now)
    safety = _safety(op, now, stashing=stashing, whole=planned.whole)
    now = safety.view
    op.begin(_intent(op, trip, how, safety, planned))
    try:
        outcome = restorer.restore(plan, now=now, target=trip.view, wish=wish)
    except UNTOUCHED:
        op.withdraw()
        raise
    end = End(plan, outcome, safety, refs, spare)
    return conclude(op, trip, how, end, stashed=stashing)


class End(NamedTuple):
    """What a journey did, when it comes to its end."""

    plan: Plan
    outcome: Outcome
    safety: Taken
    refs: RefPlan
    spare: Collection[RepoPath]


def conclude(op: Operation, trip: Journey, how: How, end: End, *, stashed: bool) -> TravelResult:
    """Compare the work tree with the target, record the event, and close the intent."""
    after, safety, outcome = snapshot.capture(op), end.safety, end.outcome
    views = leftover.Views(safety.view, trip.view, after)
    wrong, left, new = arrived(op, end.plan, outcome, views, spare=end.spare)
    counts: Json = {
        "restored": len(outcome.restored),
        "removed": len(outcome.removed),
        **leftover.member(left),
    }
    if wrong:
        counts["different"] = len(wrong)
    wish = arrival(trip, how, before=safety.id, done=op.id, more=counts)
    wish = wish._replace(moved=end.refs.names)
    taken = snapshot.store(op, wish, after)
    if wrong:
        raise IncompleteRestoreError(wrong, outcome, safety=safety.id, why=trip.notes)
    return TravelResult(
        verb=trip.verb.replace("-", " "),
        event=op.label(taken.entry),
        from_snapshot=safety.id,
        to_snapshot=trip.to or taken.id,
        safety_snapshot=safety.id,
        restored=outcome.restored,
        removed=outcome.removed,
        unchanged=outcome.unchanged,
        refused=(*outcome.refused, *outcome.left),
        kept_aside=outcome.kept_aside,
        stashed="stash@{0}" if stashed else None,
        target=trip.text,
        notes=(*trip.notes, *outcome.notes, *_kept(new)),
        refs=end.refs.moves,
        is_step=taken.id != safety.id,
    )


def arrived(
    op: Operation,
    plan: Plan,
    outcome: Outcome,
    views: leftover.Views,
    *,
    spare: Collection[RepoPath],
) -> tuple[tuple[RepoPath, ...], set[RepoPath], set[RepoPath]]:
    """Return the paths that are wrong, all that was left (see `plan_left`), and what is new of it."""
    reader = op.quarantine.reader
    there = differences(reader, op.repo, plan=plan, outcome=outcome, views=views, spare=spare)
    new = leftover.newly(reader, views, there.appeared)
    left = leftover.still(reader, views.after, new | leftover.remembered(op.history))
    return there.wrong, left, new


def _kept(left: Collection[RepoPath]) -> list[str]:
    if not left:
        return []
    return [f"kept {some(sorted(left))}: ignored before, or made meanwhile; nothing ignores it now"]


def arrival(trip: Journey, how: How, *, before: SnapshotId, done: str, more: Json) -> Wish:
    """Return the snapshot to take where a journey ended; its event closes the operation `done`."""
    data: Json = {
        **trip.data,
        "before": before,
        "whole": how.filter is None,
        "with_head": how.with_head,
        "with_refs": how.with_refs,
        **more,
    }
    if trip.to is not None:
        data["to"] = trip.to
    return Wish(
        trip.verb,
        trip.verb,
        summary=trip.summary,
        always=True,
        data=data,
        parents=(trip.to,) if trip.to is not None and how.filter is None else (),
        done=done,
    )


def _position(op: Operation, now: View) -> SnapshotId | None:
    del now
    latest = op.latest()
    return latest.id if latest is not None else None


def _branch(op: Operation, target: Target) -> RefName | None:
    found = op.repo.git.run(
        "rev-parse", "--verify", "-q", "--symbolic-full-name", target.text, ok=(0, 1, 128)
    ).text
    return RefName(found) if found.startswith("refs/heads/") else None


def _latest_that_differs(
    op: Operation, now: View, wanted: PathFilter, paths: Sequence[str]
) -> Target:
    """Return the newest snapshot in which one of the paths is there and differs from now."""
    reader = op.quarantine.reader
    seen: set[Oid] = set()
    for entry in op.history.entries("snapshot IS NOT NULL"):
        if entry.snapshot is None or entry.worktree != op.repo.worktree:
            continue
        found = op.history.snapshot(entry.snapshot)
        if found is None or found.entry in seen:
            continue
        seen.add(found.entry)
        try:
            plan = planning.make(reader, now=now, target=found.view, paths=wanted, count=False)
        except TimewarpError as exc:
            if exc.kind is not Kind.NOT_FOUND:
                raise
            continue
        if plan.writes or plan.modes or plan.make_dirs:
            return Target(op.label(entry), found, entry)
    raise selector.UnknownTargetError(
        f"no snapshot has another version of '{paths[0]}'",
        hint=f"git timewarp log -p -- {shell(paths[0])}",
    )


class Planned(NamedTuple):
    """A plan and what it was made of.

    Attributes:
        now: the view it starts from.
        spare: paths that are in that view and nobody asks to go.
        whole: paths that had to be captured whole.
        repositories: folders in the way that hold a git directory.
    """

    plan: Plan
    now: View
    spare: frozenset[RepoPath]
    whole: frozenset[RepoPath]
    repositories: frozenset[RepoPath]


def _plan(op: Operation, trip: Journey, how: How, now: View) -> Planned:
    """Plan; capture whole what is in the way; spare what the target's own rules ignored.

    Raises:
        UncapturedError: something in the way cannot be captured (`force` keeps it aside).
    """
    reader = op.quarantine.reader

    def made() -> Plan:
        view, paths = trip.view, how.filter
        found = planning.make(
            reader, now=now, target=view, paths=paths, spare=spare, repositories=repositories
        )
        if not trip.is_merged:
            return found
        # What could not be captured now is in the merged view as it is now.
        mine = {item.path for item in now.skipped}
        return found._replace(left=tuple(i for i in found.left if i.path not in mine))

    spare, repositories = leftover.remembered(op.history), frozenset[RepoPath]()
    deep = submodules.unseen(reader, now=now, target=trip.view, paths=how.filter)
    if deep:
        now = snapshot.capture(op, whole=deep)
    plan = made()
    repositories = frozenset(needs.repositories(plan, op.repo))
    if repositories:
        plan = made()
    needed = frozenset(needs.needs_whole(plan, op.repo))
    spare |= needed
    whole = deep | needed | filtered.at_risk(plan, op.repo, reader)
    if whole != deep:
        now = snapshot.capture(op, whole=whole)
        plan = made()
    ignored = once_ignored.ignored_then(
        op.quarantine, plan, now=now, target=trip.view, staging_dir=staging_of(op)
    )
    if ignored:
        spare |= ignored
        plan = made()
    left = needs.needs_whole(plan, op.repo) if spare else set()
    if left and not how.force:
        command = f"git timewarp {trip.verb.replace('-', ' ')} {shell(trip.text)}"
        raise needs.UncapturedError(left, command=command)
    return Planned(plan, now, spare, whole, repositories)


def staging_of(op: Operation) -> str:
    """Return the folder in which this work tree's restores make bytes ready."""
    return os.path.join(op.repo.state_dir, "staging", op.repo.worktree.replace("/", "-"))


def revision_view(op: Operation, now: View, tree: Oid, *, head: Head) -> View:
    """Return the view of a commit's tree; what git does not keep stays as it is now."""
    return View(
        tree=tree,
        index_tree=tree,
        index=sparse.hidden_part(op.quarantine, now, tree),
        refs=now.refs,
        head=head,
        modes=now.modes,
        nested=now.nested,
        empty_dirs=now.empty_dirs,
    )


def ensure_commit(op: Operation, commit: Oid) -> None:
    """Write a commit or tag back that git has lost and we keep.

    Raises:
        MissingObjectError: nobody has it whole.
    """
    if op.recorder.journal.kept:
        # Put off: its trees are not in git's store, and a branch must not name them.
        op.recorder.fold()
    reader = op.quarantine.reader
    held = dict(kept.entries(reader, op.recorder.refs, op.recorder.journal.kept))
    kept.write_back(op.repo.git, reader, held, commit)


def _come_back(op: Operation, trip: Journey, how: How, needed: Sequence[Oid]) -> None:
    """Refuse before anything changes where `ensure_commit` would miss something.

    Raises:
        LostCommitError: a commit, or one before it, is neither in the repository nor kept.
    """
    reader = op.quarantine.reader
    held = dict(kept.entries(reader, op.recorder.refs, op.recorder.journal.kept)) if needed else {}
    for oid in needed:
        lost = kept.gap(op.repo.git, reader, held, oid)
        if lost is None:
            continue
        what = "it"
        if lost.needs != oid:
            who = "it" if lost.oid == oid else f"{lost.oid[:12]} before it"
            what = f"{who} needs {lost.needs[:12]}, which"
        text = f"commit {oid[:12]} cannot come back: {what} is neither in this repository nor kept"
        asked = how.with_head or how.with_refs
        hint = f"git timewarp jump {shell(trip.to or trip.text)}" if asked else _VERIFY
        raise LostCommitError(text, hint=hint)


def restorer_of(op: Operation) -> Restorer:
    """Return the restore engine of this operation's work tree."""

    def has(commit: Oid) -> bool:
        reader = op.quarantine.reader
        if op.repo.git.run("cat-file", "-e", commit, ok=range(256)).code == 0:
            return True
        return any(
            o == commit for o, _ in kept.entries(reader, op.recorder.refs, op.recorder.journal.kept)
        )

    return Restorer(
        op.quarantine,
        staging_dir=staging_of(op),
        aside_dir=os.path.join(op.recorder.paths.aside, op.id),
        ensure_commit=partial(ensure_commit, op),
        has_commit=has,
    )


def restore_wish(trip: Journey, how: How) -> RestoreWish:
    """Return what shall come back besides files."""
    return RestoreWish(
        with_head=how.with_head or how.with_refs,
        with_refs=how.with_refs,
        index=how.index,
        operation=how.filter is None,
        message=f"timewarp: {trip.summary}",
    )


def _is_uncommitted(op: Operation, now: View) -> bool:
    """Tell whether a jump away from `now` leaves work that has no name yet."""
    head = now.head.oid
    found = op.quarantine.reader.info(f"{head}^{{tree}}") if head is not None else None
    if found is not None and found[0] == now.tree == now.index_tree and now.raw is None:
        return False
    return not (_is_named(op, now) or _is_stashed(op, now))


def _is_stashed(op: Operation, now: View) -> bool:
    """Tell whether a stash on the list is this very work: there and back makes no second one."""
    return any(_has_files_of(op, entry, now) for entry in selector.stashes(op.history))


def _is_named(op: Operation, now: View) -> bool:
    """Tell whether one of the latest moments that need no stash has these very files."""
    here = op.history.here(SAVED_BY_HAND, with_snapshot=True)
    return any(_has_files_of(op, entry, now) for entry in islice(here, _MOST_NAMED))


def _has_files_of(op: Operation, entry: Entry, now: View) -> bool:
    stored = op.history.snapshot(entry.snapshot) if entry.snapshot is not None else None
    return stored is not None and selector.same_files(stored.view, now)


def _safety(op: Operation, now: View, *, stashing: bool, whole: Collection[RepoPath]) -> Taken:
    if stashing:
        branch = (now.head.branch or "no branch").removeprefix("refs/heads/")
        text = f"work in progress on {branch}"
        wish = Wish("stash", "stash", summary=text, fold=True, always=True)
    else:
        wish = Wish("safety", "safety", summary=f"before {op.verb}")
    return snapshot.store(op, wish, now, whole=whole)


def _intent(op: Operation, trip: Journey, how: How, safety: Taken, planned: Planned) -> Json:
    """Return all that is needed to go on after a crash (docs/formats/journal.md)."""
    return {
        "kind": "travel",
        "type": trip.verb,
        "text": trip.text,
        "summary": trip.summary,
        "to": trip.to,
        "view": {"parts": trip.view.parts(), **trip.view.to_json()},
        "before": safety.id,
        "spare": [json_name(path) for path in sorted(planned.spare)],
        "repositories": [json_name(path) for path in sorted(planned.repositories)],
        "paths": [json_name(item.typed) for item in how.filter.patterns] if how.filter else None,
        "exact": how.filter is not None and how.filter.is_exact,
        "prefix": json_name(op.repo.prefix),
        "with_head": how.with_head,
        "with_refs": how.with_refs,
        "index": how.index,
        "data": dict(trip.data),
    }


def _dry(op: Operation, trip: Journey, plan: Plan, refs: RefPlan) -> TravelResult:
    latest = op.latest()
    return TravelResult(
        verb=trip.verb.replace("-", " "),
        event=None,
        from_snapshot=latest.id if latest is not None else None,
        to_snapshot=trip.to,
        safety_snapshot=None,
        restored=plan.restored,
        removed=plan.removed,
        unchanged=plan.unchanged,
        refused=tuple(Refused(item.path, item.reason) for item in (*plan.refused, *plan.left)),
        target=trip.text,
        dry_run=True,
        notes=(*trip.notes, *refs.notes),
        refs=refs.moves,
    )
