"""Undo and redo: linked events, not a cursor (design 7).

What can be undone are operations of ours that changed files, index or refs of this work
tree: jump, restore, stash apply, and undo itself (that is redo). Recording is no step, and
neither are the user's own git commands. The user's edits since are in the safety snapshot
that every one of them takes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import SnapshotId
from git_timewarp.git.objects import MissingObjectError
from git_timewarp.restore import plan as planning
from git_timewarp.restore.leftover import JOURNEYS
from git_timewarp.restore.pathspec import PathFilter
from git_timewarp.store.excise import PURGED
from git_timewarp.store.index import Entry
from git_timewarp.store.view import View
from git_timewarp.timeline import selector, snapshot
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.results import TravelResult
from git_timewarp.timeline.travel import How, go, towards
from git_timewarp.util.text import some

STEPS = ("jump", "restore", "stash-apply")


class NothingToUndoError(TimewarpError):
    """There are not that many steps to take back."""

    kind = Kind.NOT_FOUND
    reference = "nothing-to-undo"


class Stacks:
    """What could be undone and redone now, the latest last."""

    def __init__(self) -> None:
        self.undo: list[Entry] = []
        self.redo: list[Entry] = []


def stacks(op: Operation) -> Stacks:
    """Replay the operations of this work tree by this writer into the two stacks."""
    here = op.history.here(JOURNEYS, with_snapshot=True)
    return replay(reversed([entry for entry in here if op.history.is_own(entry)]))


def replay(journeys: Iterable[Entry]) -> Stacks:
    """Return the stacks after the journeys of one work tree, given oldest first.

    One that does not say where it began (an import may bring such) cannot be taken back: it
    takes its steps off, and stands on no stack itself.
    """
    found = Stacks()
    for entry in journeys:
        if entry.type in STEPS and entry.data.get("before") == entry.snapshot:
            continue  # it changed nothing
        told = [entry] if isinstance(entry.data.get("before"), str) else []
        if entry.type in STEPS:
            found.undo += told
            found.redo.clear()
        elif entry.type == "undo":
            del found.undo[max(0, len(found.undo) - _steps(entry)) :]
            found.redo += told
        else:
            for _ in range(min(_steps(entry), len(found.redo))):
                found.redo.pop()
            found.undo += told
    return found


def undo(op: Operation, steps: int, how: How, *, event: str | None = None) -> TravelResult:
    """Take back the last `steps` operations, or all back to and with `event`."""
    return _back(op, stacks(op).undo, steps, how, verb="undo", event=event)


def redo(op: Operation, steps: int, how: How, *, event: str | None = None) -> TravelResult:
    """Take back the last `steps` undos, or all back to and with `event`."""
    return _back(op, stacks(op).redo, steps, how, verb="redo", event=event)


def _back(
    op: Operation, stack: Sequence[Entry], steps: int, how: How, *, verb: str, event: str | None
) -> TravelResult:
    if event is not None:
        steps = _distance(op, stack, event, verb)
    if steps < 1 or steps > len(stack):
        raise NothingToUndoError(
            f"nothing to {verb}" if not stack else f"only {len(stack)} step(s) to {verb}",
            hint="git timewarp log" if not stack else f"git timewarp {verb} {len(stack)}",
        )
    chosen = stack[-steps:]
    target = SnapshotId(str(chosen[0].data["before"]))
    labels = ", ".join(op.label(entry) for entry in reversed(chosen[-3:]))
    found = selector.of_snapshot(op.history, target, target)
    assert found.snapshot is not None  # noqa: S101 - `of_snapshot` raises otherwise
    now = snapshot.capture(op)
    trip = towards(
        found.snapshot,
        verb,
        op.label(chosen[0]),
        f"{verb} {labels}" + (f" and {steps - 3} more" if steps > 3 else ""),
        now=now,
        data={"steps": steps, "of": [entry.id for entry in chosen]},
    )
    how = how._replace(
        with_head=any(entry.data.get("with_head") for entry in chosen),
        with_refs=any(entry.data.get("with_refs") for entry in chosen),
        filter=_touched(op, chosen),
        index=any(entry.data.get("whole") for entry in chosen),
    )
    pushed = _pushed_since(op, chosen[0])
    result = _with_later_work(op, go(op, trip, how, now=now), last=chosen[-1], now=now)
    gone = _purged(found.snapshot.view) if how.filter is not None else []
    return result._replace(notes=(*result.notes, *gone, *pushed))


def _purged(view: View) -> list[str]:
    """Name what was purged from the target: nobody knows any more whether it was changed."""
    paths = [item.path for item in view.skipped if item.reason == PURGED]
    return [f"{some(paths)} had been purged and does not come back"] if paths else []


def _pushed_since(op: Operation, first: Entry) -> list[str]:
    """Name the pushes since an operation: no undo takes them back (design 7)."""
    return [
        f"{op.label(entry)} stays: {entry.summary} cannot be taken back"
        for entry in op.history.here(("push-attempt",))
        if entry.order > first.order
    ]


def _with_later_work(
    op: Operation, result: TravelResult, *, last: Entry, now: View
) -> TravelResult:
    """Say which of the paths that came back or went had been changed since `last`."""
    after = op.history.snapshot(last.snapshot) if last.snapshot is not None else None
    safety = result.safety_snapshot
    if after is None or safety is None:
        return result
    since = planning.make(op.quarantine.reader, now=after.view, target=now, count=False).touched
    moved = {*result.restored, *result.removed}
    later = [path for path in since if path in moved]
    if not later:
        return result
    note = (
        f"{some(later)} had been changed since {op.label(last)}; "
        f"to have that back: git timewarp restore --source {safety} PATH"
    )
    return result._replace(notes=(*result.notes, note))


def _touched(op: Operation, chosen: Sequence[Entry]) -> PathFilter | None:
    """Return the paths that operations on some paths changed; None for the whole work tree."""
    if any(entry.data.get("whole") for entry in chosen):
        return None
    paths: set[str] = set()
    for entry in chosen:
        before = op.history.snapshot(SnapshotId(str(entry.data["before"])))
        after = op.history.snapshot(entry.snapshot) if entry.snapshot is not None else None
        if before is None or after is None:
            raise MissingObjectError(str(entry.data["before"] if before is None else entry.id))
        reader = op.quarantine.reader
        plan = planning.make(reader, now=before.view, target=after.view, count=False)
        paths.update(plan.touched)
    return PathFilter.exact(sorted(paths))


def _steps(entry: Entry) -> int:
    steps = entry.data.get("steps", 1)
    return steps if isinstance(steps, int) else 1


def _distance(op: Operation, stack: Sequence[Entry], event: str, verb: str) -> int:
    target = selector.resolve(op.history, event)
    for distance, entry in enumerate(reversed(stack), start=1):
        if target.entry is not None and entry.id == target.entry.id:
            return distance
    raise NothingToUndoError(
        f"'{event}' is not an operation that can be taken back by {verb}", hint="git timewarp log"
    )
