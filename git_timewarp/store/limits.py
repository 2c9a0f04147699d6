"""When the journal is folded, and how long to wait for the lock (settings, design 9)."""

from git_timewarp.store.packs import MOST_SUPERSEDED
from git_timewarp.util.frozen import Frozen


class Limits(Frozen):
    """When the journal is folded, and how long to wait for the lock (settings, design 9).

    Attributes:
        objects: how many may wait: each is a file of its own, and known by its id until then.
    """

    events: int = 100
    drafts: int = 64
    objects: int = 5_000
    seconds: int = 600
    packs: int = 8
    grace_seconds: int = 24 * 3600
    superseded: int = MOST_SUPERSEDED
    lock_seconds: float = 30.0
    startup_events: int = 100
