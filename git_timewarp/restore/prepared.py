"""The bytes a restore is going to write, ready before anything changes.

Where git converts nothing, the blob is the file: it is looked up here, and read when it
is written. The others are converted by git, in a folder of ours, with the attributes of the
state they come from, each nested repository for itself. What cannot be made ready
(a missing object, a failing filter) is refused before the first byte of the work tree
changes.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from git_timewarp.git import attributes, checkout, refusals
from git_timewarp.git.checkout import Blob
from git_timewarp.git.config import GitConfig
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_FILE, MissingObjectError, Reader
from git_timewarp.git.run import Git
from git_timewarp.restore.change import Change, parents
from git_timewarp.restore.entries import Contents, Entry, Source
from git_timewarp.restore.outcome import Refused
from git_timewarp.store.view import View
from git_timewarp.util import directories, faults
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes

ATTRIBUTES = ".gitattributes"

_AT_ONCE = 16 << 20
"""Blobs larger than this many bytes are written by git, which need not hold them whole."""


class Ready(NamedTuple):
    """The content of one path; exactly one of these is set.

    Attributes:
        file: a file of ours with its bytes.
        blob: the blob that holds its bytes.
        link: a link's target.
    """

    file: str | None = None
    blob: Oid | None = None
    link: bytes | None = None


class Staged:
    """What is ready by path, and what could not be made ready."""

    def __init__(self) -> None:
        self.ready: dict[RepoPath, Ready] = {}
        self.refused: list[Refused] = []


class Preparer(Frozen):
    """Makes bytes ready.

    Attributes:
        git: reads git's store and the quarantine.
        reader: the same, kept open.
        config: the user's settings.
        folder: absolute path of an empty folder of ours; it is made.
    """

    git: Git
    reader: Reader
    config: GitConfig
    folder: str

    def prepare(self, changes: Sequence[Change], target: View) -> Staged:
        """Make the bytes of all `changes` ready; their entries come from `target`."""
        staged = Staged()
        directories.make(self.folder)
        links = self.config.flag("core.symlinks", default=True)
        stored: dict[str, list[tuple[RepoPath, Blob]]] = {}
        wanted = [(item.path, item.after) for item in changes if item.after is not None]
        for (path, entry), size in zip(wanted, self._sizes(wanted), strict=True):
            if size is None:
                staged.refused.append(Refused(path, "missing-object"))
            elif entry.is_link and links:
                self._link(staged, path, entry.oid)
            elif entry.is_link or entry.source is not Source.GIT:
                staged.ready[path] = Ready(blob=entry.oid)
            else:
                inner = RepoPath(path[len(entry.root) + 1 if entry.root else 0 :])
                blob = Blob(inner, entry.mode, entry.oid, size=size)
                stored.setdefault(entry.root, []).append((path, blob))
        contents = Contents(self.reader, target)
        for number, (root, files) in enumerate(sorted(stored.items())):
            self._stored(staged, files, f"{self.folder}/converted-{number}", contents, root=root)
        return staged

    def _sizes(self, wanted: Sequence[tuple[RepoPath, Entry]]) -> list[int | None]:
        """Return the size of each wanted blob in bytes, None for a missing one."""
        found = self.reader.info_all([entry.oid for _, entry in wanted])
        return [item[2] if item is not None and item[1] == "blob" else None for item in found]

    def _link(self, staged: Staged, path: RepoPath, oid: Oid) -> None:
        try:
            staged.ready[path] = Ready(link=self.reader.read(oid, kind="blob"))
        except MissingObjectError:
            staged.refused.append(Refused(path, "missing-object"))

    def _stored(
        self,
        staged: Staged,
        files: Sequence[tuple[RepoPath, Blob]],
        folder: str,
        contents: Contents,
        *,
        root: str,
    ) -> None:
        """Make files ready that are stored as git stores them, of one repository."""
        rules = attribute_files(contents, root, [item.path for _, item in files])
        as_they_are = self._unconverted([item for _, item in files], rules, folder)
        convert = [item for _, item in files if item.path not in as_they_are]
        failed = set(checkout.write_files(self.git, folder, convert, attributes=rules))
        for path, item in files:
            if item.path in as_they_are:
                staged.ready[path] = Ready(blob=item.oid)
            elif item.path in failed:
                staged.refused.append(Refused(path, "filter-failed"))
            else:
                staged.ready[path] = Ready(file=f"{folder}/{item.path}")

    def _unconverted(
        self, files: Sequence[Blob], rules: Sequence[Blob], folder: str
    ) -> set[RepoPath]:
        """Return the files whose blob is all there is to write.

        A name that git refuses is none of them: git is asked, and refuses it.
        """
        plain = [
            item.path
            for item in files
            if item.size <= _AT_ONCE and not refusals.name_refused(item.path)
        ]
        asked = checkout.with_attributes(self.git, folder + ".attributes", rules)
        found = attributes.conversions(asked, plain, config=self.config, cached=True)
        return {
            path
            for path, item in zip(plain, found, strict=True)
            if not item.outwards and item.filter is None
        }


def attribute_files(contents: Contents, root: str, paths: Sequence[RepoPath]) -> list[Blob]:
    """Return the `.gitattributes` of a view that apply to `paths` (all below `root`)."""
    folders = {""}
    for path in paths:
        for folder in parents(path):
            if folder in folders:
                break
            folders.add(folder)
    layer = contents.nested.get(root, contents.main)
    found = []
    for folder in sorted(folders):
        name = f"{folder}/{ATTRIBUTES}" if folder else ATTRIBUTES
        entry = layer.entry(name)
        if entry is not None and entry.is_file:
            found.append(Blob(RepoPath(name), MODE_FILE, entry.oid))
    return found


def write_exact(path: str, data: bytes) -> str:
    """Write `data` to a file of ours, making its folder; return `path`."""
    faults.point("write staged")
    os.makedirs(to_bytes(os.path.dirname(path)), exist_ok=True)
    with open(to_bytes(path), "wb") as file:
        file.write(data)
    return path
