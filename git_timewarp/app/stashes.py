"""Our stashes beside git's own."""

from __future__ import annotations

from git_timewarp.app.opened import Opened
from git_timewarp.timeline import stash
from git_timewarp.timeline.results_stash import GitStashEntry, StashLists


class Stashes:
    """What an opened repository knows of both lists of stashes."""

    def __init__(self, app: Opened) -> None:
        self._app = app

    def lists(self) -> StashLists:
        """Return both lists, each entry with its like in the other."""
        with self._app.history() as history:
            return stash.lists(history)

    def store(self, name: str, *, message: str = "", dry_run: bool = False) -> GitStashEntry:
        """Put a stash of ours, or any snapshot, on git's own list as well."""
        with self._app.operation("stash-store") as op:
            return stash.store(op, name, message=message, dry_run=dry_run)
