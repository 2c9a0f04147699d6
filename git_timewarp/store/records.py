"""The whole record of an event, from the journal or from its note."""

from __future__ import annotations

from collections.abc import Iterator

from git_timewarp.store import layout
from git_timewarp.store.events import Event, Json, parse
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.notes import next_place


def whole_record(history: History, entry: Entry) -> Json:
    """Return all members of an event; none where its note is gone."""
    event = whole_event(history, entry)
    return {} if event is None else event.record


def whole_event(history: History, entry: Entry) -> Event | None:
    """Return an event with its line; None where its note is gone."""
    for event in history.journal.events:
        if event.n == entry.n and event.writer == entry.writer:
            return event
    for event in _note_events(history, entry):
        if event.n == entry.n:
            return event
    return None


def _note_events(history: History, entry: Entry) -> Iterator[Event]:
    """Yield the events on the anchor of `entry` in the segment that holds it."""
    segment = (entry.n - 1) // layout.SEGMENT_LIMITS[layout.EVENTS] + 1
    tag = history.refs.get(layout.ref(entry.writer, layout.EVENTS, segment))
    place, k = entry.anchor, 0
    while tag is not None:
        path = f"{place[:2]}/{place[2:4]}/{place[4:]}"
        blob = history.reader.find(f"{tag}^{{tree}}:{path}")
        if blob is None:
            return
        for line in blob.data.splitlines():
            yield parse(line, anchor=entry.anchor)
        place, k = next_place(entry.anchor, k), k + 1
