"""What the commands of this package answer: frozen records, one `to_dict` for `--json`."""

from __future__ import annotations

from typing import NamedTuple

from git_timewarp.git.names import SnapshotId
from git_timewarp.timeline.results_look import VERSION, Json
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import json_name


class Trouble(NamedTuple):
    """A path that did not come back, or not as it was, and why."""

    path: str
    reason: str

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {"path": json_name(self.path), "reason": self.reason}


class Moment(NamedTuple):
    """A snapshot that is left; `missing` counts the files of it that cannot be read.

    `not_fetched` counts those that are on a remote, in a partial clone. Where `described` is
    false, its description is lost: id and time are what an event says of it.
    """

    id: SnapshotId
    ts: str
    trigger: str
    worktree: str
    missing: int
    not_fetched: int = 0
    described: bool = True

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "snapshot": self.id,
            "ts": self.ts,
            "trigger": self.trigger,
            "worktree": self.worktree,
            "whole": self.described and not self.missing,
            "described": self.described,
            "missing": self.missing,
            "not_fetched": self.not_fetched,
        }


class Listing(Frozen):
    """Answer of `emergency-restore --list`: moments oldest first, and ids that are gone."""

    git_dir: str
    moments: tuple[Moment, ...]
    gone: tuple[SnapshotId, ...]

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "git_dir": json_name(self.git_dir),
            "moments": [moment.to_dict() for moment in self.moments],
            "gone": list(self.gone),
        }


class Rescued(Frozen):
    """Answer of `emergency-restore`.

    Attributes:
        to: the folder as it was named.
        missing: what of the snapshot could not be read or must not be written.
        not_fetched: what of it is on a remote, in a partial clone.
        notes: paths that came back otherwise than they were, or never were captured.
        gone: ids of snapshots that something names and nothing holds.
        whole_before: the time of the newest whole snapshot, where this one is not whole.
    """

    snapshot: SnapshotId
    ts: str
    git_dir: str
    to: str
    files: int
    links: int
    folders: int
    missing: tuple[Trouble, ...]
    notes: tuple[Trouble, ...]
    gone: tuple[SnapshotId, ...]
    whole_before: str | None
    not_fetched: tuple[Trouble, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether everything the snapshot holds was written, or is on a remote."""
        return not self.missing

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "snapshot": self.snapshot,
            "ts": self.ts,
            "git_dir": json_name(self.git_dir),
            "to": json_name(self.to),
            "whole": self.is_whole,
            "files": self.files,
            "links": self.links,
            "folders": self.folders,
            "missing": [item.to_dict() for item in self.missing],
            "not_fetched": [item.to_dict() for item in self.not_fetched],
            "notes": [item.to_dict() for item in self.notes],
            "gone": list(self.gone),
            "whole_before": self.whole_before,
        }


class Rebuilt(Frozen):
    """Answer of `recover --rebuild`.

    Attributes:
        snapshots, drafts, kept, events: how many of each are named again.
        refs: the refs that were made or moved.
        copied: objects that git could no longer read and that were written again.
        writers: earlier ids of this clone that it goes on from.
        partial: snapshots that are not whole; `gone`: those of which nothing is left.
        missing_events: `{writer, first, last}`: numbers of events that are gone.
        unlisted: snapshots that came back and that no event names, so that no log lists them;
            empty in a dry run.
        event: the label of the event about it, None for a dry run or when nothing was to be done.
        may_fetch: whether git fetches single objects here, so that `repair` may get what is missing.
    """

    snapshots: int
    drafts: int
    kept: int
    events: int
    refs: tuple[str, ...]
    copied: int
    writers: tuple[str, ...]
    partial: tuple[Moment, ...]
    gone: tuple[SnapshotId, ...]
    missing_events: tuple[tuple[str, int, int], ...]
    unlisted: tuple[SnapshotId, ...]
    event: str | None
    dry_run: bool
    may_fetch: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether everything that was there once is there again."""
        return not (self.partial or self.gone or self.missing_events)

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "snapshots": self.snapshots,
            "drafts": self.drafts,
            "kept": self.kept,
            "events": self.events,
            "refs": list(self.refs),
            "copied": self.copied,
            "writers": list(self.writers),
            "partial": [moment.to_dict() for moment in self.partial],
            "gone": list(self.gone),
            "missing_events": [
                {"writer": writer, "first": first, "last": last}
                for writer, first, last in self.missing_events
            ],
            "unlisted": list(self.unlisted),
            "event": self.event,
            "dry_run": self.dry_run,
        }


class Derived(Frozen):
    """Answer of `recover --from-git`.

    Attributes:
        commits: events with a snapshot each; moves: events of HEAD's reflog.
        known: what was recorded already.
        lost: commits whose tree is gone.
        since: the time of the oldest.
        event: the label of the event about it, None for a dry run or when there was nothing new.
    """

    commits: int
    moves: int
    known: int
    lost: tuple[str, ...]
    since: str | None
    event: str | None
    dry_run: bool

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "commits": self.commits,
            "moves": self.moves,
            "known": self.known,
            "lost": list(self.lost),
            "since": self.since,
            "event": self.event,
            "dry_run": self.dry_run,
        }
