"""Ending the recording: the hooks go, then everything else; also after a crash."""

from __future__ import annotations

import os
from collections.abc import Callable

from git_timewarp.git.repo import Repo
from git_timewarp.hooks import config_file, uninstall
from git_timewarp.hooks.fingerprint import digest
from git_timewarp.store import transaction
from git_timewarp.store.events import Json
from git_timewarp.store.paths import Paths
from git_timewarp.timeline import observe, start
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.recording import is_recording, refusal
from git_timewarp.timeline.world import World
from git_timewarp.util import atomic


def deinit(
    world: World,
    *,
    purge: bool,
    dry_run: bool,
    notices: list[str],
    quieten: Callable[[], object],
) -> Json:
    """Stop recording; where nothing records, take away what is left of it.

    Args:
        world: whose operation.
        purge: whether every ref and file of ours goes too.
        dry_run: only tell what would happen.
        notices: receives what there is to tell.
        quieten: stops every watcher.

    Raises:
        NotRecordingError: nothing records and nothing is left.
        NotFoldedError: what is recorded cannot be moved into git now.
    """
    is_on = is_recording(world.repo)
    refs = sorted(transaction.current(world.repo)) if purge else []
    left = False
    if not is_on:
        left = uninstall.uninstall(world.repo, dry_run=dry_run, force=True).changed
        left |= not dry_run and start.unset_gc(world.repo)
    if not (is_on or left or refs):
        raise refusal(world.repo)
    if dry_run:
        return {"v": 1, "purged": purge, "refs_removed": refs, "dry_run": True}
    if not is_on and not refs:
        start.finish_removal(world.repo)
        return {
            "v": 1,
            "purged": purge,
            "refs_removed": [],
            "packs": 0,
            "left": [],
            "dry_run": False,
        }
    quieten()
    if not is_on:
        start.prepare(world.repo, world)
    with Operation(world, "deinit", notices=notices) as op:
        if not purge:
            observe.drain(op)
            start.fold(op)
        op.begin({"kind": start.ENDING, "purge": purge})
        return end(op, purge=purge)


def end(op: Operation, *, purge: bool) -> Json:
    """Put back the user's hooks and stop recording; `op` has its intent in the journal."""
    uninstall.uninstall(op.repo)
    start.unset_gc(op.repo)
    _give_end_back(op.repo)
    return {"v": 1, **start.stop(op, purge=purge), "dry_run": False}


def _give_end_back(repo: Repo) -> None:
    """Take the newline away that our settings brought, if the file is else what it was."""
    known = atomic.read(Paths(repo.state_dir).unended)
    if known is None:
        return

    def change(data: bytes) -> bytes:
        is_as_before = digest(data.removesuffix(b"\n")).encode() == known
        return data.removesuffix(b"\n") if is_as_before else data

    config_file.rewrite(os.path.join(repo.common_dir, "config"), change)


def finish(op: Operation) -> bool:
    """End the recording if a `deinit` was cut off; tell whether it was."""
    for intent in op.recorder.journal.intents.values():
        if intent.get("kind") == start.ENDING:
            transaction.remove_stale_locks(op.repo, clock=op.world.clock)
            end(op, purge=bool(intent.get("purge")))
            return True
    return False
