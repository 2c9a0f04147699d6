"""The journal: the write-ahead log of everything that is not in git yet.

Format (version 1); `docs/formats/journal.md` is its public copy. One file,
`$GIT_COMMON_DIR/timewarp/journal`, of lines `<crc32 of the rest, 8 hex> <letter> <payload>`:

    H {v, writer, n, hash, lamport}   chain head before the first event of this file
    E <anchor> <event line>           an event, durable once this line is synced
    S {id, kind, entry, new}          a snapshot: its entry tree and the objects it needs
    K {oid, type, tree?, new}         a commit or tag to keep
    I {op, verb, …}                   an operation begins: enough to finish or roll it back
    D {op}                            that operation is over
    F {fold, pack, refs}              a fold begins: pack name, old and new value of each ref
    G {fold}                          that fold is over
    T {}                              the line before this one was torn by a crash

Lines are appended in one write and synced. A last line without newline is torn:
the next writer ends it and marks it with T, so it is never taken for tampering.
After a fold the file is replaced by one that holds only what is still open.
"""

import binascii
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, SnapshotId, WriterId
from git_timewarp.store.events import ChainHead, Event, Json, NewerFormatError, parse
from git_timewarp.util import atomic, faults
from git_timewarp.util.text import compact_json

FORMAT_VERSION = 1


class DamagedJournalError(TimewarpError):
    """A line of the journal is not what was written, and no crash explains it."""

    kind = Kind.CORRUPT
    reference = "damaged-journal"


class PendingSnapshot(NamedTuple):
    """A snapshot that has no ref yet.

    Attributes:
        kind: `snapshots` or `drafts`.
        entry: the tree with its parts, in the quarantine.
        new: every object of it that was not below its bases (in the quarantine, or,
            when it is folded at once, in git's store).
    """

    id: SnapshotId
    kind: str
    entry: Oid
    new: tuple[Oid, ...]


class PendingKept(NamedTuple):
    """A commit or tag to keep; `entry` is the tree `{object, type, tree?}`."""

    oid: Oid
    entry: Oid
    new: tuple[Oid, ...]


