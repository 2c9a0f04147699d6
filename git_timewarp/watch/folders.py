"""Which folders to watch: those that can hold a file we would capture, and git's own few.

Listed by ourselves, not left to a recursive watch: that would follow symbolic links out of
the work tree and spend the system's watches on `node_modules` and `.git/objects`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from git_timewarp.errors import TimewarpError
from git_timewarp.git import ignores
from git_timewarp.git import index as index_file
from git_timewarp.git.repo import Repo
from git_timewarp.util.text import to_bytes, to_str

GIT = b".git"
_OURS = b"timewarp"


@dataclass(frozen=True, slots=True)
class Folders:
    """What is watched, as absolute paths.

    Attributes:
        tree: folders of the work tree, its root first.
        git: folders of git: where HEAD, the index and the refs are.
    """

    tree: tuple[str, ...]
    git: tuple[str, ...]


def listed(repo: Repo) -> Folders:
    """Walk the work tree and git's refs; what vanishes meanwhile is left out."""
    return Folders(tuple(_tree(repo)), tuple(_git(repo)))


def tracked(repo: Repo) -> Iterator[bytes]:
    """Yield the folders of the work tree that hold a tracked file, ignored or not."""
    try:
        with open(os.path.join(repo.git_dir, "index"), "rb") as file:
            data = file.read()
        found = list(index_file.folders(data, hex_length=repo.hex_length))
    except (TimewarpError, IndexError, ValueError):
        found = _asked(repo)
    except OSError:
        return
    root = to_bytes(repo.work_tree)
    yield from (os.path.join(root, folder) for folder in found)


def _asked(repo: Repo) -> list[bytes]:
    """Let git read an index that we cannot."""
    try:
        names = repo.git.run("ls-files", "-z").out.split(b"\0")
    except TimewarpError:
        return []
    return list(dict.fromkeys(name.rpartition(b"/")[0] for name in names))


def _tree(repo: Repo) -> Iterator[str]:
    """Yield the work tree's folders a level at a time, git being asked once a level.

    Of a repository inside this one every folder is watched: its ignore rules are its own.
    """
    root = to_bytes(repo.work_tree)
    yield repo.work_tree
    level = list(_below(root, b"", nested=False))
    while level:
        skipped = ignores.left_out(repo.git, [to_str(path) for path, nested in level if not nested])
        kept = [(path, nested) for path, nested in level if to_str(path) not in skipped]
        yield from (to_str(os.path.join(root, path)) for path, _ in kept)
        level = [
            found
            for path, nested in kept
            if os.path.basename(path) != GIT
            for found in _below(root, path, nested=nested)
        ]


def _below(root: bytes, folder: bytes, *, nested: bool) -> Iterator[tuple[bytes, bool]]:
    """Yield (path, inside a nested repository) of the folders in one folder, links left out."""
    try:
        with os.scandir(os.path.join(root, folder)) as entries:
            names = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    except OSError:
        return
    nested = nested or (folder != b"" and GIT in names)
    for name, is_folder in names.items():
        if is_folder and (folder or name != GIT):
            yield os.path.join(folder, name), nested


def _git(repo: Repo) -> Iterator[str]:
    """Yield git's folders: the work tree's own, the shared one, and everything below `refs`."""
    for base in dict.fromkeys((repo.git_dir, repo.common_dir)):
        yield base
        for name in ("info", "reftable"):
            if os.path.isdir(to_bytes(os.path.join(base, name))):
                yield os.path.join(base, name)
        top = to_bytes(os.path.join(base, "refs"))
        for folder, names, _ in os.walk(top):
            if folder == top and _OURS in names:
                names.remove(_OURS)
            yield to_str(folder)
