"""The quarantine: an object directory of ours, beside git's store, that gc cannot touch.

Objects of a snapshot that has no ref yet live here, loose and synced, with git's
store as alternate. It is closed: every object of such a snapshot that is not below
one of its bases is in it, copied from git's store when git did not write it again
(a blob the user staged and unstaged would vanish with the next prune otherwise).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import (
    MissingObjectError,
    RawEntry,
    Reader,
    TreeEntry,
    join_raw,
    raw_of,
    sort_raw,
)
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import DURABLE, Git
from git_timewarp.store.paths import Paths
from git_timewarp.util import directories, faults
from git_timewarp.util.atomic import sync_dir, sync_fd, sync_file, write_all


class Quarantine:
    """Writes objects into the quarantine; reads them and git's store together."""

    def __init__(self, repo: Repo, *, reader: Reader | None = None) -> None:
        """Open it; a `reader` that sees all of it may be given, which then stays open."""
        self.repo = repo
        self.path = self.folder(repo)
        self._dirty: set[str] = set()
        self.git: Git = repo.git.using(
            objects=self.path, alternates=(repo.objects_dir,), config=DURABLE
        )
        self._given = reader is not None
        self.reader = reader or Reader(repo.git.using(alternates=(self.path,)))
        directories.make(os.path.join(self.path, "pack"))

    @staticmethod
    def folder(repo: Repo) -> str:
        """Return the object directory's path."""
        return Paths(repo.state_dir).quarantine

    def close(self) -> None:
        """End the reader's child process, unless it is somebody else's."""
        if not self._given:
            self.reader.close()

    def put(self, kind: str, data: bytes, *, sync: bool = True) -> Oid:
        """Write one object (`blob`, `tree`, `tag`, `commit`) and return its id.

        `sync=False` is for what a fold packs right afterwards: its name need not be durable.
        """
        header = b"%s %d\0" % (kind.encode(), len(data))
        digest = hashlib.new(self.repo.hash_name, header, usedforsecurity=False)
        digest.update(data)
        oid = Oid(digest.hexdigest())
        if not self.holds(oid):
            self._install(oid, zlib.compress(header + data, 1 if sync else 0), sync=sync)
        return oid

    def put_tree(self, entries: Sequence[TreeEntry], *, sync: bool = True) -> Oid:
        """Write a tree of `entries` (any order) and return its id."""
        return self.put_raw_tree(map(raw_of, entries), sync=sync)

    def put_raw_tree(self, entries: Iterable[RawEntry], *, sync: bool = True) -> Oid:
        """Write a tree of entries (any order) as they are stored and return its id."""
        found = sort_raw(entries)
        oid = self.put("tree", join_raw(found), sync=sync)
        self.reader.know(oid, found)
        return oid

    def holds(self, oid: Oid) -> bool:
        """Tell whether the object is in the quarantine itself, not only in git's store."""
        return os.path.exists(self._loose(oid))

    def size(self, oid: Oid) -> int:
        """Return the bytes an object takes in the quarantine itself, 0 when it is elsewhere."""
        try:
            return os.stat(self._loose(oid)).st_size
        except FileNotFoundError:
            return 0

    def loose(self) -> Iterator[Oid]:
        """Yield every loose object in the quarantine itself."""
        length = self.repo.hex_length
        for folder, _, names in os.walk(self.path):
            for name in names:
                oid = os.path.basename(folder) + name
                if len(oid) == length:
                    yield Oid(oid)

    def sync(self) -> None:
        """Make the names written since the last call durable (files already are)."""
        changed = {os.path.dirname(self._loose(Oid(oid))) for oid in self._dirty}
        for folder in sorted(changed):
            sync_dir(folder)
        if changed:
            sync_dir(self.path)
        self._dirty.clear()

    def note_written(self, oids: Sequence[Oid]) -> None:
        """Tell that git wrote these objects here, so that `sync` covers their names."""
        self._dirty.update(oids)

    def copy_in(self, oid: Oid) -> None:
        """Copy an object from git's store; MissingObjectError when it is gone."""
        if self.holds(oid):
            return
        source = os.path.join(self.repo.objects_dir, oid[:2], oid[2:])
        target = self._loose(oid)
        directories.make(os.path.dirname(target))
        faults.point("link object")
        with contextlib.suppress(OSError):
            os.link(source, target)
            sync_file(target)
            self._dirty.add(oid)
            return
        found = self.reader.find(oid)
        if found is None:
            raise MissingObjectError(oid)
        self.put(found.type, found.data)

    def _loose(self, oid: Oid) -> str:
        return os.path.join(self.path, oid[:2], oid[2:])

    def empty(self) -> None:
        """Remove everything in it; only when all of it is in git or given up."""
        for folder, folders, files in os.walk(self.path, topdown=False):
            for name in files:
                faults.point("empty quarantine")
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(folder, name))
            for name in folders:
                if folder == self.path and name == "pack":
                    continue
                faults.point("rmdir quarantine")
                with contextlib.suppress(OSError):
                    os.rmdir(os.path.join(folder, name))
        self._dirty.clear()

    def put_aside(self, folder: str) -> list[Oid]:
        """Move the loose objects that are not what their names say into `folder`; return them.

        One that stays is taken for written, and is never written again.
        """
        found = [oid for oid in sorted(self.loose()) if not self._is_sound(oid)]
        for oid in found:
            target = os.path.join(folder, oid[:2], oid[2:])
            directories.make(os.path.dirname(target))
            faults.point("put object aside")
            os.replace(self._loose(oid), target)
        return found

    def _is_sound(self, oid: Oid) -> bool:
        return is_sound(self._loose(oid), oid)

    def copy_out(self, path: str) -> None:
        """Copy the whole object directory to `path`, by links where the file system has them."""
        faults.point("copy quarantine")

        def link(source: str, target: str) -> None:
            try:
                os.link(source, target)
            except OSError:
                shutil.copy2(source, target)

        shutil.copytree(self.path, path, copy_function=link)

    def _install(self, oid: Oid, body: bytes, *, sync: bool) -> None:
        target = self._loose(oid)
        folder = os.path.dirname(target)
        directories.make(folder)
        temporary = os.path.join(self.path, f"tmp_obj_{os.getpid()}_{oid[:8]}")
        faults.point("write object")
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o444)
            try:
                write_all(fd, body)
                # Also for what a fold packs right afterwards: a power cut before it is emptied
                # would leave an empty file under this name, and it is never written again.
                sync_fd(fd)
            finally:
                os.close(fd)
            faults.point("rename object")
            os.replace(temporary, target)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        if sync:
            self._dirty.add(oid)


def is_sound(path: str, oid: Oid) -> bool:
    """Tell whether the file of a loose object is what its name says."""
    try:
        with open(path, "rb") as file:
            data = zlib.decompress(file.read())
    except (OSError, zlib.error):
        return False
    algorithm = "sha1" if len(oid) == 40 else "sha256"
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest() == oid
