"""What `stash` answers about git's own stashes, and how they belong to ours."""

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.timeline.results import FileChange, StashEntry
from git_timewarp.timeline.results_look import VERSION, Json
from git_timewarp.util.frozen import Frozen


class GitStashEntry(Frozen):
    """An entry of git's own list.

    Attributes:
        name: `stash@{n}`, as git names it.
        commit: the commit it is; None in a dry run.
        ts: when it was made.
        message: what git's list says.
        event, snapshot: what of ours holds the same work, None where nothing does.
        stash: that one's name in our list, None where it is not on it.
    """

    name: str
    commit: Oid | None
    ts: str
    message: str
    event: str | None = None
    snapshot: SnapshotId | None = None
    stash: str | None = None

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "name": self.name,
            "commit": self.commit,
            "ts": self.ts,
            "message": self.message,
            "event": self.event,
            "snapshot": self.snapshot,
            "stash": self.stash,
        }


class StashLists(Frozen):
    """Our stashes and git's, newest first."""

    ours: tuple[StashEntry, ...]
    git: tuple[GitStashEntry, ...]


class StashShow(Frozen):
    """Answer of `stash show`: as `diff`, and the entry of git's that holds the same work."""

    files: tuple[FileChange, ...]
    patch: bytes
    git: GitStashEntry | None = None

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "files": [item.to_dict() for item in self.files],
            "git": self.git.to_dict() if self.git is not None else None,
        }
