"""`emergency-restore`: a moment, written into an empty folder, without git and without us.

Nothing of the repository is changed and nothing of it is trusted; no lock is taken.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import raw_attributes
from git_timewarp.git.raw import RawStore
from git_timewarp.git.raw_place import Place
from git_timewarp.rescue import moments, place, write
from git_timewarp.rescue.results import Listing, Moment, Rescued, Trouble
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.util.clock import iso
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import shell

_UNDESCRIBED = (
    "the description of the snapshot is lost: what was not captured, and which folders were "
    "empty, is not known"
)

Progress = Callable[[int, int], None]
"""Is told how many of how many steps are done."""


class NoMomentLeftError(TimewarpError):
    """No snapshot that could be written out is left, or none that old."""

    kind = Kind.NOT_FOUND
    reference = "no-moment-left"


class Wanted(Frozen):
    """What to bring back, and where from.

    Attributes:
        start: the folder the command was started in.
        git_dir: the git directory to read, None for the one around `start`.
        at_ns: the newest moment that is not after this, None for the latest.
        to: the folder to write into.
    """

    start: str
    git_dir: str | None
    at_ns: int | None
    to: str


def listing(start: str, git_dir: str | None, *, progress: Progress) -> Listing:
    """Tell which moments are left and how whole each is.

    Raises:
        NothingLeftError: there is no git directory.
    """
    there = place.find(start, git_dir)
    with place.store(there) as store:
        found = moments.search(store, there.common_dir)
        losses = moments.Losses(store)
        damage: moments.Losses | None = None
        left = []
        for number, item in enumerate(found.snapshots):
            progress(number, len(found.snapshots))
            away = missing = losses.files(item)
            if away:
                damage = damage or moments.Losses(store, store.promised)
                missing = damage.files(item)
            left.append(
                Moment(
                    item.id,
                    item.ts,
                    item.trigger,
                    item.worktree,
                    missing,
                    away - missing,
                    described=item.is_described,
                )
            )
    return Listing(git_dir=there.git_dir, moments=tuple(left), gone=found.gone)


def restore(wanted: Wanted, *, environ: Mapping[str, str], progress: Progress) -> Rescued:
    """Write the newest wanted moment into an empty folder; tell what could not be.

    Raises:
        NotEmptyError: the folder is not empty; nothing was written.
        NothingLeftError, NoMomentLeftError: there is nothing to write.
        OSError: the disk is full or fails.
    """
    there = place.find(wanted.start, wanted.git_dir)
    to = os.path.normpath(os.path.join(wanted.start, wanted.to))
    write.check_target(to, git_dirs=(there.git_dir, there.common_dir))
    with place.store(there) as store:
        found = moments.search(store, there.common_dir)
        mine = _of_worktree(found.snapshots, there)
        chosen = _chosen(mine, wanted, there)
        writer = write.Writer(
            store,
            to,
            git_dir=there.git_dir,
            settings=raw_attributes.settings(_configs(there, environ)),
            outside=raw_attributes.read(os.path.join(there.common_dir, "info", "attributes")),
            media=os.path.join(there.common_dir, "lfs", "objects"),
            progress=progress,
        )
        writer.write(chosen.view)
        if not chosen.is_described:
            writer.missing.append(Trouble(".", _UNDESCRIBED))
        before = _whole_before(store, mine, chosen) if writer.missing else None
    return Rescued(
        snapshot=chosen.id,
        ts=chosen.ts,
        git_dir=there.git_dir,
        to=wanted.to,
        files=writer.files,
        links=writer.links,
        folders=writer.folders,
        missing=tuple(sorted(writer.missing)),
        notes=tuple(sorted(writer.notes)),
        gone=found.gone,
        whole_before=before,
        not_fetched=tuple(sorted(writer.not_fetched)),
    )


def _of_worktree(found: Sequence[Snapshot], there: Place) -> Sequence[Snapshot]:
    """Return the snapshots of the work tree one stands in; of all where it has none."""
    own = place.worktree(there)
    mine = [item for item in found if item.worktree == own]
    return mine or found


def _chosen(mine: Sequence[Snapshot], wanted: Wanted, there: Place) -> Snapshot:
    until = None if wanted.at_ns is None else iso(wanted.at_ns)
    old_enough = [item for item in mine if until is None or moments.when(item) <= until]
    if old_enough:
        return old_enough[-1]
    told = f" --git-dir {shell(wanted.git_dir)}" if wanted.git_dir is not None else ""
    if mine:
        raise NoMomentLeftError(
            f"no snapshot in '{there.git_dir}' is that old, the oldest left is of {mine[0].ts}",
            hint=f"git timewarp emergency-restore --list{told}",
        )
    raise NoMomentLeftError(
        f"no snapshot of ours is left in '{there.git_dir}', nothing was written",
        hint="git timewarp recover --from-git",
    )


def _whole_before(store: RawStore, mine: Sequence[Snapshot], chosen: Snapshot) -> str | None:
    """Return the time of the newest whole snapshot before the chosen one."""
    losses = moments.Losses(store, store.promised)
    for item in reversed(mine[: list(mine).index(chosen)]):
        if item.is_described and not losses.files(item):
            return item.ts
    return None


def _configs(there: Place, environ: Mapping[str, str]) -> list[str]:
    """Return the config files that may say how line ends are written, the strongest last."""
    home = environ.get("HOME", "")
    shared = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    own = environ.get("GIT_CONFIG_GLOBAL") or os.path.join(home, ".gitconfig")
    return [os.path.join(shared, "git", "config"), own, os.path.join(there.common_dir, "config")]
