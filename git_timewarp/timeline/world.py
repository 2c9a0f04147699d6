"""What every operation is given: the work tree, who acts, the clock and the limits."""

from __future__ import annotations

from typing import NamedTuple

from git_timewarp.git.repo import Repo
from git_timewarp.store.events import Actor
from git_timewarp.store.recorder import Limits
from git_timewarp.store.writer import Surroundings
from git_timewarp.util.clock import Clock


class World(NamedTuple):
    """The surroundings of an operation, passed in by the frontend (style rule 5).

    Attributes:
        max_untracked: bytes above which an untracked file is only referenced.
        timeline: name of the line of snapshots that new ones join.
        session: the session events carry, or None.
    """

    repo: Repo
    clock: Clock
    around: Surroundings
    limits: Limits
    actor: Actor
    timeline: str = "main"
    max_untracked: int = 10 * 1024 * 1024
    session: str | None = None

    @property
    def system(self) -> Actor:
        """The actor of what we do by ourselves."""
        return Actor("system", "git-timewarp")
