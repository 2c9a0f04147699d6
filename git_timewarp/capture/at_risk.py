"""Paths that are about to be overwritten or removed: captured whatever they are.

Size, ignore rules and attributes do not matter here; only secrets do: a file under an
encrypting filter is not written in clear, it stays in `skipped` and its restore refused.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterator, Mapping

from git_timewarp.capture import exact_bytes
from git_timewarp.capture.seed import behind_link
from git_timewarp.capture.tree_build import Leaf
from git_timewarp.capture.workplace import Place, open_regular
from git_timewarp.git import attributes
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import (
    MODE_EXEC,
    MODE_FILE,
    MODE_LINK,
    MODE_TREE,
    MissingObjectError,
    TreeEntry,
)
from git_timewarp.store.view import Skipped
from git_timewarp.util.text import to_bytes, to_str

_BLOCK = 1 << 20


def capture(
    place: Place, *, paths: Collection[RepoPath], tree: Oid, raw: Mapping[str, Leaf]
) -> tuple[dict[str, Leaf], set[RepoPath], list[Skipped]]:
    """Store what is at or below `paths` and in neither `tree` nor `raw`.

    Returns:
        The new entries of `raw`, the paths that are captured now, and those that cannot be.
    """
    found: dict[str, Leaf] = {}
    skipped: list[Skipped] = []
    everything = list(dict.fromkeys(_below(place, paths, skipped)))
    secret = _secret(place, everything)
    captured: set[RepoPath] = set()
    folders: dict[str, dict[str, TreeEntry]] = {}
    for path in everything:
        if path in secret:
            skipped.append(Skipped(path, "encrypted"))
            continue
        if path in raw:
            captured.add(path)
            continue
        try:
            if not _is_in(place, path=path, tree=tree, folders=folders):
                found[path], _ = exact_bytes.exact(place, path)
            captured.add(path)
        except OSError as exc:
            skipped.append(Skipped(path, _reason(place, path, exc)))
    return found, captured, skipped


def _below(place: Place, paths: Collection[RepoPath], skipped: list[Skipped]) -> Iterator[RepoPath]:
    def closed(exc: OSError) -> None:
        name = os.path.relpath(os.fsencode(exc.filename), to_bytes(place.repo.work_tree))
        skipped.append(Skipped(RepoPath(to_str(name)), "unreadable"))

    for path in paths:
        if behind_link(place, path):
            continue
        name = place.file(path)
        if not os.path.isdir(name) or os.path.islink(name):
            if os.path.lexists(name):
                yield path
            continue
        for folder, folders, files in os.walk(name, onerror=closed):
            below = to_str(os.path.relpath(folder, to_bytes(place.repo.work_tree)))
            links = [item for item in folders if os.path.islink(os.path.join(folder, item))]
            for item in sorted(files + links):
                yield RepoPath(f"{below}/{to_str(item)}")


def _secret(place: Place, paths: Collection[RepoPath]) -> set[RepoPath]:
    regular = [path for path in paths if os.path.isfile(place.file(path))]
    asked = attributes.conversions(place.git, regular, config=place.config)
    return {
        path
        for path, conversion in zip(regular, asked, strict=True)
        if conversion.filter is not None and place.filters.encrypts(conversion.filter)
    }


def _is_in(place: Place, *, path: str, tree: Oid, folders: dict[str, dict[str, TreeEntry]]) -> bool:
    """Tell whether `tree` holds exactly the bytes and the kind of what lies at `path`."""
    entry = _entry(place, path=path, tree=tree, folders=folders)
    if entry is None:
        return False
    name = place.file(path)
    mode = os.lstat(name).st_mode
    if stat.S_ISLNK(mode):
        return entry.mode == MODE_LINK and place.put("blob", os.readlink(name)) == entry.oid
    if entry.mode not in {MODE_FILE, MODE_EXEC}:
        return False
    fd = open_regular(name)
    try:
        size = os.fstat(fd).st_size
        header = b"blob %d\0" % size
        digest = hashlib.new(place.repo.hash_name, header, usedforsecurity=False)
        while part := os.read(fd, _BLOCK):
            digest.update(part)
        return digest.hexdigest() == entry.oid
    finally:
        os.close(fd)


def _entry(
    place: Place, *, path: str, tree: Oid, folders: dict[str, dict[str, TreeEntry]]
) -> TreeEntry | None:
    folder, _, name = path.rpartition("/")
    if folder not in folders:
        above = None if not folder else _entry(place, path=folder, tree=tree, folders=folders)
        oid = tree if not folder else (above.oid if above and above.mode == MODE_TREE else None)
        try:
            listed = place.reader.tree(oid) if oid is not None else ()
        except MissingObjectError:
            listed = ()
        folders[folder] = {item.name: item for item in listed}
    return folders[folder].get(name)


def _reason(place: Place, path: str, exc: OSError) -> str:
    if exact_bytes.excuse(exc) == "vanished":
        return "vanished"
    try:
        mode = os.lstat(place.file(path)).st_mode
    except OSError:
        return "unreadable"
    return "unreadable" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "special"