class Journal:
    """What the journal file says, parsed.

    Attributes:
        head: chain head after the last event, folded or not.
        folded: chain head before the first event of the file.
        intents: operations that began and are not over, by operation id.
        fold: a fold that began and is not over.
        torn: lines a crash cut off; damaged: lines that are wrong for no such reason.
        ends_torn: whether the last line is one of them; exists: whether there is a file.
        size: of the file, in bytes.
    """

    def __init__(self, writer: WriterId | None = None, *, exists: bool = False) -> None:
        self.writer = writer
        self.exists = exists
        self.folded = ChainHead()
        self.head = ChainHead()
        self.events: list[Event] = []
        self.snapshots: list[PendingSnapshot] = []
        self.kept: list[PendingKept] = []
        self.intents: dict[str, Json] = {}
        self.fold: Json | None = None
        self.torn = 0
        self.damaged = 0
        self.ends_torn = False
        self.size = 0
        self.put_off = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be folded."""
        return not (self.events or self.snapshots or self.kept)


def line(letter: str, payload: bytes) -> bytes:
    """Return one journal line with checksum and newline."""
    rest = letter.encode() + b" " + payload
    return b"%08x %s\n" % (binascii.crc32(rest), rest)


def event_line(event: Event) -> bytes:
    """Return the line of an event."""
    return line("E", event.anchor.encode() + b" " + event.line)


def snapshot_line(pending: PendingSnapshot) -> bytes:
    """Return the line of a pending snapshot."""
    record = {"id": pending.id, "kind": pending.kind, "entry": pending.entry}
    return line("S", compact_json({**record, "new": " ".join(pending.new)}))


def kept_line(pending: PendingKept) -> bytes:
    """Return the line of a commit or tag to keep."""
    record = {"oid": pending.oid, "entry": pending.entry, "new": " ".join(pending.new)}
    return line("K", compact_json(record))


def header_line(writer: WriterId, head: ChainHead) -> bytes:
    """Return the first line of a journal."""
    record = {
        "v": FORMAT_VERSION,
        "writer": writer,
        "n": head.n,
        "hash": head.hash,
        "lamport": head.lamport,
    }
    return line("H", compact_json(record))


def beginning(writer: WriterId, head: ChainHead, intents: Mapping[str, Json]) -> list[bytes]:
    """Return the first lines of a journal that is written anew."""
    return [
        header_line(writer, head),
        *(line("I", compact_json(item)) for item in intents.values()),
    ]


def waiting(
    snapshots: Iterable[PendingSnapshot], kept: Iterable[PendingKept], events: Iterable[Event]
) -> list[bytes]:
    """Return the lines of what waits to be folded; events last, they name what is before."""
    return [
        *map(snapshot_line, snapshots),
        *map(kept_line, kept),
        *map(event_line, events),
    ]


def load(path: str) -> Journal:
    """Read the journal; an absent file is an empty journal.

    Raises:
        NewerFormatError: a newer version wrote it.
    """
    journal = Journal()
    data = atomic.read(path)
    if data is None:
        return journal
    journal.exists = True
    journal.size = len(data)
    lines = data.split(b"\n")
    journal.ends_torn = bool(lines.pop())
    if journal.ends_torn:
        journal.torn += 1
    for number, raw in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else b""
        if following[9:10] == b"T" and checks(following):
            # Void even when only its newline was cut off: it was not read when T was written.
            journal.torn += 1
            continue
        if not checks(raw):
            journal.damaged += 1
            continue
        _take(journal, raw[9:10].decode(), raw[11:])
    return journal


def checks(raw: bytes) -> bool:
    """Tell whether a line (no newline) has the checksum it was written with."""
    if len(raw) < 11 or raw[8:9] != b" ":
        return False
    try:
        return int(raw[:8], 16) == binascii.crc32(raw[9:])
    except ValueError:
        return False


def _take(journal: Journal, letter: str, payload: bytes) -> None:
    if letter == "E":
        anchor, _, body = payload.partition(b" ")
        event = parse(body, anchor=Oid(anchor.decode()))
        journal.events.append(event)
        journal.head = ChainHead(event.n, event.hash, int(str(event.record["lamport"])))
        return
    record = json.loads(payload)
    if letter == "H":
        if record["v"] != FORMAT_VERSION:
            raise NewerFormatError("the journal", record["v"])
        journal.writer = WriterId(record["writer"])
        journal.folded = journal.head = ChainHead(record["n"], record["hash"], record["lamport"])
    elif letter == "S":
        journal.snapshots.append(
            PendingSnapshot(
                SnapshotId(record["id"]), record["kind"], Oid(record["entry"]), _oids(record["new"])
            )
        )
    elif letter == "K":
        journal.kept.append(
            PendingKept(Oid(record["oid"]), Oid(record["entry"]), _oids(record["new"]))
        )
    elif letter == "I":
        journal.intents[record["op"]] = record
    elif letter == "D":
        journal.intents.pop(record["op"], None)
    elif letter == "F":
        journal.fold = record
    elif letter == "G":
        journal.fold = None
        journal.put_off = True


def _oids(text: str) -> tuple[Oid, ...]:
    return tuple(Oid(word) for word in text.split())


def append(path: str, lines: Sequence[bytes]) -> int:
    """Append lines in one write and sync; a torn last line is ended and marked first.

    Returns:
        the size of the file then.

    Raises:
        OSError: nothing of it counts as written (a part may stand there, torn).
    """
    faults.point("append journal")
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        before = os.fstat(fd).st_size
        data = b"".join(lines)
        if before and os.pread(fd, 1, before - 1) != b"\n":
            data = b"\n" + line("T", b"{}") + data
        try:
            atomic.write_all(fd, data)
            faults.point("sync journal")
            atomic.sync_fd(fd)
        except BaseException:
            os.ftruncate(fd, before)
            raise
    finally:
        os.close(fd)
    faults.point("appended journal")
    return before + len(data)


def rewrite(path: str, lines: Iterable[bytes]) -> int:
    """Replace the journal by these lines in one step, synced; return its size."""
    data = b"".join(lines)
    atomic.write(path, data)
    return len(data)
