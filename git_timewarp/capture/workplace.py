"""Where one capture works: its repository, its own files, its way to write objects.

A place is one work tree: the user's, or that of a repository nested in it. What we
keep for it between captures lives in one folder, `<state>/index/<worktree>/`:

    index        the private index (never the user's)
    memory.json  what the capture remembers, see `memory.py`
    modes        the last `modes` part
    seed         contents of the index as last checked for conversions
    folders      folders and their times, see `special.py`
    stamp        an empty file whose mtime is the file system's own clock
    staging/     files as a checkout would write them; removed after use
    nested/      one such folder for each nested repository, named by the hash of its path
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence

from git_timewarp.git import attributes, config
from git_timewarp.git.config import GitConfig
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import RawEntry, Reader, TreeEntry
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import DURABLE, Git
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.util import atomic, directories, faults
from git_timewarp.util.clock import Clock
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes

PRIVATE = (
    "core.splitIndex=false",
    "index.sparse=false",
    "core.sparseCheckout=false",
    "core.trustctime=true",
    "core.checkStat=default",
    "core.ignoreCase=false",
    "core.safecrlf=false",
    "core.bigFileThreshold=1024g",
    "protocol.allow=never",
)
"""Settings for the private index: whole, exact stat, names as they are, loose objects, no net."""

_INLINE = 1 << 20
_SEC = 1_000_000_000

STAGING = "staging"
"""Folder beside a private index in which files are compared; empty between captures."""


class Place(Frozen):
    """One work tree to capture.

    Attributes:
        repo: the repository of the work tree.
        folder: our folder for it.
        quarantine: receives the objects.
        reader: sees the quarantine and the objects of `repo`.
        config: the user's settings there.
        git: runner on the private index, writing into the quarantine, without filters.
        filters: the external filter drivers configured there.
    """

    repo: Repo
    folder: str
    quarantine: Quarantine
    reader: Reader
    config: GitConfig
    git: Git
    filters: attributes.Filters

    @property
    def index(self) -> str:
        """Path of the private index."""
        return os.path.join(self.folder, "index")

    @property
    def user_index(self) -> str:
        """Path of the user's own index."""
        return os.path.join(self.repo.git_dir, "index")

    def file(self, path: str) -> bytes:
        """Return the absolute name of a path in the work tree."""
        return os.path.join(to_bytes(self.repo.work_tree), to_bytes(path))

    def put(self, kind: str, data: bytes, *, known: str | None = None) -> Oid:
        """Write an object of ours, unless it is the one `known` to be written already."""
        if known is not None and self.name_of(kind, data) == known:
            return Oid(known)
        return self.quarantine.put(kind, data)

    def name_of(self, kind: str, data: bytes) -> str:
        """Return the id of an object without writing it."""
        header = b"%s %d\0" % (kind.encode(), len(data))
        digest = hashlib.new(self.repo.hash_name, header, usedforsecurity=False)
        digest.update(data)
        return digest.hexdigest()

    def put_tree(self, entries: Sequence[TreeEntry]) -> Oid:
        """Write a tree and return its id."""
        return self.quarantine.put_tree(entries)

    def put_raw_tree(self, entries: Iterable[RawEntry]) -> Oid:
        """Write a tree of entries as they are stored and return its id."""
        return self.quarantine.put_raw_tree(entries)

    def put_open(self, fd: int) -> Oid:
        """Write the exact bytes of an open regular file as a blob and return its id."""
        if os.fstat(fd).st_size <= _INLINE:
            return self.quarantine.put("blob", read_all(fd))
        os.lseek(fd, 0, os.SEEK_SET)
        with self.writing():
            process = self.git.start("hash-object", "-w", "--no-filters", "--stdin", stdin=fd)
            out, _ = process.communicate()
        if process.returncode != 0:
            raise OSError(f"git hash-object ended with {process.returncode}")
        return Oid(out.decode().strip())

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Tell the quarantine about the objects git writes into it meanwhile."""
        before = self._folders()
        try:
            yield
        finally:
            written: list[Oid] = []
            for name, changed in self._folders().items():
                if before.get(name) != changed:
                    found = os.listdir(os.path.join(self.quarantine.path, name))
                    written += [Oid(name + rest) for rest in found[:1]]
            self.quarantine.note_written(written)

    def now_ns(self, clock: Clock) -> int:
        """Return the time: the earlier of the file system's clock and ours."""
        path = os.path.join(self.folder, "stamp")
        faults.point("write stamp")
        with open(path, "wb"):
            os.utime(path)
        return min(os.stat(path).st_mtime_ns, clock.now_ns())

    def _folders(self) -> dict[str, int]:
        with os.scandir(self.quarantine.path) as found:
            return {
                item.name: item.stat().st_mtime_ns
                for item in found
                if len(item.name) == 2 and item.is_dir()
            }


def at(
    repo: Repo,
    quarantine: Quarantine,
    *,
    folder: str,
    reader: Reader | None = None,
    settings: GitConfig | None = None,
) -> Place:
    """Return the place of `repo`; a nested one brings a `reader` that sees its objects.

    `settings` are those of git, if they are known.
    """
    directories.make(folder)
    atomic.sweep(folder)
    directories.remove(os.path.join(folder, STAGING))
    outer = quarantine.repo.objects_dir
    alternates = (repo.objects_dir,) if repo.objects_dir == outer else (repo.objects_dir, outer)
    faults.point("unlink private index lock")
    # Whoever made it died: our caller holds the lock, and so would a child of his.
    directories.remove(os.path.join(folder, "index.lock"))
    if settings is None:
        settings = config.read(repo.git)
    runner = repo.git._replace(pass_fds=quarantine.git.pass_fds).using(
        index=os.path.join(folder, "index"),
        objects=quarantine.path,
        alternates=alternates,
        config=(*DURABLE, *PRIVATE),
        extra=attributes.switched_off(settings),
    )
    return Place(
        repo=repo,
        folder=folder,
        quarantine=quarantine,
        reader=reader or quarantine.reader,
        config=settings,
        git=runner,
        filters=attributes.Filters.of(settings),
    )


def read_all(fd: int) -> bytes:
    """Return the contents of an open file from its beginning."""
    os.lseek(fd, 0, os.SEEK_SET)
    parts = []
    while part := os.read(fd, 1 << 22):
        parts.append(part)
    return b"".join(parts)


def open_regular(path: bytes) -> int:
    """Open a regular file for reading and return the descriptor.

    Neither follows a link nor waits for the writer of a FIFO. Raises OSError.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError("not a regular file")
    return fd


def joined(paths: Sequence[str]) -> bytes:
    """Return paths as the NUL-terminated list git reads from standard input."""
    return b"".join(to_bytes(path) + b"\0" for path in paths)


def second(nanoseconds: int) -> int:
    """Return the whole second of a time stamp."""
    return nanoseconds // _SEC


def sorted_paths(paths: set[RepoPath] | set[str]) -> list[str]:
    """Return paths in the byte order of git."""
    return sorted(paths, key=to_bytes)
