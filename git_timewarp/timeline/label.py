"""An event as people see it: its short name, which they type too (`E47`), and its entry."""

from __future__ import annotations

from git_timewarp.git.names import SnapshotId
from git_timewarp.store import layout
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.timeline.results_look import Changes, Json, LogEntry, Milestone


def label(history: History, entry: Entry) -> str:
    """Return the label of an event: `E47`, or `E47.<writer prefix>` where two share 47."""
    writers = {layout.parse_ref(name) for name in history.refs}
    others = {found[0] for found in writers if found and found[0] != entry.writer}
    text = f"E{entry.lamport}"
    if not others:
        return text
    same = {
        other.writer
        for other in history.entries("lamport = ?", (entry.lamport,))
        if other.lamport == entry.lamport and other.writer != entry.writer
    }
    if not same:
        return text
    length = 4
    while any(other.startswith(entry.writer[:length]) for other in same):
        length += 1
    return f"{text}.{entry.writer[:length]}"


def of_snapshot(history: History, snapshot: SnapshotId) -> str:
    """Return the label of the event that made a snapshot; empty where it is not stored."""
    named = history.naming(snapshot)
    return label(history, named[-1]) if named else ""


def log_entry(history: History, entry: Entry, *, current: bool = False) -> LogEntry:
    """Return an entry as `log` shows it."""
    counts = entry.data.get("changes")
    changes = Changes(*counts) if isinstance(counts, list) and len(counts) == 3 else None
    mark = entry.data.get("milestone")
    milestone = None
    if isinstance(mark, dict):
        milestone = Milestone(str(mark["kind"]), str(mark["importance"]), mark.get("name"))
    return LogEntry(
        event=label(history, entry),
        id=entry.id,
        lamport=entry.lamport,
        writer=entry.writer,
        type=entry.type,
        ts=entry.ts,
        actor=entry.actor,
        summary=entry.summary,
        snapshot=entry.snapshot,
        timeline=entry.timeline,
        worktree=entry.worktree,
        changes=changes,
        milestone=milestone,
        current=current,
        git_stash=_git_stash(entry),
    )


def _git_stash(entry: Entry) -> Json | None:
    if entry.type not in {"git-stash", "git-stash-drop"}:
        return None
    pairs = {"commit": "commit", "snapshot": "held", "stash": "stash"}
    return {name: entry.data.get(member) for name, member in pairs.items()}
