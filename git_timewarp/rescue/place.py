"""Opening what is left of a repository, by looking at its files only."""

from __future__ import annotations

import os

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import generation, raw_place
from git_timewarp.git.raw import RawStore
from git_timewarp.git.raw_place import Place
from git_timewarp.store import recovery
from git_timewarp.store.paths import Paths
from git_timewarp.util.text import shell

_STATE = "timewarp"


class NothingLeftError(TimewarpError):
    """No git directory is where one was looked for, not even a broken one."""

    kind = Kind.NOT_FOUND
    reference = "nothing-left"


def find(start: str, git_dir: str | None) -> Place:
    """Return the git directory to read: the one named, or the one around `start`.

    Raises:
        NothingLeftError: there is none.
    """
    if git_dir is not None:
        there = os.path.join(start, git_dir)
        found = raw_place.at(there) or raw_place.bare(there)
        if found is None:
            raise NothingLeftError(
                f"'{git_dir}' is no git directory", hint=f"ls -la {shell(os.path.abspath(there))}"
            )
        return found
    found = raw_place.find(start)
    if found is None:
        raise NothingLeftError(
            f"'{start}' is not in a repository, not even in a broken one",
            hint="git timewarp emergency-restore --list --git-dir .git",
        )
    return found


def state_dir(place: Place) -> str:
    """Return our state folder in it, which may be gone."""
    return os.path.join(place.common_dir, _STATE)


def worktree(place: Place) -> str:
    """Return what the work tree is called in snapshots."""
    return generation.name(place.git_dir, place.common_dir)


def folders(place: Place) -> list[str]:
    """Return every object directory of the repository, ours and what was put aside included."""
    paths = Paths(state_dir(place))
    own = [paths.quarantine, *recovery.object_folders(paths)]
    return raw_place.stores(place.common_dir, own)


def store(place: Place) -> RawStore:
    """Open every object that is left."""
    stores = folders(place)
    return RawStore(stores, hash_length=raw_place.hash_length(place.common_dir, stores))
