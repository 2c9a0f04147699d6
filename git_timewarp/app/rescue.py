"""Disaster: a moment written out without git, and our own records made again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from git_timewarp.rescue import emergency, times
from git_timewarp.rescue.results import Listing, Rescued
from git_timewarp.store.failures import told
from git_timewarp.util.clock import Clock

if TYPE_CHECKING:
    from git_timewarp.app.opened import Opened
    from git_timewarp.rescue.results import Rebuilt
    from git_timewarp.timeline.operation import Operation

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


class Rescue:
    """What makes our own records again, in a repository that git opens."""

    def __init__(self, app: Opened) -> None:
        self._app = app

    def rebuild(self, *, dry_run: bool = False) -> Rebuilt:
        """Name again every snapshot and event that survives; begins to record where nothing does."""
        from git_timewarp.rescue import rebuild  # noqa: PLC0415
        from git_timewarp.timeline import start  # noqa: PLC0415

        app = self._app
        with told():
            if dry_run:
                return rebuild.preview(app.repo)
            if not app.recording:
                start.prepare(app.repo, app.world)
            return rebuild.rebuild(self._operation)

    @contextlib.contextmanager
    def _operation(self) -> Iterator[Operation]:
        from git_timewarp.timeline.operation import Operation  # noqa: PLC0415

        app = self._app
        if app.recording:
            with app.operation("recover") as op:
                yield op
        else:
            with Operation(app.world, "recover", notices=app.notices) as op:
                yield op
