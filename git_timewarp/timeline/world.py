"""What every operation is given: the work tree, who acts, the clock and the limits."""

from collections.abc import Mapping
from typing import Self

from git_timewarp.capture.watched import Watched
from git_timewarp.config.settings import Settings
from git_timewarp.git.repo import Repo
from git_timewarp.store.chain import Actor
from git_timewarp.store.limits import Limits
from git_timewarp.store.room import Room, room_of
from git_timewarp.store.warm import Warm
from git_timewarp.store.writer import Surroundings, surroundings
from git_timewarp.util.clock import Clock
from git_timewarp.util.frozen import Frozen


class World(Frozen):
    """The surroundings of an operation, passed in by the frontend (style rule 5).

    Attributes:
        max_untracked: bytes above which an untracked file is only referenced.
        max_snapshot: bytes that one snapshot may add; 0 for no limit.
        room: what may be written with how much free space.
        timeline: name of the line of snapshots that new ones join.
        session: the session events carry, or None.
        watched: who watches the work tree, or None.
        warm: what the process keeps between its operations, or None.
        log_level: the least that is worth a line in the log.
    """

    repo: Repo
    clock: Clock
    around: Surroundings
    limits: Limits
    actor: Actor
    timeline: str = "main"
    max_untracked: int = 10 * 1024 * 1024
    max_snapshot: int = 0
    room: Room = Room()
    session: str | None = None
    watched: Watched | None = None
    warm: Warm | None = None
    log_level: str = "info"

    def in_a_hurry(self) -> Self:
        """Return this world for what may as well wait: it does not stand in line for the lock."""
        return self._replace(limits=self.limits._replace(lock_seconds=0.0))

    @property
    def system(self) -> Actor:
        """The actor of what we do by ourselves."""
        return Actor("system", "git-timewarp")


def of(
    repo: Repo, *, clock: Clock, environ: Mapping[str, str], settings: Settings, person: str
) -> World:
    """Return the world of one repository as its settings say; `person` acts if none names another."""
    named = settings.str("timewarp.user.actor")
    kind, colon, rest = named.partition(":")
    if colon and kind in {"person", "agent", "system"}:
        actor = Actor(kind, rest)
    else:
        actor = Actor("person", named or person)
    return World(
        repo=repo,
        clock=clock,
        around=surroundings(environ),
        limits=Limits(
            events=settings.int("timewarp.fold.events"),
            drafts=settings.int("timewarp.fold.drafts"),
            seconds=settings.int("timewarp.fold.seconds"),
            packs=settings.int("timewarp.packs.limit"),
            grace_seconds=settings.int("timewarp.packs.graceHours") * 3600,
            lock_seconds=settings.int("timewarp.lock.timeoutSeconds"),
            startup_events=settings.int("timewarp.verify.startupEvents"),
        ),
        actor=actor,
        timeline=settings.str("timewarp.timeline"),
        max_untracked=settings.int("timewarp.snapshot.maxUntrackedBytes"),
        max_snapshot=settings.int("timewarp.snapshot.maxBytes"),
        room=room_of(settings),
        log_level=settings.str("timewarp.log.level"),
    )
