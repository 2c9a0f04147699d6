"""Targets: how a user names a moment (design 8).

In this order: `@`, `@-3`, `E47`, `stash@{n}`, a snapshot id or unique prefix, a
milestone's name, a time, a git revision, a timeline. `@-n` counts states of the work
tree backwards from where it stands: snapshots with the same files count once.
"""

from __future__ import annotations

import re

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.store.view import View
from git_timewarp.timeline import dates
from git_timewarp.util.clock import iso, stored_ns
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.ids import is_letters

SHORTEST_PREFIX = 4
_BACK = r"@-(\d{1,6})\Z"
_EVENT = r"[Ee](\d{1,15})(?:\.([k-z]+))?\Z"
_STASH = r"stash@\{(\d+)\}\Z"


class UnknownTargetError(TimewarpError):
    """No event, snapshot, milestone, time or revision has this name."""

    kind = Kind.NOT_FOUND
    reference = "unknown-target"


class AmbiguousTargetError(TimewarpError):
    """More than one snapshot begins with this prefix."""

    kind = Kind.USAGE
    reference = "ambiguous-target"


class RemovedSnapshotError(TimewarpError):
    """The snapshot was removed on purpose, to free space; its event is still there."""

    kind = Kind.NOT_FOUND
    reference = "snapshot-removed"


class Target(Frozen):
    """What a selector names: a snapshot (with the event that says so), or a bare tree.

    `tree` is set, and `snapshot` None, for a git revision.
    """

    text: str
    snapshot: Snapshot | None
    entry: Entry | None = None
    tree: Oid | None = None
    commit: Oid | None = None

    @property
    def files(self) -> Oid:
        """The tree of the work tree at that moment."""
        if self.snapshot is not None:
            return self.snapshot.view.tree
        assert self.tree is not None  # noqa: S101 - one of the two is set
        return self.tree


def is_reserved(text: str) -> bool:
    """Tell whether `text` has the form of `@`, `@-3`, `E47` or `stash@{0}`."""
    return text == "@" or any(re.match(form, text) for form in (_BACK, _EVENT, _STASH))


def resolve(history: History, text: str, *, position: SnapshotId | None = None) -> Target:
    """Find what `text` names.

    Args:
        history: everything recorded.
        text: the selector as typed.
        position: the snapshot that `@` means; the newest of this work tree by default.

    Raises:
        UnknownTargetError: nothing has this name.
        AmbiguousTargetError: a prefix of several snapshots.
    """
    here = position
    if here is None:
        latest = history.latest_snapshot(history.repo.worktree)
        here = latest.snapshot if latest is not None else None
    back = 0 if text == "@" else _number(_BACK, text)
    if back is not None:
        return _back(history, text, here, back)
    found = (
        _event(history, text)
        or _stash(history, text)
        or _snapshot(history, text)
        or _milestone(history, text)
        or _time(history, text)
        or _revision(history, text)
        or _timeline(history, text)
    )
    if found is None and is_letters(text) and len(text) < SHORTEST_PREFIX:
        raise UnknownTargetError(
            f"'{text}' is too short: a snapshot's id needs four letters", hint="git timewarp log"
        )
    if found is None:
        raise UnknownTargetError(
            f"'{text}' names no event, snapshot, milestone, time or revision",
            hint="git timewarp log",
        )
    return found


def seen_from(
    history: History, text: str, now: View, *, position: SnapshotId | None = None
) -> Target:
    """Find what `text` names, with `@-n` counted from `now`, the work tree as it is.

    Work that no snapshot holds yet is a state of its own, so that `@-1` is the latest
    snapshot then, for the commands that look as for those that travel.
    """
    back = _number(_BACK, text)
    entry = history.latest_snapshot(history.repo.worktree) if back else None
    latest = history.snapshot(entry.snapshot) if entry and entry.snapshot else None
    if back and latest is not None and not same_files(latest.view, now):
        text = f"@-{back - 1}" if back > 1 else "@"
    return resolve(history, text, position=position)


