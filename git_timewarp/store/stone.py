"""What stands in the place of a redacted event (`docs/formats/events.md`, "Redacted events").

Its line keeps where it stood in the chain, its own `hash` among it, so the next event still
follows it; everything free is gone. The line does not hash to that any more: it is true only
when a later event of the type `redact` names it, with the SHA-256 of the line as it is now.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from git_timewarp.store.chain import hash_is_right
from git_timewarp.store.events import REDACTED, Event, Json
from git_timewarp.util.text import compact_json

TYPE = "redact"
"""The type of the event that tells of redactions."""

MARK = REDACTED
"""The member of a stone that names the operation, and of `redact`'s data that lists stones."""

_KEPT = (
    *("actor", "branch", "dur_ms", "exit", "head", "id", "lamport", "n", "op", "origin", "prev"),
    *("snapshot", "timeline", "ts", "type", "v", "worktree", "writer"),
)
_DATA = (
    *("before", "changes", "commit", "from", "held", "lost", "objects", "of", "pairs", "removed"),
    *("rewritten", "stash", "steps", "to", "whole", "with_head", "with_refs"),
)
"""Members of the data of our own events that others are read by: ids and numbers only."""

_MEMBERS = frozenset({*_KEPT, MARK, "summary", "data", "key", "hash"})
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}|[k-z]{12}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY = "record:"
_HASHED = re.compile(rf"{_KEY}sha256:[0-9a-f]{{64}}")


class Told(NamedTuple):
    """What a `redact` event says of one stone; `line` is the SHA-256 of its line.

    Attributes:
        writer: in whose chain it stands.
        n: its number there.
        id: of the event.
        hash: the one it keeps.
    """

    writer: str
    n: int
    id: str
    hash: str
    line: str


def is_stone(record: Mapping[str, object]) -> bool:
    """Tell whether an event is what is left of a redacted one, in its place or copied."""
    return MARK in record and set(record) <= _MEMBERS


def made(event: Event, *, op: str, reason: str, is_own: bool) -> bytes:
    """Return the line that takes the place of an event's.

    Args:
        event: the event.
        op: the operation that redacts it.
        reason: for people; empty for none.
        is_own: a type that only git-timewarp writes, whose `data` others are read by.
    """
    was = event.record
    record: Json = {name: was[name] for name in _KEPT if name in was}
    record |= {"summary": f"redacted ({reason})" if reason else "redacted", MARK: op}
    key, data = event.text("key"), _data(event, is_own=is_own)
    if key is not None:
        record["key"] = key_of(key)
    if data:
        record["data"] = data
    return compact_json(record)[:-1] + b',"hash":"' + event.hash.encode() + b'"}'


def key_of(key: str) -> str:
    """Return how a stone names the key of its event: one that somebody else chose by its hash.

    As an event does whose key looks like a secret (`docs/formats/record.md`).
    """
    if not key.startswith(_KEY) or _HASHED.fullmatch(key):
        return key
    return f"{_KEY}sha256:{hashlib.sha256(key.removeprefix(_KEY).encode('utf-8', 'replace')).hexdigest()}"


def _data(event: Event, *, is_own: bool) -> Json:
    kept: Json = {}
    mark = event.data.get("milestone")
    if isinstance(mark, dict):
        kept["milestone"] = {name: mark[name] for name in ("kind", "importance")}
    if is_own:
        found = event.data
        kept |= {name: found[name] for name in _DATA if name in found and _is_plain(found[name])}
        if found.get("source") == "git":
            kept["source"] = "git"
    return kept


def _is_plain(value: object) -> bool:
    """Tell whether a value holds ids and numbers only."""
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, str):
        return _ID.fullmatch(value) is not None
    return value is None or isinstance(value, int)


def digest(line: bytes) -> str:
    """Return the SHA-256 of a whole line."""
    return hashlib.sha256(line).hexdigest()


def told_of(event: Event, line: bytes) -> Told:
    """Return what is to be said of `line` in the place of an event."""
    return Told(event.writer, event.n, str(event.record["id"]), event.hash, digest(line))


def to_json(told: Told) -> Json:
    """Return the stored form."""
    return dict(told._asdict())


def read(value: object) -> Iterator[Told]:
    """Yield what a stored list says of stones; what is none is left out."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict) and item.keys() == set(Told._fields):
            yield Told(
                str(item["writer"]),
                int(str(item["n"])),
                str(item["id"]),
                str(item["hash"]),
                str(item["line"]),
            )


class Evidence:
    """What the `redact` events that were seen say.

    One counts for stones before it: earlier in the same chain, or, of a chain that the same
    clone wrote under another id or copied, with a lower Lamport number.
    """

    def __init__(self) -> None:
        self._told: dict[Told, list[tuple[str, int, int]]] = {}

    def see(self, event: Event) -> None:
        """Take what an event says; one whose hash is not right says nothing."""
        if event.record.get("type") == TYPE and hash_is_right(event.line):
            for told in read(event.data.get(MARK)):
                place = (str(event.writer), event.n, event.lamport)
                self._told.setdefault(told, []).append(place)

    def proves(self, stone: Event) -> bool:
        """Tell whether a line that is not what was sealed is a stone that an event tells of."""
        if MARK not in stone.record:
            return False
        for writer, n, lamport in self._told.get(told_of(stone, stone.line), ()):
            if n > stone.n if writer == stone.writer else lamport > stone.lamport:
                return True
        return False
