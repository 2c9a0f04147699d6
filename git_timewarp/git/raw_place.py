"""Where a repository keeps its objects and refs, found by looking, never by asking git.

Read in git's own formats (gitrepository-layout): `.git` files, `commondir`, alternates, loose
and packed refs. What is missing or broken is passed over; that is what this is for.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

from git_timewarp.git.names import Oid
from git_timewarp.util.text import to_bytes, to_str

_PARTS = ("HEAD", "objects", "refs", "config", "packed-refs", "timewarp", "index", "logs")
"""What a git directory has; two of them make one, however much is gone."""

_SHA256 = rb"(?im)^\s*objectformat\s*=\s*\"?sha256"
_ID = rb"\A([0-9a-f]{64}|[0-9a-f]{40})\s*\Z"


class Place:
    """A git directory, as it is found.

    Attributes:
        git_dir: of the work tree it was found from.
        common_dir: shared by all its work trees.
    """

    __slots__ = ("common_dir", "git_dir")

    def __init__(self, git_dir: str, common_dir: str) -> None:
        self.git_dir = git_dir
        self.common_dir = common_dir


def find(start: str) -> Place | None:
    """Return the git directory around `start`: in it, in a folder above, or itself."""
    folder = os.path.abspath(start)
    while True:
        found = at(folder)
        if found is not None:
            return found
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def at(folder: str) -> Place | None:
    """Return the git directory that `folder` has or is; None where it is none."""
    dot = os.path.join(folder, ".git")
    if _is_git_dir(dot):
        return _place(dot)
    if os.path.isfile(dot):
        told = _line(dot).removeprefix("gitdir:").strip()
        target = os.path.normpath(os.path.join(folder, told)) if told else ""
        if target and os.path.isdir(target):
            return _place(target)
        # A linked work tree whose own folder is gone: what is shared is two above it.
        shared = os.path.dirname(os.path.dirname(target))
        return Place(target, shared) if target and _is_git_dir(shared) else None
    return _place(folder) if _is_git_dir(folder) else None


def bare(folder: str) -> Place | None:
    """Return `folder` as a git directory when there is anything of one in it."""
    there = any(os.path.lexists(os.path.join(folder, name)) for name in _PARTS)
    return _place(folder) if there else None


def _is_git_dir(folder: str) -> bool:
    return sum(os.path.lexists(os.path.join(folder, name)) for name in _PARTS) >= 2


def _place(git_dir: str) -> Place:
    told = _line(os.path.join(git_dir, "commondir"))
    common = os.path.normpath(os.path.join(git_dir, told)) if told else git_dir
    return Place(git_dir, common)


def _line(path: str) -> str:
    return to_str(_read(path).split(b"\n", 1)[0])


def _read(path: str) -> bytes:
    try:
        with open(to_bytes(path), "rb") as file:
            return file.read()
    except OSError:
        return b""


def hash_length(common_dir: str, stores: list[str]) -> int:
    """Return the length of a raw object id here: 20 or 32 bytes."""
    if re.search(_SHA256, _read(os.path.join(common_dir, "config"))):
        return 32
    for store in stores:
        for folder in _names(store):
            if len(folder) == 2:
                for name in _names(os.path.join(store, folder)):
                    return 20 if len(name) <= 38 else 32
        for name in _names(os.path.join(store, "pack")):
            digits = re.match(r"pack-([0-9a-f]+)\.", name)
            if digits:
                return 20 if len(digits[1]) == 40 else 32
    return 20


def stores(common_dir: str, own: list[str]) -> list[str]:
    """Return every object directory: git's, `own`, those of submodules, and alternates of all."""
    todo = [os.path.join(common_dir, "objects"), *own]
    todo += sorted(_submodules(os.path.join(common_dir, "modules")))
    found: list[str] = []
    while todo:
        store = os.path.normpath(todo.pop(0))
        if store in found or not os.path.isdir(store):
            continue
        found.append(store)
        lines = _read(os.path.join(store, "info", "alternates")).split(b"\n")
        named = [to_str(line) for line in lines if line and not line.startswith(b"#")]
        todo += [os.path.join(store, name) for name in named]
    return found


def _submodules(folder: str) -> Iterator[str]:
    for name in _names(folder):
        inner = os.path.join(folder, name)
        if os.path.isdir(os.path.join(inner, "objects")):
            yield os.path.join(inner, "objects")
            yield from _submodules(os.path.join(inner, "modules"))
        elif os.path.isdir(inner):
            yield from _submodules(inner)


def _names(folder: str) -> list[str]:
    try:
        return sorted(to_str(name) for name in os.listdir(to_bytes(folder)))
    except OSError:
        return []


def refs(common_dir: str, below: str) -> dict[str, Oid]:
    """Return the refs below `below` that are left, and the value of each: loose before packed."""
    found: dict[str, Oid] = {}
    for line in _read(os.path.join(common_dir, "packed-refs")).split(b"\n"):
        oid, _, name = line.partition(b" ")
        value = re.match(_ID, oid)
        if value and to_str(name).startswith(below + "/"):
            found[to_str(name)] = Oid(oid.decode())
    for folder, _, leaves in os.walk(os.path.join(common_dir, *below.split("/"))):
        for leaf in leaves:
            path = os.path.join(folder, leaf)
            value = re.match(_ID, _read(path))
            if value:
                found[os.path.relpath(path, common_dir)] = Oid(value[1].decode())
    return found


def logged(common_dir: str, below: str) -> dict[str, list[Oid]]:
    """Return the values that refs below `below` have had, oldest first, as their reflogs say."""
    found: dict[str, list[Oid]] = {}
    root = os.path.join(common_dir, "logs")
    for folder, _, names in os.walk(os.path.join(root, *below.split("/"))):
        for name in names:
            path = os.path.join(folder, name)
            words = [line.split(b" ", 2) for line in _read(path).split(b"\n")]
            values = [w[1].decode() for w in words if len(w) > 2 and re.match(_ID, w[1])]
            with contextlib.suppress(ValueError):
                found[os.path.relpath(path, root)] = [Oid.parse(value) for value in values]
    return found
