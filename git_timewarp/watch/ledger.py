"""What changed since when: pure bookkeeping on names and numbers.

Each note gets the next number, and a path keeps the last one it was noted with. A cursor is
`<instance>:<number>`; another watcher's is never understood.
"""

from __future__ import annotations

from collections.abc import Iterable

from git_timewarp.capture.watched import Told

_MOST = 20_000
"""Names that are kept; of more than that a scan of everything is sooner done."""


class Ledger:
    """Remembers the paths that changed; `instance` is a word no other watcher uses."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._number = 0
        self._floor = 0
        self._git = 0
        self._paths: dict[str, int] = {}

    def note(self, paths: Iterable[str], *, git: bool) -> None:
        """Note that `paths` (and refs, index or settings of git) changed."""
        self._number += 1
        if git:
            self._git = self._number
        self._paths.update(dict.fromkeys(paths, self._number))
        if len(self._paths) > _MOST:
            self.lose()

    def lose(self) -> None:
        """Note that something changed that nobody can name."""
        self._number += 1
        self._floor = self._git = self._number
        self._paths.clear()

    def since(self, cursor: str) -> Told:
        """Tell what changed after `cursor`; what it does not tell any more is forgotten."""
        now = f"{self._instance}:{self._number}"
        instance, _, text = cursor.rpartition(":")
        then = int(text) if text.isdecimal() else -1
        if instance != self._instance or not self._floor <= then <= self._number:
            return Told(now)
        self._floor = then
        self._paths = {path: number for path, number in self._paths.items() if number > then}
        return Told(now, frozenset(self._paths), self._git > then)
