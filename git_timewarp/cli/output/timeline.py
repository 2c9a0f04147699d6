"""The log drawn for people: one line an event, newest first.

    @  E47  2m snapshot   +2 ~3 -1 before the refactoring
    *  E46 14m snapshot      ~1    [tests-pass green] all of it works
    o  E45  1h jump                to E12

The mark says what it is without colour: `@` where the work tree stands, a milestone, a
snapshot, anything else. On a narrow terminal the actor, the type and the counts go first,
the text last; a column that would say the same on every line is not drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from git_timewarp.cli.output import names
from git_timewarp.cli.output.look import Look
from git_timewarp.cli.output.table import Cell, Table

if TYPE_CHECKING:
    from git_timewarp.timeline.results_look import Changes, LogEntry

_PORTION = 256
_LEAST_TEXT = 24
_MARKS = {"current": "@", "milestone": "◆", "snapshot": "○", "event": "·"}
_ASCII_MARKS = {"current": "@", "milestone": "*", "snapshot": "o", "event": "."}

_MARK, _LABEL, _AGE, _TYPE, _ACTOR, _WORKTREE, _TIMELINE, _CHANGES = range(8)
_DROPPED_FIRST = (_ACTOR, _TIMELINE, _WORKTREE, _TYPE, _CHANGES)


class Timeline:
    """Draws entries in portions, so that a million of them begin at once."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._table = Table(look, right=(_AGE, _CHANGES))
        self._varies: dict[int, set[str]] = {_ACTOR: set(), _WORKTREE: set(), _TIMELINE: set()}
        self._dropped: set[int] = set()

    def draw(self, entries: Iterable[LogEntry]) -> Iterator[str]:
        """Draw all entries, one line each."""
        rest = iter(entries)
        while portion := list(islice(rest, _PORTION)):
            yield from self._portion(portion)

    def _portion(self, entries: Sequence[LogEntry]) -> Iterator[str]:
        for entry in entries:
            self._varies[_ACTOR].add(entry.actor)
            self._varies[_WORKTREE].add(entry.worktree)
            self._varies[_TIMELINE].add(entry.timeline)
        rows = [self._row(entry) for entry in entries]
        for column in (None, *_DROPPED_FIRST):
            if column is not None:
                self._dropped.add(column)
                self._table = Table(self._look, right=(_AGE, _CHANGES))
            shown = [self._without(row) for row in rows]
            room = self._table.room(shown)
            if room is None or room >= _LEAST_TEXT:
                break
        yield from self._table.draw(shown)

    def _without(self, row: list[Cell]) -> list[Cell]:
        return [Cell("") if at in self._dropped else cell for at, cell in enumerate(row)]

    def _row(self, entry: LogEntry) -> list[Cell]:
        return [
            self._mark(entry),
            Cell(entry.event, "event"),
            Cell(self._look.when_short(entry.ts), "age"),
            Cell(names.one_line(entry.type), "type"),
            Cell(self._varying(_ACTOR, actor(entry.actor)), "actor"),
            Cell(self._varying(_WORKTREE, names.one_line(entry.worktree.rpartition("/")[2]))),
            Cell(self._varying(_TIMELINE, names.one_line(entry.timeline))),
            Cell(counts(entry.changes)),
            Cell(text(entry), "milestone" if entry.milestone else ""),
        ]

    def _varying(self, column: int, value: str) -> str:
        return value if len(self._varies[column]) > 1 else ""

    def _mark(self, entry: LogEntry) -> Cell:
        marks = _ASCII_MARKS if self._look.ascii else _MARKS
        if entry.current:
            return Cell(marks["current"], "current")
        if entry.milestone:
            return Cell(marks["milestone"], "milestone")
        return Cell(marks["snapshot" if entry.snapshot else "event"])


def actor(value: str) -> str:
    """Return an actor's id; the kind only where it is not a person."""
    kind, _, name = value.partition(":")
    return names.one_line(name if kind == "person" and name else value)


def counts(changes: Changes | None) -> str:
    """Return `+2 ~3 -1`, without the parts that are nought."""
    if changes is None:
        return ""
    parts = (("+", changes.added), ("~", changes.modified), ("-", changes.deleted))
    return " ".join(f"{sign}{count}" for sign, count in parts if count)


def text(entry: LogEntry) -> str:
    """Return the summary, the milestone in brackets before it."""
    summary = names.one_line(entry.summary)
    mark = entry.milestone
    if mark is None:
        return summary
    name = f" {names.one_line(mark.name)}" if mark.name else ""
    return f"[{mark.kind}{name}] {summary}".rstrip()
