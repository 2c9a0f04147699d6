"""The restore drill: random snapshots come back in a scratch folder, by the code that restores.

Each is restored by the engine behind `jump` into an empty repository of ours that reads our
objects; what stands there then is added to an index by git, and has to give the snapshot's
tree again. Nested repositories are compared one by one. Submodules, of which a snapshot may
hold the commit only, and filters of other programs are left out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from git_timewarp.errors import TimewarpError
from git_timewarp.git import config as git_config
from git_timewarp.git import scratch
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import MODE_GITLINK
from git_timewarp.git.repo import Repo
from git_timewarp.git.trees import Difference, differences
from git_timewarp.integrity.verify_look import LIMIT, Look
from git_timewarp.restore import plan as planning
from git_timewarp.restore.apply import Applier, Outcome
from git_timewarp.restore.entries import Contents
from git_timewarp.store.paths import Paths
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.snapshots import load
from git_timewarp.store.view import Head, View
from git_timewarp.util import directories
from git_timewarp.util.clock import Clock
from git_timewarp.util.text import some

_NAMES = 3


def drill(look: Look, snapshots: Mapping[SnapshotId, Oid], *, count: int, clock: Clock) -> None:
    """Restore `count` snapshots chosen by chance, and tell of each that is not what it was.

    Of what was removed on purpose nothing is left to restore.

    Raises:
        OSError: the disk is full or fails.
    """
    folder = os.path.join(Paths(look.repo.state_dir).scratch, "drill")
    left = sorted(snapshots.keys() - look.tombstones)
    config = git_config.read(look.repo.git)
    try:
        while left and look.drilled < count:
            at = int.from_bytes(clock.random_bytes(8), "big") % len(left)
            snapshot = left.pop(at)
            directories.remove(folder)
            directories.make(os.path.dirname(folder))
            _tell(look, snapshot, _trial(look, snapshots[snapshot], folder, config))
            look.drilled += 1
    finally:
        directories.remove(os.path.dirname(folder))


def _tell(look: Look, snapshot: SnapshotId, wrong: list[str]) -> None:
    if wrong:
        text = f"{look.label(snapshot)} does not come back: {some(wrong, most=_NAMES)}"
        affects = (*look.affected(snapshot), *wrong[:LIMIT])
        look.wrong("not-restored", text, look.remedy("git timewarp log --all"), affects)


def _trial(look: Look, entry: Oid, folder: str, config: git_config.GitConfig) -> list[str]:
    """Restore one snapshot into `folder`; return what is not as it was."""
    alternates = (Quarantine.folder(look.repo),)
    try:
        repo = scratch.make(look.repo, folder, alternates=alternates, config=config)
        quarantine = Quarantine(repo)
        try:
            target = load(quarantine.reader, entry).view
            outcome = _restored(quarantine, target)
            wrong = {str(item.path) for item in outcome.refused}
            for root, tree in _roots(quarantine, target):
                wrong |= set(_different(quarantine, tree, root))
                if root:
                    directories.remove(os.path.join(repo.work_tree, root))
        finally:
            quarantine.close()
    except TimewarpError as exc:
        return [exc.message]
    return sorted(wrong)


def _restored(quarantine: Quarantine, target: View) -> Outcome:
    repo = quarantine.repo
    empty = quarantine.put_tree([])
    now = View(tree=empty, index_tree=empty, refs=target.refs, head=Head(None, None))
    plan = planning.make(quarantine.reader, now=now, target=target, count=False)
    inside = os.path.join(repo.git_dir, "drill")
    applier = Applier(
        quarantine,
        staging_dir=os.path.join(inside, "staging"),
        aside_dir=os.path.join(inside, "aside"),
    )
    return applier.apply(plan, target=target)


def _roots(quarantine: Quarantine, target: View) -> list[tuple[str, Oid]]:
    """Return each repository of a view with its tree, the innermost first, the main one last."""
    contents = Contents(quarantine.reader, target)
    nested = [(root, layer.view.tree) for root, layer in contents.nested.items()]
    return [*sorted(nested, key=lambda item: -len(item[0])), ("", target.tree)]


def _different(quarantine: Quarantine, tree: Oid, root: str) -> list[str]:
    """Add what stands below `root` to an index of the tree; return the paths that differ."""
    repo: Repo = quarantine.repo
    index = os.path.join(repo.git_dir, "drill.index")
    directories.remove(index)
    git = quarantine.git.using(
        index=index,
        alternates=(repo.objects_dir,),
        work_tree=os.path.join(repo.work_tree, root) if root else repo.work_tree,
    )
    git.run("read-tree", tree)
    git.run("add", "-A", "--sparse", ".")
    now = Oid(git.text("write-tree"))
    if now == tree:
        return []
    found = differences(quarantine.reader, tree, now)
    above = f"{root}/" if root else ""
    return [above + item.path for item in found if not _is_submodule(item)]


def _is_submodule(item: Difference) -> bool:
    return MODE_GITLINK in {entry.mode for entry in (item.before, item.after) if entry}
