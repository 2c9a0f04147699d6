"""Events: the immutable records of what happened, and the chain that seals them.

Format (version 1); `docs/formats/events.md` is its public copy, with test vectors.
A stored line is compact JSON in UTF-8, keys sorted, no floats, absent members left
out, with `hash` as the last member: the SHA-256 of the line's bytes without that
member. `prev` is the hash of the same writer's event before it (64 zeros for its
first), so checking needs no re-serialising.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, SnapshotId, WriterId
from git_timewarp.util.text import compact_json

FORMAT_VERSION = 1
GENESIS = "0" * 64
_HASH_LENGTH = len(',"hash":""}') + 64

Json = dict[str, object]


class NewerFormatError(TimewarpError):
    """A record was written by a newer git-timewarp than this one."""

    kind = Kind.REFUSED
    reference = "newer-format"

    def __init__(self, what: str, version: object) -> None:
        super().__init__(
            f"{what} has format version {version}, this git-timewarp reads {FORMAT_VERSION}",
            hint="git timewarp --version",
        )


class Actor(NamedTuple):
    """Who acted: `kind` is `person`, `agent` or `system`."""

    kind: str
    id: str
    role: str = ""

    def to_json(self) -> Json:
        """Return the stored form."""
        record: Json = {"kind": self.kind, "id": self.id}
        if self.role:
            record["role"] = self.role
        return record

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class NewEvent(NamedTuple):
    """An event as its maker describes it; the recorder adds id, numbers, time and hash.

    Attributes:
        type: what happened, such as `snapshot`, `draft`, `jump`, `commit`.
        anchor: the object the note sits on.
        key: idempotency key; the same key is recorded once.
        extra: further members of design 4 (`touches`, `exit`, `dur_ms`, `tags` …).
    """

    type: str
    summary: str
    actor: Actor
    anchor: Oid
    worktree: str
    timeline: str
    head: Oid | None = None
    branch: str | None = None
    snapshot: SnapshotId | None = None
    op: str | None = None
    key: str | None = None
    ts: str | None = None
    data: Mapping[str, object] = MappingProxyType({})
    extra: Mapping[str, object] = MappingProxyType({})


class Event:
    """A stored event; its members are parsed when they are first asked for.

    Attributes:
        line: its bytes, no newline.
        anchor: the object it is about.
        n: number within its writer, from 1.
    """

    __slots__ = ("_record", "anchor", "line", "n")

    def __init__(self, line: bytes, *, anchor: Oid, n: int, record: Json | None = None) -> None:
        self.line = line
        self.anchor = anchor
        self.n = n
        self._record = record

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Event) and self.line == other.line
        return same and isinstance(other, Event) and self.anchor == other.anchor

    def __hash__(self) -> int:
        return hash(self.line)

    @property
    def record(self) -> Json:
        """All members."""
        if self._record is None:
            self._record = json.loads(self.line)
        return self._record

    @property
    def writer(self) -> WriterId:
        """The writer that recorded it."""
        return WriterId(str(self.record["writer"]))

    @property
    def hash(self) -> str:
        """SHA-256 of the line without its hash member."""
        return self.line[-66:-2].decode("ascii")

    @property
    def data(self) -> Mapping[str, object]:
        """The free part of the event."""
        value = self.record.get("data")
        return value if isinstance(value, dict) else {}

    def text(self, member: str) -> str | None:
        """Return a member as text, or None when it is absent."""
        value = self.record.get(member)
        return None if value is None else str(value)


class ChainHead(NamedTuple):
    """Where a writer's chain stands: last number, last hash, last Lamport number."""

    n: int = 0
    hash: str = GENESIS
    lamport: int = 0


def seal(
    new: NewEvent, *, head: ChainHead, writer: WriterId, event_id: str, ts: str
) -> tuple[Event, ChainHead]:
    """Give an event its place in the chain; return it and the new head."""
    record: Json = {
        "v": FORMAT_VERSION,
        "id": event_id,
        "lamport": head.lamport + 1,
        "writer": writer,
        "n": head.n + 1,
        "prev": head.hash,
        "ts": new.ts or ts,
        "type": new.type,
        "actor": new.actor.to_json(),
        "timeline": new.timeline,
        "worktree": new.worktree,
        "summary": new.summary,
    }
    optional: Json = {
        "head": new.head,
        "branch": new.branch,
        "snapshot": new.snapshot,
        "op": new.op,
        "key": new.key,
        "data": dict(new.data) or None,
    }
    record |= {key: value for key, value in optional.items() if value is not None}
    record |= {key: value for key, value in new.extra.items() if key not in record}
    body = compact_json(record)
    digest = hashlib.sha256(body).hexdigest()
    line = body[:-1] + b',"hash":"' + digest.encode() + b'"}'
    n = head.n + 1
    return Event(line, anchor=new.anchor, n=n), ChainHead(n, digest, head.lamport + 1)


def parse(line: bytes, *, anchor: Oid) -> Event:
    """Read a stored line.

    Raises:
        NewerFormatError: it was written by a newer version.
        ValueError: it is no event.
    """
    record = json.loads(line)
    if not isinstance(record, dict) or "v" not in record or "n" not in record:
        raise ValueError("not an event")
    if record["v"] != FORMAT_VERSION:
        raise NewerFormatError("an event", record["v"])
    return Event(line, anchor=anchor, n=int(record["n"]), record=record)


def body_of(line: bytes) -> tuple[bytes, str]:
    """Split a line into the bytes its hash is over and the hash it claims."""
    if line[-_HASH_LENGTH : -_HASH_LENGTH + 9] != b',"hash":"' or line[-2:] != b'"}':
        raise ValueError("no hash at the end of the line")
    return line[:-_HASH_LENGTH] + b"}", line[-66:-2].decode("ascii")


def hash_is_right(line: bytes) -> bool:
    """Tell whether the line's own hash is that of its bytes."""
    try:
        body, claimed = body_of(line)
    except ValueError:
        return False
    return hashlib.sha256(body).hexdigest() == claimed


def breaks(events: Iterable[tuple[int, str, str]], head: ChainHead) -> list[int]:
    """Return the numbers at which a chain of (n, prev, hash) in order does not hold together."""
    wrong = []
    for n, prev, digest in events:
        if n != head.n + 1 or prev != head.hash:
            wrong.append(n)
        head = ChainHead(n, digest, 0)
    return wrong


def again(event: Event) -> NewEvent:
    """Return an event as its maker described it, to be recorded by another writer."""
    record = event.record
    known = {"v", "id", "lamport", "writer", "n", "prev", "hash"}
    return NewEvent(
        type=str(record["type"]),
        summary=str(record["summary"]),
        actor=_actor(record["actor"]),
        anchor=event.anchor,
        worktree=str(record["worktree"]),
        timeline=str(record["timeline"]),
        key=event.text("key") or f"again:{event.text('id')}",
        ts=event.text("ts"),
        extra={key: value for key, value in record.items() if key not in known},
    )


def _actor(value: object) -> Actor:
    assert isinstance(value, dict)  # noqa: S101 - our own record
    return Actor(value["kind"], value["id"], value.get("role", ""))
