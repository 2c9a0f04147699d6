"""What the checks of `doctor` are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from git_timewarp.git.config import GitConfig
from git_timewarp.integrity import mounts
from git_timewarp.timeline.world import World

Json = Mapping[str, object]


class Machine(NamedTuple):
    """What is mounted; None where that is not known."""

    mounts: list[mounts.Mount] | None


def look_around() -> Machine:
    """Return the machine we run on."""
    return Machine(mounts.here())


class Case(NamedTuple):
    """One repository on one machine.

    Attributes:
        world: the surroundings of an operation.
        config: the user's git settings.
        machine: what is mounted.
        hooks: the state of the hooks, each of which was made to fire.
        watcher: the state of the watcher.
        home: the user's home, or None.
        quota: bytes that may be ours.
    """

    world: World
    config: GitConfig
    machine: Machine
    hooks: Json
    watcher: Json
    home: str | None
    quota: int
