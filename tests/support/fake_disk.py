"""What an app of a test answers when it is asked about room on the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from git_timewarp.retention.results import (
    CompactResult,
    Judged,
    Large,
    Left,
    PurgeResult,
    RedactResult,
    StorageResult,
)

_BLOB = "8bbfb37b3db09ab2399c65580342766c363fa431"
_DECISIONS = (
    Judged(
        "kkkkkkkkkkkk",
        "E2",
        "2023-11-10T22:13:20.000Z",
        is_draft=True,
        keep=False,
        reasons=("no rule keeps it",),
    ),
    Judged(
        "llllllllllll",
        "E9",
        "2023-11-14T22:12:20.000Z",
        is_draft=False,
        keep=True,
        reasons=("newest", "daily"),
    ),
)


@dataclass
class FakeDisk:
    """Answers a store in which something can be done, and remembers what it was asked."""

    left: tuple[Left, ...] = ()
    waits: bool = False
    already: bool = False
    archives: tuple[str, ...] = ()
    decisions: tuple[Judged, ...] = _DECISIONS
    asked: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def storage(self) -> StorageResult:
        """Answer what takes how much."""
        return StorageResult(
            {
                "events": 1960,
                "kept": 0,
                "snapshots": 7_100_000_000,
                "drafts": 0,
                "indexes": 0,
                "leaving": 0,
                "local": 102_400,
            },
            total=7_100_104_360,
            quota=10 * 1024**3,
            free=1024**3,
            level="warn",
            snapshots=(Large("llllllllllll", 6_000_000_000, "E9"),),
            blobs=(Large(_BLOB, 5_000_000_000, "tab\tname.iso"),),
            compactable=3_200_000_000,
            thinned=1,
            advice=("git timewarp compact --dry-run",),
        )

    def compact(self, *, now: bool, dry_run: bool) -> CompactResult:
        """Answer the decisions."""
        self.asked.append(("compact", {"now": now, "dry_run": dry_run}))
        events = () if dry_run else ("E10",)
        return CompactResult(self.decisions, 2048, self.waits, events, dry_run)

    def purge(self, words: Sequence[str], *, dry_run: bool) -> PurgeResult:
        """Answer one path in two snapshots."""
        self.asked.append(("purge", {"words": words, "dry_run": dry_run}))
        return PurgeResult(
            ("a\tb.env",),
            (_BLOB,),
            ("kkkkkkkkkkkk", "llllllllllll"),
            self.left,
            2048,
            self.waits,
            () if dry_run else ("E10",),
            dry_run,
        )

    def redact(self, event: str, *, reason: str, dry_run: bool) -> RedactResult:
        """Answer an event with a snapshot."""
        asked = {"event": event, "reason": reason, "dry_run": dry_run}
        self.asked.append(("redact", asked))
        return RedactResult(
            "E9",
            "018bcfe5-6800-7000-8000-000000000001",
            "llllllllllll",
            reason,
            already=self.already,
            archives=self.archives,
            copies=0 if dry_run else 2,
            left=self.left,
            frees=2048,
            waits=self.waits,
            events=() if dry_run or self.already else ("E10",),
            dry_run=dry_run,
        )
