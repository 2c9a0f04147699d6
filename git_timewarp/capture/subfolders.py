"""Folders without a tracked file: their files, the empty ones, repositories in them.

git names such a folder and does not look inside. We list its files with a second call
and walk it ourselves for what git never names: empty folders, sockets and FIFOs. The
walk asks git about ignored folders level by level, so that it never enters one. The
repository's own git directory is such a folder when it lies in the work tree under
another name than `.git`: it is left out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence

from git_timewarp.capture.workplace import Place
from git_timewarp.git import worktree
from git_timewarp.git.names import RepoPath
from git_timewarp.git.objects import MODE_GITLINK
from git_timewarp.git.worktree import Change
from git_timewarp.store.view import Skipped
from git_timewarp.util.text import to_str

_LONGEST_POINTER = 1 << 14


class Folders:
    """What the untracked folders hold.

    Attributes:
        files: untracked files below them.
        nested: repositories (folders with a `.git` that git recognises).
        empty: folders with nothing in them.
        skipped: folders that could not be opened, special files, each `.git` that is none.
    """

    def __init__(self) -> None:
        self.files: list[RepoPath] = []
        self.nested: list[RepoPath] = []
        self.empty: list[RepoPath] = []
        self.skipped: list[Skipped] = []


def look(place: Place, folders: Sequence[RepoPath]) -> Folders:
    """Look into untracked folders."""
    found = Folders()
    plain = []
    own = gits(place)
    for folder in folders:
        if f"{folder}/".startswith(own):
            continue
        if _is_nested(place, folder):
            found.nested.append(folder)
        else:
            plain.append(folder)
    filled = _walk(place, found, start=plain)
    if filled:
        listed = worktree.files_below(place.git, filled)
        found.files += [path for path in listed.others if not path.startswith(own)]
        found.nested += listed.folders
        found.skipped += [Skipped(path, "unreadable") for path in listed.closed]
    return found


def gits(place: Place) -> tuple[str, ...]:
    """Return the repository's own git directories that lie in the work tree, ending in `/`.

    `git init --separate-git-dir` puts one anywhere; git hides one called `.git` and no other.
    """
    top = place.repo.work_tree.rstrip("/") + "/"
    own = dict.fromkeys((place.repo.git_dir, place.repo.common_dir))
    return tuple(f"{path.removeprefix(top)}/" for path in own if path.startswith(top))


def replaced(place: Place, changes: Iterable[Change]) -> list[RepoPath]:
    """Return the folders that lie where the index has a file; git does not list them."""
    found = [
        change.path
        for change in changes
        if change.mode != MODE_GITLINK
        and change.status in {"D", "T", "U"}
        and os.path.isdir(place.file(change.path))
        and not os.path.islink(place.file(change.path))
    ]
    hidden = worktree.ignored(place.git, [f"{folder}/" for folder in found])
    return [folder for folder in found if f"{folder}/" not in hidden]


def emptied(place: Place, deleted: Iterable[str]) -> list[RepoPath]:
    """Return the folders that the deletion of tracked files left empty and that are not ignored."""
    found: list[str] = []
    looked: set[str] = set()
    for path in deleted:
        folder = path.rpartition("/")[0]
        while folder and folder not in looked:
            looked.add(folder)
            try:
                if os.path.islink(place.file(folder)):
                    break
                with os.scandir(place.file(folder)) as entries:
                    if next(entries, None) is None:
                        found.append(folder)
                break
            except FileNotFoundError:
                folder = folder.rpartition("/")[0]
            except OSError:
                break
    hidden = worktree.ignored(place.git, [f"{folder}/" for folder in found])
    return [RepoPath(folder) for folder in found if f"{folder}/" not in hidden]


def _is_nested(place: Place, folder: str) -> bool:
    """Tell whether git takes the folder for a repository of its own (setup.c)."""
    dot = os.path.join(place.file(folder), b".git")
    try:
        if stat.S_ISREG(os.lstat(dot).st_mode):
            with open(dot, "rb") as file:
                marker, _, target = file.read(_LONGEST_POINTER).partition(b"gitdir: ")
            if marker or not target:
                return False
            dot = os.path.join(os.path.dirname(dot), target.rstrip(b"\r\n"))
    except OSError:
        return False
    if not os.path.lexists(os.path.join(dot, b"HEAD")):
        return False
    return os.path.isfile(os.path.join(dot, b"commondir")) or (
        os.path.isdir(os.path.join(dot, b"objects")) and os.path.isdir(os.path.join(dot, b"refs"))
    )


def _walk(place: Place, found: Folders, *, start: Sequence[RepoPath]) -> list[RepoPath]:
    """Collect empty folders and special files; return the `start` folders that hold files."""
    filled: dict[RepoPath, None] = {}
    own = gits(place)
    level = [(folder, folder) for folder in start]
    while level:
        below: list[tuple[RepoPath, RepoPath]] = []
        special: list[RepoPath] = []
        for folder, top in level:
            try:
                with os.scandir(place.file(folder)) as listing:
                    items = sorted(listing, key=lambda item: item.name)
            except OSError as exc:
                gone = isinstance(exc, FileNotFoundError)
                found.skipped.append(Skipped(folder, "vanished" if gone else "unreadable"))
                continue
            if not items:
                found.empty.append(folder)
            for item in items:
                path = RepoPath(f"{folder}/{to_str(item.name)}")
                if item.name == b".git":
                    # None that git recognises, or we would not be here: it hides it all the same.
                    found.skipped.append(Skipped(path, "nested"))
                if item.is_dir(follow_symlinks=False):
                    if item.name != b".git" and not f"{path}/".startswith(own):
                        below.append((path, top))
                elif item.is_file(follow_symlinks=False) or item.is_symlink():
                    filled[top] = None
                else:
                    special.append(path)
        for path, top in below:
            if _is_nested(place, path):
                filled[top] = None
        asked = [f"{path}/" for path, _ in below] + list(special)
        hidden = worktree.ignored(place.git, asked)
        found.skipped += [Skipped(path, "special") for path in special if path not in hidden]
        level = [
            (path, top)
            for path, top in below
            if f"{path}/" not in hidden and not _is_nested(place, path)
        ]
    return list(filled)
