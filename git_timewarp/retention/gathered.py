"""What is known of each snapshot of this clone: its time, its line, what holds it, its score.

Held whatever the rules say: milestones, stashes on the list, whatever `undo` and `redo` can
still reach, the newest of each work tree, and what an open operation needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from git_timewarp.git.names import Oid, SnapshotId, WriterId
from git_timewarp.git.objects import Reader
from git_timewarp.restore.leftover import JOURNEYS
from git_timewarp.retention.policy import Candidate
from git_timewarp.store import layout, lineage
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.snapshots import TOMBSTONE, meta_of
from git_timewarp.timeline import undo
from git_timewarp.util.clock import is_readable, parse_iso

_POINTS = {"annotation": 3, "bookmark": 3}
"""For an event that names a snapshot it did not make; one for every other type."""

_RETURN = 2
"""Points for a journey that went to it."""

_WHERE = (
    "snapshot IS NOT NULL OR data LIKE '%\"milestone\"%' "
    "OR type = name('stash') OR type = name('stash-drop')"
)


class Stored(NamedTuple):
    """A snapshot that is there: what is known of it, and the tree that holds it."""

    candidate: Candidate
    entry: Oid


class _Notes:
    """What the events say of snapshots, gathered oldest first."""

    def __init__(self) -> None:
        self.first: dict[str, Entry] = {}
        self.pins: dict[str, dict[str, None]] = {}
        self.scores: dict[str, int] = {}
        self.latest: dict[str, str] = {}
        self.journeys: dict[str, list[Entry]] = {}
        self.stashes: dict[str, str] = {}

    def pin(self, snapshot: object, why: str) -> None:
        if isinstance(snapshot, str):
            self.pins.setdefault(snapshot, {})[why] = None

    def score(self, snapshot: object, points: int) -> None:
        if isinstance(snapshot, str):
            self.scores[snapshot] = self.scores.get(snapshot, 0) + points


def gather(history: History) -> list[Stored]:
    """Return every snapshot that this clone recorded and that is there, in no order.

    Under the ids it had before, too: it gets a new one where it is moved. What others recorded
    under such an id since is theirs.
    """
    notes = _read(history)
    found = []
    for writer, snapshot, entry, is_draft in _own(history):
        told = notes.first.get(snapshot)
        if writer != history.writer and (told is None or not history.is_own(told)):
            continue
        if told is not None:
            when, line = told.ts, f"{told.worktree} {told.timeline}"
        else:
            meta = meta_of(history.reader, entry)
            when, line = str(meta["ts"]), f"{meta.get('worktree')} {meta.get('timeline')}"
        if not is_readable(when):
            # Nobody can tell how old it is, so no rule takes it away.
            continue
        known = Candidate(
            snapshot,
            parse_iso(when),
            line,
            is_draft,
            tuple(notes.pins.get(snapshot, ())),
            notes.scores.get(snapshot, 0),
        )
        found.append(Stored(known, entry))
    return found


def _own(history: History) -> Iterator[tuple[WriterId, SnapshotId, Oid, bool]]:
    """Yield (writer, id, entry, whether it is a draft) of what is stored under our ids."""
    ours = lineage.ours(history.repo.state_dir, history.writer)
    for name, tag in sorted(history.refs.items()):
        parsed = layout.parse_ref(name)
        kinds = (layout.SNAPSHOTS, layout.DRAFTS)
        if parsed is None or parsed[0] not in ours or parsed[1] not in kinds:
            continue
        for item in _standing(history.reader, tag):
            yield parsed[0], SnapshotId(item[0]), item[1], parsed[1] == layout.DRAFTS


def _standing(reader: Reader, tag: Oid) -> Iterator[tuple[str, Oid]]:
    entries = reader.tree(f"{tag}^{{tree}}")
    for item, parts in zip(entries, reader.trees([e.oid for e in entries]), strict=True):
        if all(part.name != TOMBSTONE for part in parts):
            yield item.name, item.oid


def _read(history: History) -> _Notes:
    notes = _Notes()
    for entry in reversed(list(history.entries(_WHERE))):
        _note(notes, entry, is_own=history.is_own(entry))
    for snapshot in notes.latest.values():
        notes.pin(snapshot, "latest")
    for snapshot in notes.stashes.values():
        notes.pin(snapshot, "stash")
    for journeys in notes.journeys.values():
        stacks = undo.replay(journeys)
        for step in (*stacks.undo, *stacks.redo):
            notes.pin(step.data.get("before"), "undo")
            notes.pin(step.snapshot, "undo")
    for intent in history.journal.intents.values():
        notes.pin(intent.get("before"), "operation")
        notes.pin(intent.get("to"), "operation")
    return notes


def _note(notes: _Notes, entry: Entry, *, is_own: bool) -> None:
    if entry.snapshot is not None:
        if entry.snapshot in notes.first and entry.type not in JOURNEYS:
            notes.score(entry.snapshot, _POINTS.get(entry.type, 1))
        notes.first.setdefault(entry.snapshot, entry)
        if is_own:
            notes.latest[entry.worktree] = entry.snapshot
    if isinstance(entry.data.get("milestone"), dict):
        notes.pin(entry.snapshot or notes.latest.get(entry.worktree), "milestone")
    if entry.type in JOURNEYS:
        notes.score(entry.data.get("to"), _RETURN)
        if is_own and entry.snapshot is not None:
            notes.journeys.setdefault(entry.worktree, []).append(entry)
    elif entry.type == "stash" and entry.snapshot is not None:
        notes.stashes[entry.id] = entry.snapshot
    elif entry.type == "stash-drop":
        notes.stashes.pop(str(entry.data.get("stash")), None)
