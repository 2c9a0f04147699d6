"""When to take a draft: pure arithmetic on a monotonic clock, in seconds.

change ─ change ─ change ──quiet──▶ look      two seconds after the last change,
change ─ change ─ change ─ … ──longest──▶ look      or a minute after the first
look ──longest──▶ look once more      for what the system may have kept from us

That is `on_change`. `timed` looks only when the longest time is over, `every_n_events` when so
many changes came (or that time is over), and `manual` never.
"""

from __future__ import annotations

from dataclasses import dataclass

ON_CHANGE, TIMED, EVERY_NTH, MANUAL = "on_change", "timed", "every_n_events", "manual"
_NEVER = float("inf")
_LONGEST_RETRY = 10.0
_MOST_QUIET = 1.5
_MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look.

    Attributes:
        quiet: seconds without a change before a draft is taken.
        longest: seconds between two drafts while there are changes.
        idle: seconds without a find after which nothing is saved but what changes.
        when: what a draft is taken for, see the module.
        nth: how many changes make `every_n_events` look.
    """

    quiet: float
    longest: float
    idle: float = 300.0
    when: str = ON_CHANGE
    nth: int = 5


class Schedule:
    """Knows when the next look is due; every method is told what time it is."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._first: float | None = None
        self._changes = 0
        self._found: float | None = None
        self._last = 0.0
        self._again = _NEVER
        self._not_before = 0.0
        self._in_vain = 0
        self._failures = 0

    def follow(self, pace: Pace) -> None:
        """Go at another pace from now on; what waits is due by it."""
        self._pace = pace

    @property
    def is_pending(self) -> bool:
        """Whether something changed that no look has seen yet."""
        return self._first is not None

    def changed(self, now: float) -> None:
        """Note that something changed."""
        self._first = now if self._first is None else self._first
        self._last = now
        self._changes += 1
        self._found = now if self._found is None else self._found

    def is_idle(self, now: float) -> bool:
        """Tell whether nothing was found for so long that nobody seems to work here."""
        return self._found is not None and now - self._found > self._pace.idle

    def due(self) -> float:
        """Return when to look next; infinity when there is nothing to look for."""
        if self._pace.when == MANUAL:
            return _NEVER
        if self._first is None:
            return self._again
        # Looks that found nothing make us a little slower, never slow.
        quiet = self._pace.quiet * (_MOST_QUIET if self._in_vain > 1 else 1.0)
        few = self._pace.when == EVERY_NTH and self._changes < self._pace.nth
        soon = _NEVER if few or self._pace.when == TIMED else self._last + quiet
        wanted = min(soon, self._first + self._pace.longest)
        return max(min(wanted, self._again), self._not_before)

    def begins(self) -> None:
        """Note that a look begins: what changes from now on is for the next one."""
        self._first = None
        self._changes = 0

    def looked(self, now: float, *, found: bool, asked: bool) -> None:
        """Note that a look ended well.

        Args:
            now: the time.
            found: whether it recorded something.
            asked: whether a change had asked for it (else it was the second look).
        """
        self._failures = 0
        self._not_before = 0.0
        if found:
            self._found = now
        self._in_vain = 0 if found else self._in_vain + asked
        self._again = now + self._pace.longest if asked or found else _NEVER

    def failed(self, now: float, *, soon: bool = False) -> None:
        """Note that a look failed: it is tried again, later each time unless `soon`."""
        self.changed(now)
        factor = 2 ** min(self._failures, _MOST_DOUBLINGS)
        pause = min(max(self._pace.quiet, 1.0) * factor, _LONGEST_RETRY)
        self._not_before = now + (1.0 if soon else pause)
        self._failures += not soon
