"""Redacting: what an event says leaves for good, and its place in the chain stays.

    everything folded -> copies beside the stores -> intent -> refs (one pack, one transaction)
    -> packs without the old notes, at once -> event `redact` and "done" in one write -> fold

A crash before the refs moved leaves the event as it was; after it, `finish` goes on from there.
Between the two the intent says what the event will.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MissingObjectError
from git_timewarp.git.run import GitError
from git_timewarp.retention import copies, removal, traces
from git_timewarp.retention.copies import Beside
from git_timewarp.retention.results import Left, RedactResult
from git_timewarp.safety.secrets import scrub
from git_timewarp.store import failures, leaving, lineage, redaction, stone
from git_timewarp.store.events import Event, Json
from git_timewarp.store.index import Entry
from git_timewarp.store.reach import of_user
from git_timewarp.store.records import whole_event
from git_timewarp.store.redaction import Stone
from git_timewarp.store.rewrite import Rewritten
from git_timewarp.store.stone import Told
from git_timewarp.timeline import ingest_lines, selector
from git_timewarp.timeline.operation import Operation
from git_timewarp.util import directories
from git_timewarp.util.text import printable

KIND = "redaction"
_LONGEST = 200


class NothingToRedactError(TimewarpError):
    """No event has the name that was given."""

    kind = Kind.NOT_FOUND
    reference = "nothing-to-redact"


class NotOursError(TimewarpError):
    """Another clone recorded the event, and only that one may write in its chain."""

    kind = Kind.REFUSED
    reference = "other-writers-event"


class EvidenceError(TimewarpError):
    """The event tells of a redaction; without it the redacted one would look like a forged one."""

    kind = Kind.REFUSED
    reference = "redaction-event"


def redact(
    op: Operation, name: str, beside: Beside, *, reason: str = "", dry_run: bool = False
) -> RedactResult:
    """Take what an event says out of everything of ours.

    Args:
        op: the operation.
        name: `E47`, or the event's id.
        beside: reads what lies beside the stores.
        reason: for people; a secret in it is taken out.
        dry_run: only tell what would go.

    Raises:
        NothingToRedactError: there is no such event.
        NotOursError: another clone recorded it.
        EvidenceError: it tells of a redaction.
        NotRemovedError, GitError: the event is as it was; copies may be gone.
    """
    if not dry_run:
        removal.ready(op)
    reason = " ".join(scrub(reason).text.split())[:_LONGEST]
    entry, events = _found(op, name)
    is_done = all(stone.MARK in event.record for event in events)
    found = beside.archives.with_event(entry.id)
    answer = RedactResult(
        op.label(entry),
        entry.id,
        str(entry.snapshot or ""),
        _reason_of(events[0]) if is_done else reason,
        already=is_done,
        archives=tuple(os.path.relpath(path, op.repo.common_dir) for path in found.hold),
        dry_run=dry_run,
    )
    if dry_run:
        return answer
    user = of_user(op.repo)
    left = [] if is_done else traces.published(op, entry)
    left += [copies.unreadable(op.repo, path) for path in found.unreadable]
    stones = [Stone(event, _line(op, event, reason)) for event in events]
    dropped = traces.drop_copies(op, beside.objects, stones)
    for path in found.hold:
        directories.remove(path)
    if is_done:
        # A redaction that came with an import has left the old notes where they were.
        told = [stone.told_of(item.event, item.line) for item in stones]
        done = _Done(*_free(op, _segments(op, stones), told, user))
    else:
        done = _carry_out(op, answer, stones, user)
    return answer._replace(
        left=(*left, *done.left),
        copies=len(dropped),
        frees=done.freed,
        waits=bool(leaving.superseded(op.repo.state_dir)),
        events=done.events,
    )


class _Done(NamedTuple):
    """What came of it: the bytes that are free, where it still is, the events that tell of it."""

    freed: int
    left: Sequence[Left]
    events: tuple[str, ...] = ()


def _carry_out(
    op: Operation, answer: RedactResult, stones: Sequence[Stone], user: set[Oid]
) -> _Done:
    """Put the stones that are not there yet into their places, and free the rest."""
    fresh = [item for item in stones if item.line != item.event.line]
    new = _written(op, fresh)
    told = [stone.told_of(item.event, item.line) for item in fresh]
    op.begin(
        {
            "kind": KIND,
            "anywhere": True,
            "summary": f"redact {answer.event}",
            "label": answer.event,
            "reason": answer.reason,
            "stones": [stone.to_json(item) for item in told],
            "old": {change.name: change.old for change in new.updates},
        }
    )
    intent = op.recorder.journal.intents[op.id]
    op.changed()
    removal.publish(op, new, replaces=True)
    return _go_on(op, intent, user)


def _line(op: Operation, event: Event, reason: str) -> bytes:
    """Return the line of an event's stone; its own where it is one."""
    if stone.MARK in event.record:
        return event.line
    kind = str(event.record["type"])
    is_own = kind in ingest_lines.RESERVED or kind.startswith(ingest_lines.OWN_PREFIXES)
    return stone.made(event, op=op.id, reason=reason, is_own=is_own)


