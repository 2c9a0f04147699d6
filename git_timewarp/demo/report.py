"""What a demonstration found out: frozen records, nothing in them that was not measured."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from git_timewarp.git.names import Oid
from git_timewarp.timeline.results_look import Json, LogEntry

VERSION = 1


@dataclass(frozen=True, slots=True)
class State:
    """One commit as edits, and the snapshot of them.

    Attributes:
        commit: the commit.
        wanted: its tree.
        got: the tree of the snapshot.
        of_git: the tree `git add -A` makes of the same files, asked where `got` is another
            than the commit's (files committed in a form their attributes would not give).
        seconds: how long the snapshot took.
    """

    commit: Oid
    wanted: Oid
    got: Oid
    of_git: Oid | None
    seconds: float

    @property
    def is_equal(self) -> bool:
        """Whether the snapshot has the commit's tree."""
        return self.got == self.wanted

    @property
    def is_right(self) -> bool:
        """Whether the snapshot has the tree that git itself gives these files."""
        return self.is_equal or self.got == self.of_git

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "commit": self.commit,
            "tree": self.wanted,
            "snapshot_tree": self.got,
            "git_tree": self.of_git,
            "ok": self.is_right,
            "ms": round(self.seconds * 1000),
        }


@dataclass(frozen=True, slots=True)
class Loss:
    """One way work got lost, and how it came back.

    Attributes:
        name: what happened.
        commands: what was typed to lose it.
        kept_after: seconds from the last edit until the watcher had it.
        was_lost: whether the work was gone from the work tree afterwards.
        command: what was typed to bring it back.
        back: seconds that took.
        wanted: the tree git itself computed before the loss.
        got: the tree git itself computed at the end.
        problem: what went wrong otherwise, or None.
    """

    name: str
    commands: tuple[str, ...]
    kept_after: float
    was_lost: bool
    command: str
    back: float
    wanted: Oid
    got: Oid
    problem: str | None = None

    @property
    def is_back(self) -> bool:
        """Whether it had been lost and is back whole."""
        return self.was_lost and self.got == self.wanted and self.problem is None

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "name": self.name,
            "lost_by": list(self.commands),
            "kept_after_ms": round(self.kept_after * 1000),
            "lost": self.was_lost,
            "back_by": self.command,
            "back_ms": round(self.back * 1000),
            "tree": self.wanted,
            "tree_after": self.got,
            "ok": self.is_back,
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The whole demonstration.

    Attributes:
        source: what was cloned.
        states: the replayed commits, oldest first.
        losses: the losses, in the order they happened.
        timeline: the newest events at its end.
        seconds: how long all of it took.
        folder: where the clone still is, or None.
    """

    source: str
    states: tuple[State, ...]
    losses: tuple[Loss, ...]
    timeline: tuple[LogEntry, ...]
    seconds: float
    folder: str | None

    @property
    def is_right(self) -> bool:
        """Whether every snapshot was right and everything lost came back."""
        return all(state.is_right for state in self.states) and all(
            loss.is_back for loss in self.losses
        )

    @property
    def median_snapshot(self) -> float:
        """Seconds a snapshot took, half of them less."""
        return median(state.seconds for state in self.states) if self.states else 0.0

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "ok": self.is_right,
            "source": self.source,
            "states": [state.to_dict() for state in self.states],
            "losses": [loss.to_dict() for loss in self.losses],
            "timeline": [entry.to_dict() for entry in self.timeline],
            "ms": round(self.seconds * 1000),
            "folder": self.folder,
        }
