"""How far the journal was acknowledged, kept beside it: `acknowledged`.

Format (version 1); `docs/formats/journal.md` is its public copy: one line as in the
journal, letter `A`, `{v, writer, folded, n, lamport, size}`: the last event that was
folded and the last one of all, and the bytes of the journal up to it. It is written after the journal is synced, so what it
says was durable, and is itself not synced: after a power cut it may say less than was
there, never more; so it is synced before the journal is made shorter. A journal that has less than it says has lost its end, which a torn
line never looks like: nobody was told of that one.
"""

import json
import os
from typing import NamedTuple

from git_timewarp.git.names import WriterId
from git_timewarp.store import journal as journal_file
from git_timewarp.store.journal import Journal
from git_timewarp.util import atomic, faults
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import compact_json

FORMAT_VERSION = 1
_LONGEST = 4096


class Mark(NamedTuple):
    """The last events that were folded and acknowledged, and the size of the journal then."""

    writer: str
    folded: int
    n: int
    lamport: int
    size: int


class Loss(Frozen):
    """What a journal lost of what was acknowledged.

    Attributes:
        first: the first event that is gone; it is over `last` when none is.
        last: the last one; `lamport` is its label's number.
        text: the loss in words.
    """

    first: int
    last: int
    lamport: int
    text: str


def write(path: str, mark: Mark, *, sync: bool = False) -> None:
    """Write the mark in place; `sync` where the journal is going to be less than it said.

    Raises:
        OSError: it could not be written; what stands there may not be readable.
    """
    record = {"v": FORMAT_VERSION, **mark._asdict()}
    faults.point("note acknowledged")
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        data = journal_file.line("A", compact_json(record))
        atomic.write_all(fd, data)
        os.ftruncate(fd, len(data))
        if sync:
            atomic.sync_fd(fd)
    finally:
        os.close(fd)


def read(path: str) -> Mark | None:
    """Return the mark; None where there is none or it cannot be read."""
    lines = (atomic.read(path) or b"")[:_LONGEST].split(b"\n")
    if not journal_file.checks(lines[0]) or lines[0][9:10] != b"A":
        return None
    try:
        record = json.loads(lines[0][11:])
        if record["v"] != FORMAT_VERSION:
            return None
        return Mark(
            str(record["writer"]),
            int(record["folded"]),
            int(record["n"]),
            int(record["lamport"]),
            int(record["size"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def lost(journal: Journal, mark: Mark | None) -> Loss | None:
    """Compare a journal with its mark; None when it has all that was acknowledged."""
    if mark is None or (journal.writer is not None and journal.writer != mark.writer):
        return None
    have = journal.head.n if journal.writer is not None else mark.folded
    if journal.writer is not None and have >= mark.n and journal.size >= mark.size:
        return None
    if not journal.exists:
        text = "the journal is gone"
    elif journal.writer is None:
        text = "the journal is empty" if not journal.size else "the journal has no beginning"
    else:
        text = "the journal lost its end"
    return Loss(have + 1, mark.n, mark.lamport, text)


def head(writer: WriterId, journal: Journal) -> Mark:
    """Return the mark of a journal as it is, all of it synced."""
    lamport = journal.folded.lamport
    if journal.events:
        lamport = int(str(journal.events[-1].record["lamport"]))
    return Mark(writer, journal.folded.n, journal.head.n, lamport, journal.size)
