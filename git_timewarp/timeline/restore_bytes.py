"""The bytes a restore is going to write, ready in a folder of ours before anything changes.

Raw and literal blobs are the file; the others are converted by git with the attributes of
the state they come from, each nested repository for itself. What cannot be made ready
(a missing object, a failing filter) is refused before the first byte of the work tree
changes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from git_timewarp.git import checkout
from git_timewarp.git.checkout import Blob
from git_timewarp.git.names import RepoPath
from git_timewarp.git.objects import MODE_FILE, MissingObjectError, Reader
from git_timewarp.git.run import Git
from git_timewarp.store.view import View
from git_timewarp.timeline.plan_change import Change, parents
from git_timewarp.timeline.plan_entries import Contents, Entry, Source
from git_timewarp.timeline.results import Refused
from git_timewarp.util import directories, faults
from git_timewarp.util.text import to_bytes

ATTRIBUTES = ".gitattributes"


@dataclass(frozen=True, slots=True)
class Ready:
    """The content of one path: a file of ours with its bytes, or a link's target."""

    file: str | None = None
    link: bytes | None = None


@dataclass
class Staged:
    """What is ready by path, and what could not be made ready."""

    ready: dict[RepoPath, Ready] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


def prepare(
    git: Git,
    reader: Reader,
    *,
    changes: Sequence[Change],
    target: View,
    folder: str,
    links: bool,
) -> Staged:
    """Write the bytes of all `changes` below `folder`, an empty folder of ours.

    Args:
        git: reads git's store and the quarantine.
        reader: the same, kept open.
        changes: what is to be written.
        target: the view the entries come from.
        folder: absolute path; it is made.
        links: whether the work tree can hold symbolic links (`core.symlinks`).
    """
    staged = Staged()
    directories.make(folder)
    convert: dict[str, list[tuple[RepoPath, Entry]]] = {}
    for number, change in enumerate(changes):
        entry = change.after
        if entry is None:
            continue
        if entry.is_file and entry.source is Source.GIT:
            convert.setdefault(entry.root, []).append((change.path, entry))
            continue
        try:
            data = reader.read(entry.oid, kind="blob")
        except MissingObjectError:
            staged.refused.append(Refused(change.path, "missing-object"))
            continue
        if entry.is_link and links:
            staged.ready[change.path] = Ready(link=data)
        else:
            staged.ready[change.path] = Ready(file=write_exact(f"{folder}/exact-{number}", data))
    contents = Contents(reader, target)
    for number, (root, wanted) in enumerate(sorted(convert.items())):
        above = root + "/" if root else ""
        files = _present(reader, wanted, above=above, staged=staged)
        attributes = attribute_files(contents, root, [item.path for item in files])
        below = f"{folder}/converted-{number}"
        failed = set(checkout.write_files(git, below, files, attributes=attributes))
        for item in files:
            whole = RepoPath(above + item.path)
            if item.path in failed:
                staged.refused.append(Refused(whole, "filter-failed"))
            else:
                staged.ready[whole] = Ready(file=f"{below}/{item.path}")
    return staged


def _present(
    reader: Reader, wanted: Sequence[tuple[RepoPath, Entry]], *, above: str, staged: Staged
) -> list[Blob]:
    """Return the wanted blobs, paths relative to `above`; the missing ones are refused."""
    found = []
    for path, entry in wanted:
        if reader.info(entry.oid) is None:
            staged.refused.append(Refused(path, "missing-object"))
        else:
            found.append(Blob(RepoPath(path[len(above) :]), entry.mode, entry.oid))
    return found


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
