"""Files under an external filter that a plan overwrites or removes: is anything lost?

A file that git calls clean is captured as the blob its clean filter made of it. That blob
need not give the file back: a filter may drop something (the output of notebooks), or keep
it elsewhere (git-lfs). So the bytes of such a file are captured whole before they go,
unless they are the blob's, or git-lfs has them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator

from git_timewarp.git import attributes
from git_timewarp.git import config as git_config
from git_timewarp.git.config import GitConfig
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import Reader
from git_timewarp.git.repo import Repo
from git_timewarp.restore.change import Change
from git_timewarp.restore.disk import BlockedError, Disk
from git_timewarp.restore.entries import Source
from git_timewarp.restore.plan import Plan
from git_timewarp.restore.states import blob_id

_POINTER = (
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*"
    rb"oid sha256:([0-9a-f]{64})\nsize ([0-9]+)\n\Z"
)
_MOST = 1024
_BLOCK = 1 << 20


def at_risk(plan: Plan, repo: Repo, reader: Reader) -> set[RepoPath]:
    """Return the filtered files that `plan` takes away and whose bytes nothing else holds.

    Files under an encrypting filter are left out: their blob is the file, and nothing of
    them is written in clear.
    """
    config = git_config.read(repo.git)
    filters = attributes.Filters.of(config)
    names = filters.names - filters.encrypting
    if not names:
        return set()
    found: set[RepoPath] = set()
    with Disk(repo.work_tree, git_dir=repo.git_dir) as disk:
        for path, oid, driver in _filtered(plan, repo, config):
            seen = disk.stat(path)
            if driver not in names or filters.encrypts(driver) or seen is None:
                continue
            is_blob = blob_id(repo, disk, path, seen) == oid
            if not is_blob and not _in_lfs(repo, disk, path, pointer=reader.read(oid, kind="blob")):
                found.add(path)
    return found


def _filtered(plan: Plan, repo: Repo, config: GitConfig) -> Iterator[tuple[RepoPath, Oid, str]]:
    """Yield path, blob and filter of what goes and is held as git's filters made it."""
    groups: dict[str, list[Change]] = {}
    for change in (*plan.writes, *plan.removes, *plan.reconvert):
        before = change.before
        if before is not None and before.is_file and before.source is Source.GIT:
            groups.setdefault(before.root, []).append(change)
    for root, group in groups.items():
        above = len(root) + 1 if root else 0
        git = repo.git.using(work_tree=f"{repo.work_tree}/{root}") if root else repo.git
        inner = [RepoPath(change.path[above:]) for change in group]
        asked = attributes.conversions(git, inner, config=config)
        for change, conversion in zip(group, asked, strict=True):
            if conversion.filter is not None and change.before is not None:
                yield change.path, change.before.oid, conversion.filter


def _in_lfs(repo: Repo, disk: Disk, path: str, *, pointer: bytes) -> bool:
    """Tell whether `pointer` is one of git-lfs, its object is here, and the file is that object."""
    match = re.match(_POINTER, pointer) if len(pointer) <= _MOST else None
    if match is None:
        return False
    oid = match[1].decode("ascii")
    kept = os.path.join(repo.common_dir, "lfs", "objects", oid[:2], oid[2:4], oid)
    try:
        if os.stat(kept).st_size != int(match[2]):
            return False
        digest = hashlib.sha256()
        with open(disk.open(path), "rb") as file:
            while part := file.read(_BLOCK):
                digest.update(part)
    except (OSError, BlockedError):
        return False
    return digest.hexdigest() == oid
