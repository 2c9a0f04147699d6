"""The log: what happened, newest first. Nothing here records anything."""

from collections.abc import Callable, Iterator, Sequence

from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.timeline.label import log_entry
from git_timewarp.timeline.results_look import LogEntry
from git_timewarp.util.frozen import Frozen

HIDDEN = frozenset({"draft", "safety"})
"""Types that `log` leaves out unless asked for everything or for them."""


class Filter(Frozen):
    """What `log` is asked for; times are ISO 8601 UTC as events store them.

    `about` tells whether an event is about the paths asked for (`log_paths.touches`).
    """

    limit: int | None = None
    types: Sequence[str] = ()
    actors: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    every: bool = False
    about: Callable[[History, Entry], bool] | None = None

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
            if wanted.about is not None and not wanted.about(history, entry):
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
