"""What the watcher does about room, every minute: look, and compact when it presses.

    chores = Chores(bounds(settings))
    for text in chores.turn(world): log.write(text)      # each 60 s; one look costs a millisecond

`turn` takes the lock only when it compacts, and then does not wait for it. After it has
compacted it leaves things alone for some hours: what the rules keep, a second run keeps too.
"""

from __future__ import annotations

from git_timewarp.errors import TimewarpError
from git_timewarp.retention.compact import compact
from git_timewarp.retention.settings import Bounds
from git_timewarp.store.room import OK, STOP, WARN, Space, megabytes, space
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.world import World

EVERY = 60.0
"""Seconds between two looks."""

_AGAIN = 6 * 3600.0
_SOON = 600.0


class Chores:
    """Remembers, while the watcher lives, what was told and when there was compacting."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._not_before = float("-inf")
        self._level = OK

    def follow(self, bounds: Bounds) -> None:
        """Go by other rules from now on."""
        self._bounds = bounds

    def turn(self, world: World) -> list[str]:
        """Look, and compact if need be; return what is worth a line in the log.

        Raises:
            OSError: the disk does not even say how full it is.
        """
        found = space(world.repo, quota=self._bounds.quota, room=world.room)
        told = []
        if found.level != self._level:
            self._level = found.level
            told.append(f"{megabytes(found.free)} are free on the disk ({found.level})")
        now = world.clock.monotonic()
        if self._bounds.auto and found.presses and now >= self._not_before:
            told += self._compact(world, found)
        return told

    def _compact(self, world: World, found: Space) -> list[str]:
        now = world.clock.monotonic()
        self._not_before = now + _SOON
        try:
            with Operation(world.in_a_hurry(), "compact") as op:
                done = compact(op, self._bounds.policy, now=found.level in {WARN, STOP})
        except TimewarpError as exc:
            return [f"compacting was put off: {exc.message}"]
        self._not_before = now + _AGAIN
        if not done.removed and done.frees <= 0:
            return []
        when = "when the old packs go" if done.waits else "now"
        freed = f"{megabytes(max(done.frees, 0))} are free {when}"
        return [f"compacted: {done.removed} snapshots removed, {freed}"]
