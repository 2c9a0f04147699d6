"""Do the names in a snapshot from outside stay inside of a work tree?

The names of git's trees are checked by git itself. What we keep under names or in lists of
our own, git does not know: folders, exact bytes, nested repositories, state files. And is every part of it
the kind of thing it has to be, and there? Of a commit (which a tree may name) git does not ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from git_timewarp.archive.manifest import INSPECT
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import trees
from git_timewarp.git.names import Oid, RefName, RepoPath
from git_timewarp.git.objects import (
    MODE_FILE,
    MODE_GITLINK,
    MODE_LINK,
    MODE_TREE,
    MissingObjectError,
    Reader,
    TreeEntry,
)
from git_timewarp.restore.blockers import Blockers
from git_timewarp.restore.entries import Contents, load_view
from git_timewarp.store.snapshots import TOMBSTONE, Snapshot
from git_timewarp.store.view import View, unescape
from git_timewarp.util.text import printable, to_str

_STATE = r"(?:[A-Z]+_[A-Z_]+|(?:sequencer|rebase-merge|rebase-apply)/.+)\Z"
"""Names of state files below the git directory, as git has them (`capture/operation_state`)."""

_MODE = rb"[0-7]{1,4}\Z"
"""Permission bits as a capture writes them; 0 for a file that nobody may read."""

_OWN_GIT = ".git"
_KEPT = {"type": "blob", "object": "blob", "blob": "blob", TOMBSTONE: "blob", "tree": "tree"}
"""What stands in the entry of a kept object."""

_FILES = frozenset({"meta", "refs", "modes", "bits", TOMBSTONE})
_REFS = ("refs/", "HEAD")


class HostileArchiveError(TimewarpError):
    """Something in the archive would be written where nothing of an archive may be."""

    kind = Kind.REFUSED
    reference = "hostile-archive"


def snapshot(reader: Reader, stored: Snapshot, checked: set[Oid]) -> None:
    """Check one snapshot; `checked` are the parts that were looked at before.

    Raises:
        HostileArchiveError: a name in it points outside.
        MissingObjectError, ValueError: it is damaged.
    """
    _view(reader, stored.entry, stored.view, checked)
    if stored.view.raw or stored.view.nested or stored.view.empty_dirs:
        _below(reader, stored.view)


def parts(reader: Reader, entry: Oid) -> None:
    """Check that what stands in the tree of a snapshot, or of its index, is a file or a folder.

    Raises:
        ValueError: something in it is not what it has to be.
    """
    for item in reader.tree(entry):
        if item.mode != (MODE_FILE if item.name in _FILES else MODE_TREE):
            raise ValueError(f"'{item.name}' is not the kind of thing it has to be")


def kept(reader: Reader, entries: Mapping[str, TreeEntry]) -> None:
    """Check that what stands in the entry of a kept object is what its name says, and there.

    Raises:
        ValueError: something in it is not the kind of thing it has to be.
        MissingObjectError: it is not there.
    """
    for name, item in entries.items():
        kind = _KEPT.get(name)
        found = reader.info(item.oid)
        if found is None:
            raise MissingObjectError(item.oid)
        if found[1] != kind or item.mode != (MODE_TREE if kind == "tree" else MODE_FILE):
            raise ValueError(f"'{name}' is not the kind of thing it has to be")


def _view(reader: Reader, entry: Oid, view: View, checked: set[Oid]) -> None:
    parts(reader, entry)
    _staged(reader, view, checked)
    _refs(reader, view.refs, checked)
    if view.head.branch is not None:
        RefName.parse(view.head.branch)
    if view.head.oid is not None:
        Oid.parse(view.head.oid)
    listed = [*view.empty_dirs, *view.literal, *(view.present or ())]
    for path in (*listed, *(item.path for item in view.skipped)):
        _inside(path)
    for name, mode in _paths(reader, view.raw, checked):
        _inside(name)
        if mode == MODE_GITLINK:
            raise ValueError("a commit has no bytes")
    for name, mode in _paths(reader, view.operation, checked):
        _inside(name)
        if mode == MODE_LINK or not re.match(_STATE, name):
            raise hostile(name)
    _modes(reader, view, checked)
    if view.nested is not None and view.nested not in checked:
        checked.add(view.nested)
        for item in reader.tree(view.nested):
            _inside(unescape(item.name))
            _view(reader, item.oid, load_view(reader, item.oid), checked)


def _staged(reader: Reader, view: View, checked: set[Oid]) -> None:
    """Check the index; the tree of the commit at HEAD is git's and need not be here."""
    if view.index is not None and view.index not in checked:
        checked.add(view.index)
        parts(reader, view.index)
    if view.index_tree in checked:
        return
    found = reader.info(Oid.parse(view.index_tree))
    if found is not None:
        checked.add(view.index_tree)
    if found is None and view.head.oid is None:
        raise MissingObjectError(view.index_tree)
    if found is not None and found[1] != "tree":
        raise ValueError("the index is no tree")


def _refs(reader: Reader, blob: Oid, checked: set[Oid]) -> None:
    """Check that every line names a ref as git would take it."""
    if blob in checked:
        return
    checked.add(blob)
    for line in reader.read(blob, kind="blob").split(b"\n")[:-1]:
        oid, *names = to_str(line).split(" ")
        Oid.parse(oid)
        for name in names:
            RefName.parse(name)
        if not 1 <= len(names) <= 2 or not names[0].startswith(_REFS):
            raise ValueError("not a ref")


def hostile(path: str) -> HostileArchiveError:
    """Return the error for a path that points outside of a work tree."""
    return HostileArchiveError(
        f"the archive holds '{printable(path)}', which points outside of a work tree: "
        "it was not made by git-timewarp, and nothing of it was taken",
        hint=INSPECT,
    )


def _below(reader: Reader, view: View) -> None:
    """Refuse a path that would be written through a link, or where a file stands."""
    found = Blockers(Contents(reader, view)).first()
    if found is not None:
        path, above = map(printable, found)
        raise HostileArchiveError(
            f"the archive holds '{path}', and '{above}', which is no folder: "
            "it was not made by git-timewarp, and nothing of it was taken",
            hint=INSPECT,
        )


def _inside(path: str) -> None:
    """Refuse a path that leaves the work tree, or enters its git directory."""
    try:
        RepoPath.parse(path)
    except ValueError as exc:
        raise hostile(path) from exc
    if _OWN_GIT in path.split("/"):
        raise hostile(path)


def _paths(reader: Reader, part: Oid | None, checked: set[Oid]) -> Iterator[tuple[str, int]]:
    """Yield every path of a part with escaped names, and its mode."""
    if part is None or part in checked:
        return
    checked.add(part)
    for item in trees.differences(reader, None, part):
        if item.after is not None:
            yield "/".join(unescape(name) for name in item.path.split("/")), item.after.mode


def _modes(reader: Reader, view: View, checked: set[Oid]) -> None:
    if view.modes is None or view.modes in checked:
        return
    checked.add(view.modes)
    for line in reader.read(view.modes, kind="blob").split(b"\0"):
        if line:
            mode, _, path = line.partition(b" ")
            if not re.match(_MODE, mode):
                raise ValueError("not a mode")
            _inside(to_str(path))