def finish(op: Operation, intent: Json) -> str:
    """Go on with a redaction that a crash cut off, or take it back; return what to tell."""
    told = list(stone.read(intent["stones"]))
    if not all(_stands(op, item) for item in told):
        op.recorder.append(done=[str(intent["op"])])
        return f"'{intent['summary']}' was cut off before it changed anything"
    try:
        user = of_user(op.repo)
    except GitError as exc:
        # Nobody may be kept from his work by it; the old notes stay in the packs.
        _record(op, intent)
        return f"'{intent['summary']}' was cut off, what it redacted is still in packs: {exc}"
    _go_on(op, intent, user)
    return f"'{intent['summary']}' was cut off and is finished now"


def _found(op: Operation, name: str) -> tuple[Entry, list[Event]]:
    """Return the event that is meant, and all its copies here that are ours to change."""
    history = op.history
    entry = selector.event(history, name)
    if entry is None:
        named = history.entries("id = ?", (name,))
        entry = next((other for other in named if other.id == name), None)
    if entry is None:
        raise NothingToRedactError(
            f"'{printable(name)}' names no event", hint="git timewarp log --all"
        )
    ours = lineage.ours(op.repo.state_dir, history.writer)
    pairs = [
        (other, event)
        for other in history.entries("id = ?", (entry.id,))
        if other.id == entry.id and (event := whole_event(history, other)) is not None
    ]
    mine = [
        (other, event)
        for other, event in pairs
        if history.is_own(other) or _origin(event) in ours or stone.MARK in event.record
    ]
    if not any((other.writer, other.n) == (entry.writer, entry.n) for other, _ in mine):
        raise NotOursError(
            f"'{printable(name)}' was recorded by another clone, '{entry.writer}': it has to be "
            "redacted there",
            hint=f"git timewarp redact E{entry.lamport}",
        )
    if entry.type == stone.TYPE:
        raise EvidenceError(
            f"'{printable(name)}' tells of a redaction, the chain rests on it",
            hint=f"git timewarp show {op.label(entry)}",
        )
    return entry, [event for _, event in mine]


def _origin(event: Event) -> str:
    found = event.record.get("origin")
    return str(found.get("writer")) if isinstance(found, dict) else ""


def _reason_of(event: Event) -> str:
    return str(event.record["summary"]).removeprefix("redacted").strip(" ()")


def _written(op: Operation, stones: Sequence[Stone]) -> Rewritten:
    refs = op.recorder.refs
    gone = redaction.payloads_of([item.event for item in stones])
    one = redaction.place(op.quarantine, refs, stones)
    two = redaction.drop_payloads(op.quarantine, refs, gone)
    return Rewritten([*one.updates, *two.updates], [*one.objects, *two.objects])


def _stands(op: Operation, told: Told) -> bool:
    """Tell whether a stone is in its place."""
    for entry in op.history.entries("id = ?", (told.id,)):
        if (entry.id, entry.writer, entry.n) == (told.id, told.writer, told.n):
            event = whole_event(op.history, entry)
            return event is not None and stone.digest(event.line) == told.line
    return False


def _go_on(op: Operation, intent: Json, user: set[Oid]) -> _Done:
    """Do what is left to do after the refs have moved."""
    op.changed()
    old = intent["old"]
    assert isinstance(old, dict)  # noqa: S101 - our own record
    values = {str(name): Oid(str(oid)) for name, oid in old.items()}
    freed, left = _free(op, values, list(stone.read(intent["stones"])), user)
    return _Done(freed, left, _record(op, intent))


def _free(
    op: Operation, old: Mapping[str, Oid], told: Sequence[Told], user: set[Oid]
) -> tuple[int, list[Left]]:
    """Take the notes that held it out of our packs; return the bytes, and where it still is.

    `old` are segments with a former value: what any of these leads to goes where that has to.
    """
    former = removal.former(op, old)
    notes = traces.holders(op, former | traces.unnamed(op), traces.Words(told))
    freed = removal.free(op, (former | notes) - user, now=True, memory=False)
    return freed, traces.still_there(op, notes, user)


def _segments(op: Operation, stones: Sequence[Stone]) -> dict[str, Oid]:
    """Return the segments that stones stand in, with their values."""
    names = {redaction.segment_of(item.event) for item in stones}
    return {str(name): op.recorder.refs[name] for name in names}


def _record(op: Operation, intent: Json) -> tuple[str, ...]:
    """Record the event and close the intent in one write, and fold it: the stone rests on it."""
    found = op.quarantine.reader.info("HEAD")
    anchor = found[0] if found is not None else op.quarantine.put_tree([])
    reason, label = str(intent["reason"]), str(intent["label"])
    new = op.event(
        stone.TYPE,
        f"redacted {label}" + (f": {reason}" if reason else ""),
        anchor=anchor,
        head=found[0] if found is not None else None,
        branch=None,
        data={stone.MARK: intent["stones"], **({"reason": reason} if reason else {})},
    )
    sealed = op.recorder.seal([new._replace(op=str(intent["op"]))])
    op.recorder.append(sealed, done=[str(intent["op"])])
    labels = tuple(op.label(entry) for entry in op.recorded(sealed))
    try:
        op.recorder.fold()
    except (GitError, MissingObjectError, OSError) as exc:
        why = failures.reason(exc)
        op.notices.append(f"everything is recorded, folding it into git was put off: {why}")
    removal.empty(op)
    return labels
