"""A merge, rebase, cherry-pick, revert, am or bisect in progress: its state files.

Source: git's wt-status.c and sequencer.c for the names. Format: a tree of the files as
they lie in the git directory of the work tree, each name escaped (`store/view.py`).
"""

from __future__ import annotations

import os

from git_timewarp.capture.tree_build import Leaf, build
from git_timewarp.capture.workplace import Place, open_regular, read_all
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MODE_FILE
from git_timewarp.store.view import escape
from git_timewarp.util.text import to_bytes, to_str

_FILES = frozenset(
    {
        "MERGE_HEAD",
        "MERGE_MSG",
        "MERGE_MODE",
        "MERGE_RR",
        "MERGE_AUTOSTASH",
        "AUTO_MERGE",
        "SQUASH_MSG",
        "CHERRY_PICK_HEAD",
        "REVERT_HEAD",
        "REBASE_HEAD",
    }
)
_FOLDERS = frozenset({"sequencer", "rebase-merge", "rebase-apply"})
_BISECT = "BISECT_"


def name(place: Place) -> str | None:
    """Return what is in progress: `merge`, `rebase`, `cherry-pick`, `revert`, `bisect`, `am`."""

    def there(*parts: str) -> bool:
        return os.path.lexists(os.path.join(place.repo.git_dir, *parts))

    if there("rebase-merge"):
        return "rebase"
    if there("rebase-apply"):
        return "am" if there("rebase-apply", "applying") else "rebase"
    if there("MERGE_HEAD"):
        return "merge"
    if there("CHERRY_PICK_HEAD"):
        return "cherry-pick"
    if there("REVERT_HEAD"):
        return "revert"
    if there("sequencer", "todo"):
        return _sequence(os.path.join(place.repo.git_dir, "sequencer", "todo"))
    if there("BISECT_START") or there("BISECT_LOG"):
        return "bisect"
    return None


def state(place: Place) -> Oid | None:
    """Write the state files into the quarantine and return their tree, None without any."""
    root = to_bytes(place.repo.git_dir)
    leaves: dict[tuple[str, ...], Leaf] = {}
    with os.scandir(root) as found:
        top = sorted(item.name for item in found)
    for raw in top:
        entry = to_str(raw)
        if entry in _FILES or entry.startswith(_BISECT):
            _add(place, leaves, parts=(entry,))
        elif entry in _FOLDERS:
            for folder, folders, files in os.walk(os.path.join(root, raw)):
                folders.sort()
                below = to_str(os.path.relpath(folder, root)).split("/")
                for file in sorted(files):
                    _add(place, leaves, parts=(*below, to_str(file)))
    return build(place.put_tree, leaves) if leaves else None


def _add(place: Place, leaves: dict[tuple[str, ...], Leaf], *, parts: tuple[str, ...]) -> None:
    try:
        fd = open_regular(to_bytes(os.path.join(place.repo.git_dir, *parts)))
    except OSError:
        # git removes these files while it ends the operation.
        return
    try:
        oid = place.put("blob", read_all(fd))
    finally:
        os.close(fd)
    leaves[tuple(escape(part) for part in parts)] = Leaf(MODE_FILE, oid)


def _sequence(todo: str) -> str:
    try:
        with open(todo, "rb") as file:
            first = file.readline()
    except OSError:
        first = b""
    return "revert" if first.startswith((b"revert", b"r ")) else "cherry-pick"
