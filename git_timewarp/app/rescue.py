"""Disaster: a moment written out without git, and our own records made again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from git_timewarp.rescue import emergency, times
from git_timewarp.rescue.results import Listing, Rescued
from git_timewarp.store.failures import told
from git_timewarp.util.clock import Clock

Progress = Callable[[int, int], None]


class Emergency:
    """What works where no repository can be opened; every method may raise a TimewarpError."""

    def __init__(self, start: str, *, environ: Mapping[str, str], clock: Clock) -> None:
        self._start = start
        self._environ = environ
        self._clock = clock

    def moments(
        self, *, git_dir: str | None = None, progress: Progress = lambda *_: None
    ) -> Listing:
        """Tell which moments are left, oldest first, and how whole each is."""
        with told():
            return emergency.listing(self._start, git_dir, progress=progress)

    def restore(
        self,
        *,
        to: str,
        at: str | None = None,
        git_dir: str | None = None,
        progress: Progress = lambda *_: None,
    ) -> Rescued:
        """Write the latest moment, or the latest at a time, into the empty folder `to`."""
        at_ns = None if at is None else times.parsed(at, now_ns=self._clock.now_ns())
        wanted = emergency.Wanted(self._start, git_dir, at_ns, to)
        with told():
            return emergency.restore(wanted, environ=self._environ, progress=progress)
