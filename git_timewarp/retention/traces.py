"""Where a redacted event can be besides its place: old notes in packs, copies, published notes."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import absent
from git_timewarp.retention import copies
from git_timewarp.retention.copies import Objects, Store
from git_timewarp.retention.results import Left
from git_timewarp.store import redaction, stone, transaction
from git_timewarp.store.index import Entry
from git_timewarp.store.reach import below
from git_timewarp.store.redaction import Stone
from git_timewarp.store.stone import Told
from git_timewarp.timeline import publish
from git_timewarp.timeline.operation import Operation

_LARGEST = 2 << 20
"""Bytes of the largest note: one line alone may be longer than a note usually is."""


class Words:
    """Recognises the lines of redacted events, in whatever holds lines."""

    def __init__(self, told: Sequence[Told]) -> None:
        # An event names itself right before `key` or `lamport`; what others say of it looks
        # otherwise.
        ids = [rf'"id":"{re.escape(item.id)}","(?:key|lamport)"' for item in told]
        ends = [rf',"hash":"{re.escape(item.hash)}"\}}' for item in told]
        self._pattern = re.compile("|".join([*ids, *ends]).encode())
        self._names = [name.encode() for item in told for name in (item.id, item.hash)]
        self._clean = {item.line for item in told}

    def are_in(self, data: bytes) -> bool:
        """Tell whether some line of `data` is the event, and not what is left of it."""
        # Nearly no note has any of it, and a plain search is many times as fast.
        if not any(name in data for name in self._names):
            return False
        for match in self._pattern.finditer(data):
            start = data.rfind(b"\n", 0, match.start()) + 1
            end = data.find(b"\n", match.end())
            line = data[start : end if end >= 0 else len(data)]
            if stone.digest(line[max(line.find(b"{"), 0) :]) not in self._clean:
                return True
        return False


def unnamed(op: Operation) -> set[Oid]:
    """Return what is in our packs and no ref of ours leads to: also what no reflog tells of."""
    packs = op.recorder.packs
    there = {oid for name in packs.names() for oid in packs.objects_of(name)}
    git = op.repo.git.using(alternates=(op.quarantine.path,))
    return there - set(below(git, op.recorder.refs.values()))


def holders(op: Operation, oids: Collection[Oid], words: Words) -> set[Oid]:
    """Return the notes among some objects that hold what was redacted."""
    reader = op.quarantine.reader
    known = sorted(oids)
    infos = zip(known, reader.info_all(known), strict=True)
    notes = [oid for oid, info in infos if info and info[1] == "blob" and info[2] <= _LARGEST]
    blobs = zip(notes, reader.read_all(notes), strict=True)
    return {oid for oid, blob in blobs if blob is not None and words.are_in(blob.data)}


def drop_copies(op: Operation, objects: Objects, stones: Sequence[Stone]) -> list[str]:
    """Take the events out of what recoveries kept; return the files that went or changed."""
    words = Words([stone.told_of(item.event, item.line) for item in stones])
    payloads = redaction.payloads_of([item.event for item in stones])
    lines = {item.event.line: copies.journal_line(item.event.anchor, item.line) for item in stones}

    def meant(store: Store) -> set[Oid]:
        found = store.every(("blob",), most=_LARGEST)
        notes = {thing.oid for thing in found if words.are_in(thing.data)}
        return notes | {oid for oid in payloads if store.has(oid)}

    def replaced(line: bytes) -> bytes | None:
        if not words.are_in(line):
            return None
        body = line[max(line.find(b"{"), 0) :]
        return lines.get(body, b"")

    return [
        *objects.drop(meant),
        *copies.rewrite_journals(op.repo, replaced),
    ]


def published(op: Operation, entry: Entry) -> list[Left]:
    """Tell when `refs/notes/timewarp` holds what the event says, in any of its commits."""
    line = publish.line_of(op, entry).partition(" ")[2]
    words = ("log", "-1", "--format=%H", f"-S{line}", publish.REF, "--")
    if not op.repo.git.run(*words, ok=(0, 128)).text:
        return []
    return [
        Left(
            "",
            f"'{publish.REF}', the published notes: they are yours, and may have been pushed",
            f"git update-ref -d {publish.REF}",
        )
    ]


def still_there(op: Operation, notes: Collection[Oid], user: Collection[Oid]) -> list[Left]:
    """Tell of notes that are still on the disk, and what is to be done about it."""
    gone = set(absent(op.repo.git, sorted(notes)))
    left = []
    for oid in sorted(set(notes) - gone):
        if oid in user:
            tags = sorted(transaction.named_by_users(op.repo))
            points = f" --points-at {tags[0]}" if len(tags) == 1 else ""
            where, hint = "refs of yours", f"git for-each-ref{points}"
        else:
            where, hint = "git's own store, where nothing leads to it", "git gc --prune=now"
        left.append(Left(oid, where, hint))
    return left
