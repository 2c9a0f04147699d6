"""The log of what the program did by itself: `log --system`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from git_timewarp.app.opened import Opened
from git_timewarp.safety import log
from git_timewarp.safety.log import Record
from git_timewarp.timeline import dates


class SystemLog:
    """What an opened repository has in its log."""

    def __init__(self, app: Opened) -> None:
        self._app = app

    def records(
        self,
        *,
        limit: int | None = None,
        components: Sequence[str] = (),
        since: str | None = None,
        until: str | None = None,
    ) -> Iterator[Record]:
        """Give records newest first; those of some components, between two times."""
        git = self._app.repo.git
        first, last = dates.stored(git, since), dates.stored(git, until)
        found = (
            record
            for record in log.records(self._app.state_dir)
            if (not components or record.component in components)
            and (first is None or record.ts >= first)
            and (last is None or record.ts <= last)
        )
        return islice(found, limit)
