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
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from git_timewarp.git.names import Oid, RefName, SnapshotId, WriterId
from git_timewarp.git.objects import Reader
from git_timewarp.store import layout
from git_timewarp.store.events import FORMAT_VERSION, MOST_FOLLOWED, Event

SCHEMA_VERSION = 5
VERSION = SCHEMA_VERSION * 1000 + FORMAT_VERSION
WRITER_SHIFT = 40
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
INDEXES = """
CREATE INDEX IF NOT EXISTS by_lamport ON events (lamport);
CREATE INDEX IF NOT EXISTS by_snapshot ON events (snapshot) WHERE snapshot IS NOT NULL;
CREATE INDEX IF NOT EXISTS with_snapshot ON events (lamport) WHERE snapshot IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_key ON events (key) WHERE key IS NOT NULL;
"""
COLUMNS = (
    "place, lamport, id, ts, type, actor, timeline, worktree, branch, session, head, anchor, "
    "snapshot, summary, op, key, data"
)


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


class Tables:
    """The open database, and the texts that many events share: each is there once, by number.

    Attributes:
        numbers: the names (writers, types, actors, timelines, work trees, branches).
        ids: object ids (heads, anchors), those that were asked for.
        shared: for who fills the tables: numbers by the text of members that stand together.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.numbers: dict[str, int] = {}
        self.ids: dict[str, int] = {}
        self.shared: dict[tuple[str, str, str], tuple[int | str, ...]] = {}
        self._texts: dict[int, str] = {}
        self._oids: dict[object, Oid] = {}

    def load(self) -> None:
        """Read the names that are there, and forget every other number that was looked up."""
        self.shared.clear()
        self.ids.clear()
        self._oids.clear()
        self.numbers = dict(self.db.execute("SELECT text, id FROM names"))
        self._texts = {key: text for text, key in self.numbers.items()}

    def number(self, text: object) -> int:
        """Return the number of a text, which is added where it is not there."""
        found = self.numbers.get(text)  # type: ignore[call-overload]
        if found is not None:
            return int(found)
        word = str(text)
        self.db.execute("INSERT OR IGNORE INTO names (text) VALUES (?)", (word,))
        key = int(self.db.execute("SELECT id FROM names WHERE text = ?", (word,)).fetchone()[0])
        self.numbers[word] = key
        self._texts[key] = word
        return key

    def id_number(self, oid: object) -> int:
        """Return the number of an object id; what events name again and again is kept once."""
        word = str(oid)
        found = self.ids.get(word)
        if found is None:
            self.db.execute("INSERT OR IGNORE INTO oids (text) VALUES (?)", (word,))
            query = "SELECT id FROM oids WHERE text = ?"
            found = self.ids[word] = int(self.db.execute(query, (word,)).fetchone()[0])
        return found

    def oid(self, value: object) -> Oid:
        """Return an object id by its number."""
        found = self._oids.get(value)
        if found is None:
            query = "SELECT text FROM oids WHERE id = ?"
            found = self._oids[value] = Oid(self.db.execute(query, (value,)).fetchone()[0])
        return found

    def known(self, text: str) -> int | None:
        """Return the number of a text; None where it is not there."""
        return self.numbers.get(text)

    def text(self, value: object) -> str:
        """Return a text by its number; another process may have added it meanwhile."""
        key = int(str(value))
        if key not in self._texts:
            self.load()
        return self._texts[key]


Fill = Callable[[Tables, Reader, Mapping[str, str], Mapping[str, str]], None]
"""Brings the tables up to date (`store/index_fill.py`), given (segment, tag) as git has them
and as they were read. Passed in: a look that has nothing to read does not import it."""


class ReadIndex:
    """The cache of one repository; `close` it.

    Where its file cannot be written (a read-only disk, a full one, another process that
    does not let go) it is built in memory: slower, never wrong.
    """

    def __init__(self, path: str, *, fill: Fill) -> None:
        self._path = path
        self._fill = fill
        self._inode: int | None = None
        self._source: tuple[Reader, dict[str, str]] | None = None
        self._tables = self._open()

    @property
    def _db(self) -> sqlite3.Connection:
        return self._tables.db

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
                self._fill(self._tables, reader, wanted, known)
                self._tables.load()
        except sqlite3.DatabaseError as exc:
            self._rebuild(exc)
            self._tables.load()
        except BaseException:
            # What was named meanwhile was taken back with the rest.
            with contextlib.suppress(sqlite3.DatabaseError):
                self._tables.load()
            raise

    def clear(self) -> None:
        """Forget every event; they are read again when they are next asked for."""
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                for table in ("events", "segments", "folders", "overflows"):
                    self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        except sqlite3.DatabaseError:
            self._remove()

    def select(
        self, where: str = "1", args: Sequence[object] = (), *, limit: int = -1
    ) -> Iterator[Entry]:
        """Yield entries newest first.

        `where` is SQL of our own over the columns of `events`; names are compared with
        `type = name(?)` and the like, `head` and `anchor` are numbers in `oids`.
        """
        query = (
            f"SELECT {COLUMNS} FROM events WHERE {where} "  # noqa: S608 - our own SQL
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
        """Return the highest Lamport number to go on from, 0 when there is no event."""
        query = "SELECT MAX(lamport) FROM events WHERE lamport <= ?"
        return int(self._db.execute(query, (MOST_FOLLOWED,)).fetchone()[0] or 0)

    def last_n(self, writer: WriterId) -> int:
        """Return the number of the last event of a writer, 0 when it has none."""
        key = self._tables.known(writer)
        if key is None:
            return 0
        low, high = key << WRITER_SHIFT, (key + 1) << WRITER_SHIFT
        query = "SELECT MAX(place) FROM events WHERE place > ? AND place < ?"
        found = self._db.execute(query, (low, high)).fetchone()[0]
        return 0 if found is None else int(found) - low

    def _open(self) -> Tables:
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

    def _connect(self) -> Tables:
        """Open the database and make its tables where they are not there or of another version.

        Both happens in one transaction: two processes may open it at the same moment, and
        a file that another one has open is never removed.
        """
        db = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        tables = Tables(db)
        try:
            self._inode = _inode(self._path)
            db.execute("PRAGMA synchronous=NORMAL")
            # What is deleted was redacted, or may have been: it is not to stay in free pages.
            db.execute("PRAGMA secure_delete=ON")
            db.create_function("name", 1, tables.known, deterministic=True)
            if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                with db:
                    db.execute("BEGIN EXCLUSIVE")
                    if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                        create(db)
            tables.load()
        except BaseException:
            db.close()
            raise
        return tables

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
        self._tables = self._open()
        self._fill(self._tables, reader, wanted, {})

    def _entry(self, row: tuple[object, ...]) -> Entry:
        place = int(str(row[0]))
        data = _data(row[16])
        return Entry(
            writer=WriterId(self._tables.text(place >> WRITER_SHIFT)),
            n=place & ((1 << WRITER_SHIFT) - 1),
            lamport=int(str(row[1])),
            id=str(row[2]),
            ts=str(row[3]),
            type=self._tables.text(row[4]),
            actor=self._tables.text(row[5]),
            timeline=self._tables.text(row[6]),
            worktree=self._tables.text(row[7]),
            branch=self._tables.text(row[8]) if row[8] is not None else None,
            session=_text(row[9]),
            head=self._tables.oid(row[10]) if row[10] is not None else None,
            anchor=self._tables.oid(row[11]),
            snapshot=SnapshotId(str(row[12])) if row[12] else None,
            summary=str(row[13]),
            op=_text(row[14]),
            key=_text(row[15]),
            data=data,
        )


def forget(path: str, *, fill: Fill) -> None:
    """Empty the cache in the file at `path`: events were replaced, which no value of a ref tells."""
    index = ReadIndex(path, fill=fill)
    with contextlib.closing(index):
        index.clear()


def _data(text: object) -> Mapping[str, object]:
    """Return the data of a line; nothing for one that somebody spoilt, of which `verify` tells."""
    try:
        found = json.loads(str(text), strict=False) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def create(db: sqlite3.Connection) -> None:
    """Make the tables, in place of those of another version."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in list(db.execute(query)):
        db.execute(f'DROP TABLE "{table}"')
    for statement in (_SCHEMA + INDEXES).split(";"):
        if statement.strip():
            db.execute(statement)
    db.execute(f"PRAGMA user_version={VERSION}")


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
