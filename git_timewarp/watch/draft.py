"""One look at the work tree: an ordinary capture, kept as a draft when something changed."""

from __future__ import annotations

from dataclasses import dataclass

from git_timewarp.store import layout
from git_timewarp.timeline import observe, snapshot
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.world import World


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look brought.

    Attributes:
        drafted: whether the work tree had changed and is in a draft now.
        noted: whether git hooks had left notes that are events now.
        notices: what a user should know, found on the way.
    """

    drafted: bool
    noted: bool = False
    notices: tuple[str, ...] = ()


def take(world: World, *, trusting: bool = False) -> Looked:
    """Drain what hooks noted and take a draft; nothing changed, nothing recorded.

    The work tree is never written to: an operation that a crash cut off waits for the next
    command of the user. `trusting`: look only at what the watcher tells of, where it knows.

    Raises:
        TimewarpError, OSError: no draft was taken; try again later.
    """
    with Operation(world, "draft") as op:
        noted = observe.drain(op)
        wish = snapshot.Wish("draft", "watch", kind=layout.DRAFTS, actor=world.system)
        taken = snapshot.take(op, wish, trusting=trusting)
        return Looked(taken.created, bool(noted), tuple(op.notices))


def fold(world: World) -> None:
    """Fold what waits, although nothing happens any more."""
    with Operation(world, "fold") as op:
        observe.drain(op)
        op.recorder.fold()
