"""Files that come into view when ignore rules go, and stay.

A jump to before `.gitignore` knew `build/` leaves `build/` as it is: ignored files are never
removed. Afterwards no rule ignores them, the next capture holds them, and a second jump
would take them for files created since. So each journey notes what it left, and the next
ones spare that for as long as nothing tracks it.
"""

from collections.abc import Collection
from typing import NamedTuple

from git_timewarp.git.names import RepoPath
from git_timewarp.git.objects import Reader
from git_timewarp.restore.change import parents
from git_timewarp.restore.entries import Contents, Layer, index_tree
from git_timewarp.store.history import History
from git_timewarp.store.view import View
from git_timewarp.util.text import json_name, name_from_json

JOURNEYS = ("jump", "restore", "stash-apply", "undo", "redo")
"""Types of the events that journeys end with."""

_MEMBER = "left"


class Views(NamedTuple):
    """The three states of a journey: where it began, where it went, what is there now."""

    before: View
    target: View
    after: View


def remembered(history: History) -> frozenset[RepoPath]:
    """Return the files and folders that the latest journey in this work tree left."""
    for entry in history.here(JOURNEYS, with_snapshot=True):
        if history.is_own(entry):
            found = entry.data.get(_MEMBER)
            names = found if isinstance(found, list) else []
            return frozenset(RepoPath(name_from_json(name)) for name in names)
    return frozenset()


def member(paths: Collection[RepoPath]) -> dict[str, object]:
    """Return what the event of a journey says about it; nothing where nothing was left."""
    return {_MEMBER: [json_name(path) for path in sorted(paths)]} if paths else {}


def newly(reader: Reader, views: Views, appeared: Collection[RepoPath]) -> set[RepoPath]:
    """Return `appeared`, whole folders as one: paths that neither end of the journey held."""
    before, target = Contents(reader, views.before), Contents(reader, views.target)
    found: set[RepoPath] = set()
    for path in sorted(appeared):
        chain = [*reversed(list(parents(path))), path]
        if not any(above in found for above in chain):
            own = (
                a
                for a in chain
                if not (before.has_folder(RepoPath(a)) or target.has_folder(RepoPath(a)))
            )
            found.add(RepoPath(next(own, path)))
    return found


def still(reader: Reader, after: View, left: Collection[RepoPath]) -> set[RepoPath]:
    """Return those of `left` that are in view now and that the index does not know."""
    contents = Contents(reader, after)
    staged = Layer(reader, after._replace(tree=index_tree(reader, after), raw=None))
    return {
        path
        for path in left
        if (contents.entry(path) is not None or contents.has_folder(path))
        and not (staged.entry(path) is not None or staged.has_folder(path))
    }
