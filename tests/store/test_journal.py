"""The journal: what was synced is read back, torn is not damaged, damaged is not torn."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid, SnapshotId, WriterId
from git_timewarp.store import journal
from git_timewarp.store.chain import Actor, NewEvent, seal
from git_timewarp.store.events import ChainHead, Event, NewerFormatError
from git_timewarp.store.journal import Journal, PendingKept, PendingSnapshot
from git_timewarp.util import faults

WRITER = WriterId("klmnopqrstuvwxyz")
ANCHOR = Oid("1" * 40)


def chain(count: int) -> list[Event]:
    """Return events in order."""
    head, found = ChainHead(), []
    for number in range(count):
        new = NewEvent(
            type="note",
            summary=f"event {number}",
            actor=Actor("person", "ada"),
            anchor=ANCHOR,
            worktree="main-worktree",
            timeline="main",
        )
        ident = f"018f2f5e-7c00-7000-8000-{number:012d}"
        event, head = seal(
            new, head=head, writer=WRITER, event_id=ident, ts="2026-11-20T00:00:00.000Z"
        )
        found.append(event)
    return found


def all_kinds() -> list[bytes]:
    """Return a journal with a line of each kind."""
    one, two = chain(2)
    return [
        journal.header_line(WRITER, ChainHead()),
        journal.event_line(one),
        journal.snapshot_line(
            PendingSnapshot(SnapshotId("klmnopqrstuv"), "drafts", ANCHOR, (ANCHOR,))
        ),
        journal.kept_line(PendingKept(ANCHOR, Oid("2" * 40), ())),
        journal.line("I", b'{"op":"a","verb":"jump"}'),
        journal.line("I", b'{"op":"b","verb":"undo"}'),
        journal.line("D", b'{"op":"a"}'),
        journal.line("F", b'{"fold":"f"}'),
        journal.line("G", b'{"fold":"f"}'),
        journal.event_line(two),
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def load(path: Path) -> Journal:
    return journal.load(str(path))


def test_everything_written_is_read_back(path: Path) -> None:
    journal.append(str(path), all_kinds())
    held = load(path)
    one, two = chain(2)
    assert held.writer == WRITER
    assert [event.line for event in held.events] == [one.line, two.line]
    assert held.head == ChainHead(2, two.hash, 2)
    assert held.folded == ChainHead()
    assert held.snapshots == [
        PendingSnapshot(SnapshotId("klmnopqrstuv"), "drafts", ANCHOR, (ANCHOR,))
    ]
    assert held.kept == [PendingKept(ANCHOR, Oid("2" * 40), ())]
    assert list(held.intents) == ["b"]
    assert held.fold is None
    assert (held.torn, held.damaged, held.ends_torn, held.exists) == (0, 0, False, True)


def test_no_file_is_an_empty_journal(path: Path) -> None:
    held = load(path)
    assert held.is_empty
    assert not held.exists


def test_cut_anywhere_it_is_torn_and_never_damaged(path: Path) -> None:
    """And the next writer ends the line: then all of it is clean."""
    data = b"".join(all_kinds())
    three = chain(3)[2]
    for end in range(len(data) + 1):
        path.write_bytes(data[:end])
        held = load(path)
        torn = bool(end) and data[end - 1 : end] != b"\n"
        assert (held.torn, held.damaged, held.ends_torn) == (int(torn), 0, torn)
        whole = len(held.events)
        journal.append(str(path), [journal.event_line(three)])
        again = load(path)
        assert (again.torn, again.damaged, again.ends_torn) == (int(torn), 0, False)
        assert len(again.events) == whole + 1


def test_every_changed_bit_is_damage_and_the_rest_is_read(path: Path) -> None:
    lines = all_kinds()
    data = b"".join(lines)
    ends = [sum(map(len, lines[: n + 1])) - 1 for n in range(len(lines))]
    for place in range(len(data)):
        if place in ends:
            continue
        changed = bytearray(data)
        changed[place] ^= 0x04
        path.write_bytes(changed)
        held = load(path)
        assert (held.torn, held.ends_torn) == (0, False), place
        assert held.damaged == (2 if changed[place] == 0x0A else 1), place


def test_lines_that_were_joined_or_split_are_damage(path: Path) -> None:
    lines = all_kinds()
    path.write_bytes(lines[0] + lines[1][:-1] + b"".join(lines[2:]))
    assert load(path).damaged == 1
    path.write_bytes(lines[0] + lines[1][:50] + b"\n" + lines[1][50:] + b"".join(lines[2:]))
    assert load(path).damaged == 2


def test_a_torn_line_in_the_middle_is_told_by_its_mark(path: Path) -> None:
    lines = all_kinds()
    mark = journal.line("T", b"{}")
    path.write_bytes(lines[0] + lines[1][:30] + b"\n" + mark + b"".join(lines[2:]))
    held = load(path)
    assert (held.torn, held.damaged) == (1, 0)
    path.write_bytes(lines[0] + lines[1][:30] + b"\n" + b"".join(lines[2:]))
    assert load(path).damaged == 1


def test_a_newer_version_is_refused(path: Path) -> None:
    path.write_bytes(journal.line("H", b'{"v":2,"writer":"x","n":0,"hash":"","lamport":0}'))
    with pytest.raises(NewerFormatError) as caught:
        load(path)
    assert caught.value.reference == "newer-format"
    event = chain(1)[0].line.replace(b'"v":1', b'"v":2')
    path.write_bytes(all_kinds()[0] + journal.line("E", ANCHOR.encode() + b" " + event))
    with pytest.raises(NewerFormatError):
        load(path)


def test_a_failed_append_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.append(str(path), all_kinds())
    before = path.read_bytes()
    write = os.write

    def full(fd: int, data: bytes) -> int:
        write(fd, bytes(data)[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        journal.append(str(path), [journal.line("T", b"{}")])
    assert path.read_bytes() == before


def test_it_is_announced_before_and_after(path: Path) -> None:
    seen: list[str] = []
    faults.install(seen.append)
    try:
        journal.append(str(path), all_kinds())
    finally:
        faults.install(None)
    assert seen == ["append journal", "sync journal", "appended journal"]
