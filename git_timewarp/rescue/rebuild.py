"""`recover --rebuild`: our refs and the read index made again from the objects that survive.

The plan comes from `survey`, read without git. What git itself can no longer read (a pack cut
short, an object that only lies in a folder of ours) is written again, everything goes into
one pack, and all refs move in one fold: a crash before leaves nothing, one after is finished
by the next command. Refs only gain: what they name already stays named.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import config, promised, raw_place
from git_timewarp.git.names import Oid, RefName, SnapshotId, WriterId
from git_timewarp.git.objects import MissingObjectError, Reader, absent
from git_timewarp.git.raw import RawStore
from git_timewarp.git.refs import RefUpdate
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import Git
from git_timewarp.rescue import moments, place
from git_timewarp.rescue import survey as surveys
from git_timewarp.rescue.results import Rebuilt
from git_timewarp.rescue.survey import Survey
from git_timewarp.store import failures, layout, lineage, transaction, writer
from git_timewarp.store import journal as journal_file
from git_timewarp.store.journal import Journal
from git_timewarp.store.paths import Paths
from git_timewarp.store.room import LowDiskError
from git_timewarp.store.segments import Builder
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.snapshot import Wish, take
from git_timewarp.util import directories

_AT_ONCE = 10_000

Open = Callable[[], contextlib.AbstractContextManager[Operation]]
"""Opens an operation; asked twice: once to rebuild, once to record on top of it."""


class NotMovedError(TimewarpError):
    """The refs could not be moved now; everything is as it was."""

    kind = Kind.LOCKED
    reference = "not-rebuilt"


def preview(repo: Repo) -> Rebuilt:
    """Say what a rebuild would bring back; nothing is changed."""
    with _raw(repo) as store, Reader(_git(repo)) as reader:
        journal = journal_file.load(Paths(repo.state_dir).journal)
        refs = transaction.current(repo)
        plan = _plan(store, repo, refs=refs, reader=reader, journal=journal)
    return _result(plan, dry_run=True)


def rebuild(opening: Open) -> Rebuilt:
    """Name again what survives; answer what came back and what did not.

    Args:
        opening: opens an operation on the repository; our state folder is there.

    Raises:
        NotMovedError: git's own work is in the way; nothing was moved.
    """
    with opening() as op:
        repo = op.repo
        _fold(op)
        with _raw(repo) as store:
            recorder, reader = op.recorder, op.quarantine.reader
            journal = recorder.journal
            plan = _plan(store, repo, refs=recorder.refs, reader=reader, journal=journal)
            moved, copied = _moved(op, store, plan) if _is_something(plan) else ((), 0)
        op.changed()
        directories.remove(op.recorder.paths.index)
        claimed = _claimed(op, plan)
        if claimed:
            writer.take_over(repo.state_dir, claimed)
    if not (moved or claimed):
        return _result(plan, dry_run=False)
    with opening() as op:
        # Opened anew: numbers go on from the highest of what came back.
        result = _result(plan, dry_run=False)
        text = f"rebuilt {result.snapshots + result.drafts} snapshot(s), {result.events} event(s)"
        if not moved:
            text = f"goes on from what was recorded as {', '.join(sorted(claimed))}"
        unlisted = _unlisted(op, plan)
        data = {"refs": len(moved), "partial": len(plan.partial), "gone": len(plan.gone)}
        label = _record(
            op, Wish("rebuild", "init", summary=text, fold=True, always=True, data=data)
        )
    return result._replace(
        refs=moved,
        copied=copied,
        writers=tuple(sorted(claimed)),
        unlisted=unlisted,
        event=label,
    )


def _record(op: Operation, wish: Wish) -> str:
    """Take a snapshot that tells of it, or where there is no room an event; return its label."""
    try:
        return op.label(take(op, wish).entry)
    except LowDiskError as exc:
        op.notices.append(exc.message)
        op.changed()
        return op.label(next(op.history.entries("type = name('rebuild')", limit=1)))


def _unlisted(op: Operation, plan: Survey) -> tuple[SnapshotId, ...]:
    """Return the snapshots that came back without an event: one was cut off before it had any."""
    kinds = (layout.SNAPSHOTS, layout.DRAFTS)
    came = dict.fromkeys(SnapshotId(item.name) for item in plan.entries if item.kind in kinds)
    if came:
        for entry in op.history.entries():
            if entry.snapshot is not None:
                came.pop(entry.snapshot, None)
    return tuple(came)


def _raw(repo: Repo) -> RawStore:
    there = raw_place.Place(repo.git_dir, repo.common_dir)
    return RawStore(place.folders(there), hash_length=repo.hex_length // 2)


def _git(repo: Repo) -> Git:
    return repo.git.using(alternates=(Paths(repo.state_dir).quarantine,))


def _plan(
    store: RawStore,
    repo: Repo,
    *,
    refs: Mapping[RefName, Oid],
    reader: Reader,
    journal: Journal,
) -> Survey:
    found = moments.search(store, repo.common_dir)
    fetches = promised.is_partial(config.read(repo.git))
    return surveys.survey(
        store,
        found,
        refs=_readable(reader, refs),
        owners=_owners(repo),
        journal=journal,
        promised=promised.below(_git(repo), surveys.tips(store, found)) if fetches else None,
    )


def _readable(reader: Reader, refs: Mapping[RefName, Oid]) -> dict[RefName, Oid]:
    """Return the refs of ours whose tag and tree git can read; the others count as gone."""
    found = {}
    for name, tag in refs.items():
        try:
            if reader.info(f"{tag}^{{tree}}") is not None:
                found[name] = tag
        except MissingObjectError:
            continue
    return found


def _owners(repo: Repo) -> dict[Oid, WriterId]:
    """Return whose ref a tag was the value of, as far as reflogs and our own notes tell."""
    values = raw_place.logged(repo.common_dir, layout.ROOT)
    for name, oid in transaction.known(Paths(repo.state_dir).known_refs).items():
        values.setdefault(name, []).append(Oid(oid))
    found: dict[Oid, WriterId] = {}
    for name, tags in values.items():
        parsed = layout.parse_ref(name)
        if parsed is not None:
            found.update((tag, parsed[0]) for tag in tags)
    return found


def _is_something(plan: Survey) -> bool:
    return bool(plan.entries or plan.events)


def _fold(op: Operation) -> None:
    """Fold what waits, so that the plan knows it; what else lies in our folder stays there."""
    known = transaction.known(op.recorder.paths.known_refs)
    transaction.remove_broken(op.repo, list(known))
    op.recorder.holding = True
    said = len(op.notices)
    op.recorder.fold()
    if not op.recorder.journal.is_empty:
        raise _not_moved(failures.put_off(op.notices, said))


def _not_moved(reason: str) -> NotMovedError:
    return NotMovedError(
        f"the refs could not be moved now, nothing was changed: {reason}",
        hint="git timewarp recover --rebuild",
    )


def _moved(op: Operation, store: RawStore, plan: Survey) -> tuple[tuple[str, ...], int]:
    """Write what is needed and move the refs; return their names and how much git had lost."""
    refs = _readable(op.quarantine.reader, op.recorder.refs)
    needed, copied = _brought(op, store, plan)
    updates: list[RefUpdate] = []
    for who in sorted({item.writer for item in plan.entries}):
        builder = Builder(op.quarantine, who, refs=refs)
        for kind in (layout.SNAPSHOTS, layout.DRAFTS, layout.KEPT):
            mine = [i for i in plan.entries if i.writer == who and i.kind == kind]
            if mine:
                builder.add_entries(kind, [(item.name, item.entry) for item in mine])
        updates += builder.planned.updates
        needed += builder.planned.objects
    for (who, _), events in plan.events.items():
        builder = Builder(op.quarantine, who, refs={})
        builder.add_events(events)
        updates += builder.planned.updates
        needed += builder.planned.objects
    now = op.recorder.refs
    moves = [
        change._replace(old=now.get(change.name, op.repo.zero))
        for change in updates
        if now.get(change.name) != change.new
    ]
    transaction.remove_broken(op.repo, [change.name for change in moves])
    op.recorder.holding = False
    said = len(op.notices)
    if moves and not op.recorder.publish(needed, moves):
        raise _not_moved(failures.put_off(op.notices, said))
    transaction.trim_strange(op.repo, moves, reader=op.quarantine.reader)
    return tuple(change.name for change in moves), copied


def _brought(op: Operation, store: RawStore, plan: Survey) -> tuple[list[Oid], int]:
    """Make git able to read everything below the entries; return what the pack has to hold.

    The second number counts what was in no object directory that git reads.
    """
    seen = set(plan.promised or ())
    needed: list[Oid] = []
    copied = 0
    for item in plan.entries:
        found = list(surveys.closure(store, item.entry, seen))
        for start in range(0, len(found), _AT_ONCE):
            lost = absent(op.repo.git, found[start : start + _AT_ONCE])
            needed += lost
            for oid in absent(op.quarantine.git, lost):
                thing = store.find(oid)
                if thing is None:
                    raise MissingObjectError(oid)
                op.quarantine.put(thing.type, thing.data, sync=False)
                copied += 1
    return needed, copied


def _claimed(op: Operation, plan: Survey) -> dict[str, int]:
    """Return the ids that this clone had before, each with its last number here.

    One that something on this machine remembers, or the only one there is: what came from
    elsewhere stays another clone's.
    """
    own = op.recorder.writer
    known = lineage.former(op.repo.state_dir)
    others = {who: n for who, n in plan.last.items() if who != own}
    logged = {name.split("/")[2] for name in raw_place.logged(op.repo.common_dir, layout.ROOT)}
    claimed = {}
    for who, n in others.items():
        here = who in logged or writer.was_here(op.world.around, who) or len(others) == 1
        if here and known.get(who, 0) < n:
            claimed[str(who)] = n
    return claimed


def _result(plan: Survey, *, dry_run: bool) -> Rebuilt:
    kinds = [item.kind for item in plan.entries]
    return Rebuilt(
        snapshots=kinds.count(layout.SNAPSHOTS),
        drafts=kinds.count(layout.DRAFTS),
        kept=kinds.count(layout.KEPT),
        events=plan.fresh,
        refs=(),
        copied=0,
        writers=(),
        partial=plan.partial,
        gone=plan.gone,
        missing_events=tuple((item.writer, item.first, item.last) for item in plan.missing),
        unlisted=(),
        event=None,
        dry_run=dry_run,
        may_fetch=plan.promised is not None,
    )
