"""The recorder: what the holder of the lock may do with the store.

One at a time per repository. It assigns numbers and hashes, appends to the journal
(an event is durable then), and folds what the journal holds into one pack and one ref
transaction. The order of a fold, so that a crash anywhere can be finished:

    pack in the quarantine -> journal: events, snapshots, fold intent -> link the pack
    into git's store -> move the refs -> journal rewritten -> quarantine emptied
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import TracebackType
from typing import Self

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.objects import MissingObjectError
from git_timewarp.git.refs import RefConflictError, RefUpdate
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import GitError
from git_timewarp.store import (
    acknowledged,
    checked,
    failures,
    garbage,
    layout,
    leaving,
    lineage,
    transaction,
    writer,
)
from git_timewarp.store import journal as journal_file
from git_timewarp.store.chain import NewEvent, again, seal, unsound
from git_timewarp.store.events import ChainHead, Event, Json
from git_timewarp.store.heap import Heap
from git_timewarp.store.index import ReadIndex, forget
from git_timewarp.store.index_fill import fill
from git_timewarp.store.journal import Journal, PendingKept, PendingSnapshot
from git_timewarp.store.limits import Limits
from git_timewarp.store.packs import Packs
from git_timewarp.store.paths import Paths
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.recovery import Found, Recovery
from git_timewarp.store.segments import Builder
from git_timewarp.store.warm import Warm
from git_timewarp.store.writer import Surroundings
from git_timewarp.util import atomic
from git_timewarp.util.clock import Clock, iso
from git_timewarp.util.ids import uuid7, uuid7_ns
from git_timewarp.util.locking import FileLock
from git_timewarp.util.text import compact_json

_BULK = 1_000


class Recorder:
    """Holds the lock as a context manager; records, folds and recovers."""

    def __init__(
        self,
        repo: Repo,
        *,
        clock: Clock,
        around: Surroundings,
        limits: Limits,
        warm: Warm | None = None,
    ) -> None:
        self.clock = clock
        self.paths = Paths(repo.state_dir)
        self.notices: list[str] = []
        self.holding = False
        """Whether the quarantine has objects that are still needed and no line of the journal names."""
        self._around = around
        self._limits = limits
        self._warm = warm
        self.recovery = Recovery(self.paths, clock=clock)
        self._lock = FileLock(self.paths.lock, clock=clock, timeout=limits.lock_seconds)
        self._outer_repo = repo
        self._quarantine: Quarantine | None = None

    def __enter__(self) -> Self:
        self._lock.acquire()
        try:
            self._open(crashed=self._lock.mark())
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if isinstance(exc, MissingObjectError | GitError) and self._quarantine is not None:
                self._put_damaged_aside()
            if self._warm is not None and exc is None:
                self._warm.keep(self.repo, self.journal)
            elif self._warm is not None:
                self._warm.cool()
        finally:
            self._close()

    def _close(self) -> None:
        """End the reader, which holds the lock too, and give the lock back."""
        if self._quarantine is not None:
            self._quarantine.close()
        self._lock.unmark()
        self._lock.release()

    @property
    def quarantine(self) -> Quarantine:
        """Where new objects go."""
        assert self._quarantine is not None  # noqa: S101 - set by `_open`
        return self._quarantine

    def _open(self, *, crashed: bool) -> None:
        repo = self._outer_repo
        # git's children inherit the lock.
        self.repo = repo._replace(git=repo.git._replace(pass_fds=(self._lock.fd,)))
        warm = self._warm
        self._quarantine = Quarantine(self.repo, reader=warm.reader(self.repo) if warm else None)
        self.packs = Packs(self.quarantine, clock=self.clock)
        atomic.sweep(self.paths.root)
        self.journal = warm.journal(self.repo) if warm else journal_file.load(self.paths.journal)
        self.lost = acknowledged.lost(self.journal, acknowledged.read(self.paths.acknowledged))
        now_ns = self.clock.now_ns()
        self.refs = warm.refs(self.repo, now_ns=now_ns) if warm else transaction.current(self.repo)
        self.folded_events = 0
        self._replaced: list[Oid] = []
        most = self._limits.startup_events
        new = checked.unchecked(self.paths.checked, held=self.journal, most=most)
        found = Found(self.quarantine, self.journal, self.refs, lost=self.lost, crashed=crashed)
        self.notices += self.recovery.begin(found, wrong=unsound(new, self.journal))
        self._keep_damaged()
        self.mend_packs()
        if self.journal.fold is not None and self.journal.writer is not None:
            self._finish_fold(self.journal.fold, after_crash=True)
            if not self.journal.put_off:
                self.notices += self.recovery.back(
                    "folding was cut off by a crash and is finished now"
                )
        self._identify()
        self._drop_lost(deep=False)
        self._heal_refs()
        self._finish_sweep()
        self._follow_others()

    @property
    def writer(self) -> WriterId:
        """This clone's writer id."""
        assert self.journal.writer is not None  # noqa: S101 - set by `_identify`
        return self.journal.writer

    # -- recording --------------------------------------------------------------------

    def seal(self, new: Sequence[NewEvent]) -> list[Event]:
        """Give events their place in the chain; they are not durable yet."""
        sealed = []
        head = self.journal.head
        for item in new:
            now = self.clock.now_ns()
            event, head = seal(
                item, head=head, writer=self.writer, event_id=uuid7(self.clock), ts=iso(now)
            )
            sealed.append(event)
        return sealed

    def append(
        self,
        events: Sequence[Event] = (),
        *,
        snapshots: Sequence[PendingSnapshot] = (),
        kept: Sequence[PendingKept] = (),
        intents: Sequence[Json] = (),
        done: Sequence[str] = (),
        fold: bool = False,
    ) -> None:
        """Make all of it durable in one synced write; fold at once when asked.

        Raises:
            OSError: nothing was recorded.
            MissingObjectError: a fold at once needed an object that is gone; nothing was recorded.

        Refs that cannot be moved now (git's own work holds a lock) defer the fold: what was
        asked for is recorded all the same.
        """
        lines = [journal_file.line("I", compact_json(item)) for item in intents]
        lines += [journal_file.kept_line(item) for item in kept]
        lines += [journal_file.snapshot_line(item) for item in snapshots]
        lines += [journal_file.event_line(item) for item in events]
        lines += [journal_file.line("D", compact_json({"op": item})) for item in done]
        self.quarantine.sync()
        held = self.journal
        prepared: tuple[Json, list[RefUpdate]] | None = None
        if fold:
            try:
                prepared = self._prepare(snapshots, kept, events)
            except MissingObjectError:
                if not self._drop_lost(deep=True):
                    raise
                prepared = self._prepare(snapshots, kept, events)
            lines.append(journal_file.line("F", compact_json(prepared[0])))
        if lines:
            held.size = journal_file.append(self.paths.journal, lines)
            held.ends_torn = False
        held.snapshots += snapshots
        held.kept += kept
        held.events += events
        for item in intents:
            held.intents[str(item["op"])] = item
        for op in done:
            held.intents.pop(op, None)
        if events:
            self.journal.head = events[-1].head
        if lines:
            self._acknowledge()
        if prepared is not None:
            held.fold = prepared[0]
            self._finish_fold(prepared[0], after_crash=False)

    def tidy(self, *, walks: bool = True) -> None:
        """Merge packs when there are many, and remove what an earlier merge made superfluous.

        `walks`: also packs before which all of the user's history has to be walked.
        """
        dropped = self.packs.merge(limit=self._limits.packs, garbage=self._garbage)
        if dropped:
            garbage.forget(self.paths.superseded, dropped)
        limits = self._limits
        due = self.packs.due(
            grace_seconds=limits.grace_seconds, most=limits.superseded, walks=walks
        )
        if due:
            self.sweep(due)
        self.mend_packs(thorough=True)

    def _finish_sweep(self) -> None:
        """Remove packs whose removal was begun, and the reflog lines that need them."""
        going = leaving.going(self.paths.root)
        kept_back = garbage.spare(self.packs, self.repo, going) if going else None
        if kept_back is not None:
            self.notices.append(f"old packs of ours stay for now: {kept_back}")
        elif going:
            builder = Builder(self.quarantine, self.writer, refs=self.refs)
            gone = garbage.losing(builder, self.packs.only_in(going), self.refs)
            transaction.trim_reflogs(self.repo, gone)
            self.packs.finish_sweep()

    def sweep(self, names: Sequence[str]) -> None:
        """Remove superseded packs, but for what the user has come to need of them."""
        self.packs.begin_sweep(names)
        self._finish_sweep()

    def publish(
        self, objects: Sequence[Oid], updates: Sequence[RefUpdate], *, replaces: bool = False
    ) -> bool:
        """Pack `objects` and move refs to them as a fold does, nothing waiting; False: put off."""
        pack = self.packs.build(objects, bulk=False)
        self.quarantine.sync()
        return self.adopt(pack, updates, replaces=replaces)

    def _garbage(self, held: AbstractSet[Oid]) -> AbstractSet[Oid]:
        builder = Builder(self.quarantine, self.writer, refs=self.refs)
        found = garbage.noted(self.paths.superseded) & held
        return garbage.unnamed(found, held, builder, self.packs, self.refs)

    def mend_journal(self) -> None:
        """End and mark a line that a crash cut off."""
        if self.journal.ends_torn:
            self.journal.size = journal_file.append(self.paths.journal, [])
            self.journal.ends_torn = False

    def _rewrite(self, lines: Sequence[bytes]) -> None:
        """Replace the journal of this writer by a shorter one; its mark gives way before it."""
        self._acknowledge(size=0)
        self.journal.size = journal_file.rewrite(self.paths.journal, lines)

    def _acknowledge(self, *, size: int | None = None) -> None:
        """Note how far the journal is durable; it is so whether that can be noted or not."""
        mark = acknowledged.head(self.writer, self.journal)
        with contextlib.suppress(OSError):
            path = self.paths.acknowledged
            now = mark if size is None else mark._replace(size=size)
            acknowledged.write(path, now, sync=size is not None)

    # -- folding ----------------------------------------------------------------------

    def fold_is_due(self) -> bool:
        """Tell whether enough waits in the journal, or for long enough."""
        held = self.journal
        if held.is_empty:
            return False
        most = self._limits
        if held.put_off or len(held.events) >= most.events or len(held.snapshots) >= most.drafts:
            return True
        if sum(len(item.new) for item in held.snapshots) >= most.objects:
            return True
        oldest = uuid7_ns(str(held.events[0].record["id"])) if held.events else 0
        return self.clock.now_ns() - oldest > self._limits.seconds * 1_000_000_000

    def fold(self) -> None:
        """Move everything in the journal into git; does nothing when it is empty."""
        if not self.journal.is_empty:
            self.append(fold=True)

    def fold_if_due(self) -> None:
        """Fold when it is time; a failure only defers it, everything is durable already."""
        if not self.fold_is_due():
            return
        try:
            self.fold()
        except (GitError, MissingObjectError, OSError) as exc:
            self.notices.append(
                f"everything is recorded, folding it into git was put off: {failures.reason(exc)}"
            )

    def _prepare(
        self,
        snapshots: Sequence[PendingSnapshot],
        kept: Sequence[PendingKept],
        events: Sequence[Event],
    ) -> tuple[Json, list[RefUpdate]]:
        """Pack what waits and these, and plan how the refs move."""
        held = self.journal
        snapshots, kept = [*held.snapshots, *snapshots], [*held.kept, *kept]
        events = [*held.events, *events]
        bulk = len(events) >= _BULK
        heap = Heap(self.repo.hash_name) if bulk and not (snapshots or kept) else None
        builder = Builder(self.quarantine, self.writer, refs=self.refs, sink=heap)
        for kind in (layout.SNAPSHOTS, layout.DRAFTS):
            builder.add_entries(kind, [(s.id, s.entry) for s in snapshots if s.kind == kind])
        builder.add_entries(layout.KEPT, [(item.oid, item.entry) for item in kept])
        builder.add_events(events)
        planned = builder.planned
        objects = [oid for item in snapshots for oid in (item.entry, *item.new)]
        objects += [oid for item in kept for oid in (item.entry, *item.new)]
        if heap is None:
            pack = self.packs.build([*objects, *planned.objects], bulk=bulk)
        else:
            pack = self.packs.write(heap.pack(planned.objects))
        self._replaced = planned.replaced
        record = transaction.record(uuid7(self.clock), pack, planned.updates)
        return record, transaction.recorded(record)

    def _finish_fold(self, record: Mapping[str, object], *, after_crash: bool) -> None:
        """Bring a fold whose intent is in the journal to its end, or put it off.

        Everything it folds is durable already, so a lock of git's or a full disk only
        defers it: the next command folds again.
        """
        pack = str(record["pack"])
        updates = transaction.recorded(record)
        try:
            self.packs.install(pack)
            state = "none"
            if after_crash:
                state = transaction.settle(self.repo, updates, clock=self.clock)
            if state == "none":
                transaction.move(self.repo, updates, clock=self.clock)
        except (RefConflictError, GitError, OSError) as exc:
            self.refs = transaction.current(self.repo)
            if any(self.refs.get(u.name, self.repo.zero) != u.new for u in updates):
                self._put_off_fold(record, pack, exc)
                return
            # It failed after the refs had moved: what is left to do is the journal's.
            state = "all"
        self.refs = transaction.current(self.repo)
        if state == "other":
            self._put_off_fold(record, pack, None)
            return
        self.folded_events += len(self.journal.events)
        if record.get("replaces"):
            forget(self.paths.index, fill=fill)
        self._close_journal()

    def _put_off_fold(
        self, record: Mapping[str, object], pack: str, reason: Exception | None
    ) -> None:
        """End the intent without it; the objects stay in the quarantine, packed there."""
        self._replaced = []
        self.refs = transaction.current(self.repo)
        moved = {change.new for change in transaction.recorded(record)} & set(self.refs.values())
        if not moved:
            # Before the journal forgets it: a pack that nothing names would stay for ever.
            self.packs.drop(pack)
        line = journal_file.line("G", compact_json({"fold": record["fold"]}))
        self.journal.size = journal_file.append(self.paths.journal, [line])
        self._acknowledge()
        self.journal.fold, self.journal.put_off = None, True
        why = "a ref of ours was moved by somebody else" if reason is None else str(reason)
        text = f"everything is recorded, folding it into git was put off: {why}"
        self.notices += self.recovery.open(text) if self.recovery.folder else [text]

    def _close_journal(self) -> None:
        held = self.journal
        lines = journal_file.beginning(self.writer, held.head, held.intents)
        # Before the journal forgets the fold: `_heal_refs` takes this file for the truth.
        self._remember_refs()
        self._rewrite(lines)
        held.folded = held.head
        held.events, held.snapshots, held.kept, held.fold = [], [], [], None
        self._acknowledge()
        held.put_off = False
        held.torn = held.damaged = 0
        self._note_superseded()
        writer.note_folded(self._around, self.writer, held.head.n)
        if not held.intents and not self.holding:
            self.quarantine.empty()

    def _note_superseded(self) -> None:
        """Remember what nothing of ours names after this fold, for the next merge of packs.

        Only now that the refs have moved: an object called superseded while a ref still
        named it would be left out of the next merged pack. A crash before this forgets
        some garbage, which costs a little disk.
        """
        replaced, self._replaced = self._replaced, []
        if replaced:
            garbage.note(self.paths.superseded, replaced)

    def _remember_refs(self) -> None:
        ours = lineage.ours(self.repo.state_dir, self.writer)
        transaction.remember(self.paths.known_refs, self.refs, ours=ours)

    # -- what others recorded -------------------------------------------------------------

    def adopt(self, pack: str, updates: Sequence[RefUpdate], *, replaces: bool = False) -> bool:
        """Fold what is in no journal: move any refs of ours to what a built pack holds, or none.

        The journal is folded. `replaces`: events go, so what the read index knows is void.
        """
        record = transaction.record(uuid7(self.clock), pack, updates)
        line = journal_file.line("F", compact_json(record | {"replaces": replaces}))
        self.journal.size = journal_file.append(self.paths.journal, [line])
        self._acknowledge()
        self.journal.fold = record | {"replaces": replaces}
        self._finish_fold(self.journal.fold, after_crash=False)
        self._follow_others()
        return all(self.refs.get(u.name, self.repo.zero) == u.new for u in updates)

    def renounce(self, also: Mapping[str, int]) -> None:
        """Go on under a new writer id, the journal is folded; `also` count as ours too (id: n)."""
        known = {**lineage.former(self.repo.state_dir), **also}
        if self.journal.head.n:
            known[self.writer] = self.journal.head.n
        else:
            writer.forget(self._around, self.writer)
        new = writer.create(self.repo.state_dir, self._around, clock=self.clock, before=known)
        self._start_journal(new, self.journal)

    # -- opening ----------------------------------------------------------------------

    def _identify(self) -> None:
        held = self.journal
        found = writer.check(self.repo.state_dir, self._around, last_n=held.head.n)
        if found.is_ours and held.writer == found.writer:
            return
        before = lineage.former(self.repo.state_dir)
        if held.writer is not None and held.folded.n:
            before[held.writer] = held.folded.n
        elif held.writer is None and found.writer is not None:
            before[found.writer] = self._last_folded(found.writer)
        new = writer.create(self.repo.state_dir, self._around, clock=self.clock, before=before)
        old = found.writer or held.writer
        if old is not None:
            reason = found.reason or "the journal is not its own"
            self.notices.append(
                f"this clone has a new writer id '{new}': {reason}; "
                f"what '{old}' recorded stays and is read"
            )
        self._start_journal(new, held)

    def _start_journal(self, new: WriterId, held: Journal) -> None:
        """Begin a journal for `new`; what the old one still held is recorded again."""
        lamport = max((event.lamport for event in held.events), default=held.folded.lamport)
        lamport = max(lamport, self._top_lamport(self.refs))
        fresh = Journal(writer=new, exists=True)
        fresh.head = fresh.folded = ChainHead(lamport=lamport)
        self.journal = fresh
        lines = journal_file.beginning(new, fresh.head, held.intents)
        sealed = self.seal([again(event) for event in held.events])
        lines += journal_file.waiting(held.snapshots, held.kept, sealed)
        journal_file.rewrite(self.paths.journal, lines)
        self.journal = journal_file.load(self.paths.journal)
        self._acknowledge()

    def _keep_damaged(self) -> None:
        """Keep a copy of a journal with lines that are not what was written, or gone.

        And of the quarantine: a snapshot whose line is damaged has its objects there only.
        """
        if not self.journal.damaged and self.lost is None:
            return
        data = atomic.read(self.paths.journal) or b""
        kept = self.paths.damaged(data + str(self.lost or "").encode())
        if not os.path.isdir(kept):
            self.quarantine.copy_out(os.path.join(kept, "objects"))
            atomic.write(os.path.join(kept, "journal"), data)
        lines = f"{self.journal.damaged} line(s) of the journal are not what was written"
        what = self.lost.text if self.lost is not None else lines
        self.notices += self.recovery.gone(f"{what}; a copy is kept in '{kept}'")

    def _put_damaged_aside(self) -> None:
        """Put damaged objects out of the way: the next command makes or misses them."""
        folder = os.path.join(self.paths.damaged(b"objects"), "objects")
        aside = self.quarantine.put_aside(folder)
        if aside:
            text = f"{len(aside)} damaged object(s) of the quarantine are put aside in '{folder}'"
            self.notices.append(f"{text}; run the command again")

    def mend_packs(self, *, thorough: bool = False) -> None:
        """Put right what can be made again of our packs; `thorough` reads their indexes whole."""
        mended, damaged = self.packs.mend(thorough=thorough)
        told = [f"pack '{name}' of ours was damaged and is mended" for name in mended]
        self.notices += self.recovery.back(*told)
        end = "of ours is damaged and cannot be read: git timewarp repair"
        self.notices += [f"'{name}' {end}" for name in damaged]

    def _drop_lost(self, *, deep: bool) -> bool:
        """Take what waits and has lost its objects out of the journal; tell of each.

        Its events stay, and what is left of it is kept. `deep` looks at every object.
        """
        held = self.journal

        def is_lost(item: PendingSnapshot | PendingKept) -> bool:
            needed = (item.entry, *item.new) if deep else (item.entry,)
            reader = self.quarantine.reader
            return any(not self.quarantine.holds(o) and reader.info(o) is None for o in needed)

        snapshots = [item for item in held.snapshots if is_lost(item)]
        kept = [item for item in held.kept if is_lost(item)]
        if not snapshots and not kept:
            return False
        self.recovery.keep_rest(self.quarantine, [*snapshots, *kept], self.refs)
        lines = journal_file.beginning(self.writer, held.folded, held.intents)
        held.snapshots = [item for item in held.snapshots if item not in snapshots]
        held.kept = [item for item in held.kept if item not in kept]
        lines += journal_file.waiting(held.snapshots, held.kept, held.events)
        self._rewrite(lines)
        self._acknowledge()
        names = [f"snapshot '{item.id}'" for item in snapshots]
        names += [f"kept '{item.oid}'" for item in kept]
        end = "is lost: its objects were deleted"
        self.notices += self.recovery.gone(*(f"{name} {end}" for name in names))
        return True

    def _follow_others(self) -> None:
        """Number on from the highest Lamport number any writer has used."""
        others = {
            name: oid for name, oid in self.refs.items() if not transaction.is_of(self.writer, name)
        }
        top = self._top_lamport(others)
        head = self.journal.head
        if top > head.lamport:
            self.journal.head = head._replace(lamport=top)

    def _top_lamport(self, refs: Mapping[RefName, Oid]) -> int:
        parsed = [layout.parse_ref(name) for name in refs]
        if not any(found and found[1] == layout.EVENTS for found in parsed):
            return 0
        return self._asked(lambda index: index.top_lamport())

    def _last_folded(self, writer: WriterId) -> int:
        return self._asked(lambda index: index.last_n(writer))

    def _asked(self, question: Callable[[ReadIndex], int]) -> int:
        index = ReadIndex(self.paths.index, fill=fill)
        try:
            index.update(self.quarantine.reader, self.refs)
            return question(index)
        except TimewarpError as exc:
            self.notices.append(f"what other clones recorded cannot be read: {exc.message}")
            return 0
        finally:
            index.close()

    def _heal_refs(self) -> None:
        known = transaction.known(self.paths.known_refs)
        gone = transaction.lost(known, self.refs, writer=self.writer)
        if not gone:
            return
        there = [change for change in gone if self.quarantine.reader.info(change.new) is not None]
        transaction.heal(self.repo, there, reader=self.quarantine.reader, clock=self.clock)
        self.refs = transaction.current(self.repo)
        for change in gone:
            what = "had vanished" if change.old.is_zero else "had gone back to an older value"
            end = "it was put back" if change in there else "its objects are gone too, it is lost"
            note = self.recovery.back if change in there else self.recovery.gone
            self.notices += note(f"ref '{change.name}' of ours {what}: {end}")
        if len(there) < len(gone):
            self._remember_refs()
