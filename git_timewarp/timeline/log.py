"""The log: what happened, newest first. Nothing here records anything."""

from collections.abc import Iterator, Sequence

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.timeline.label import log_entry
from git_timewarp.timeline.results_look import LogEntry
from git_timewarp.util.frozen import Frozen

HIDDEN = frozenset({"draft", "safety"})
"""Types that `log` leaves out unless asked for everything or for them."""


class Filter(Frozen):
    """What `log` is asked for; times are ISO 8601 UTC as events store them."""

    limit: int | None = None
    types: Sequence[str] = ()
    actors: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    every: bool = False
    paths: Sequence[str] = ()

    def matches(self, entry: Entry, *, history: History, timeline: str) -> bool:
        """Tell whether an entry is wanted."""
        if self.types and entry.type not in self.types:
            return False
        if self.actors and not any(_acts(entry.actor, name) for name in self.actors):
            return False
        if self.since is not None and entry.ts < self.since:
            return False
        if self.until is not None and entry.ts > self.until:
            return False
        if self.every:
            return True
        if entry.timeline != timeline or not history.is_own(entry):
            return False
        return bool(self.types) or entry.type not in HIDDEN


def log(history: History, wanted: Filter, *, timeline: str) -> Iterator[LogEntry]:
    """Yield what matches, newest first."""
    here = history.latest_snapshot(history.repo.worktree)
    position = (here.writer, here.n) if here is not None else None
    shown = 0
    where, args = _where(wanted)
    for entry in history.entries(where, args):
        if wanted.limit is not None and shown >= wanted.limit:
            return
        if wanted.matches(entry, history=history, timeline=timeline):
            if wanted.paths and not _touches(history, entry, wanted.paths):
                continue
            shown += 1
            yield log_entry(history, entry, current=(entry.writer, entry.n) == position)


def _acts(actor: str, wanted: str) -> bool:
    return actor == wanted or wanted in actor.split(":", 1)


def _where(wanted: Filter) -> tuple[str, list[object]]:
    clauses, args = ["1"], list[object]()
    if wanted.types:
        clauses.append("type IN (" + ", ".join("name(?)" for _ in wanted.types) + ")")
        args += wanted.types
    if wanted.since is not None:
        clauses.append("ts >= ?")
        args.append(wanted.since)
    if wanted.until is not None:
        clauses.append("ts <= ?")
        args.append(wanted.until)
    return " AND ".join(clauses), args


def before(history: History, entry: Entry, snapshot: Snapshot) -> Oid | None:
    """Return the tree that the event changed: of a journey, what was there when it began."""
    started = entry.data.get("before")
    known = [SnapshotId(started)] if isinstance(started, str) else list(snapshot.parents)
    found = history.snapshot(known[0]) if known else None
    return found.view.tree if found is not None else None


def _touches(history: History, entry: Entry, paths: Sequence[str]) -> bool:
    """Tell whether the event changed one of the paths."""
    snapshot = history.snapshot(entry.snapshot) if entry.snapshot is not None else None
    if snapshot is None:
        return False
    old, new = before(history, entry, snapshot), snapshot.view.tree
    return any(_at(history, old, path) != _at(history, new, path) for path in paths)


def _at(history: History, tree: Oid | None, path: str) -> Oid | None:
    if tree is None:
        return None
    found = history.reader.info(tree if path == "." else f"{tree}:{path}")
    return found[0] if found is not None else None
