"""Restoring while git is in the middle of a merge, rebase, cherry-pick, revert, am or bisect.

Refused, unless the target was taken inside the same operation: the same commits are being
merged, the same branch is being rebased onto the same commit. Then the state files come
back too, provided HEAD is where the target had it; a rebase whose commits are made would
otherwise make them again. A target taken inside an operation that is over gives its files
and index, not the operation. What git notes in refs of the operation's own comes back with
its state files, or the two contradict each other.
"""

from __future__ import annotations

import contextlib
import os

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Reader
from git_timewarp.git.repo import Repo
from git_timewarp.restore.entries import all_paths
from git_timewarp.store.view import View, unescape
from git_timewarp.util import atomic, faults
from git_timewarp.util.text import to_bytes

_IDENTITY: dict[str, tuple[tuple[str, ...], ...]] = {
    "merge": (("MERGE_HEAD",),),
    "rebase": (
        ("rebase-merge/orig-head", "rebase-merge/onto", "rebase-merge/head-name"),
        ("rebase-apply/orig-head", "rebase-apply/onto", "rebase-apply/head-name"),
    ),
    "am": (("rebase-apply/last", "rebase-apply/0001"), ("rebase-apply/last",)),
    "cherry-pick": (("sequencer/head",), ("CHERRY_PICK_HEAD",)),
    "revert": (("sequencer/head",), ("REVERT_HEAD",)),
    "bisect": (("BISECT_START", "BISECT_NAMES"), ("BISECT_START",), ("BISECT_LOG",)),
}
"""Per operation, which files say that it is the same one; the first set that is there counts."""

_ABORT = {
    "merge": "git merge --abort",
    "rebase": "git rebase --abort",
    "am": "git am --abort",
    "cherry-pick": "git cherry-pick --abort",
    "revert": "git revert --abort",
    "bisect": "git bisect reset",
}


OWN_REFS = {"bisect": "refs/bisect/", "rebase": "refs/rewritten/"}
"""Per operation, where git keeps refs that are part of its state (gitglossary, per-worktree)."""


class OperationInProgressError(TimewarpError):
    """git is in the middle of something that a restore would break."""

    kind = Kind.REFUSED
    reference = "operation-in-progress"


def check(reader: Reader, *, now: View, target: View) -> str | None:
    """Return the operation in progress, which may go back to the target's state of it.

    Raises:
        OperationInProgressError: one is in progress, and the target is not from inside it.
    """
    name = now.operation_name
    if name is None:
        return None
    if target.operation_name == name and _identity(reader, now) == _identity(reader, target):
        return name
    raise OperationInProgressError(
        f"a {name} is in progress and the target was not taken inside it",
        hint=_ABORT[name],
    )


def _identity(reader: Reader, view: View) -> tuple[object, ...]:
    files = state_files(reader, view.operation)
    for names in _IDENTITY.get(view.operation_name or "", ()):
        if all(name in files for name in names):
            return tuple((name, files[name]) for name in names)
    return (object(),)


def state_files(reader: Reader, part: Oid | None) -> dict[str, Oid]:
    """Return path below the git directory -> blob of an `operation` part."""
    return {path: item.oid for path, item in all_paths(reader, part, decode=unescape)}


def restore_state(repo: Repo, reader: Reader, *, now: View, target: View) -> None:
    """Bring the state files of the operation in progress to where the target had them.

    To be called only after `check` said so. Can be run again after a crash.
    """
    then = state_files(reader, target.operation)
    for path in sorted(state_files(reader, now.operation).keys() - then.keys()):
        faults.point("remove state file")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(to_bytes(os.path.join(repo.git_dir, path)))
    for path, oid in sorted(then.items()):
        where = os.path.join(repo.git_dir, path)
        data = reader.read(oid, kind="blob")
        if atomic.read(where) != data:
            os.makedirs(to_bytes(os.path.dirname(where)), exist_ok=True)
            atomic.write(where, data)


def note(now: View, target: View, *, restored: bool) -> str | None:
    """Return what to tell about the operation, if anything."""
    if now.operation_name is not None and not restored:
        return (
            f"the {now.operation_name} stands where it stands: HEAD is not where the target had it"
        )
    if now.operation_name is None and target.operation_name is not None:
        return f"the {target.operation_name} that was in progress then is not resumed"
    return None
