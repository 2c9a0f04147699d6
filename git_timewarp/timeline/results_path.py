"""What `history` answers: one record a version of a path."""

from typing import NamedTuple

from git_timewarp.git.names import Oid, RepoPath, SnapshotId
from git_timewarp.timeline.results_look import Json
from git_timewarp.util.text import json_name


class PathVersion(NamedTuple):
    """One version of a path: what it became, when, and in which commit that is.

    Attributes:
        event, id, ts, type, actor, summary: the event whose snapshot first holds the version.
        snapshot: that snapshot.
        path: the name it has in this version (had, where it was deleted).
        status: `A` added, `M` modified, `D` deleted, `R` renamed, `T` another type; `F` found:
            the oldest snapshot that is stored has it.
        other: of `R` the name before, of `D` the name it has now, where it only moved.
        blob: id of the content, None where it was deleted; of a folder its tree.
        mode: as git writes it, 0 where it was deleted.
        additions, deletions: lines; None for binary files and where they were not counted.
        commit: a commit of the user's that has this version.
        snapshots: how many snapshots in a row hold it.
        current: whether the latest snapshot holds it.
        trees: the work tree before and after, to draw a patch from.
    """

    event: str
    id: str
    ts: str
    type: str
    actor: str
    summary: str
    snapshot: SnapshotId
    path: RepoPath
    status: str
    other: RepoPath | None
    blob: Oid | None
    mode: int
    additions: int | None
    deletions: int | None
    commit: Oid | None
    snapshots: int
    current: bool
    trees: tuple[Oid | None, Oid]

    def to_dict(self) -> Json:
        """Return the stable JSON form (one line of `history --json`)."""
        other = None if self.other is None else json_name(self.other)
        return {
            "event": self.event,
            "id": self.id,
            "ts": self.ts,
            "type": self.type,
            "actor": self.actor,
            "summary": self.summary,
            "snapshot": self.snapshot,
            "path": json_name(self.path),
            "status": self.status,
            "from": other if self.status == "R" else None,
            "to": other if self.status == "D" else None,
            "blob": self.blob,
            "mode": f"{self.mode:06o}" if self.mode else None,
            "additions": self.additions,
            "deletions": self.deletions,
            "commit": self.commit,
            "snapshots": self.snapshots,
            "current": self.current,
        }
