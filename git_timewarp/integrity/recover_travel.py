"""Finishing a journey that a crash cut off, or saying that it never changed anything.

What the crash left is captured first. If nothing of the work tree had changed, the intent
is closed and all is as before; otherwise the operation is brought to its end: each path
that is still as it was gets the target's version; a path somebody edited since stays and
is reported.
"""

from __future__ import annotations

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RepoPath, SnapshotId
from git_timewarp.integrity.recover import UNFINISHED, name
from git_timewarp.restore import plan as planning
from git_timewarp.restore.leftover import Views, member
from git_timewarp.restore.pathspec import PathFilter
from git_timewarp.restore.plan import Plan
from git_timewarp.store import transaction
from git_timewarp.store.events import Json
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.store.view import View
from git_timewarp.timeline import snapshot, travel
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.travel import How, Journey
from git_timewarp.util.ids import uuid7_ns
from git_timewarp.util.text import name_from_json


def finish(op: Operation, intent: Json) -> str:
    """Finish one operation; whatever cannot be finished is closed and told, not tried for ever."""
    operation, before = str(intent["op"]), SnapshotId(str(intent["before"]))
    stopped = f"'{name(intent)}' was cut off"
    back = f"what was there before: git timewarp jump {before}"
    if _has_ended(op, intent):
        op.recorder.append(done=[operation])
        return f"{stopped} just after it was finished"
    try:
        stored = op.history.snapshot(before)
        trip = _journey(intent)
        if stored is not None:
            return _again(op, trip, _how(intent), intent=intent, stored=stored)
        reason = "the snapshot it began with is gone"
    except TimewarpError as exc:
        if exc.kind is Kind.LOCKED:
            return f"{stopped} and waits to be finished: {exc.message}"
        reason = exc.message
    except (KeyError, TypeError, ValueError, AttributeError):
        reason = "its intent cannot be read"
    op.recorder.append(done=[operation])
    return f"{stopped} and {UNFINISHED}: {reason}; {back}"


def _has_ended(op: Operation, intent: Json) -> bool:
    """Tell whether its last event is there and only the line that closes it was torn off."""
    return any(
        event.text("op") == intent["op"] and event.text("type") == intent["type"]
        for event in op.recorder.journal.events
    )


def _again(op: Operation, trip: Journey, how: How, *, intent: Json, stored: Snapshot) -> str:
    reader = op.quarantine.reader
    before, operation = stored.view, str(intent["op"])
    spare = {RepoPath(path) for path in _names(intent["spare"])}
    repositories = [RepoPath(path) for path in _names(intent.get("repositories"))]
    plan = planning.make(
        reader,
        now=before,
        target=trip.view,
        paths=how.filter,
        spare=spare,
        repositories=repositories,
    )
    restorer = travel.restorer_of(op)
    restorer.sweep(plan)
    back = travel.restore_wish(trip, how)
    now = snapshot.capture(op)
    moves = None
    if how.with_head or how.with_refs:
        moves = restorer.check(now=now, target=trip.view, wish=back)
        names = ["HEAD", *(change.name for change in moves.updates)]
        since_ns = uuid7_ns(operation)
        transaction.remove_stale_locks(op.repo, clock=op.world.clock, also=names, since_ns=since_ns)
    done = planning.make(reader, now=before, target=now, paths=how.filter, spare=spare, count=False)
    if not _has_changed(plan, done, before=before, now=now, how=how):
        op.recorder.append(done=[operation])
        return f"'{trip.summary}' was cut off before it changed anything"
    left = snapshot.Wish("safety", "safety", summary=f"where '{trip.summary}' was cut off")
    now = snapshot.store(op, left, now).view
    outcome = restorer.restore(plan, now=now, target=trip.view, wish=back, resume=True)
    after = snapshot.capture(op)
    views = Views(before, trip.view, after)
    wrong, kept, _ = travel.arrived(op, plan, outcome, views, spare=spare)
    counts: Json = {
        "recovered": True,
        **({"different": len(wrong)} if wrong else {}),
        **member(kept),
    }
    wish = travel.arrival(trip, how, before=stored.id, done=operation, more=counts)
    if moves is not None:
        wish = wish._replace(moved=moves.names)
    taken = snapshot.store(op, wish, after)
    edited = len({*(item.path for item in outcome.refused), *wrong})
    more = f"; {edited} path(s) edited since stay as they are" if edited else ""
    return (
        f"'{trip.summary}' was cut off and is finished now ({op.label(taken.entry)}){more}; "
        f"what was there before: git timewarp jump {stored.id}"
    )


def _has_changed(plan: Plan, done: Plan, *, before: View, now: View, how: How) -> bool:
    """Tell whether anything the operation is about is not as it was before it."""
    if set(plan.touched) & set(done.touched):
        return True
    if how.index and (before.index_tree, before.index) != (now.index_tree, now.index):
        return True
    moves = how.with_head or how.with_refs
    return moves and (before.head, before.refs) != (now.head, now.refs)


def _journey(intent: Json) -> Journey:
    """Return where the operation was going, as its intent says."""
    view, data = intent["view"], intent.get("data")
    if not isinstance(view, dict):
        raise TypeError("view")
    return Journey(
        str(intent["type"]),
        str(intent["text"]),
        View.from_json(view, {str(k): Oid(str(v)) for k, v in view["parts"].items()}),
        name(intent),
        to=SnapshotId(str(intent["to"])) if intent.get("to") else None,
        data=data if isinstance(data, dict) else {},
    )


def _how(intent: Json) -> How:
    return How(
        with_head=bool(intent["with_head"]),
        with_refs=bool(intent["with_refs"]),
        filter=_filter(intent),
        index=bool(intent["index"]),
    )


def _filter(intent: Json) -> PathFilter | None:
    found = intent.get("paths")
    if not isinstance(found, list):
        return None
    if intent.get("exact"):
        return PathFilter.exact(_names(found))
    return PathFilter.parse(_names(found), prefix=_names([intent["prefix"]])[0])


def _names(value: object) -> list[str]:
    return [name_from_json(item) for item in value] if isinstance(value, list) else []
