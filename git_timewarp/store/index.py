"""The read index: a SQLite cache of our events, built from the notes, deleted at will.

Nothing is in it that git does not have. It knows which value of each segment ref it
has read and reads only what changed. Any mismatch of its own version, and any error
of the database, throws it away; it is then built again.
"""

import contextlib
import itertools
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from git_timewarp.git.names import Oid, RefName, SnapshotId, WriterId
from git_timewarp.git.objects import Reader
from git_timewarp.store import layout, lines, notes
from git_timewarp.store.events import FORMAT_VERSION, Event, Json, NewerFormatError
from git_timewarp.util import faults

SCHEMA_VERSION = 5
_VERSION = SCHEMA_VERSION * 1000 + FORMAT_VERSION
_WRITER_SHIFT = 40
_MEMORY = ":memory:"
_SCHEMA = """
CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE oids (id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE segments (ref TEXT PRIMARY KEY, tag TEXT);
CREATE TABLE folders (ref TEXT, path TEXT, oid TEXT, PRIMARY KEY (ref, path)) WITHOUT ROWID;
CREATE TABLE overflows (
    ref TEXT, place TEXT, anchor TEXT, k INTEGER, PRIMARY KEY (ref, place)
) WITHOUT ROWID;
CREATE TABLE events (
    place INTEGER PRIMARY KEY, lamport INTEGER, id TEXT, ts TEXT, type INTEGER, actor INTEGER,
    timeline INTEGER, worktree INTEGER, branch INTEGER, session TEXT, head INTEGER, anchor INTEGER,
    snapshot TEXT, summary TEXT, op TEXT, key TEXT, data TEXT
);
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS by_lamport ON events (lamport);
CREATE INDEX IF NOT EXISTS by_snapshot ON events (snapshot) WHERE snapshot IS NOT NULL;
CREATE INDEX IF NOT EXISTS with_snapshot ON events (lamport) WHERE snapshot IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_key ON events (key) WHERE key IS NOT NULL;
"""
_COLUMNS = (
    "place, lamport, id, ts, type, actor, timeline, worktree, branch, session, head, anchor, "
    "snapshot, summary, op, key, data"
)
_MAY_LACK = frozenset({"branch", "session", "head", "snapshot", "op", "key", "data"})
# What is absent is handed over as "": binding None costs ten times as much (Python looks for an
# adapter each time), a third of the whole insert.
_INSERT = "INSERT OR IGNORE INTO events VALUES ({})".format(  # noqa: S608 - our own SQL
    ", ".join("NULLIF(?, '')" if name in _MAY_LACK else "?" for name in _COLUMNS.split(", "))
)

_Numbers = tuple[int, int, int, int, int, int | str]
"""Writer, type, actor, timeline, work tree and branch (or "")."""


class Entry(NamedTuple):
    """An event as lists need it; the whole record is in the note (or the journal)."""

    writer: WriterId
    n: int
    lamport: int
    id: str
    ts: str
    type: str
    actor: str
    timeline: str
    worktree: str
    summary: str
    anchor: Oid
    branch: str | None = None
    session: str | None = None
    head: Oid | None = None
    snapshot: SnapshotId | None = None
    op: str | None = None
    key: str | None = None
    data: Mapping[str, object] = MappingProxyType({})
    pending: bool = False

    @property
    def order(self) -> tuple[int, str, int]:
        """Sort key over all writers: Lamport number, then writer."""
        return self.lamport, self.writer, self.n


def entry_of(event: Event, *, pending: bool) -> Entry:
    """Return the list form of a stored event."""
    record = event.record
    return Entry(
        writer=event.writer,
        n=event.n,
        lamport=int(str(record["lamport"])),
        id=str(record["id"]),
        ts=str(record["ts"]),
        type=str(record["type"]),
        actor=actor_text(record["actor"]),
        timeline=str(record["timeline"]),
        worktree=str(record["worktree"]),
        summary=str(record["summary"]),
        anchor=event.anchor,
        branch=event.text("branch"),
        session=event.text("session"),
        head=Oid(str(record["head"])) if "head" in record else None,
        snapshot=SnapshotId(str(record["snapshot"])) if "snapshot" in record else None,
        op=event.text("op"),
        key=event.text("key"),
        data=event.data,
        pending=pending,
    )


def actor_text(value: object) -> str:
    """Return `kind:id` of a stored actor."""
    return f"{value['kind']}:{value['id']}" if isinstance(value, dict) else "system:unknown"


