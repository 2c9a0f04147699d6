"""The versions of a path drawn for people: one line each, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from git_timewarp.cli.output import names
from git_timewarp.cli.output.look import Look
from git_timewarp.cli.output.table import Cell, Table

if TYPE_CHECKING:
    from git_timewarp.timeline.results_path import PathVersion

_PORTION = 256
_WORDS = {
    "A": ("added", "added"),
    "M": ("modified", "modified"),
    "D": ("deleted", "deleted"),
    "R": ("renamed", "modified"),
    "T": ("retyped", "modified"),
    "F": ("found", ""),
}
_AGE, _LINES = 2, 5


class Versions:
    """Draws versions in portions, so that the first show at once."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._table = Table(look, right=(_AGE, _LINES))

    def draw(self, versions: Iterable[PathVersion]) -> Iterator[str]:
        """Draw all versions, one line each."""
        rest = iter(versions)
        while portion := list(islice(rest, _PORTION)):
            yield from self._table.draw([self._row(version) for version in portion])

    def _row(self, version: PathVersion) -> list[Cell]:
        word, slot = _WORDS[version.status]
        mark = "@" if version.current else "o" if self._look.ascii else "○"
        return [
            Cell(mark, "current" if version.current else ""),
            Cell(version.event, "event"),
            Cell(self._look.when_short(version.ts), "age"),
            Cell(names.one_line(version.type), "type"),
            Cell(word, slot),
            Cell(_lines(version)),
            Cell(self._text(version)),
        ]

    def _text(self, version: PathVersion) -> str:
        told = []
        if version.commit is not None:
            told.append(f"[{version.commit[:7]}]")
        if version.other is not None:
            word = "from" if version.status == "R" else "to"
            told.append(f"{word} {self._look.path(version.other)}:")
        return " ".join([*told, names.one_line(version.summary)]).rstrip()


def _lines(version: PathVersion) -> str:
    """Return `+3 -1`; `binary` where lines mean nothing."""
    if version.status == "F":
        return ""
    if version.additions is None or version.deletions is None:
        return "binary"
    parts = (("+", version.additions), ("-", version.deletions))
    return " ".join(f"{sign}{count}" for sign, count in parts if count)
