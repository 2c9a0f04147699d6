"""What `status` and `log` answer: frozen records, as in `results`, and nothing else to import.

Field names are the stable contract of design 8; `docs/reference/json.md` lists them.
"""

from typing import NamedTuple

from git_timewarp.git.names import SnapshotId
from git_timewarp.util.frozen import Frozen

Json = dict[str, object]
VERSION = 1


class Changes(NamedTuple):
    """How many paths a snapshot added, modified and deleted against the one before it."""

    added: int = 0
    modified: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        """All changed paths."""
        return self.added + self.modified + self.deleted


class Milestone(Frozen):
    """A mark of significance on an event (kinds: design 4)."""

    kind: str
    importance: str
    name: str | None = None

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        record: Json = {"kind": self.kind, "importance": self.importance}
        if self.name is not None:
            record["name"] = self.name
        return record


class LogEntry(NamedTuple):
    """One event as `log` shows it.

    `event` is the label (`E47`, or `E47.<writer prefix>` where two writers share the
    number), `ts` ISO 8601 UTC, `actor` `kind:id`, `current` whether the work tree stands
    on its snapshot now, `git_stash` the commit of git's stash list the event is about, with
    the snapshot and the stash event of ours that hold the same work.
    """

    event: str
    id: str
    lamport: int
    writer: str
    type: str
    ts: str
    actor: str
    summary: str
    snapshot: SnapshotId | None
    timeline: str
    worktree: str
    changes: Changes | None = None
    milestone: Milestone | None = None
    current: bool = False
    git_stash: Json | None = None

    def to_dict(self) -> Json:
        """Return the stable JSON form (one line of `log --json`)."""
        record: Json = {
            "event": self.event,
            "id": self.id,
            "type": self.type,
            "ts": self.ts,
            "actor": self.actor,
            "summary": self.summary,
            "snapshot": self.snapshot,
            "timeline": self.timeline,
            "worktree": self.worktree,
            "current": self.current,
        }
        if self.changes is not None:
            record["changes"] = {
                "added": self.changes.added,
                "modified": self.changes.modified,
                "deleted": self.changes.deleted,
            }
        if self.milestone is not None:
            record["milestone"] = self.milestone.to_dict()
        if self.git_stash is not None:
            record["git_stash"] = self.git_stash
        return record


class Problem(Frozen):
    """Something that is wrong: what, where, what it touches and the next command.

    `kind` is one of `torn-write`, `hash-mismatch`, `missing-object`, `broken-chain`,
    `foreign-edit`, `gap`, `hooks`, `watcher`, `lost-spool`, `lost-journal`, `recovered`,
    `network-filesystem`, `config`, `moved-refs`, `disk`, `quota`; in remarks `lost-ref`,
    `git-damaged`, and `missing-object` for what a kept commit needs.
    """

    kind: str
    where: str
    hint: str
    affects: tuple[str, ...] = ()

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "kind": self.kind,
            "where": self.where,
            "affects": list(self.affects),
            "hint": self.hint,
        }


class StatusResult(Frozen):
    """Answer of `status`.

    `last_draft` is the newest of the last 200 snapshots that the watcher took.
    `recording` is false before `init`. `dirty` says whether the work tree differs from
    its newest snapshot (None when that was not looked at). `pending` counts what is in
    journal and spool and not yet folded. Ages are derived by the caller from `ts`.
    """

    recording: bool
    writer: str | None
    timeline: str | None
    head: str | None
    last_event: LogEntry | None
    last_snapshot: LogEntry | None
    watcher: Json
    hooks: Json
    pending: Json
    counts: Json
    problems: tuple[Problem, ...] = ()
    last_draft: LogEntry | None = None

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "recording": self.recording,
            "writer": self.writer,
            "timeline": self.timeline,
            "head": self.head,
            "last_event": self.last_event.to_dict() if self.last_event else None,
            "last_snapshot": self.last_snapshot.to_dict() if self.last_snapshot else None,
            "last_draft": self.last_draft.to_dict() if self.last_draft else None,
            "watcher": self.watcher,
            "hooks": self.hooks,
            "pending": self.pending,
            "counts": self.counts,
            "problems": [item.to_dict() for item in self.problems],
        }
