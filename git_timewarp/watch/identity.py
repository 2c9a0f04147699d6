"""Is it still the same process? A number alone is used again (proc(5))."""

import os

from git_timewarp.util.frozen import Frozen

_BOOT = "/proc/sys/kernel/random/boot_id"


class Identity(Frozen):
    """A process, told apart from a later one with the same number.

    Attributes:
        pid: its number.
        start: when it started, in ticks since boot; None where the system does not say.
        boot: the boot it belongs to; None where the system does not say.
    """

    pid: int
    start: int | None
    boot: str | None

    @property
    def is_alive(self) -> bool:
        """Whether this very process runs; false where that cannot be known."""
        return self.start is not None and of(self.pid) == self


def of(pid: int) -> Identity:
    """Return the identity of the process that has this number now."""
    return Identity(pid, _start(pid), boot())


def own() -> Identity:
    """Return the identity of this process."""
    return of(os.getpid())


def boot() -> str | None:
    """Return the id of this boot, None where the system has none."""
    try:
        with open(_BOOT, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return None


def _start(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            told = file.read()
    except OSError:
        return None
    # The name in parentheses may hold anything, so count from the last one: field 22 is the 20th.
    fields = told.rpartition(b")")[2].split()
    return int(fields[19]) if fields[:1] not in ([b"Z"], [b"X"], []) else None
