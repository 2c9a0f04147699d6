"""Which snapshot of ours holds the work of which entry of git's own stash list.

A `git-stash` event says it, written when git's list is seen to have grown; what is not
noted yet is found by comparing trees. No hook tells of `git stash`, and one that would
costs every fetch (docs/design/0003), so it is noticed with the next snapshot.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from git_timewarp.git import stash_list, trees
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.git.refs import STASH
from git_timewarp.git.stash_list import GitStash, Parts
from git_timewarp.safety.secrets import scrub
from git_timewarp.store.chain import NewEvent
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.view import View
from git_timewarp.timeline.label import of_snapshot
from git_timewarp.timeline.operation import Operation

NOTED = "git-stash"
GONE = "git-stash-drop"
_NEWEST = 50
"""How many entries of git's list, and snapshots of ours, are looked at."""


class Link(NamedTuple):
    """What of ours belongs to an entry: the snapshot, and the event of our stash."""

    held: SnapshotId | None
    stash: str | None


def noted(history: History) -> dict[Oid, Link]:
    """Return what events say about entries of git's list, by commit."""
    found: dict[Oid, Link] = {}
    for entry in history.entries("type = name(?)", (NOTED,)):
        commit = entry.data.get("commit")
        if entry.type == NOTED and isinstance(commit, str):
            found.setdefault(Oid(commit), _link(entry.data))
    return found


def _link(data: Mapping[str, object]) -> Link:
    held, stash = data.get("held"), data.get("stash")
    return Link(
        SnapshotId(held) if isinstance(held, str) else None,
        stash if isinstance(stash, str) else None,
    )


def holding(history: History, commit: Oid) -> Entry | None:
    """Return the newest event whose snapshot holds all that an entry of git's list holds.

    Only the newest snapshots are compared; one with the same index goes before one without.
    """
    parts = stash_list.parts(history.reader, commit)
    if parts is None:
        return None
    second: Entry | None = None
    for entry, view in _newest(history):
        if view.head.oid != parts.base or not _holds(history.reader, view, parts):
            continue
        if view.index_tree == parts.index_tree:
            return entry
        second = second or entry
    return second


def _newest(history: History) -> Iterator[tuple[Entry, View]]:
    seen: set[SnapshotId] = set()
    kept = (
        entry
        for entry in history.entries("snapshot IS NOT NULL")
        if entry.snapshot is not None and history.is_own(entry)
    )
    for entry in itertools.islice(kept, _NEWEST):
        if entry.snapshot is None or entry.snapshot in seen:
            continue
        seen.add(entry.snapshot)
        stored = history.snapshot(entry.snapshot)
        if stored is not None:
            yield entry, stored.view


def _holds(reader: Reader, view: View, parts: Parts) -> bool:
    """Tell whether a view has each file of an entry; untracked ones it may have besides."""
    try:
        more = {}
        for item in trees.differences(reader, parts.tree, view.tree):
            if item.before is not None or item.after is None:
                return False
            more[item.path] = item.after.oid
        if parts.untracked is None:
            return True
        wanted = trees.differences(reader, None, parts.untracked)
        return all(one.after and more.get(one.path) == one.after.oid for one in wanted)
    except MissingObjectError:
        return False


def noticed(
    op: Operation, moves: Mapping[str, tuple[Oid | None, Oid | None]], view: View
) -> tuple[list[NewEvent], bool]:
    """Describe how git's list changed, where its ref is among the refs that moved unseen.

    The answer says too whether that is all there is to tell about the ref.
    """
    if STASH not in moves:
        return [], False
    known = noted(op.history)
    now = stash_list.listed(op.repo.git)
    there = {item.commit for item in now}
    new = [item for item in now[:_NEWEST] if item.commit not in known]
    events = [_grown(op, item, view) for item in reversed(new)]
    old, tip = moves[STASH]
    if old is not None and old not in there:
        events.append(_shrunk(op, old, known.get(old, Link(None, None)), view))
    return events, tip is None or tip in there


def _grown(op: Operation, item: GitStash, view: View) -> NewEvent:
    entry = holding(op.history, item.commit)
    return grown(op, item.commit, item.message, entry, view)


def grown(op: Operation, commit: Oid, message: str, entry: Entry | None, view: View) -> NewEvent:
    """Describe a new entry of git's list, and the event of ours that holds the same work."""
    same = f", the same work as {op.label(entry)}" if entry is not None else ""
    stash = entry.id if entry is not None and entry.type == "stash" else None
    link = Link(entry.snapshot if entry is not None else None, stash)
    return op.event(
        NOTED,
        scrub(f"git stash: {message}{same}").text,
        anchor=view.head.oid or view.tree,
        head=view.head.oid,
        branch=view.head.branch,
        data={"commit": commit, **_data(link)},
        key=f"{NOTED}:{commit}",
    )


def _shrunk(op: Operation, commit: Oid, link: Link, view: View) -> NewEvent:
    held = of_snapshot(op.history, link.held) if link.held is not None else ""
    kept = f"; {held} holds the same work" if held else ""
    return op.event(
        GONE,
        f"git stash {commit[:7]} left git's list{kept}",
        anchor=view.head.oid or view.tree,
        head=view.head.oid,
        branch=view.head.branch,
        data={"commit": commit, **_data(link)},
    )


def _data(link: Link) -> dict[str, object]:
    pairs = (("held", link.held), ("stash", link.stash))
    return {name: value for name, value in pairs if value is not None}
