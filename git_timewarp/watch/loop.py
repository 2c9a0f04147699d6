"""The life of the background process, from the lock to the last draft."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping

from git_timewarp import __version__
from git_timewarp.config.settings import Settings
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.retention.chores import Chores as Room
from git_timewarp.safety.log import Log
from git_timewarp.timeline.recording import NotRecordingError, is_recording
from git_timewarp.timeline.world import World
from git_timewarp.util.clock import iso
from git_timewarp.util.locking import FileLock, LockTimeoutError
from git_timewarp.watch import identity, place, rules, spawn
from git_timewarp.watch.chores import Chores
from git_timewarp.watch.place import Place
from git_timewarp.watch.rules import Read, Rereading
from git_timewarp.watch.source import Stop
from git_timewarp.watch.state import State
from git_timewarp.watch.watcher import Watcher

_NICE = 10
_OTHER_SECONDS = 1.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class AlreadyWatchingError(TimewarpError):
    """Another process watches this work tree."""

    kind = Kind.REFUSED
    reference = "already-watching"


def run(world: World, *, settings: Settings, environ: Mapping[str, str], read: Read) -> None:
    """Watch until told to stop; in the background when `spawn.launch` started us.

    `read` gives the settings as they are when it is called, and the world they make.

    Raises:
        NotRecordingError: nothing records here.
        AlreadyWatchingError: there is a watcher already.
    """
    ready = spawn.waited_for(environ)
    if ready is None:
        _run(world, settings, ready, environ, read)
        return
    try:
        _run(world, settings, ready, environ, read)
    except TimewarpError as exc:
        ready.tell({"error": exc.to_dict()})
        raise


def _run(
    world: World,
    settings: Settings,
    ready: spawn.Ready | None,
    environ: Mapping[str, str],
    read: Read,
) -> None:
    if not is_recording(world.repo):
        raise NotRecordingError
    where = place.of(world.repo)
    os.makedirs(where.folder, exist_ok=True)
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    lock = _alone(world, where)
    with _signalled() as stop:
        _forget(where.stop)
        _forget(where.state)
        _forget(where.socket)
        told = State(
            running=True,
            identity=identity.own(),
            version=__version__,
            since=iso(world.clock.now_ns()),
        )
        asked = rules.of(world, settings)
        log = Log(world.repo.state_dir, "watcher", clock=world.clock, level=world.log_level)
        log.write("info", f"watching '{world.repo.work_tree}'", {"version": __version__})
        chores = Chores(
            world.repo,
            where,
            clock=world.clock,
            hours=asked.hours,
            environ=environ,
            room=Room(asked.bounds),
        )
        watcher = Watcher(
            asked.world,
            where,
            asked.manner,
            lock_fd=lock.fd,
            told=told,
            chores=chores,
            settings=settings,
            rereading=Rereading(world.repo, read, clock=world.clock),
        )
        try:
            watcher.look()
            if ready is not None:
                ready.tell({"watching": True})
            watcher.run(stop)
        finally:
            watcher.close()
            if is_recording(world.repo):
                log.write("info", f"not watching '{world.repo.work_tree}' any more")
            _forget(where.state)
            _forget(where.stop)


def _alone(world: World, where: Place) -> FileLock:
    """Take the lock for life: the system gives it back when the process has ended, no sooner."""
    lock = FileLock(where.lock, clock=world.clock, timeout=_OTHER_SECONDS)
    try:
        lock.acquire()
    except LockTimeoutError as exc:
        raise AlreadyWatchingError(
            f"another process watches '{world.repo.work_tree}'", hint="git timewarp watch status"
        ) from exc
    return lock


@contextlib.contextmanager
def _signalled() -> Iterator[Stop]:
    """Give a stop request that the usual signals set; they do what they did before, afterwards."""
    stop = Stop()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, action in before.items():
            signal.signal(number, action)
        stop.close()


def _forget(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
