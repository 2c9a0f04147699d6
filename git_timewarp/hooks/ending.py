"""Ending the recording: the hooks go, then everything else; also after a crash."""

from __future__ import annotations

from git_timewarp.hooks import uninstall
from git_timewarp.store import transaction
from git_timewarp.store.events import Json
from git_timewarp.timeline import start
from git_timewarp.timeline.operation import Operation


def end(op: Operation, *, purge: bool) -> Json:
    """Put back the user's hooks and stop recording; `op` has its intent in the journal."""
    uninstall.uninstall(op.repo)
    return {"v": 1, **start.stop(op, purge=purge), "dry_run": False}


def finish(op: Operation) -> bool:
    """End the recording if a `deinit` was cut off; tell whether it was."""
    for intent in op.recorder.journal.intents.values():
        if intent.get("kind") == start.ENDING:
            transaction.remove_stale_locks(op.repo, clock=op.world.clock)
            end(op, purge=bool(intent.get("purge")))
            return True
    return False
