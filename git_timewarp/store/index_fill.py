"""Filling the read index from the notes (`store/index.py`): only where a segment has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from operator import itemgetter

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Reader
from git_timewarp.store import layout, lines, notes
from git_timewarp.store.events import FORMAT_VERSION, REDACTED, Json, NewerFormatError
from git_timewarp.store.index import COLUMNS, INDEXES, WRITER_SHIFT, Tables, actor_text
from git_timewarp.util import faults

_MAY_LACK = frozenset({"branch", "session", "head", "snapshot", "op", "key", "data"})
# What is absent is handed over as "": binding None costs ten times as much (Python looks for an
# adapter each time), a third of the whole insert.
_INSERT = "INSERT OR IGNORE INTO events VALUES ({})".format(  # noqa: S608 - our own SQL
    ", ".join("NULLIF(?, '')" if name in _MAY_LACK else "?" for name in COLUMNS.split(", "))
)


def fill(
    tables: Tables, reader: Reader, wanted: Mapping[str, str], known: Mapping[str, str]
) -> None:
    """Read what changed in the event segments.

    Args:
        tables: where it goes, in one transaction.
        reader: reads the notes.
        wanted: the tag of each segment now, by the name of its ref.
        known: the same as it was when it was read the last time.
    """
    faults.point("update index")
    changed = sorted(ref for ref, tag in wanted.items() if known.get(ref) != tag)
    with tables.db:
        tables.db.execute("BEGIN IMMEDIATE")
        if not set(known) <= set(wanted):
            for table in ("events", "segments", "folders", "overflows"):
                tables.db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
            changed = sorted(wanted)
        bulk = not known and len(changed) > 1
        if bulk:
            for name in ("by_lamport", "by_snapshot", "with_snapshot", "by_key"):
                tables.db.execute(f"DROP INDEX IF EXISTS {name}")
        for ref in changed:
            _read_segment(tables, reader, ref, wanted[ref])
        if bulk:
            for statement in INDEXES.strip().splitlines():
                tables.db.execute(statement)


def _read_segment(tables: Tables, reader: Reader, ref: str, tag: str) -> None:
    root = layout.tree_in(reader.read(tag, kind="tag"))
    known = tables.db.execute("SELECT path, oid FROM folders WHERE ref = ?", (ref,))
    seen = {path: Oid(oid) for path, oid in known}
    places = list(notes.walk(reader, root, known=seen))
    anchors = _anchors(tables, ref, {place for place, _ in places})
    rows: list[tuple[object, ...]] = []
    whole = True
    for (place, _), blob in zip(places, reader.read_all([note for _, note in places]), strict=True):
        if blob is None:
            whole = False
            continue
        rows += _rows(tables, blob.data, anchors.get(place, place))
    rows.sort(key=itemgetter(0))
    tables.db.executemany(_INSERT, rows)
    if not whole:
        return
    fresh = [(ref, path, oid) for path, oid in notes.folders(reader, root)]
    tables.db.executemany("REPLACE INTO folders VALUES (?, ?, ?)", fresh)
    tables.db.execute("REPLACE INTO segments VALUES (?, ?)", (ref, tag))


def _anchors(tables: Tables, ref: str, places: AbstractSet[Oid]) -> dict[Oid, Oid]:
    """Return the anchor of each place that is an overflow (`store/notes.py`).

    The place where the next overflow of an anchor will be is remembered, because the
    note on the anchor itself is not read again when only its overflow grows.
    """
    rows = tables.db.execute("SELECT place, anchor, k FROM overflows WHERE ref = ?", (ref,))
    expected = {Oid(place): (Oid(anchor), int(k)) for place, anchor, k in rows}
    found: dict[Oid, Oid] = {}
    ends: list[tuple[str, str, str, int]] = []
    for place in places:
        anchor, k = expected.get(place, (place, 0))
        if place in expected:
            found[place] = anchor
        while (following := notes.next_place(anchor, k)) in places:
            found[following] = anchor
            k += 1
        ends.append((ref, following, anchor, k + 1))
    tables.db.executemany(
        "REPLACE INTO overflows VALUES (?, ?, ?, ?)",
        (end for end in ends if end[2] not in found),
    )
    return found


def _rows(tables: Tables, note: bytes, anchor: Oid) -> Iterable[tuple[object, ...]]:
    """Return the rows of a note; a line that is no event is left to `verify` to tell of."""
    plain = lines.read(note)
    return _parsed(tables, note, anchor) if plain is None else _plain(tables, plain, anchor)


def _plain(
    tables: Tables, found: list[tuple[str, ...]], anchor: Oid
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of lines of the plain form; what neighbours share is looked up at once."""
    known, ids, number = tables.shared, tables.ids, tables.id_number
    place = ids.get(anchor) or number(anchor)
    for (
        begin,
        data,
        head,
        ident,
        key,
        lamport,
        n,
        op,
        session,
        snapshot,
        summary,
        timeline,
        ts,
        end,
    ) in found:
        shared = (begin, timeline, end)
        writer, type_, actor, line, worktree, branch = known.get(shared) or _numbers(tables, shared)
        yield (
            int(writer) << WRITER_SHIFT | int(n),
            int(lamport),
            ident,
            ts,
            type_,
            actor,
            line,
            worktree,
            branch,
            session,
            (ids.get(head) or number(head)) if head else "",
            place,
            snapshot,
            summary,
            op,
            key,
            data,
        )


