"""What of the history goes into an archive: all of it, or what lies between two moments."""

from __future__ import annotations

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.store.events import Event
from git_timewarp.store.history import History
from git_timewarp.timeline import dates, selector
from git_timewarp.util.clock import iso
from git_timewarp.util.frozen import Frozen


class NoMomentError(TimewarpError):
    """A target that is no recorded moment, so nothing begins or ends there."""

    kind = Kind.USAGE
    reference = "no-moment"


class Wanted(Frozen):
    """What was asked for, as the user said it."""

    since: str | None = None
    until: str | None = None
    timeline: str | None = None
    drafts: bool = True

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self.since is self.until is self.timeline is None and self.drafts


class Selection(Frozen):
    """The same in Lamport numbers: events from `low` to `high`, both included."""

    low: int = 0
    high: int = 1 << 62
    timeline: str | None = None
    drafts: bool = True

    def takes(self, event: Event) -> bool:
        """Tell whether an event is wanted."""
        record = event.record
        if not self.low <= event.lamport <= self.high:
            return False
        if self.timeline is not None and record["timeline"] != self.timeline:
            return False
        return self.drafts or record["type"] != "draft"


def selection(history: History, wanted: Wanted) -> Selection:
    """Return what `wanted` means in this history.

    Raises:
        UnknownTargetError, AmbiguousTargetError: as `selector.resolve`.
        NoMomentError: a git revision, or a time after or before which there is nothing.
    """
    low = 0 if wanted.since is None else _bound(history, wanted.since, first=True)
    high = 1 << 62 if wanted.until is None else _bound(history, wanted.until, first=False)
    if low > high:
        raise NoMomentError(
            f"'{wanted.since}' is after '{wanted.until}'", hint="git timewarp export --help"
        )
    return Selection(low, high, wanted.timeline, wanted.drafts)


def _bound(history: History, text: str, *, first: bool) -> int:
    when = None if selector.is_reserved(text) else dates.strict(history.repo.git, text)
    if when is None:
        found = selector.resolve(history, text)
        if found.entry is None:
            raise NoMomentError(
                f"'{text}' is no recorded moment: name an event, a snapshot or a time",
                hint="git timewarp log --all",
            )
        return found.entry.lamport
    limit = iso(when)
    where = "ts >= ?" if first else "ts <= ?"
    numbers = [
        entry.lamport
        for entry in history.entries(where, (limit,))
        if (entry.ts >= limit if first else entry.ts <= limit)
    ]
    if not numbers:
        side = "after" if first else "before"
        raise NoMomentError(f"nothing was recorded {side} '{text}'", hint="git timewarp log --all")
    return min(numbers) if first else max(numbers)
