"""Files that the target ignored: it could not have captured them, so it cannot say they were not.

A jump to a state whose `.gitignore` named `.env` must not remove the `.env` that has come
into view since (pitfalls 2.12). Only paths nothing tracks are looked at, and only when a
`.gitignore` differs.
"""

from __future__ import annotations

import os
import shutil

from git_timewarp.git import checkout
from git_timewarp.git.names import RepoPath
from git_timewarp.restore.change import parents
from git_timewarp.restore.entries import Contents, Layer, index_tree
from git_timewarp.restore.plan import Plan
from git_timewarp.restore.prepared import write_exact
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import View
from git_timewarp.util.text import to_bytes

_NAME = ".gitignore"


def ignored_then(
    quarantine: Quarantine, plan: Plan, *, now: View, target: View, staging_dir: str
) -> set[RepoPath]:
    """Return the paths `plan` removes, untracked now, that the target's rules ignore.

    The caller plans again with them `spare`.

    Args:
        quarantine: reads the views.
        plan: what was planned.
        now: the view it starts from.
        target: the view it leads to.
        staging_dir: absolute path of a folder of ours; emptied before and removed after.
    """
    changed = (*plan.writes, *plan.removes)
    if not any(os.path.basename(change.path) == _NAME for change in changed):
        return set()
    reader = quarantine.reader
    staged = Layer(reader, View(index_tree(reader, now), now.index_tree, now.refs, now.head))
    asked = [
        change.path
        for change in plan.removes
        if os.path.basename(change.path) != _NAME and staged.entry(change.path) is None
    ]
    if not asked:
        return set()
    shutil.rmtree(to_bytes(staging_dir), ignore_errors=True)
    folder = os.path.join(staging_dir, "ignored")
    contents = Contents(reader, target)
    try:
        for above in {"", *(above for path in asked for above in parents(path))}:
            name = f"{above}/{_NAME}" if above else _NAME
            entry = contents.entry(name)
            if entry is not None and entry.is_file:
                write_exact(f"{folder}/{name}", reader.read(entry.oid, kind="blob"))
        return checkout.ignored_below(quarantine.repo.git, folder, asked)
    finally:
        shutil.rmtree(to_bytes(staging_dir), ignore_errors=True)
