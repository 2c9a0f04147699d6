"""Room on the disk: what is ours, how much is free, and what may be written with so little.

One ladder (settings `timewarp.disk.*`): below `notice` it is told where somebody asks, below
`warn` wherever the state is told, below `stop` no snapshot is taken any more and no journey
begun, because none can be without one. Events are recorded as long as anything fits.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

from git_timewarp.config.settings import Settings
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.store import leaving
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes

OK, NOTICE, WARN, STOP = "ok", "notice", "warn", "stop"
SKIPPED = "skipped-disk"
"""What the event of a snapshot that was not taken has as `snapshot` in its data."""


QUOTA = "timewarp.quota.size"
"""The setting for what may be ours."""

AUTO = 85
"""Percent of the quota from which compacting begins by itself."""


class LowDiskError(TimewarpError):
    """So little is free on the disk that no snapshot is taken."""

    kind = Kind.REFUSED
    reference = "low-disk"


def free_bytes(path: str) -> int:
    """Return how many bytes this user may still write on the disk that holds `path`."""
    found = os.statvfs(to_bytes(path))
    return found.f_bavail * found.f_frsize


class Room(Frozen):
    """The steps of the ladder in bytes, and who tells what is free."""

    notice: int = 0
    warn: int = 0
    stop: int = 0
    free: Callable[[str], int] = free_bytes

    def level(self, free: int) -> str:
        """Return which step of the ladder `free` bytes are on."""
        if free < self.stop:
            return STOP
        if free < self.warn:
            return WARN
        return NOTICE if free < self.notice else OK

    def need(self, path: str, *, what: str, hint: str = "git timewarp storage") -> None:
        """Refuse `what` where too little is free on the disk that holds `path`.

        Raises:
            LowDiskError: below `stop`; nothing was written.
        """
        free = self.free(path) if self.stop else 0
        if free < self.stop:
            raise LowDiskError(
                f"{what}: only {megabytes(free)} are free on the disk, "
                f"and {megabytes(self.stop)} have to be",
                hint=hint,
            )


def room_of(settings: Settings) -> Room:
    """Return the ladder as the settings say it."""
    return Room(
        notice=settings.int("timewarp.disk.notice"),
        warn=settings.int("timewarp.disk.warn"),
        stop=settings.int("timewarp.disk.stop"),
    )


class Space(NamedTuple):
    """How things stand.

    Attributes:
        share: bytes that are ours, of `quota`; `leaving` of them go when old packs do.
        free: bytes free on the disk, on the step `level` of the ladder.
    """

    share: int
    quota: int
    free: int
    level: str
    leaving: int = 0

    @property
    def percent(self) -> int:
        """How much of the quota is used, in percent; what is about to go does not count."""
        return (self.share - self.leaving) * 100 // self.quota

    @property
    def presses(self) -> bool:
        """Whether it is time to compact."""
        return self.percent >= AUTO or self.level in {WARN, STOP}


def space(repo: Repo, *, quota: int, room: Room) -> Space:
    """Look how things stand."""
    packs = leaving.taken(os.path.join(repo.objects_dir, "pack"))
    old = sum(packs.get(name, 0) for name in leaving.superseded(repo.state_dir))
    free = room.free(repo.common_dir)
    share = sum(packs.values()) + local(repo.state_dir)
    return Space(share, quota, free, room.level(free), old)


def local(folder: str) -> int:
    """Return the bytes that the files below a folder take."""
    return sum(
        leaving.on_disk(os.path.join(place, name))
        for place, _, files in os.walk(folder)
        for name in files
    )


def megabytes(count: int) -> str:
    """Return bytes for people, from a tenth of a megabyte."""
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count / 1024**2:.1f} MB"
