"""Starting and stopping the watcher of a work tree, from another process."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass

from git_timewarp import __version__
from git_timewarp.config.settings import Settings
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.timeline.world import World
from git_timewarp.util import faults
from git_timewarp.watch import place, spawn, state
from git_timewarp.watch.identity import Identity
from git_timewarp.watch.place import Place
from git_timewarp.watch.state import State

_PATIENCE = 30.0
_STEP = 0.02


class WatcherBusyError(TimewarpError):
    """The watcher was asked to end and has not."""

    kind = Kind.LOCKED
    reference = "watcher-busy"


@dataclass(frozen=True, slots=True)
class Controlled:
    """The answer of `start` and `stop`: how the watcher is now, and whether that is new."""

    state: State
    changed: bool

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form."""
        return {**self.state.to_dict(), "changed": self.changed}


def start(world: World, *, environ: Mapping[str, str], settings: Settings) -> Controlled:
    """Start the watcher if none runs, or if the one that runs is another version of us.

    Returns when it is live: changes are noticed from now on, and what had changed since
    the latest snapshot is in a draft.

    Raises:
        WatcherNotStartedError: it could not become live.
    """
    before = _told(world)
    if before.running:
        if before.version == __version__:
            return Controlled(before, changed=False)
        stop(world)
    given = spawn.environment(environ, settings)
    spawn.launch(world.repo, place.of(world.repo), environ=given, clock=world.clock)
    return Controlled(_told(world), changed=True)


def _told(world: World) -> State:
    """Return how the watcher is; one that is just starting is waited for until it says who it is."""
    deadline = world.clock.monotonic() + _PATIENCE
    found = state.read(world.repo)
    while found.running and not (found.identity is not None and found.identity.is_alive):
        if world.clock.monotonic() >= deadline:
            break
        world.clock.sleep(_STEP)
        found = state.read(world.repo)
    return found


def stop(world: World) -> Controlled:
    """Stop the watcher; work that is not in a draft yet is put into one first.

    Raises:
        WatcherBusyError: it does not end.
    """
    where = place.of(world.repo)
    before = state.read(world.repo)
    if not before.running:
        _forget(where.state)
        return Controlled(State(last_draft=before.last_draft), changed=False)
    _end(world, where)
    _forget(where.stop)
    return Controlled(State(last_draft=before.last_draft), changed=True)


def stop_all(world: World) -> None:
    """Stop the watchers of every work tree of this repository.

    Raises:
        WatcherBusyError: one does not end.
    """
    folder = place.of(world.repo).folder
    with contextlib.suppress(FileNotFoundError):
        for name in sorted(os.listdir(folder)):
            where = Place(folder, name.removesuffix(".lock"))
            if name.endswith(".lock") and state.is_locked(where):
                _end(world, where)
                _forget(where.stop)


def _end(world: World, where: Place) -> None:
    """Ask until it has ended; the request is made again should a start just have removed it."""
    deadline = world.clock.monotonic() + _PATIENCE
    signalled: Identity | None = None
    while state.is_locked(where):
        if not os.path.exists(where.stop):
            faults.point("write watch stop")
            os.close(os.open(where.stop, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
        told = state.load(where)
        who = told.identity if told is not None else None
        if who is not None and who != signalled and who.is_alive:
            signalled = who
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(who.pid, signal.SIGTERM)
        if world.clock.monotonic() >= deadline:
            number = who.pid if who is not None else "unknown"
            raise WatcherBusyError(
                f"the watcher (process {number}) has not ended after {_PATIENCE:g} s",
                hint="git timewarp watch status",
            )
        world.clock.sleep(_STEP)


def _forget(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
