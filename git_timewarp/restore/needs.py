"""What a plan would overwrite or remove, and the capture does not hold.

Looks at the work tree. The caller captures again with these paths `whole` and plans again;
what is still needed then cannot be captured, and is refused unless the user forces it
(and even then it is kept aside, not destroyed).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import RepoPath
from git_timewarp.git.repo import Repo
from git_timewarp.restore.change import Change, parents
from git_timewarp.restore.disk import Disk
from git_timewarp.restore.plan import Plan


class UncapturedError(TimewarpError):
    """A restore would replace files that cannot be captured."""

    kind = Kind.REFUSED
    reference = "cannot-capture"

    def __init__(self, paths: Collection[RepoPath], *, command: str) -> None:
        first = min(paths)
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        super().__init__(
            f"'{first}'{more} would be replaced and cannot be captured first: it can be moved "
            "away, or kept aside with --force",
            hint=f"{command} --force",
        )
        self.paths = tuple(sorted(paths))


def needs_whole(plan: Plan, repo: Repo) -> set[RepoPath]:
    """Return the paths in the way of `plan` that its `now` view does not hold byte for byte."""
    held = {change.path for change in plan.removes if not change.is_unknown}
    found: set[RepoPath] = set()
    with Disk(repo.work_tree, git_dir=repo.git_dir) as disk:
        inodes = _Inodes(disk, held)
        for change in plan.writes:
            found.update(_needed(disk, change, held, inodes))
        for change in plan.removes:
            if change.is_unknown and disk.stat(change.path) is not None:
                found.add(change.path)
    return found


def repositories(plan: Plan, repo: Repo) -> set[RepoPath]:
    """Return the folders with a git directory below which `plan` would write a file.

    Those that a capture sees the plan knows; ignored ones only the disk does.
    """
    found: set[RepoPath] = set()
    with Disk(repo.work_tree, git_dir=repo.git_dir) as disk:
        for change in plan.writes:
            seen = disk.stat(change.path)
            if seen is not None and stat.S_ISDIR(seen.st_mode):
                for inner, _ in disk.below(change.path):
                    root, git, _ = f"{inner}/".partition("/.git/")
                    if git:
                        found.add(RepoPath(root))
    return found


def _needed(
    disk: Disk, change: Change, held: Collection[RepoPath], inodes: _Inodes
) -> Iterator[RepoPath]:
    if change.before is not None:
        return
    seen = disk.stat(change.path)
    if seen is None:
        for above in reversed(list(parents(change.path))):
            blocker = disk.stat(above)
            if blocker is not None and not stat.S_ISDIR(blocker.st_mode) and above not in held:
                yield RepoPath(above)
                return
        return
    if change.when == "absent":
        return
    if stat.S_ISDIR(seen.st_mode):
        for inner, found in disk.below(change.path):
            in_git = ".git" in inner.split("/")
            if not stat.S_ISDIR(found.st_mode) and inner not in held and not in_git:
                yield inner
    elif not inodes.holds(change.path, seen):
        yield change.path


class _Inodes:
    """Knows whether a file is one that `now` holds under another spelling of its name."""

    def __init__(self, disk: Disk, held: Collection[RepoPath]) -> None:
        self._disk = disk
        self._by_fold: dict[str, list[RepoPath]] = {}
        for path in held:
            self._by_fold.setdefault(path.casefold(), []).append(path)

    def holds(self, path: RepoPath, seen: os.stat_result) -> bool:
        for other in self._by_fold.get(path.casefold(), ()):
            found = self._disk.stat(other)
            if found is not None and os.path.samestat(found, seen):
                return True
        return False
