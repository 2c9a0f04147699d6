"""What the parts of `verify` share: the history they look at and what they found so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.repo import Repo
from git_timewarp.store.history import History
from git_timewarp.timeline.results_look import Problem

Progress = Callable[[int, int], None]
LIMIT = 20
"""How many things one problem names; the rest is counted."""


@dataclass(slots=True)
class Look:
    """One run of `verify`.

    Attributes:
        named: the events, by Lamport number, that name a snapshot.
        stones: lines that are not what was sealed and say that they were redacted, with the place.
        told: objects that a problem was told about already.
        tombstones: snapshots that were removed on purpose; the others are what `snapshots` counts.
        removed: (snapshot, operation) of what was removed on purpose, once somebody asked.
        broken: every object of ours that is missing or damaged, and the paths of the work tree
            at which a snapshot has it, where they are known.
        doubtful: objects of ours that git complains of although there is a whole copy.
        bad_packs: packs of ours whose contents are damaged.
        dead: former values of our refs that lead to what is lost.
        is_index_wrong: whether the read index is not what the notes say.
        drilled: how many snapshots were restored for a trial.
        repaired: a repair was tried just before.
        ref_lists: the `refs` parts, each with the snapshots it is a part of.
    """

    repo: Repo
    history: History
    progress: Progress
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
    events: int = 0
    snapshots: int = 0
    objects: int = 0
    named: dict[str, list[int]] = field(default_factory=dict)
    tombstones: set[SnapshotId] = field(default_factory=set)
    removed: set[tuple[str, str]] | None = None
    stones: list[tuple[str, bytes]] = field(default_factory=list)
    told: set[Oid] = field(default_factory=set)
    broken: dict[Oid, set[str]] = field(default_factory=dict)
    doubtful: set[Oid] = field(default_factory=set)
    bad_packs: list[str] = field(default_factory=list)
    dead: set[Oid] = field(default_factory=set)
    is_index_wrong: bool = False
    repaired: bool = False
    drilled: int = 0
    ref_lists: dict[Oid, list[SnapshotId]] = field(default_factory=dict)

    def wrong(self, kind: str, where: str, hint: str, affects: tuple[str, ...] = ()) -> None:
        """Tell of damage."""
        self.problems.append(Problem(kind, where, hint, affects))

    def remedy(self, otherwise: str) -> str:
        """Return the next command: a repair, or `otherwise` where one has just been tried."""
        return otherwise if self.repaired else "git timewarp repair"

    def ending(self, oid: str) -> str:
        """Return the next command: a repair, or what has us do without the object from then on."""
        return self.remedy(f"git timewarp purge {oid}")

    def lacks(self, oid: Oid, path: str | None = None) -> None:
        """Note an object that is missing or damaged; `path` is where a snapshot has it."""
        paths = self.broken.setdefault(oid, set())
        if path is not None:
            paths.add(path)

    def label(self, snapshot: str) -> str:
        """Return a snapshot with its first event, as people name it: `kmnop… (E2)`."""
        events = self.named.get(snapshot)
        return f"snapshot {snapshot} (E{min(events)})" if events else f"snapshot {snapshot}"

    def affected(self, snapshot: str) -> tuple[str, ...]:
        """Return a snapshot's id and the labels of its events."""
        events = sorted(self.named.get(snapshot, ()))
        return snapshot, *(f"E{lamport}" for lamport in events[:LIMIT])
