"""`git timewarp record`: events of others, given as JSON Lines, enter the chain.

Lines are checked and scrubbed (`timeline/ingest_lines.py`), then recorded a batch at a
time, each batch in one synced write. A wrong line ends it: the lines before it are durable
and answered, it and the lines after it are not recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from git_timewarp.git.names import Oid
from git_timewarp.store import layout
from git_timewarp.store.chain import NewEvent
from git_timewarp.store.events import Event, Json
from git_timewarp.store.stone import key_of
from git_timewarp.timeline.ingest_lines import Incoming, InvalidRecordError, read_line
from git_timewarp.timeline.operation import Operation

BATCH = 1_000
"""Lines recorded in one synced write."""

FOLD = 10_000
"""Events that may wait in the journal while lines come in."""


class _Read(NamedTuple):
    """Lines that were read, and what ended it: an error, or nothing."""

    lines: list[Incoming]
    error: InvalidRecordError | None


class _Earlier(NamedTuple):
    label: str
    id: str


def record(op: Operation, lines: Iterable[bytes]) -> Iterator[Json]:
    """Record each line; answer `{event, id, duplicate}` for each, in order.

    A line whose `key` was recorded before (in these lines, or ever) is not recorded again;
    the earlier event is answered.

    Raises:
        InvalidRecordError: a line is no event; what was yielded before it is durable.
    """
    place = _Place(op)
    for read in _batches(_numbered(lines)):
        yield from place.record(read.lines)
        if read.error is not None:
            raise read.error


def stream(
    begin: Callable[[], AbstractContextManager[Operation]], lines: Iterable[bytes | None]
) -> Iterator[Json]:
    """Record lines as they come, with the store locked only while a batch is written.

    Args:
        begin: opens an operation; called once for every batch.
        lines: the lines; None says that no more are there now, so that a producer that
            pauses has its lines durable and answered.

    Raises:
        InvalidRecordError: as `record`.
    """
    for read in _batches(_numbered(lines)):
        answers: list[Json] = []
        if read.lines:
            with begin() as op:
                answers = list(_Place(op).record(read.lines))
        yield from answers
        if read.error is not None:
            raise read.error


def _numbered(lines: Iterable[bytes | None]) -> Iterator[tuple[int, bytes | None]]:
    number = 0
    for line in lines:
        number += line is not None
        yield number, line


def _batches(numbered: Iterator[tuple[int, bytes | None]]) -> Iterator[_Read]:
    found: list[Incoming] = []
    for number, line in numbered:
        if line is not None:
            try:
                incoming = read_line(line, number)
            except InvalidRecordError as exc:
                yield _Read(found, exc)
                return
            if incoming is not None:
                found.append(incoming)
        if len(found) >= BATCH or (line is None and found):
            yield _Read(found, None)
            found = []
    yield _Read(found, None)


class _Place:
    """Where the work tree stands now: what every event of a run has in common."""

    def __init__(self, op: Operation) -> None:
        self._op = op
        commit = op.quarantine.reader.info("HEAD^{commit}")
        self._head = commit[0] if commit is not None else None
        branch = op.repo.git.run("symbolic-ref", "-q", "HEAD", ok=(0, 1)).text
        self._branch = branch or None
        self._anchor = self._head or self._tree()

    def record(self, lines: Sequence[Incoming]) -> Iterator[Json]:
        """Record a batch and answer it."""
        op = self._op
        keys = [line.key for line in lines if line.key is not None]
        earlier = _recorded(op, keys)
        fresh: list[NewEvent] = []
        at: list[int | _Earlier] = []
        places: dict[str, int] = {}
        for line in lines:
            if line.key is not None and line.key in earlier:
                at.append(earlier[line.key])
                continue
            if line.key is not None and line.key in places:
                at.append(places[line.key])
                continue
            if line.key is not None:
                places[line.key] = len(fresh)
            at.append(len(fresh))
            fresh.append(self._event(line))
        sealed = op.recorder.seal(fresh)
        if sealed:
            op.recorder.append(sealed, fold=len(op.recorder.journal.events) >= FOLD)
            op.changed()
        labels = _labels(op, sealed)
        answered: set[int] = set()
        for place in at:
            if isinstance(place, _Earlier):
                yield {"event": place.label, "id": place.id, "duplicate": True}
            else:
                ident = str(sealed[place].record["id"])
                yield {"event": labels[place], "id": ident, "duplicate": place in answered}
                answered.add(place)

    def _tree(self) -> Oid:
        latest = self._op.latest()
        return latest.view.tree if latest is not None else self._op.repo.zero

    def _event(self, line: Incoming) -> NewEvent:
        new = self._op.event(
            line.type,
            line.summary,
            anchor=self._anchor,
            head=self._head,
            branch=self._branch,
            data=line.data,
            extra=line.extra,
            actor=line.actor,
            key=line.key,
        )
        return new._replace(ts=line.ts)


def _recorded(op: Operation, keys: Sequence[str]) -> dict[str, _Earlier]:
    """Return the events that were recorded with one of `keys`."""
    if not keys:
        return {}
    found: dict[str, _Earlier] = {}
    history, wanted = op.history, set(keys)
    for event in op.recorder.journal.events:
        key = event.text("key")
        if key in wanted and key is not None:
            (label,) = _labels(op, [event])
            found.setdefault(key, _Earlier(label, str(event.record["id"])))
    # A redacted event has the hash of its key in the place of the key.
    forms = {key_of(key): key for key in keys} | {key: key for key in keys}
    for chunk in _chunks(list(forms)):
        marks = ", ".join("?" * len(chunk))
        for entry in history.index.select(f"key IN ({marks})", chunk):
            if entry.key is not None:
                found.setdefault(forms[entry.key], _Earlier(op.label(entry), entry.id))
    return found


def _chunks(keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(keys), 500):
        yield tuple(keys[start : start + 500])


def _labels(op: Operation, events: Sequence[Event]) -> list[str]:
    """Return the labels of new events (see `label.label`), with one look at the others."""
    if not events:
        return []
    numbers = [int(str(event.record["lamport"])) for event in events]
    mine = events[0].writer
    parsed = [layout.parse_ref(name) for name in op.recorder.refs]
    shared: dict[int, set[str]] = {}
    if any(found and found[0] != mine for found in parsed):
        span = (min(numbers), max(numbers))
        for entry in op.history.index.select("lamport BETWEEN ? AND ?", span):
            if entry.writer != mine:
                shared.setdefault(entry.lamport, set()).add(entry.writer)
    labels = []
    for number in numbers:
        length = 4
        while any(other.startswith(mine[:length]) for other in shared.get(number, ())):
            length += 1
        labels.append(f"E{number}.{mine[:length]}" if number in shared else f"E{number}")
    return labels
