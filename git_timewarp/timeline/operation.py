"""One mutation from lock to lock (design 5): everything that writes goes through here.

    with Operation(world, "jump") as op:      lock, recover, drain the spool, see gaps
        taken = snapshot.take(op, …)          objects in the quarantine, a journal line
        op.begin({…})                         the intent, synced
        …touch the work tree…
        op.finish([event])                    the event and "done" in one synced write

An operation has an id: one user action, one undo. Leaving by an exception before
`begin` leaves nothing behind; after it, the next command finishes or rolls back.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from git_timewarp.git import generation
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import MissingObjectError
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import GitError
from git_timewarp.store import checked
from git_timewarp.store.chain import Actor, NewEvent
from git_timewarp.store.events import Event, Json
from git_timewarp.store.failures import reason
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry, entry_of
from git_timewarp.store.index_fill import fill
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.recorder import Recorder
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.timeline.label import label
from git_timewarp.timeline.world import World
from git_timewarp.util import atomic, directories
from git_timewarp.util.clock import stored_ns
from git_timewarp.util.ids import uuid7

_UNHURRIED = frozenset({"draft", "fold", "compact", "purge", "redact"})
"""Verbs nobody waits for, or that take their time anyway."""


class Operation:
    """Holds the lock of the store as a context manager; see the module's docstring."""

    def __init__(self, world: World, verb: str, *, notices: list[str] | None = None) -> None:
        self.world = world
        self.verb = verb
        self.id = uuid7(world.clock)
        self.notices = notices if notices is not None else []
        self.recorder = Recorder(
            world.repo,
            clock=world.clock,
            around=world.around,
            limits=world.limits,
            warm=world.warm,
        )
        self._history: History | None = None
        self._events: list[Event] = []
        self._abandoned = False
        self.mended = False
        """Whether a capture had to make again what the last snapshot had lost."""

    def __enter__(self) -> Self:
        self.recorder.__enter__()
        try:
            self._claim()
        except BaseException as exc:
            self.recorder.__exit__(type(exc), exc, exc.__traceback__)
            raise
        self.notices += self.recorder.notices
        self.recorder.notices = self.notices
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if not self._abandoned:
                if exc_type is None:
                    self.recorder.fold_if_due()
                    self._tidy()
                    self._index_folded()
                self._write_last()
                checked.note(self.recorder.paths.checked, self.recorder.journal)
            with contextlib.suppress(OSError):
                self.recorder.recovery.end(self.verb)
        finally:
            if self._history is not None:
                self._history.close()
            self.recorder.__exit__(exc_type, exc, traceback)

    def _claim(self) -> None:
        """Make sure that this is the work tree it was when it was opened, and note its name."""
        repo = self.repo
        former = generation.claim(repo.git_dir, repo.common_dir, repo.worktree)
        if former is not None:
            directories.remove(os.path.join(repo.state_dir, "index", former))

    @property
    def repo(self) -> Repo:
        """The repository, its git children holding the lock."""
        return self.recorder.repo

    @property
    def quarantine(self) -> Quarantine:
        """Where new objects go."""
        return self.recorder.quarantine

    @property
    def history(self) -> History:
        """Everything recorded so far, this operation's own events included."""
        if self._history is None:
            self._history = History(
                self.repo,
                fill=fill,
                journal=self.recorder.journal,
                refs=self.recorder.refs,
                reader=self.quarantine.reader,
            )
        return self._history

    def changed(self) -> None:
        """Forget what `history` knew, after something was recorded."""
        if self._history is not None:
            self._history.close()
            self._history = None

    def latest(self) -> Snapshot | None:
        """Return the newest snapshot of this work tree; None where there is none, or it is gone."""
        entry = self.history.latest_snapshot(self.repo.worktree)
        if entry is None or entry.snapshot is None:
            return None
        try:
            found = self.history.snapshot(entry.snapshot)
        except MissingObjectError:
            return None
        # `verify` tells of damage; a whole new snapshot is what helps now.
        return found if found is not None and found.is_described else None

    def event(
        self,
        kind: str,
        summary: str,
        *,
        anchor: Oid,
        head: Oid | None,
        branch: str | None,
        snapshot: SnapshotId | None = None,
        data: Mapping[str, object] | None = None,
        extra: Mapping[str, object] | None = None,
        actor: Actor | None = None,
        key: str | None = None,
    ) -> NewEvent:
        """Describe an event of this operation."""
        more = dict(extra or {})
        if self.world.session is not None:
            more.setdefault("session", self.world.session)
        return NewEvent(
            type=kind,
            summary=summary,
            actor=actor or self.world.actor,
            anchor=anchor,
            worktree=self.repo.worktree,
            timeline=self.world.timeline,
            head=head,
            branch=branch,
            snapshot=snapshot,
            op=self.id,
            key=key,
            data=data or {},
            extra=more,
        )

    def begin(self, intent: Json) -> None:
        """Write the intent: from now on a crash is finished or rolled back."""
        record: Json = {"op": self.id, "verb": self.verb, "worktree": self.repo.worktree, **intent}
        self.recorder.append(intents=[record])

    def abandon(self) -> None:
        """Write nothing more, also not when this operation is left: recording has ended."""
        self._abandoned = True

    def withdraw(self) -> None:
        """Close the intent of an operation that was refused before it changed anything."""
        if self.id in self.recorder.journal.intents:
            self.recorder.append(done=[self.id])

    def finish(self, events: Sequence[NewEvent], *, fold: bool = False) -> list[Entry]:
        """Record the events and close the intent in one synced write."""
        sealed = self.recorder.seal(events)
        done = [self.id] if self.id in self.recorder.journal.intents else []
        self.recorder.append(sealed, done=done, fold=fold)
        return self.recorded(sealed)

    def recorded(self, events: Sequence[Event]) -> list[Entry]:
        """Tell the operation what was appended through the recorder; return the list form."""
        self.changed()
        self._events += events
        return [entry_of(event, pending=True) for event in events]

    def label(self, entry: Entry) -> str:
        """Return the event's label, `E47`; with the writer where another shares the number."""
        return label(self.history, entry)

    def _tidy(self) -> None:
        if not self.recorder.folded_events:
            return
        try:
            self.recorder.tidy(walks=self.verb in _UNHURRIED)
        except (GitError, OSError) as exc:
            self.notices.append(f"everything is recorded, merging packs was put off: {reason(exc)}")

    def _index_folded(self) -> None:
        if self.recorder.folded_events:
            self.changed()
            _ = self.history.index

    def _write_last(self) -> None:
        newest = next((e for e in reversed(self._events) if e.text("snapshot")), None)
        if newest is not None:
            entry = entry_of(newest, pending=True)
            seconds = stored_ns(entry.ts) // 1_000_000_000
            text = f"{seconds} E{entry.lamport} {entry.snapshot}\n"
            atomic.write(self.recorder.paths.last, text.encode(), sync=False)
