"""The chain of a writer's events: sealing new ones, checking sealed ones (`store/events.py`).

Apart, because hashing loads a library that who only reads events can do without.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from git_timewarp.git.names import Oid, SnapshotId, WriterId
from git_timewarp.store.events import FORMAT_VERSION, ChainHead, Event, Json
from git_timewarp.store.journal import Journal
from git_timewarp.util.text import compact_json

_HASH_LENGTH = len(',"hash":""}') + 64


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


def unsound(events: Sequence[Event], journal: Journal) -> list[int]:
    """Return the numbers of those events of a journal that are not what was sealed there.

    `events` are some of the journal's, in order, none left out between.
    """
    if not events:
        return []
    at = journal.events.index(events[0])
    before = journal.events[at - 1] if at else None
    head = journal.folded if before is None else ChainHead(before.n, before.hash, 0)
    links = [(event.n, event.text("prev") or "", event.hash) for event in events]
    wrong = {event.n for event in events if not hash_is_right(event.line)}
    return sorted(wrong.union(breaks(links, head)))


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