def of_snapshot(history: History, snapshot: SnapshotId, text: str) -> Target:
    """Return the target for a full snapshot id; UnknownTargetError when it is not stored."""
    found = history.snapshot(snapshot)
    if found is None:
        raise _gone(history, snapshot, text) or UnknownTargetError(
            f"snapshot '{text}' is not stored here", hint="git timewarp log"
        )
    return Target(text, found, _entry_of(history, snapshot))


def _gone(history: History, snapshot: SnapshotId, text: str) -> RemovedSnapshotError | None:
    """Return what to say of a snapshot that was removed on purpose; None for any other."""
    stone = history.removed(snapshot)
    if stone is None:
        return None
    near = _nearest(history, snapshot)
    day = f"{stone.ts[:10]} {stone.ts[11:16]}"
    return RemovedSnapshotError(
        f"the snapshot of '{text}' was removed by {stone.by} on {day}: {stone.reason}",
        hint=f"git timewarp show {near}" if near is not None else "git timewarp log",
    )


def _nearest(history: History, snapshot: SnapshotId) -> SnapshotId | None:
    """Return the snapshot kept that is nearest in time in the same work tree."""
    gone = _entry_of(history, snapshot)
    if gone is None:
        return None
    here = "snapshot IS NOT NULL AND worktree = name(?)"
    around: list[Entry] = []
    for entry in history.entries(here, (gone.worktree,)):
        if entry.snapshot is None or entry.worktree != gone.worktree:
            continue
        if history.snapshot(entry.snapshot) is None:
            continue
        around = [*around[-1:], entry]
        if entry.order < gone.order:
            break
    at = stored_ns(gone.ts)
    near = min(around, key=lambda entry: abs(stored_ns(entry.ts) - at), default=None)
    return None if near is None else near.snapshot


def _entry_of(history: History, snapshot: SnapshotId) -> Entry | None:
    named = history.naming(snapshot)
    return named[-1] if named else None


def _number(pattern: str, text: str) -> int | None:
    match = re.match(pattern, text)
    return int(match.group(1)) if match else None


def _back(history: History, text: str, here: SnapshotId | None, back: int) -> Target:
    current = history.snapshot(here) if here is not None else None
    steps = 0
    while current is not None and steps < back:
        parent = history.parent(current)
        if parent is None or not same_files(current.view, parent.view):
            steps += 1
        current = parent
    while current is not None and current.parents and back:
        parent = history.parent(current)
        if parent is None or not same_files(current.view, parent.view):
            break
        current = parent
    if current is None:
        raise UnknownTargetError(
            f"'{text}' goes back further than the {max(steps - 1, 0)} states before this one",
            hint="git timewarp log",
        )
    return Target(text, current, _entry_of(history, current.id))


def same_files(one: View, other: View) -> bool:
    """Tell whether two views have the same files: bytes, modes, folders."""
    return (one.tree, one.raw, one.modes, one.nested, one.empty_dirs) == (
        other.tree,
        other.raw,
        other.modes,
        other.nested,
        other.empty_dirs,
    )


def _event(history: History, text: str) -> Target | None:
    entry = event(history, text)
    return None if entry is None else _at(history, entry, text)


def event(history: History, text: str) -> Entry | None:
    """Return the event that `text` (`E47`, `E47.kmno`) names; None where there is none.

    Raises:
        AmbiguousTargetError: two clones have one.
    """
    match = re.match(_EVENT, text)
    if match is None:
        return None
    lamport, prefix = int(match.group(1)), match.group(2) or ""
    named = [
        entry
        for entry in history.entries("lamport = ?", (lamport,))
        if entry.lamport == lamport and entry.writer.startswith(prefix)
    ]
    if not named:
        return None
    if len(named) > 1 and not prefix:
        mine = [entry for entry in named if entry.writer == history.writer]
        named = mine or named
    if len({entry.writer for entry in named}) > 1:
        labels = ", ".join(sorted(f"E{lamport}.{entry.writer[:6]}" for entry in named))
        first = labels.split(", ", 1)[0]
        raise AmbiguousTargetError(
            f"'{text}' names several events: {labels}", hint=f"git timewarp show {first}"
        )
    return named[0]


