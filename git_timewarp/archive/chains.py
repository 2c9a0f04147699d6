"""Chains of events as archives handle them: read from segments, and taken over in part.

A part of a chain cannot be checked by itself: its first event follows one that is not
there. So it is sealed again under a writer of its own that nobody writes for, derived from
where it was cut. Each event keeps its id and says in `origin` which one it was: `writer`,
`n`, `prev` and `hash` put back give the very bytes of the original.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.store import layout, notes
from git_timewarp.store.events import ChainHead, Event, parse
from git_timewarp.util.ids import LETTERS, WRITER_ID_LENGTH
from git_timewarp.util.text import compact_json

ORIGIN = "origin"


class Original(NamedTuple):
    """Which event a copied one was."""

    writer: str
    n: int
    prev: str
    hash: str


def tree_of(reader: Reader, tag: Oid) -> Oid:
    """Return the tree that a tag of ours names; MissingObjectError where it is none."""
    first = reader.read(tag, kind="tag").split(b"\n", 1)[0]
    try:
        return Oid.parse(first.removeprefix(b"object ").decode("ascii"))
    except ValueError as exc:
        raise MissingObjectError(tag) from exc


def of_segment(reader: Reader, tag: Oid) -> list[Event]:
    """Return the events of one segment by their number.

    Raises:
        MissingObjectError: it is not whole.
        ValueError, NewerFormatError: a line is no event, or a newer version's.
    """
    places = list(notes.walk(reader, tree_of(reader, tag)))
    anchors = _anchors([place for place, _ in places])
    found: list[Event] = []
    for (place, oid), blob in zip(places, reader.read_all([n for _, n in places]), strict=True):
        if blob is None:
            raise MissingObjectError(oid)
        for line in blob.data.split(b"\n"):
            if line:
                found.append(parse(line, anchor=anchors.get(place, place)))
    return sorted(found, key=lambda event: event.n)


def segments(refs: Mapping[RefName, Oid], kind: str) -> dict[WriterId, dict[int, Oid]]:
    """Return the segments of one kind by writer and number, both in order."""
    found: dict[WriterId, dict[int, Oid]] = {}
    for name, oid in sorted(refs.items()):
        parsed = layout.parse_ref(name)
        if parsed is not None and parsed[1] == kind:
            found.setdefault(parsed[0], {})[parsed[2]] = oid
    return found


def original(event: Event) -> Original:
    """Return which event it is, or was before it was copied."""
    record = event.record
    origin = record.get(ORIGIN)
    if isinstance(origin, dict):
        return Original(
            str(origin["writer"]), int(origin["n"]), str(origin["prev"]), str(origin["hash"])
        )
    return Original(str(record["writer"]), event.n, str(record["prev"]), event.hash)


def originals(reader: Reader, refs: Mapping[RefName, Oid]) -> set[str]:
    """Return the hash of every event there is, as it was before it was copied."""
    known: set[str] = set()
    for chain in segments(refs, layout.EVENTS).values():
        for tag in chain.values():
            known.update(original(event).hash for event in of_segment(reader, tag))
    return known


def derived(first: Event) -> WriterId:
    """Return the writer under which a chain that is cut before `first` is taken over."""
    was = original(first)
    text = f"git-timewarp copy of {was.writer} from {was.hash}"
    digest = hashlib.sha256(text.encode()).digest()[:WRITER_ID_LENGTH]
    return WriterId("".join(LETTERS[byte & 0xF] for byte in digest))


def copied(events: Iterable[Event], writer: WriterId) -> Iterator[Event]:
    """Seal events again as the chain of `writer`, in their order."""
    head = ChainHead()
    for event in events:
        record = {key: value for key, value in event.record.items() if key != "hash"}
        record[ORIGIN] = original(event)._asdict()
        record |= {"writer": writer, "n": head.n + 1, "prev": head.hash}
        body = compact_json(record)
        digest = hashlib.sha256(body).hexdigest()
        line = body[:-1] + b',"hash":"' + digest.encode() + b'"}'
        head = ChainHead(head.n + 1, digest, event.lamport)
        yield Event(line, anchor=event.anchor, n=head.n)


def was_whole(event: Event) -> bool:
    """Tell whether a copied event is, but for its place in the chain, the one it says it was."""
    was = original(event)
    record = {key: value for key, value in event.record.items() if key not in {"hash", ORIGIN}}
    record |= {"writer": was.writer, "n": was.n, "prev": was.prev}
    return hashlib.sha256(compact_json(record)).hexdigest() == was.hash


def _anchors(places: list[Oid]) -> dict[Oid, Oid]:
    """Return the anchor of each place that is an overflow (`store/notes.py`)."""
    there = set(places)
    found: dict[Oid, Oid] = {}
    for place in places:
        k = 0
        while (following := notes.next_place(place, k)) in there:
            found[following] = place
            k += 1
    return found
