"""Disaster: a moment written out without git, and our own records made again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from git_timewarp.store.failures import told
from git_timewarp.util.clock import Clock

if TYPE_CHECKING:
    from git_timewarp.app.opened import Opened
    from git_timewarp.rescue.results import Derived, Listing, Rebuilt, Rescued
    from git_timewarp.timeline.operation import Operation

Progress = Callable[[int, int], None]
LIMIT = 1_000
"""Commits of git's history that become events, unless asked for more."""


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
        from git_timewarp.rescue import emergency  # noqa: PLC0415 - it loads dulwich

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
        from git_timewarp.rescue import emergency, times  # noqa: PLC0415 - it loads dulwich

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

    def from_git(
        self, *, since: str | None = None, limit: int = LIMIT, dry_run: bool = False
    ) -> Derived:
        """Record what git's own history and reflog tell, each once."""
        from git_timewarp.rescue import from_git  # noqa: PLC0415
        from git_timewarp.timeline import dates, start  # noqa: PLC0415

        app = self._app
        after = dates.stored(
            app.repo.git, since, hint="git timewarp recover --from-git --since '3 months ago'"
        )
        with told():
            if dry_run and not app.recording:
                return from_git.preview(None, app.repo, since=after, limit=limit)
            if dry_run:
                with app.operation("recover") as op:
                    return from_git.preview(op, app.repo, since=after, limit=limit)
            app.need_room("nothing is derived from git")
            if not app.recording:
                start.prepare(app.repo, app.world)
            return from_git.derive(self._operation, since=after, limit=limit)

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
