"""The hash chain of every writer: each event is what was sealed, and none is missing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, WriterId
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.integrity.verify_look import LIMIT, Look
from git_timewarp.store import layout, notes
from git_timewarp.store.chain import body_of
from git_timewarp.store.events import GENESIS, REDACTED, parse
from git_timewarp.store.records import whole_event
from git_timewarp.store.stone import TYPE, Evidence, told_of
from git_timewarp.store.stone import read as read_told

_LAMPORT = re.compile(rb'[,{]"lamport":(\d+)[,}]')
_SNAPSHOT = b',"snapshot":"'
_LOG = "git timewarp log --all"
_REBUILD = "git timewarp recover --rebuild"

_REDACTED = b'"%s":"' % REDACTED.encode()
_N = b',"n":'
_PREV = b',"prev":"'
_CUT = len(',"hash":""}') + 64

Links = dict[int, tuple[bytes, bytes]]
"""By number: the hash an event names as the one before, and its own."""


def chains(look: Look) -> None:
    """Read every event of every writer; remember which snapshots they name."""
    by_writer: dict[WriterId, Links] = {}
    wanted = [
        (found, tag)
        for name, tag in sorted(look.history.refs.items())
        if (found := layout.parse_ref(name)) and found[1] == layout.EVENTS
    ]
    for done, ((writer, _, segment), tag) in enumerate(wanted):
        look.progress(done, len(wanted))
        links = by_writer.setdefault(writer, {})
        where = f"refs/timewarp/{writer}/events/{segment:06d}"
        try:
            for blob in _note_blobs(look.history.reader, tag):
                _check_lines(look, blob, links, where)
        except TimewarpError as exc:
            look.wrong("missing-object", f"{where}: {exc.message}", look.remedy(_REBUILD))
        except ValueError as exc:
            look.wrong("hash-mismatch", f"{where}: {exc}", look.remedy(_REBUILD))
    held = look.history.journal
    if held.writer is not None:
        links = by_writer.setdefault(held.writer, {})
        if held.folded.n and links.get(held.folded.n, (b"", b""))[1] != held.folded.hash.encode():
            look.wrong(
                "broken-chain",
                f"event {held.folded.n} of '{held.writer}' is not the one the journal goes on from",
                _LOG,
            )
        lines = b"".join(event.line + b"\n" for event in held.events if event.n > held.folded.n)
        _check_lines(look, lines, links, "journal")
    for writer, links in by_writer.items():
        _check_chain(look, writer, links)
    _check_stones(look)


def _note_blobs(reader: Reader, tag: Oid) -> Iterator[bytes]:
    root = layout.tree_in(reader.read(tag, kind="tag"))
    places = list(notes.walk(reader, root))
    for (anchor, note), blob in zip(places, reader.read_all([n for _, n in places]), strict=True):
        if blob is None:
            raise MissingObjectError(f"note {note} on {anchor}")
        yield blob.data


def _check_lines(look: Look, blob: bytes, links: Links, where: str) -> None:
    _note_snapshots(look, blob)
    lines = blob.split(b"\n")
    if not lines[-1]:
        lines.pop()
    look.events += len(lines)
    if len(lines) != blob.count(_N):
        # A line is no event, or a member of that name is inside of one: one by one.
        for line in lines:
            _check_line(look, line, links, where)
        return
    # A quoted name is never inside a text, so the only one of a line is the member. Behind it
    # there is no free text: the next `prev` is the member too. Each scan of all bytes costs 3 %.
    find, sha256 = bytes.find, hashlib.sha256
    for line in lines:
        at = find(line, _N) + len(_N)
        prev_at = find(line, _PREV, at) + len(_PREV)
        prev, claimed = line[prev_at : prev_at + 64], line[-66:-2]
        try:
            n = int(line[at : find(line, b",", at)])
        except ValueError:
            _check_line(look, line, links, where)
            continue
        if sha256(line[:-_CUT] + b"}").hexdigest().encode() != claimed:
            _mismatch(look, where, n, line)
        elif n in links and links[n] != (prev, claimed):
            look.wrong("broken-chain", f"{where}: two events {n}", _LOG)
        links[n] = (prev, claimed)


def _check_line(look: Look, line: bytes, links: Links, where: str) -> None:
    try:
        body, claimed = body_of(line)
        record = json.loads(line)
        n, prev = int(record["n"]), str(record["prev"]).encode()
    except (ValueError, KeyError, TypeError):
        look.wrong("foreign-edit", f"{where}: a line is no event", _LOG)
        return
    if hashlib.sha256(body).hexdigest() != claimed:
        _mismatch(look, where, n, line)
    elif n in links and links[n] != (prev, claimed.encode()):
        look.wrong("broken-chain", f"{where}: two events {n}", _LOG)
    links[n] = (prev, claimed.encode())


def _mismatch(look: Look, where: str, n: int, line: bytes) -> None:
    """Tell of a line that is not what was sealed; of a stone, when all events were seen."""
    if _REDACTED in line:
        look.stones.append((where, line))
    else:
        look.wrong("hash-mismatch", f"{where}: event {n}", _LOG, (f"event {n}",))


def _check_stones(look: Look) -> None:
    """Tell of stones that no event tells of, and no operation that is open."""
    if not look.stones:
        return
    history, evidence = look.history, Evidence()
    for entry in history.entries("type = name(?)", (TYPE,)):
        event = whole_event(history, entry) if entry.type == TYPE else None
        if event is not None:
            evidence.see(event)
    open_ = {
        told
        for intent in history.journal.intents.values()
        for told in read_told(intent.get("stones"))
    }
    for where, line in look.stones:
        try:
            stone = parse(line, anchor=Oid.zero(40))
            is_true = evidence.proves(stone) or told_of(stone, line) in open_
        except (TimewarpError, ValueError, KeyError, TypeError):
            look.wrong("foreign-edit", f"{where}: a line is no event", _LOG)
            continue
        if not is_true:
            n = stone.n
            text = f"{where}: event {n} was redacted and no event tells of it"
            look.wrong("foreign-edit", text, _LOG, (f"event {n}",))


def _note_snapshots(look: Look, blob: bytes) -> None:
    """Remember which events name which snapshots, by searching: most lines name none."""
    at = blob.find(_SNAPSHOT)
    while at >= 0:
        start, begin = blob.rfind(b"\n", 0, at) + 1, at + len(_SNAPSHOT)
        end = blob.find(b'"', begin)
        lamport = _LAMPORT.search(blob, start, at + 1)
        if lamport is not None and end >= 0:
            events = look.named.setdefault(blob[begin:end].decode("utf-8", "replace"), [])
            events.append(int(lamport.group(1)))
        at = blob.find(_SNAPSHOT, begin)


def _check_chain(look: Look, writer: WriterId, links: Links) -> None:
    expected, last = 1, GENESIS.encode()
    for n in sorted(links):
        prev, digest = links[n]
        if n != expected:
            look.wrong(
                "broken-chain",
                f"writer '{writer}': events {expected} to {n - 1} are missing",
                look.remedy(_LOG),
                tuple(f"event {m}" for m in range(expected, min(n, expected + LIMIT))),
            )
        elif prev != last:
            look.wrong(
                "broken-chain",
                f"writer '{writer}': event {n} does not follow event {n - 1}",
                _LOG,
                (f"event {n}",),
            )
        expected, last = n + 1, digest
