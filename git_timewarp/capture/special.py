"""Sockets, FIFOs and devices: git does not list them, so we look ourselves.

Looking into every folder would cost more than the whole scan. The times of the folders
are remembered instead, and only those are listed again in which a name came or went.

Format of `folders` in the place's folder: `<mtime ns, hexadecimal> <path>` each with a
NUL behind it; time 0 means that the folder has to be listed again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable

from git_timewarp.capture.memory import Memory
from git_timewarp.capture.workplace import Place
from git_timewarp.git import index as index_file
from git_timewarp.git import worktree
from git_timewarp.git.names import RepoPath
from git_timewarp.store.view import Skipped
from git_timewarp.util import atomic
from git_timewarp.util.text import to_bytes, to_str

_FILE = "folders"


def update(
    place: Place,
    memory: Memory,
    *,
    touched: Iterable[str],
    repositories: Iterable[str],
    now_ns: int,
) -> list[Skipped]:
    """Return the special files that lie in folders with captured files.

    So does a `.git` in such a folder: git captures the files beside it as ours and looks
    neither into it nor at what it says.

    `touched` are paths captured for the first time or again: their folders count too.
    What lies in one of the `repositories` is theirs to tell.
    """
    path = os.path.join(place.folder, _FILE)
    stored = atomic.read(path) if memory.special is not None else None
    folders = _parse(stored or b"") or _all(place)
    for name in touched:
        folders.setdefault(to_bytes(name).rpartition(b"/")[0], 0)
    before: dict[bytes, list[str]] = {}
    for name in memory.special or ():
        before.setdefault(to_bytes(name).rpartition(b"/")[0], []).append(name)
    kept: list[str] = []
    found: list[str] = []
    seen: dict[bytes, int] = {}
    root = place.file("")
    inside = {to_bytes(name) for name in repositories}
    for folder, time in folders.items():
        if inside and _is_below(folder, inside):
            continue
        try:
            state = os.lstat(root + folder)
        except OSError:
            continue
        if not stat.S_ISDIR(state.st_mode):
            continue
        if state.st_mtime_ns == time:
            kept += before.get(folder, ())
            seen[folder] = time
        else:
            found += _special(root, folder)
            seen[folder] = state.st_mtime_ns if state.st_mtime_ns < now_ns else 0
    hidden = worktree.ignored(place.git, [name for name in found if name not in kept])
    memory.special = sorted({*kept, *found} - hidden)
    data = b"".join(b"%x %s\0" % (time, folder) for folder, time in seen.items())
    if data != stored:
        atomic.write(path, data, sync=False)
    return known(memory)


def known(memory: Memory) -> list[Skipped]:
    """Return the special files that were found the last time."""
    return [
        Skipped(RepoPath(name), "nested" if name.endswith("/.git") else "special")
        for name in memory.special or ()
    ]


def _parse(stored: bytes) -> dict[bytes, int]:
    """Return what was remembered; nothing when it is not what was written."""
    folders = {}
    for record in stored.split(b"\0")[:-1]:
        time, _, folder = record.partition(b" ")
        try:
            folders[folder] = int(time, 16)
        except ValueError:
            return {}
    return folders


def _all(place: Place) -> dict[bytes, int]:
    """Return every folder that holds an entry of the private index, as never looked at."""
    with open(place.index, "rb") as file:
        data = file.read()
    folders = {b"": 0}
    for folder in index_file.folders(data, hex_length=place.repo.hex_length):
        while folder not in folders:
            folders[folder] = 0
            folder = folder.rpartition(b"/")[0]  # noqa: PLW2901 - upwards
    return folders


def _is_below(folder: bytes, roots: Collection[bytes]) -> bool:
    while folder and folder not in roots:
        folder = folder.rpartition(b"/")[0]
    return bool(folder)


def _special(root: bytes, folder: bytes) -> list[str]:
    try:
        with os.scandir(root + folder) as items:
            return [
                to_str(folder + b"/" + item.name if folder else item.name)
                for item in items
                if (item.name == b".git" and folder)
                or not (
                    item.is_file(follow_symlinks=False)
                    or item.is_dir(follow_symlinks=False)
                    or item.is_symlink()
                )
            ]
    except OSError:
        return []
