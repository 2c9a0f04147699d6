"""After a crash: finish what was begun, or say that it never changed anything.

Folds are finished by the recorder itself when it opens. Here: an operation whose intent
is in the journal and that is not over. Its safety snapshot is durable, so it is brought
to its end: each path that is still as it was before gets the target's version; a path
somebody edited since stays and is reported.
"""

from __future__ import annotations

from git_timewarp.git import user_index
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.store.events import Json
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.store.view import Head, View
from git_timewarp.timeline import plan as planning
from git_timewarp.timeline import snapshot, travel
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.plan import Plan
from git_timewarp.timeline.plan_filter import PathFilter
from git_timewarp.timeline.travel import How, Journey
from git_timewarp.util.text import name_from_json


def unfinished(op: Operation) -> list[str]:
    """Finish every operation of this work tree that was cut off; return what to tell the user.

    An operation of another work tree is left for the next command there.
    """
    told: list[str] = []
    if op.recorder.journal.torn or op.recorder.journal.ends_torn:
        told.append("a line of the journal was cut off by a crash; everything before it is there")
        op.recorder.mend_journal()
    for intent in list(op.recorder.journal.intents.values()):
        if intent.get("worktree") == op.repo.worktree:
            told.append(_finish(op, intent))
    return told


def _finish(op: Operation, intent: Json) -> str:
    user_index.remove_stale_lock(op.repo)
    name = str(intent.get("summary") or intent["verb"])
    if intent.get("kind") != "travel":
        op.recorder.append(done=[str(intent["op"])])
        return f"'{name}' was cut off before it changed anything"
    before = op.history.snapshot(SnapshotId(str(intent["before"])))
    target = _target(op, intent)
    if before is None or target is None:
        op.recorder.append(done=[str(intent["op"])])
        return f"'{name}' was cut off and its target is gone; see snapshot '{intent['before']}'"
    how = How(
        with_head=bool(intent["with_head"]),
        with_refs=bool(intent["with_refs"]),
        filter=_filter(intent),
        index=bool(intent["index"]),
    )
    data = intent.get("data")
    trip = Journey(
        str(intent["type"]),
        str(intent["text"]),
        target,
        name,
        to=SnapshotId(str(intent["to"])) if intent.get("to") else None,
        data=data if isinstance(data, dict) else {},
    )
    reader = op.quarantine.reader
    plan = planning.make(
        reader, now=before.view, target=target, paths=how.filter, spare=_spare(intent)
    )
    return _again(op, trip, how, plan=plan, cut_off=str(intent["op"]), before=before)


def _filter(intent: Json) -> PathFilter | None:
    found = intent.get("paths")
    if not isinstance(found, list):
        return None
    words = [str(word) for word in found]
    if intent.get("exact"):
        return PathFilter.exact(words)
    return PathFilter.parse(words, prefix=str(intent["prefix"]))


def _spare(intent: Json) -> set[str]:
    found = intent.get("spare")
    return {name_from_json(item) for item in found} if isinstance(found, list) else set()


def _again(
    op: Operation, trip: Journey, how: How, *, plan: Plan, cut_off: str, before: Snapshot
) -> str:
    safety = before.id
    restorer = travel.restorer_of(op)
    back = travel.restore_wish(trip, how)
    outcome = restorer.restore(plan, now=before.view, target=trip.view, wish=back, resume=True)
    wish = travel.arrival(trip, how, before=safety, done=cut_off, more={"recovered": True})
    taken = snapshot.take(op, wish)
    left = len(outcome.refused)
    more = f"; {left} path(s) edited since stay as they are" if left else ""
    return (
        f"'{trip.summary}' was cut off and is finished now ({op.label(taken.entry)}){more}; "
        f"what was there before: git timewarp jump {safety}"
    )


def _target(op: Operation, intent: Json) -> View | None:
    to = intent.get("to")
    if to:
        found = op.history.snapshot(SnapshotId(str(to)))
        return found.view if found is not None else None
    tree = Oid(str(intent["tree"]))
    if op.quarantine.reader.info(tree) is None:
        return None
    before = op.history.snapshot(SnapshotId(str(intent["before"])))
    if before is None:
        return None
    commit = Oid(str(intent["commit"])) if intent.get("commit") else None
    head = Head(commit, None) if commit is not None else before.view.head
    return travel.revision_view(before.view, tree, head=head)
