"""Recorders, operations and events in one line each, on real repositories."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from git_timewarp.git.names import Oid
from git_timewarp.git.repo import Repo, discover
from git_timewarp.store.chain import Actor, NewEvent
from git_timewarp.store.events import Event
from git_timewarp.store.history import History
from git_timewarp.store.index_fill import fill
from git_timewarp.store.limits import Limits
from git_timewarp.store.recorder import Recorder
from git_timewarp.store.records import whole_record
from git_timewarp.store.writer import Surroundings
from git_timewarp.timeline import snapshot, start
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.world import World
from git_timewarp.util.clock import Clock, SystemClock
from tests.support.repo_builder import RepoBuilder

ADA = Actor("person", "ada@example.com")
OFTEN = Limits(events=1, drafts=1)
NEVER = Limits(events=1_000_000, drafts=1_000_000, objects=10**9, seconds=10**9)


def opened(repo: RepoBuilder) -> Repo:
    """Return the repository as the program sees it."""
    return discover(str(repo.path), repo.env())


def around(repo: RepoBuilder) -> Surroundings:
    """Return a machine whose home is that of the test."""
    return Surroundings("machine-1", os.path.join(repo.env()["HOME"], ".local/state/git-timewarp"))


def world(repo: RepoBuilder, *, clock: Clock | None = None, limits: Limits | None = None) -> World:
    """Return what operations are given."""
    return World(
        repo=opened(repo),
        clock=clock or SystemClock(),
        around=around(repo),
        limits=limits or Limits(),
        actor=ADA,
    )


def begin(repo: RepoBuilder, *, clock: Clock | None = None, limits: Limits | None = None) -> World:
    """Start recording and return the world: state folder, settings, no snapshot yet."""
    given = world(repo, clock=clock, limits=limits)
    start.prepare(given.repo, given)
    return given


def recorder(given: World) -> Recorder:
    """Return a recorder, not opened yet."""
    return Recorder(given.repo, clock=given.clock, around=given.around, limits=given.limits)


def note(
    anchor: Oid, summary: str = "note", *, kind: str = "note", key: str | None = None
) -> NewEvent:
    """Describe an event on `anchor`."""
    return NewEvent(
        type=kind,
        summary=summary,
        actor=ADA,
        anchor=anchor,
        worktree="main-worktree",
        timeline="main",
        key=key,
    )


def record(given: World, new: Sequence[NewEvent], *, fold: bool = False) -> list[Event]:
    """Record events in one go and return them as stored."""
    with recorder(given) as rec:
        sealed = rec.seal(new)
        rec.append(sealed, fold=fold)
        return sealed


def take(
    given: World, summary: str = "", *, kind: str = "snapshot", fold: bool = True
) -> snapshot.Taken:
    """Take a snapshot of the work tree."""
    wish = snapshot.Wish(kind, "user", summary=summary, fold=fold)
    with Operation(given, kind) as op:
        return snapshot.take(op, wish)


@contextmanager
def history(given: World) -> Iterator[History]:
    """Open everything recorded."""
    with closing(History(given.repo, fill=fill)) as found:
        yield found


def lines_of(given: World) -> list[bytes]:
    """Return every stored event line, folded or not, oldest first."""
    with history(given) as found:
        entries = list(found.entries())
        records = [(entry.lamport, entry.writer, whole_record(found, entry)) for entry in entries]
    ordered = sorted(records, key=lambda item: item[:2])
    return [str(record["hash"]).encode() for _, _, record in ordered]