def _at(history: History, entry: Entry, text: str) -> Target:
    """Return the target for an event: its snapshot, or the newest before it in its work tree."""
    if entry.snapshot is not None:
        return Target(text, _stored(history, entry.snapshot, text), entry)
    before = "snapshot IS NOT NULL AND lamport < ? AND worktree = name(?)"
    for other in history.entries(before, (entry.lamport, entry.worktree)):
        if (
            other.snapshot is not None
            and other.lamport < entry.lamport
            and other.worktree == entry.worktree
            and history.removed(other.snapshot) is None
        ):
            return Target(text, _stored(history, other.snapshot, text), entry)
    raise UnknownTargetError(
        f"event '{text}' has no snapshot at or before it", hint="git timewarp log"
    )


def _stored(history: History, snapshot: SnapshotId, text: str) -> Snapshot:
    found = history.snapshot(snapshot)
    if found is None:
        raise _gone(history, snapshot, text) or UnknownTargetError(
            f"the snapshot of '{text}' is not stored any more", hint="git timewarp verify --full"
        )
    return found


def _stash(history: History, text: str) -> Target | None:
    number = _number(_STASH, text)
    if number is None:
        return None
    entries = stashes(history)
    if number >= len(entries):
        raise UnknownTargetError(
            f"there is no '{text}': {_so_many(len(entries))}", hint="git timewarp stash list"
        )
    return _at(history, entries[number], text)


def _so_many(count: int) -> str:
    if count == 0:
        return "nothing is stashed here"
    return "there is one stash" if count == 1 else f"there are {count} stashes"


def stashes(history: History) -> list[Entry]:
    """Return the stash events of this work tree that were not dropped, newest first."""
    found, dropped = [], set()
    for entry in history.here(("stash", "stash-drop")):
        if entry.type == "stash-drop":
            dropped.add(entry.data.get("stash"))
        elif entry.id not in dropped:
            found.append(entry)
    return found


def _snapshot(history: History, text: str) -> Target | None:
    if not is_letters(text) or len(text) < SHORTEST_PREFIX:
        return None
    named = history.catalog.matching(text)
    if not named:
        return None
    if len(named) > 1:
        raise AmbiguousTargetError(
            f"'{text}' is the beginning of {len(named)} snapshots: {', '.join(named[:4])}",
            hint=f"git timewarp show {named[0]}",
        )
    return of_snapshot(history, named[0], text)


def _milestone(history: History, text: str) -> Target | None:
    for entry in history.entries("data LIKE '%\"milestone\"%'"):
        mark = entry.data.get("milestone")
        if isinstance(mark, dict) and mark.get("name") == text:
            return _at(history, entry, text)
    return None


def _time(history: History, text: str) -> Target | None:
    when = dates.strict(history.repo.git, text)
    if when is None:
        return None
    limit = iso(when)
    found: Entry | None = None
    for entry in history.entries("snapshot IS NOT NULL AND ts <= ?", (limit,)):
        here = entry.worktree == history.repo.worktree
        if entry.snapshot is None or entry.ts > limit or not here:
            continue
        if history.removed(entry.snapshot) is not None:
            continue
        if found is None or entry.ts > found.ts:
            found = entry
        # What was derived from git's history was recorded later than it happened.
        if entry.data.get("source") != "git":
            break
    if found is None or found.snapshot is None:
        raise UnknownTargetError(
            f"nothing was recorded yet at '{text}'", hint="git timewarp log --all"
        )
    return Target(text, _stored(history, found.snapshot, text), found)


def _revision(history: History, text: str) -> Target | None:
    if text.startswith("-") or "\n" in text:
        return None
    # As the user's own git names it: with his replace refs and grafts.
    git = history.repo.git.using(config=("core.useReplaceRefs=true",))
    names = (f"{text}^{{commit}}", f"{text}^{{tree}}")
    found = [git.run("rev-parse", "-q", "--verify", name, ok=(0, 1, 128)).text for name in names]
    if not found[0]:
        return None
    return Target(text, None, None, Oid(found[1]) if found[1] else None, Oid(found[0]))


def _timeline(history: History, text: str) -> Target | None:
    for entry in history.entries("timeline = name(?) AND snapshot IS NOT NULL", (text,)):
        if entry.timeline != text or entry.snapshot is None:
            continue
        if history.removed(entry.snapshot) is None:
            return Target(text, _stored(history, entry.snapshot, text), entry)
    return None
