"""What the settings ask of a watcher, read again when a file they come from changed.

Whether one changed is told by stamps of the files: a few calls of stat a turn, no process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from git_timewarp.config.schema import TRACKED_FILE
from git_timewarp.config.settings import Settings
from git_timewarp.git import config
from git_timewarp.git.repo import Repo
from git_timewarp.integrity import mounts
from git_timewarp.integrity.mounts import Mount
from git_timewarp.retention.settings import Bounds, bounds
from git_timewarp.store import warm
from git_timewarp.timeline.world import World
from git_timewarp.util.clock import Clock
from git_timewarp.watch import roots
from git_timewarp.watch.schedule import Pace

_LOCK_SECONDS = 0.5
_TRY = 60.0
"""Seconds after which settings that could not be read are tried again, changed or not."""


class Manner(NamedTuple):
    """How to watch: the pace, and why to poll although the system tells of changes."""

    pace: Pace
    polling: str | None = None


class Rules(NamedTuple):
    """All that a watcher takes from the settings.

    Attributes:
        settings: they.
        world: what its drafts are given.
        manner: how it watches.
        hours: how many lie between two verifies, 0 for none.
        bounds: what is kept, and how much room it may take.
    """

    settings: Settings
    world: World
    manner: Manner
    hours: float
    bounds: Bounds


def of(world: World, settings: Settings) -> Rules:
    """Read them out of the settings."""
    patient = world._replace(limits=world.limits._replace(lock_seconds=_LOCK_SECONDS))
    hours = settings.int("timewarp.verify.intervalHours")
    how = manner(settings, world.repo, mounts.here())
    return Rules(settings, patient, how, hours, bounds(settings))


def manner(settings: Settings, repo: Repo, mounted: list[Mount] | None) -> Manner:
    """Read how to watch a work tree on a machine with such mounts."""
    pace = Pace(
        quiet=settings.int("timewarp.autosave.debounceSeconds"),
        longest=settings.int("timewarp.autosave.intervalSeconds"),
        idle=settings.int("timewarp.autosave.idleMinutes") * 60.0,
        when=settings.str("timewarp.snapshot.frequency"),
        nth=settings.int("timewarp.snapshot.everyNthWrite"),
    )
    if settings.str("timewarp.autosave.mode") == "polling":
        return Manner(pace, polling="timewarp.autosave.mode asks for it")
    return Manner(pace, polling=roots.unseen(repo, mounted))


Read = Callable[[], tuple[World, Settings]]


class Rereading:
    """Knows which files the settings came from, and how these looked."""

    def __init__(self, repo: Repo, read: Read, *, clock: Clock) -> None:
        """See the class; `read` gives the settings of now, or raises a TimewarpError."""
        self._repo = repo
        self._read = read
        self._clock = clock
        self._files: tuple[str, ...] = ()
        self._stamps: warm.Stamps = ()
        self._again_at = float("-inf")

    def again(self) -> Rules | None:
        """Return the rules when a file changed since the last call, always the first time.

        Raises:
            TimewarpError, OSError: they cannot be read now; it is tried again in a minute.
        """
        now = self._clock.monotonic()
        seen = warm.stamps(self._files)
        if seen == self._stamps and now < self._again_at:
            return None
        self._stamps = seen
        self._again_at = now + _TRY
        # Stamped before it is read: what changes meanwhile is read once more.
        files, _ = config.read_with_files(self._repo)
        self._files = (*files, os.path.join(self._repo.work_tree, TRACKED_FILE))
        self._stamps = warm.stamps(self._files)
        found = of(*self._read())
        self._again_at = float("inf")
        return found
