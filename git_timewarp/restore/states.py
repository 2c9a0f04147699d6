"""What is in the work tree just before it is changed: the old state, the new one, or neither.

A view knows a file as a blob; the file may have been edited since the capture. So each
path that is going to change is hashed again, as it is and, where git converts, as git
would store it. What matches neither state was changed by somebody else meanwhile.
"""

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.repo import Repo
from git_timewarp.restore.change import Change
from git_timewarp.restore.disk import BlockedError, Disk
from git_timewarp.restore.entries import Entry, Source
from git_timewarp.restore.prepared import Ready
from git_timewarp.util.text import to_bytes

_CHUNK = 1 << 20


class State(Enum):
    """What stands at a path."""

    ABSENT = "absent"
    BEFORE = "before"
    AFTER = "after"
    FOLDER = "folder"
    OTHER = "other"


class Look(NamedTuple):
    """What stands at a path, and its stat to notice a later change by."""

    state: State
    stat: os.stat_result | None = None

    def is_same(self, found: os.stat_result | None) -> bool:
        """Tell whether `found` is the very file this look saw, unchanged."""
        if self.stat is None or found is None:
            return self.stat is None and found is None
        return _stamp(self.stat) == _stamp(found)


def look_at(
    repo: Repo,
    disk: Disk,
    changes: Sequence[Change],
    ready: Mapping[RepoPath, Ready],
) -> dict[RepoPath, Look]:
    """Return what stands at each path of `changes` now.

    Args:
        repo: its git converts files as it would to store them.
        disk: the work tree.
        changes: what is going to happen.
        ready: the new content by path; paths that are removed have none.
    """
    found: dict[RepoPath, Look] = {}
    unsure: list[tuple[Change, os.stat_result]] = []
    for change in changes:
        seen = disk.stat(change.path)
        if seen is None:
            found[change.path] = Look(State.ABSENT)
        elif stat.S_ISDIR(seen.st_mode):
            found[change.path] = Look(State.FOLDER, seen)
        else:
            state = _compare(repo, disk, change, seen, ready.get(change.path))
            found[change.path] = Look(state or State.OTHER, seen)
            if state is None:
                unsure.append((change, seen))
    for change, same in zip(
        [item for item, _ in unsure], as_stored(repo, [item for item, _ in unsure]), strict=True
    ):
        if same:
            found[change.path] = Look(State.BEFORE, found[change.path].stat)
    return found


def _compare(
    repo: Repo, disk: Disk, change: Change, seen: os.stat_result, ready: Ready | None
) -> State | None:
    """Return the state of a file or link; None when only git's conversion can tell."""
    is_link = stat.S_ISLNK(seen.st_mode)
    digest = blob_id(repo, disk, change.path, seen)
    if digest is None:
        return State.OTHER
    if ready is not None and _is_ready(repo, ready, digest=digest, seen=seen):
        return State.AFTER
    before = change.before
    if before is None or (is_link is not before.is_link and not _link_as_file(before, seen)):
        return State.OTHER
    if digest == before.oid:
        return State.BEFORE
    return None if before.is_file and before.source is Source.GIT else State.OTHER


def _is_ready(repo: Repo, ready: Ready, *, digest: Oid, seen: os.stat_result) -> bool:
    """Tell whether a file or link is what shall be there already."""
    if stat.S_ISLNK(seen.st_mode):
        return ready.link is not None and digest == _hash(repo, ready.link)
    if ready.blob is not None:
        return digest == ready.blob
    if ready.file is None or os.stat(to_bytes(ready.file)).st_size != seen.st_size:
        return False
    return digest == file_id(repo, ready.file)


def _link_as_file(entry: Entry, seen: os.stat_result) -> bool:
    """A link is a small file where the file system has none (`core.symlinks=false`)."""
    return entry.is_link and stat.S_ISREG(seen.st_mode)


def blob_id(repo: Repo, disk: Disk, path: str, seen: os.stat_result) -> Oid | None:
    """Return the blob id of the exact bytes at `path`; None when they cannot be read."""
    try:
        if stat.S_ISLNK(seen.st_mode):
            return _hash(repo, disk.readlink(path))
        if not stat.S_ISREG(seen.st_mode):
            return None
        return _hash_fd(repo, disk.open(path))
    except (OSError, BlockedError):
        return None


def file_id(repo: Repo, path: str) -> Oid:
    """Return the blob id of the exact bytes of a file of ours."""
    return _hash_fd(repo, os.open(to_bytes(path), os.O_RDONLY | os.O_CLOEXEC)) or repo.zero


def _hash(repo: Repo, data: bytes) -> Oid:
    digest = hashlib.new(repo.hash_name, b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return Oid(digest.hexdigest())


def _hash_fd(repo: Repo, fd: int) -> Oid | None:
    """Hash and close `fd`; None when the file grew or shrank while it was read."""
    with open(fd, "rb") as file:
        size = os.fstat(fd).st_size
        digest = hashlib.new(repo.hash_name, b"blob %d\0" % size, usedforsecurity=False)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size -= len(chunk)
    return Oid(digest.hexdigest()) if size == 0 else None


def as_stored(repo: Repo, changes: Sequence[Change]) -> list[bool]:
    """Tell for each change whether git, converting the file, would store the blob of `before`."""
    answers = dict.fromkeys((item.path for item in changes), False)
    groups: dict[str, list[Change]] = {}
    for change in changes:
        root = change.before.root if change.before is not None else ""
        groups.setdefault(root, []).append(change)
    for root, group in groups.items():
        above = len(root) + 1 if root else 0
        where = f"{repo.work_tree}/{root}" if root else repo.work_tree
        git = repo.git.using(work_tree=where, config=("core.safecrlf=false",))
        plain = [item for item in group if "\n" not in item.path]
        names = b"".join(to_bytes(item.path[above:]) + b"\n" for item in plain)
        result = git.run("hash-object", "--stdin-paths", stdin=names, ok=range(256))
        oids = result.out.decode().split()
        if result.code != 0:
            plain, oids = [], []
        for change in group:
            if result.code != 0 or "\n" in change.path:
                one = git.run("hash-object", "--", change.path[above:], ok=range(256))
                plain.append(change)
                oids.append(one.text if one.code == 0 else "")
        for change, oid in zip(plain, oids, strict=True):
            answers[change.path] = change.before is not None and change.before.oid == oid
    return [answers[item.path] for item in changes]


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return (
        found.st_mode,
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
    )