class ReadIndex:
    """The cache of one repository; `close` it.

    Where its file cannot be written (a read-only disk, a full one, another process that
    does not let go) it is built in memory: slower, never wrong.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._names: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self._shared: dict[tuple[str, str, str], _Numbers] = {}
        self._ids: dict[str, int] = {}
        self._oids: dict[object, Oid] = {}
        self._inode: int | None = None
        self._source: tuple[Reader, dict[str, str]] | None = None
        self._db = self._open()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def update(self, reader: Reader, refs: Mapping[RefName, Oid]) -> None:
        """Read what changed in the event segments since the last time.

        Raises:
            NewerFormatError: an event was written by a newer version.
            MissingObjectError: a segment cannot be read at all.
        """
        wanted = {
            str(name): str(oid)
            for name, oid in refs.items()
            if (parsed := layout.parse_ref(name)) and parsed[1] == layout.EVENTS
        }
        self._source = (reader, wanted)
        try:
            known = dict(self._db.execute("SELECT ref, tag FROM segments"))
            if wanted != known:
                self._read(reader, wanted, known)
            self._load_names()
        except sqlite3.DatabaseError as exc:
            self._rebuild(exc)
            self._load_names()
        except BaseException:
            # What was named meanwhile was taken back with the rest.
            with contextlib.suppress(sqlite3.DatabaseError):
                self._load_names()
            raise

    def select(
        self, where: str = "1", args: Sequence[object] = (), *, limit: int = -1
    ) -> Iterator[Entry]:
        """Yield entries newest first.

        `where` is SQL of our own over the columns of `events`; names are compared with
        `type = name(?)` and the like, `head` and `anchor` are numbers in `oids`.
        """
        query = (
            f"SELECT {_COLUMNS} FROM events WHERE {where} "  # noqa: S608 - our own SQL
            "ORDER BY lamport DESC, place DESC LIMIT ?"
        )
        given = 0
        while True:
            try:
                for row in itertools.islice(self._db.execute(query, (*args, limit)), given, None):
                    # It may have to look a name up; only then is it given.
                    entry = self._entry(row)
                    given += 1
                    yield entry
            except sqlite3.DatabaseError as exc:
                if self._path == _MEMORY or self._source is None:
                    raise
                self._rebuild(exc)
            else:
                return

    def count(self, where: str = "1", args: Sequence[object] = ()) -> int:
        """Return how many entries match."""
        query = f"SELECT COUNT(*) FROM events WHERE {where}"  # noqa: S608 - our own SQL
        return int(self._db.execute(query, tuple(args)).fetchone()[0])

    def top_lamport(self) -> int:
        """Return the highest Lamport number of any writer, 0 when there is no event."""
        return int(self._db.execute("SELECT MAX(lamport) FROM events").fetchone()[0] or 0)

    def last_n(self, writer: WriterId) -> int:
        """Return the number of the last event of a writer, 0 when it has none."""
        key = self._names.get(writer)
        if key is None:
            return 0
        low, high = key << _WRITER_SHIFT, (key + 1) << _WRITER_SHIFT
        query = "SELECT MAX(place) FROM events WHERE place > ? AND place < ?"
        found = self._db.execute(query, (low, high)).fetchone()[0]
        return 0 if found is None else int(found) - low

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.OperationalError:
            self._path = _MEMORY
        except sqlite3.DatabaseError:
            self._remove()
        try:
            return self._connect()
        except sqlite3.DatabaseError:
            self._path = _MEMORY
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        """Open the database and make its tables where they are not there or of another version.

        Both happens in one transaction: two processes may open it at the same moment, and
        a file that another one has open is never removed.
        """
        db = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        try:
            self._inode = _inode(self._path)
            db.execute("PRAGMA synchronous=NORMAL")
            db.create_function("name", 1, self._name_or_none, deterministic=True)
            if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                with db:
                    db.execute("BEGIN EXCLUSIVE")
                    if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                        _create(db)
            self._db = db
            self._load_names()
        except BaseException:
            db.close()
            raise
        return db

    def _load_names(self) -> None:
        """Read the names again and forget every other number that was looked up."""
        self._shared.clear()
        self._ids.clear()
        self._oids.clear()
        self._names = dict(self._db.execute("SELECT text, id FROM names"))
        self._texts = {key: text for text, key in self._names.items()}

    def _remove(self) -> None:
        """Remove a file that is no database; not one that somebody put in its place."""
        if self._path == _MEMORY or _inode(self._path) != self._inode:
            return
        for suffix in ("", "-journal", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(self._path + suffix)

    def _rebuild(self, exc: sqlite3.DatabaseError) -> None:
        """Build the cache again: in memory when its file only cannot be written now."""
        assert self._source is not None  # noqa: S101 - set by `update`
        reader, wanted = self._source
        self._db.close()
        if isinstance(exc, sqlite3.OperationalError):
            self._path = _MEMORY
        else:
            self._remove()
        self._db = self._open()
        self._read(reader, wanted, {})

    def _read(self, reader: Reader, wanted: dict[str, str], known: dict[str, str]) -> None:
        faults.point("update index")
        changed = sorted(ref for ref, tag in wanted.items() if known.get(ref) != tag)
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            if not set(known) <= set(wanted):
                for table in ("events", "segments", "folders", "overflows"):
                    self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
                changed = sorted(wanted)
            bulk = not known and len(changed) > 1
            if bulk:
                for name in ("by_lamport", "by_snapshot", "with_snapshot", "by_key"):
                    self._db.execute(f"DROP INDEX IF EXISTS {name}")
            for ref in changed:
                self._read_segment(reader, ref, wanted[ref])
            if bulk:
                for statement in _INDEXES.strip().splitlines():
                    self._db.execute(statement)

    def _read_segment(self, reader: Reader, ref: str, tag: str) -> None:
        root = Oid(reader.read(tag, kind="tag").split(b"\n", 1)[0].split(b" ")[1].decode())
        known = self._db.execute("SELECT path, oid FROM folders WHERE ref = ?", (ref,))
        seen = {path: Oid(oid) for path, oid in known}
        places = list(notes.walk(reader, root, known=seen))
        anchors = self._anchors(ref, {place for place, _ in places})
        rows: list[tuple[object, ...]] = []
        whole = True
        for (place, _), blob in zip(
            places, reader.read_all([note for _, note in places]), strict=True
        ):
            if blob is None:
                whole = False
                continue
            rows += self._rows(blob.data, anchors.get(place, place))
        rows.sort(key=itemgetter(0))
        self._insert(rows)
        if not whole:
            return
        fresh = [(ref, path, oid) for path, oid in notes.folders(reader, root)]
        self._db.executemany("REPLACE INTO folders VALUES (?, ?, ?)", fresh)
        self._db.execute("REPLACE INTO segments VALUES (?, ?)", (ref, tag))

    def _anchors(self, ref: str, places: AbstractSet[Oid]) -> dict[Oid, Oid]:
        """Return the anchor of each place that is an overflow (`store/notes.py`).

        The place where the next overflow of an anchor will be is remembered, because the
        note on the anchor itself is not read again when only its overflow grows.
        """
        rows = self._db.execute("SELECT place, anchor, k FROM overflows WHERE ref = ?", (ref,))
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
        self._db.executemany(
            "REPLACE INTO overflows VALUES (?, ?, ?, ?)",
            (end for end in ends if end[2] not in found),
        )
        return found

    def _rows(self, note: bytes, anchor: Oid) -> Iterable[tuple[object, ...]]:
        """Return the rows of a note; a line that is no event is left to `verify` to tell of."""
        plain = lines.read(note)
        return self._parsed(note, anchor) if plain is None else self._plain(plain, anchor)

    def _plain(self, found: list[tuple[str, ...]], anchor: Oid) -> Iterator[tuple[object, ...]]:
        """Yield the rows of lines of the plain form; what neighbours share is looked up at once."""
        known, ids = self._shared, self._ids
        place = ids.get(anchor) or self._id(anchor)
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
            writer, type_, actor, line, worktree, branch = known.get(shared) or self._numbers(
                *shared
            )
            yield (
                writer << _WRITER_SHIFT | int(n),
                int(lamport),
                ident,
                ts,
                type_,
                actor,
                line,
                worktree,
                branch,
                session,
                (ids.get(head) or self._id(head)) if head else "",
                place,
                snapshot,
                summary,
                op,
                key,
                data,
            )

    def _numbers(self, begin: str, timeline: str, end: str) -> _Numbers:
        """Return the numbers of the names that many plain lines share."""
        # Whoever changed a line by hand may have left a control character: still a name.
        record = json.loads(f"{{{begin},{end}}}", strict=False)
        found = self._shared[begin, timeline, end] = (
            self._name(record["writer"]),
            self._name(record["type"]),
            self._name(actor_text(record["actor"])),
            self._name(timeline),
            self._name(record["worktree"]),
            self._name(record["branch"]) if "branch" in record else "",
        )
        return found

    def _parsed(self, note: bytes, anchor: Oid) -> Iterator[tuple[object, ...]]:
        """Yield the rows of lines of which some are not plain: those are parsed."""
        for line in note.splitlines():
            plain = lines.read(line + b"\n")
            if plain is not None:
                yield from self._plain(plain, anchor)
                continue
            try:
                record = json.loads(line)
                if b"\\ud" in line:
                    json.dumps(record, ensure_ascii=False).encode()
                if record["v"] != FORMAT_VERSION:
                    raise NewerFormatError("an event", record["v"])
                yield self._row(record, anchor)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue

    def _insert(self, rows: Iterable[tuple[object, ...]]) -> None:
        self._db.executemany(_INSERT, rows)

    def _row(self, record: Json, anchor: Oid) -> tuple[object, ...]:
        """Return the row of a record; ValueError when its numbers cannot be one's."""
        n, lamport = int(str(record["n"])), int(str(record["lamport"]))
        if not 0 < n < 1 << _WRITER_SHIFT or not 0 <= lamport < 1 << 63:
            raise ValueError("not the numbers of an event")
        data = record.get("data")
        return (
            self._name(record["writer"]) << _WRITER_SHIFT | n,
            lamport,
            str(record["id"]),
            str(record["ts"]),
            self._name(record["type"]),
            self._name(actor_text(record["actor"])),
            self._name(record["timeline"]),
            self._name(record["worktree"]),
            self._name(record["branch"]) if "branch" in record else "",
            str(record.get("session") or ""),
            self._id(record["head"]) if record.get("head") else "",
            self._id(anchor),
            str(record.get("snapshot") or ""),
            str(record["summary"]),
            str(record.get("op") or ""),
            str(record.get("key") or ""),
            json.dumps(data) if data else "",
        )

    def _name(self, text: object) -> int:
        found = self._names.get(text)  # type: ignore[call-overload]
        if found is not None:
            return int(found)
        word = str(text)
        self._db.execute("INSERT OR IGNORE INTO names (text) VALUES (?)", (word,))
        key = int(self._db.execute("SELECT id FROM names WHERE text = ?", (word,)).fetchone()[0])
        self._names[word] = key
        self._texts[key] = word
        return key

    def _id(self, text: object) -> int:
        """Return the number of an object id; what events name again and again is kept once."""
        word = str(text)
        found = self._ids.get(word)
        if found is None:
            self._db.execute("INSERT OR IGNORE INTO oids (text) VALUES (?)", (word,))
            query = "SELECT id FROM oids WHERE text = ?"
            found = self._ids[word] = int(self._db.execute(query, (word,)).fetchone()[0])
        return found

    def _name_or_none(self, text: str) -> int | None:
        return self._names.get(text)

    def _text(self, value: object) -> str:
        """Return a name by its number; another process may have added it meanwhile."""
        key = int(str(value))
        if key not in self._texts:
            self._load_names()
        return self._texts[key]

    def _oid(self, value: object) -> Oid:
        """Return an object id by its number."""
        found = self._oids.get(value)
        if found is None:
            query = "SELECT text FROM oids WHERE id = ?"
            found = self._oids[value] = Oid(self._db.execute(query, (value,)).fetchone()[0])
        return found

    def _entry(self, row: tuple[object, ...]) -> Entry:
        place = int(str(row[0]))
        data = json.loads(str(row[16])) if row[16] else {}
        return Entry(
            writer=WriterId(self._text(place >> _WRITER_SHIFT)),
            n=place & ((1 << _WRITER_SHIFT) - 1),
            lamport=int(str(row[1])),
            id=str(row[2]),
            ts=str(row[3]),
            type=self._text(row[4]),
            actor=self._text(row[5]),
            timeline=self._text(row[6]),
            worktree=self._text(row[7]),
            branch=self._text(row[8]) if row[8] is not None else None,
            session=_text(row[9]),
            head=self._oid(row[10]) if row[10] is not None else None,
            anchor=self._oid(row[11]),
            snapshot=SnapshotId(str(row[12])) if row[12] else None,
            summary=str(row[13]),
            op=_text(row[14]),
            key=_text(row[15]),
            data=data,
        )


def _create(db: sqlite3.Connection) -> None:
    """Make the tables, in place of those of another version."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in list(db.execute(query)):
        db.execute(f'DROP TABLE "{table}"')
    for statement in (_SCHEMA + _INDEXES).split(";"):
        if statement.strip():
            db.execute(statement)
    db.execute(f"PRAGMA user_version={_VERSION}")


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
