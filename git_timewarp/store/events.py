"""Events: the immutable records of what happened; `store/chain.py` seals them.

Format (version 1); `docs/formats/events.md` is its public copy, with test vectors.
A stored line is compact JSON in UTF-8, keys sorted, no floats, absent members left
out, with `hash` as the last member: the SHA-256 of the line's bytes without that
member. `prev` is the hash of the same writer's event before it (64 zeros for its
first), so checking needs no re-serialising.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, WriterId

FORMAT_VERSION = 1
GENESIS = "0" * 64
REDACTED = "redacted"
"""The member that only what is left of a redacted event has (`store/stone.py`)."""

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
    def lamport(self) -> int:
        """Its Lamport number."""
        return int(str(self.record["lamport"]))

    @property
    def head(self) -> "ChainHead":
        """Where its writer's chain stands after it."""
        return ChainHead(self.n, self.hash, self.lamport)

    @property
    def data(self) -> Mapping[str, object]:
        """The free part of the event."""
        value = self.record.get("data")
        return value if isinstance(value, dict) else {}

    def text(self, member: str) -> str | None:
        """Return a member as text, or None when it is absent."""
        value = self.record.get(member)
        return None if value is None else str(value)


MOST_FOLLOWED = 10**9
"""The highest Lamport number that is gone on from. Whoever claims a higher one made it up, and
would else drive the numbers of every clone that takes his events beyond what is believed."""


class ChainHead(NamedTuple):
    """Where a writer's chain stands: last number, last hash, last Lamport number."""

    n: int = 0
    hash: str = GENESIS
    lamport: int = 0


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
