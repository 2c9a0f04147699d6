"""What the commands of this package answer: frozen records, printed by `cli/output/disk.py`."""

from __future__ import annotations

from typing import NamedTuple

from git_timewarp.store.events import Json
from git_timewarp.util.text import json_name


class Judged(NamedTuple):
    """One snapshot and what was decided about it; `event` is the label of its first event."""

    snapshot: str
    event: str
    ts: str
    is_draft: bool
    keep: bool
    reasons: tuple[str, ...]

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "snapshot": self.snapshot,
            "event": self.event,
            "ts": self.ts,
            "kind": "draft" if self.is_draft else "snapshot",
            "keep": self.keep,
            "reasons": list(self.reasons),
        }


class CompactResult(NamedTuple):
    """Answer of `compact`.

    Attributes:
        decisions: about every snapshot, oldest first.
        frees: bytes that are free then; of a dry run at most so many.
        waits: whether they are free only when the old packs have gone.
        events: labels of the events that list what was removed.
    """

    decisions: tuple[Judged, ...]
    frees: int
    waits: bool = False
    events: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def removed(self) -> int:
        """How many snapshots go."""
        return sum(not item.keep for item in self.decisions)

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": 1,
            "removed": self.removed,
            "kept": len(self.decisions) - self.removed,
            "frees": self.frees,
            "waits": self.waits,
            "events": list(self.events),
            "dry_run": self.dry_run,
            "decisions": [item.to_dict() for item in self.decisions],
        }


class Left(NamedTuple):
    """Content that was to go and is still there: where, and the command that tells or helps."""

    oid: str
    where: str
    hint: str

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {"oid": self.oid, "where": self.where, "hint": self.hint}


class PurgeResult(NamedTuple):
    """Answer of `purge`.

    Attributes:
        paths: the paths that content was taken from, each once.
        objects: ids of the blobs that were taken out.
        snapshots: ids of the snapshots that were rewritten.
        left: what of it is still there and why; empty when nothing is.
        waits: whether old packs still hold it, because a gc of the user's runs.
        archives: those of what imports replaced that held it, and went.
        copies: how many files that recoveries and restores had kept went.
    """

    paths: tuple[str, ...]
    objects: tuple[str, ...]
    snapshots: tuple[str, ...]
    left: tuple[Left, ...] = ()
    frees: int = 0
    waits: bool = False
    events: tuple[str, ...] = ()
    dry_run: bool = False
    archives: tuple[str, ...] = ()
    copies: int = 0

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": 1,
            "paths": [json_name(path) for path in self.paths],
            "objects": list(self.objects),
            "snapshots": list(self.snapshots),
            "archives": [json_name(name) for name in self.archives],
            "copies": self.copies,
            "left": [item.to_dict() for item in self.left],
            "frees": self.frees,
            "waits": self.waits,
            "events": list(self.events),
            "dry_run": self.dry_run,
        }


class RedactResult(NamedTuple):
    """Answer of `redact`.

    Attributes:
        event: the label of the redacted event.
        snapshot: the id of its snapshot, which stays; empty where it has none.
        already: it was redacted before; nothing was done.
        archives: those of what imports replaced that held it, and went.
        copies: how many files that recoveries had kept went or were written again.
        left: where what it said is still; `waits`: in old packs, because a gc runs.
        events: labels of the events that tell of it.
    """

    event: str
    id: str
    snapshot: str
    reason: str
    already: bool = False
    archives: tuple[str, ...] = ()
    copies: int = 0
    left: tuple[Left, ...] = ()
    frees: int = 0
    waits: bool = False
    events: tuple[str, ...] = ()
    dry_run: bool = False

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": 1,
            "event": self.event,
            "id": self.id,
            "snapshot": self.snapshot or None,
            "reason": self.reason,
            "already": self.already,
            "archives": [json_name(name) for name in self.archives],
            "copies": self.copies,
            "left": [item.to_dict() for item in self.left],
            "frees": self.frees,
            "waits": self.waits,
            "events": list(self.events),
            "dry_run": self.dry_run,
        }


class Large(NamedTuple):
    """Something that takes much: a snapshot, or a blob with the path it was found at."""

    name: str
    size: int
    what: str = ""

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {"name": self.name, "bytes": self.size, "what": json_name(self.what)}


class StorageResult(NamedTuple):
    """Answer of `storage`; sizes in bytes on the disk.

    Attributes:
        classes: what each class of data takes (`snapshots`, `drafts`, `events` …).
        total: all of it: our share of the disk.
        quota: what it may be.
        free: bytes free on the disk.
        level: how little that is: `ok`, `notice`, `warn` or `stop`.
        snapshots, blobs: the largest.
        compactable: bytes that `compact` would free at most; in how many snapshots.
    """

    classes: dict[str, int]
    total: int
    quota: int
    free: int
    level: str
    snapshots: tuple[Large, ...]
    blobs: tuple[Large, ...]
    compactable: int
    thinned: int
    advice: tuple[str, ...] = ()

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": 1,
            "classes": self.classes,
            "total": self.total,
            "quota": self.quota,
            "free": self.free,
            "level": self.level,
            "largest_snapshots": [item.to_dict() for item in self.snapshots],
            "largest_blobs": [item.to_dict() for item in self.blobs],
            "compact": {"frees": self.compactable, "snapshots": self.thinned},
            "advice": list(self.advice),
        }
