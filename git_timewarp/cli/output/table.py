"""Columns that stay aligned, whatever the width of the characters in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from git_timewarp.cli.output import names
from git_timewarp.cli.output.look import Look


class Cell:
    """A text and the slot it is painted in."""

    __slots__ = ("slot", "text")

    def __init__(self, text: str, slot: str = "") -> None:
        self.text = text
        self.slot = slot


class Table:
    """Rows of cells; the last column takes what room is left and is cut to it.

    Widths only grow, so rows may be drawn in portions and stay aligned.
    """

    def __init__(self, look: Look, *, right: Sequence[int] = ()) -> None:
        """Prepare for `look`; the columns numbered in `right` are aligned to the right."""
        self._look = look
        self._right = frozenset(right)
        self._widths: dict[int, int] = {}

    def room(self, rows: Sequence[Sequence[Cell]]) -> int | None:
        """Tell how many columns the last cells of these rows would have; None: no limit."""
        self._measure(rows)
        if self._look.columns is None:
            return None
        return self._look.columns - sum(width + 1 for width in self._used())

    def draw(self, rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
        """Draw the rows; columns that are empty in all of them take no room."""
        room = self.room(rows)
        for row in rows:
            parts = []
            for at, cell in enumerate(row[:-1]):
                if self._widths[at]:
                    text = names.pad(cell.text, self._widths[at], right=at in self._right)
                    parts.append(self._painted(text, cell))
            last = row[-1]
            text = last.text if room is None else self._look.cut(last.text, max(room, 8))
            parts.append(self._look.paint(last.slot, text))
            yield " ".join(parts).rstrip()

    def _painted(self, text: str, cell: Cell) -> str:
        if not cell.slot or not cell.text:
            return text
        return text.replace(cell.text, self._look.paint(cell.slot, cell.text), 1)

    def _measure(self, rows: Sequence[Sequence[Cell]]) -> None:
        for row in rows:
            for at, cell in enumerate(row[:-1]):
                self._widths[at] = max(self._widths.get(at, 0), names.width(cell.text))

    def _used(self) -> list[int]:
        return [width for width in self._widths.values() if width]