def _numbers(tables: Tables, shared: tuple[str, str, str]) -> tuple[int | str, ...]:
    """Return the numbers of writer, type, actor, timeline, work tree, and branch (or "")."""
    begin, timeline, end = shared
    # Whoever changed a line by hand may have left a control character: still a name.
    record = json.loads(f"{{{begin},{end}}}", strict=False)
    found = tables.shared[shared] = (
        tables.number(record["writer"]),
        tables.number(record["type"]),
        tables.number(actor_text(record["actor"])),
        tables.number(timeline),
        tables.number(record["worktree"]),
        tables.number(record["branch"]) if "branch" in record else "",
    )
    return found


def _parsed(tables: Tables, note: bytes, anchor: Oid) -> Iterator[tuple[object, ...]]:
    """Yield the rows of lines of which some are not plain: those are parsed."""
    for line in note.splitlines():
        plain = lines.read(line + b"\n")
        if plain is not None:
            yield from _plain(tables, plain, anchor)
            continue
        try:
            record = json.loads(line)
            if b"\\ud" in line:
                json.dumps(record, ensure_ascii=False).encode()
            if record["v"] != FORMAT_VERSION:
                raise NewerFormatError("an event", record["v"])
            row = _row(tables, record, anchor)
            if REDACTED in record:
                # A reader that began before may have put the event there that it was.
                tables.db.execute("DELETE FROM events WHERE place = ?", row[:1])
            yield row
        except (ValueError, KeyError, TypeError, AttributeError):
            continue


def _row(tables: Tables, record: Json, anchor: Oid) -> tuple[object, ...]:
    """Return the row of a record; ValueError when its numbers cannot be one's."""
    n, lamport = int(str(record["n"])), int(str(record["lamport"]))
    if not 0 < n < 1 << WRITER_SHIFT or not 0 <= lamport < 1 << 63:
        raise ValueError("not the numbers of an event")
    data = record.get("data")
    return (
        tables.number(record["writer"]) << WRITER_SHIFT | n,
        lamport,
        str(record["id"]),
        str(record["ts"]),
        tables.number(record["type"]),
        tables.number(actor_text(record["actor"])),
        tables.number(record["timeline"]),
        tables.number(record["worktree"]),
        tables.number(record["branch"]) if "branch" in record else "",
        str(record.get("session") or ""),
        tables.id_number(record["head"]) if record.get("head") else "",
        tables.id_number(anchor),
        str(record.get("snapshot") or ""),
        str(record["summary"]),
        str(record.get("op") or ""),
        str(record.get("key") or ""),
        json.dumps(data) if data else "",
    )
