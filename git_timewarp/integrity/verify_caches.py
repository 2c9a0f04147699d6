"""What stands beside the records: the read index, the spool, and plain git's view of the notes.

The read index is a cache: it is told when it says something else than the notes, and nothing is
lost by it. Lines of the spool carry no checksum (shell stubs write them), so only a line that
is cut short or has no known form is noticed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
from collections.abc import Iterator

from git_timewarp.git.names import Oid
from git_timewarp.integrity.verify_look import Look
from git_timewarp.store import layout, notes
from git_timewarp.store.backlog import Backlog, size_of
from git_timewarp.store.index import VERSION, WRITER_SHIFT, Tables, create
from git_timewarp.store.index_fill import fill
from git_timewarp.store.paths import Paths
from git_timewarp.store.spool_lines import scan
from git_timewarp.timeline.start import ENDING
from git_timewarp.util import atomic

_STATUS = "git timewarp status"
_MOST = 50_000
_MASK = (1 << WRITER_SHIFT) - 1
_EVERYTHING = (
    f"SELECT w.text, e.place & {_MASK} AS n, e.lamport, e.id, e.ts, t.text, a.text, l.text, k.text,"  # noqa: S608 - our own SQL
    " b.text, e.session, h.text, o.text, e.snapshot, e.summary, e.op, e.key, e.data FROM events e"
    f" LEFT JOIN names w ON w.id = e.place >> {WRITER_SHIFT} LEFT JOIN names t ON t.id = e.type"
    " LEFT JOIN names a ON a.id = e.actor LEFT JOIN names l ON l.id = e.timeline"
    " LEFT JOIN names k ON k.id = e.worktree LEFT JOIN names b ON b.id = e.branch"
    " LEFT JOIN oids h ON h.id = e.head LEFT JOIN oids o ON o.id = e.anchor ORDER BY 1, 2"
)
"""Every event with its texts in the place of their numbers, which are others each time."""


def caches(look: Look) -> None:
    """Build the read index again in memory and compare; the file itself is only read.

    One that is older than the refs is brought up to date by the next reader, and passed over,
    as is one that cannot be opened now or is of another version.
    """
    path = Paths(look.repo.state_dir).index
    if not os.path.exists(path):
        return
    wanted = {
        str(name): str(tag)
        for name, tag in look.history.refs.items()
        if (parsed := layout.parse_ref(name)) and parsed[1] == layout.EVENTS
    }
    try:
        file = f"file:{_quoted(path)}?mode=ro"
        with contextlib.closing(sqlite3.connect(file, uri=True, timeout=1.0)) as db:
            if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                return
            if dict(db.execute("SELECT ref, tag FROM segments")) != wanted:
                return
            wrong = not _is_sound(db) or not _is_equal(db, look, wanted)
    except sqlite3.OperationalError:
        return
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        wrong = True
    if wrong:
        look.is_index_wrong = True
        text = f"{path}: the read index is not what the notes say; it is a cache"
        look.wrong("hash-mismatch", text, look.remedy(_STATUS), ("index.db",))


def _quoted(path: str) -> str:
    """Return a path as SQLite wants it in a URI."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _is_sound(db: sqlite3.Connection) -> bool:
    return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")


def _is_equal(db: sqlite3.Connection, look: Look, wanted: dict[str, str]) -> bool:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        create(fresh)
        fill(Tables(fresh), look.history.reader, wanted, {})
        pairs = itertools.zip_longest(fresh.execute(_EVERYTHING), db.execute(_EVERYTHING))
        return all(one == other for one, other in pairs)


def spool(look: Look) -> None:
    """Look whether what hooks noted and nobody took in yet can be read."""
    backlog = Backlog(look.repo.state_dir)
    known = backlog.load()
    for name in ("now", *backlog.retired()):
        path = os.path.join(backlog.path, name)
        start = known.files.get(name, 0)
        data = (atomic.read(path) or b"")[start:]
        found = scan(data, name=name, start=start, final=True, latest_ns=0, boot_ns=None)
        if found.torn:
            text = f"{path}: {found.torn} note(s) of hooks cannot be read"
            look.wrong("torn-write", text, _STATUS, ("spool",))
    if os.path.isdir(backlog.path) and not size_of(backlog.lost_file):
        held = look.history.journal
        # Only an `init` or a `deinit` that was cut off leaves it like that.
        ending = any(item.get("kind") == ENDING for item in held.intents.values())
        torn = ending or not (held.head.n or look.history.refs)
        text = f"{backlog.lost_file}: hooks cannot count what they could not note"
        kind, hint = ("torn-write", _STATUS) if torn else ("foreign-edit", "git timewarp init")
        look.wrong(kind, text, hint, ("spool",))


def plain_notes(look: Look) -> None:
    """Look whether git itself reads a note of each segment as the note it is."""
    nothing = "core.notesRef=refs/notes/timewarp-verify"
    for name, tag in sorted(look.history.refs.items()):
        parsed = layout.parse_ref(name)
        if parsed is None or parsed[1] != layout.EVENTS:
            continue
        anchor, note = next(_on_commits(look, tag), (None, None))
        if anchor is None or note is None:
            continue
        git = look.repo.git.using(config=(f"notes.displayRef={name}", nothing))
        shown = ("log", "-1", "--no-walk", "--format=%N", str(anchor))
        done = git.run(*shown, ok=range(256))
        if done.code:
            continue  # It is the commit that git cannot read.
        if done.out.strip() != look.history.reader.read(note, kind="blob").strip():
            text = f"{name}: git does not show the note on {anchor}"
            look.wrong("foreign-edit", text, "git timewarp log --all", (name,))


def _on_commits(look: Look, tag: Oid) -> Iterator[tuple[Oid, Oid]]:
    """Yield notes that lie on commits git has."""
    reader = look.history.reader
    root = layout.tree_in(reader.read(tag, kind="tag"))
    places = list(notes.walk(reader, root))[:_MOST]
    for (anchor, note), info in zip(
        places, list(reader.info_all([place for place, _ in places])), strict=True
    ):
        if info is not None and info[1] == "commit":
            yield anchor, note
