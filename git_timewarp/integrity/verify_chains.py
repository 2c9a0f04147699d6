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
from git_timewarp.store.events import GENESIS

_N = b',"n":'
_PREV = b',"prev":"'
_LAMPORT = re.compile(rb'[,{]"lamport":(\d+)[,}]')
_SNAPSHOT = b',"snapshot":"'
_LOG = "git timewarp log --all"

Links = dict[int, tuple[str, str]]


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
            look.wrong("missing-object", f"{where}: {exc.message}", "git timewarp verify --full")
        except ValueError as exc:
            look.wrong("hash-mismatch", f"{where}: {exc}", "git timewarp verify --full")
    held = look.history.journal
    if held.writer is not None:
        links = by_writer.setdefault(held.writer, {})
        if held.folded.n and links.get(held.folded.n, ("", ""))[1] != held.folded.hash:
            look.wrong(
                "broken-chain",
                f"event {held.folded.n} of '{held.writer}' is not the one the journal goes on from",
                _LOG,
            )
        lines = b"".join(event.line + b"\n" for event in held.events if event.n > held.folded.n)
        _check_lines(look, lines, links, "journal")
    for writer, links in by_writer.items():
        _check_chain(look, writer, links)


def _note_blobs(reader: Reader, tag: Oid) -> Iterator[bytes]:
    root = reader.read(tag, kind="tag").split(b"\n", 1)[0].split(b" ")[1].decode()
    places = list(notes.walk(reader, Oid(root)))
    for (anchor, note), blob in zip(places, reader.read_all([n for _, n in places]), strict=True):
        if blob is None:
            raise MissingObjectError(f"note {note} on {anchor}")
        yield blob.data


def _check_lines(look: Look, blob: bytes, links: Links, where: str) -> None:
    _note_snapshots(look, blob)
    for line in blob.split(b"\n"):
        if not line:
            continue
        look.events += 1
        try:
            body, claimed = body_of(line)
            if line.count(_N) == 1 and line.count(_PREV) == 1:
                # A quoted name is never inside a text, so the only one is the member.
                at, prev_at = line.find(_N) + len(_N), line.find(_PREV) + len(_PREV)
                n, prev = int(line[at : line.find(b",", at)]), line[prev_at : prev_at + 64].decode()
            else:
                record = json.loads(line)
                n, prev = int(record["n"]), str(record["prev"])
        except (ValueError, KeyError, TypeError):
            look.wrong("foreign-edit", f"{where}: a line is no event", _LOG)
            continue
        if hashlib.sha256(body).hexdigest() != claimed:
            look.wrong("hash-mismatch", f"{where}: event {n}", _LOG, (f"event {n}",))
        if n in links and links[n] != (prev, claimed):
            look.wrong("broken-chain", f"{where}: two events {n}", _LOG)
        links[n] = (prev, claimed)


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
    expected, last = 1, GENESIS
    for n in sorted(links):
        prev, digest = links[n]
        if n != expected:
            look.wrong(
                "broken-chain",
                f"writer '{writer}': events {expected} to {n - 1} are missing",
                "git timewarp verify --full",
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
