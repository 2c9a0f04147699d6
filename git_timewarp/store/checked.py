"""How far the chain of this clone's events was checked: the file `checked`.

Format (version 1); `docs/formats/recovery.md` is its public copy: one line as in the journal,
letter `C`, `{v, writer, n, hash}`. A command that opens the journal to write checks the events
after that one, which are few, and none when another command of ours just wrote them; hooks
check nothing (C28). It is unsynced and a hint: without it the newest events are checked again.
"""

import contextlib
import json
import os
from typing import NamedTuple

from git_timewarp.store import journal as journal_file
from git_timewarp.store.events import Event
from git_timewarp.store.journal import Journal
from git_timewarp.util import atomic, faults
from git_timewarp.util.text import compact_json

FORMAT_VERSION = 1


class Mark(NamedTuple):
    """The last event that was checked."""

    writer: str
    n: int
    hash: str


def read(path: str) -> Mark | None:
    """Return the mark; None where there is none or it cannot be read."""
    try:
        raw = (atomic.read(path) or b"").split(b"\n", 1)[0]
        if not journal_file.checks(raw) or raw[9:10] != b"C":
            return None
        record = json.loads(raw[11:])
        if record["v"] != FORMAT_VERSION:
            return None
        return Mark(str(record["writer"]), int(record["n"]), str(record["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(path: str, mark: Mark) -> None:
    """Write the mark in place, unsynced.

    Raises:
        OSError: it could not be written; what stands there may not be readable.
    """
    faults.point("note checked")
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        data = journal_file.line("C", compact_json({"v": FORMAT_VERSION, **mark._asdict()}))
        atomic.write_all(fd, data)
        os.ftruncate(fd, len(data))
    finally:
        os.close(fd)


def note(path: str, journal: Journal) -> None:
    """Note that the journal's events were checked, or written just now; a hint, so it may fail."""
    mark = Mark(str(journal.writer), journal.head.n, journal.head.hash)
    if read(path) != mark:
        with contextlib.suppress(OSError):
            write(path, mark)


def unchecked(path: str, *, held: Journal, most: int) -> list[Event]:
    """Return the events of the journal after the mark, at most the newest `most`."""
    mark = read(path) if most else None
    after = mark.n if mark is not None and mark.writer == held.writer else held.folded.n
    if not most or held.head.n <= after:
        return []
    return [event for event in held.events if event.n > after][-most:]
