"""`recover --from-git`: a timeline made of git's own history, where nothing of ours survived.

Commits (first parents of every branch, and those only HEAD's reflog knows) become events with
a snapshot of their tree, other lines of the reflog become events. Each is marked with
`data.source` = `git` and recorded once. Nothing of the user's moves.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from git_timewarp.git import past
from git_timewarp.git.names import Oid, RefName, SnapshotId
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.git.past import Commit, Move
from git_timewarp.git.repo import Repo
from git_timewarp.git.trees import new_objects
from git_timewarp.rescue.results import Derived
from git_timewarp.safety.secrets import scrub
from git_timewarp.store import layout
from git_timewarp.store.chain import Actor, NewEvent
from git_timewarp.store.compose import NewSnapshot, compose
from git_timewarp.store.journal import PendingSnapshot
from git_timewarp.store.view import Head, View
from git_timewarp.timeline import treediff
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.snapshot import TOUCHES_LIMIT as MOST_TOUCHES
from git_timewarp.timeline.snapshot import Wish, capture, store
from git_timewarp.util.clock import iso
from git_timewarp.util.ids import SNAPSHOT_ID_LENGTH, letters
from git_timewarp.util.text import json_name

SOURCE = "git"
_BATCH = 500
_MOVES = (
    (r"checkout: moving from (?P<from>\S+) to (?P<to>\S+)", "checkout", "checked out {to}"),
    (r"reset: moving to (?P<to>.*)", "reset", "reset to {to}"),
    (r"merge (?P<to>\S+): .*", "merge", "merged {to}"),
    (r"(?:pull|pull .*): .*", "merge", "pulled"),
    (r"rebase.*\((?:finish|abort)\).*", "rebase", "{all}"),
    (r"clone: .*", "clone", "cloned"),
)
"""Lines of a reflog that are events of their own: pattern, type, summary."""

Open = Callable[[], contextlib.AbstractContextManager[Operation]]


class Past(NamedTuple):
    """What is to be recorded, oldest first, and commits whose tree is gone."""

    things: tuple[Commit | Move, ...]
    lost: tuple[Oid, ...]
    known: int


def preview(op: Operation | None, repo: Repo, *, since: str | None, limit: int) -> Derived:
    """Say what would be recorded; `op` is None where nothing records."""
    with Reader(repo.git) as reader:
        found = _past(repo, reader, _Known(op), since=since, limit=limit)
    return _result(found, dry_run=True)


def derive(opening: Open, *, since: str | None, limit: int) -> Derived:
    """Record what git remembers, then the work tree as it is now; answer how much it was.

    Args:
        opening: opens an operation on the repository; our state folder is there.
        since: nothing older, in any form git takes.
        limit: how many commits at most, the newest.
    """
    with opening() as op:
        before, is_last = _own(op)
        found = _past(op.repo, op.quarantine.reader, _Known(op), since=since, limit=limit)
        result = _result(found, dry_run=False)
        if not found.things and is_last:
            return result
        view = capture(op)
        refs = op.quarantine.reader.read(view.refs, kind="blob")
        maker = _Maker(op, refs, view)
        for start in range(0, len(found.things), _BATCH):
            maker.record(found.things[start : start + _BATCH])
        # What is there now stays the latest, and follows what was before.
        wish = Wish(
            "derive",
            "init",
            summary=f"derived {result.commits} commit(s) and {result.moves} move(s) from git",
            fold=True,
            always=True,
            parents=(before,) if before is not None else (),
            data={"commits": result.commits, "moves": result.moves},
            moved=_names(refs),
        )
        taken = store(op, wish, view)
        return result._replace(event=op.label(taken.entry))


def _own(op: Operation) -> tuple[SnapshotId | None, bool]:
    """Return the latest snapshot here that was not derived, and whether none was derived since.

    A crash may have left derived ones as the latest.
    """
    is_last = True
    for entry in op.history.entries("snapshot IS NOT NULL"):
        if entry.snapshot is None or entry.worktree != op.repo.worktree:
            continue
        if entry.data.get("source") == SOURCE:
            is_last = False
        elif op.history.is_own(entry):
            return entry.snapshot, is_last
    return None, is_last


class _Known:
    """What is recorded already: keys of what was derived, and commits that hooks told of."""

    def __init__(self, op: Operation | None) -> None:
        self._op = op
        entries = op.history.entries("type = name(?)", ("commit",)) if op is not None else ()
        self._heads = {entry.head for entry in entries if entry.type == "commit"}
        own = op.history.entries() if op is not None else ()
        times = [entry.ts for entry in own if entry.data.get("source") != SOURCE]
        self._first = min(times, default=None)

    def has(self, thing: Commit | Move) -> bool:
        """Tell whether a thing is recorded, or happened after recording began."""
        if isinstance(thing, Commit) and thing.oid in self._heads:
            return True
        if isinstance(thing, Move) and self._first and iso(thing.at * 10**9) >= self._first:
            return True
        return self._op is not None and self._op.history.find_key(key(thing)) is not None


def key(thing: Commit | Move) -> str:
    """Return the idempotency key of what was derived."""
    if isinstance(thing, Commit):
        return f"git:commit:{thing.oid}"
    return f"git:reflog:{thing.at}:{thing.old or ''}:{thing.new}"


def _past(repo: Repo, reader: Reader, known: _Known, *, since: str | None, limit: int) -> Past:
    if not limit:
        return Past((), (), 0)
    listed = past.commits(repo.git, limit=limit, since=since)
    seen = {commit.oid for commit in listed}
    logged = [move for move in past.moves(repo) if since is None or iso(move.at * 10**9) >= since]
    if len(listed) >= limit:
        oldest = min(commit.at for commit in listed)
        logged = [move for move in logged if move.at >= oldest]
    logged = logged[-limit:]
    extra = [move.new for move in logged if move.new not in seen]
    listed += past.some(repo.git, list(dict.fromkeys(extra))[-limit:])
    lost = [commit.oid for commit in listed if reader.info(commit.tree) is None]
    things: list[Commit | Move] = [item for item in listed if item.oid not in set(lost)]
    things += [move for move in logged if _kind(move) is not None]
    fresh = [thing for thing in things if not known.has(thing)]
    fresh = list({key(thing): thing for thing in fresh}.values())
    # git lists children before their parents, also where clocks say otherwise; a line of the
    # reflog in the same second comes after the commit.
    made = [thing for thing in reversed(fresh) if isinstance(thing, Commit)]
    moved = [thing for thing in fresh if isinstance(thing, Move)]
    both: list[Commit | Move] = [*made, *moved]
    ordered = sorted(both, key=lambda thing: thing.at)
    return Past(tuple(ordered), tuple(lost), len(things) - len(fresh))


def _kind(move: Move) -> tuple[str, str] | None:
    """Return type and summary of a line of a reflog, None where the commit tells it."""
    for pattern, kind, text in _MOVES:
        match = re.fullmatch(pattern, move.message)
        if match is not None:
            return kind, text.format(**{"all": move.message, **match.groupdict()})
    return None


def _names(refs: bytes) -> frozenset[str]:
    words = [line.split(" ") for line in refs.decode("utf-8", "surrogateescape").splitlines()]
    return frozenset(line[1] for line in words if len(line) > 1)


class _Maker:
    """Records what is derived; remembers the snapshot of each commit, for its children."""

    def __init__(self, op: Operation, refs: bytes, now: View) -> None:
        self._op = op
        self._refs = refs.decode("utf-8", "surrogateescape").splitlines()
        self._now = now
        self._snapshots: dict[Oid, SnapshotId] = {}
        self._trees: dict[Oid, Oid] = {}

    def record(self, things: Sequence[Commit | Move]) -> None:
        """Record one batch: its events and snapshots, folded at once."""
        events: list[NewEvent] = []
        pending: list[PendingSnapshot] = []
        for thing in things:
            if isinstance(thing, Commit):
                item = self._snapshot(thing)
                pending.append(item)
                events.append(self._commit(thing, item.id))
            else:
                events.append(self._move(thing))
        sealed = self._op.recorder.seal(events)
        self._op.recorder.append(sealed, snapshots=pending, fold=True)
        self._op.recorded(sealed)

    def _snapshot(self, commit: Commit) -> PendingSnapshot:
        op = self._op
        quarantine = op.quarantine
        refs = quarantine.put("blob", self._refs_at(commit), sync=False)
        view = View(
            tree=commit.tree,
            index_tree=commit.tree,
            refs=refs,
            head=Head(commit.oid, commit.branch),
        )
        oid = SnapshotId(letters(op.world.clock, SNAPSHOT_ID_LENGTH))
        parents = [self._of(parent) for parent in commit.parents[:1]]
        new = NewSnapshot(
            id=oid,
            view=view,
            ts=iso(commit.at * 10**9),
            trigger=SOURCE,
            timeline=op.world.timeline,
            worktree=op.repo.worktree,
            writer=op.recorder.writer,
            parents=tuple(parent for parent in parents if parent is not None),
        )
        entry, meta = compose(quarantine, new, sync=False)
        self._snapshots[commit.oid] = oid
        self._trees[commit.oid] = commit.tree
        needed: list[Oid] = []
        if commit.branch is None:
            # Only a reflog leads to it: what it has of its own is not left to git's prune.
            bases = [self._now.index_tree, self._parent_tree(commit)]
            known = [base for base in bases if base is not None]
            with contextlib.suppress(MissingObjectError):
                found = new_objects(quarantine.reader, commit.tree, known)
                needed = [item for item, _, _ in found]
        return PendingSnapshot(oid, layout.SNAPSHOTS, entry, (*needed, refs, meta))

    def _of(self, commit: Oid) -> SnapshotId | None:
        """Return the snapshot that was derived from a commit, now or by an earlier run."""
        if commit not in self._snapshots:
            entry = self._op.history.find_key(f"git:commit:{commit}")
            if entry is None or entry.snapshot is None:
                return None
            self._snapshots[commit] = entry.snapshot
        return self._snapshots[commit]

    def _refs_at(self, commit: Commit) -> bytes:
        """Return the refs as they are now, but HEAD and the commit's branch at the commit.

        Nobody knows what the others were; so `jump --with-refs` moves only these.
        """
        first = f"{commit.oid} HEAD" + (f" {commit.branch}" if commit.branch else "")
        lines = [first]
        for line in self._refs[1:]:
            words = line.split(" ")
            lines.append(f"{commit.oid} {words[1]}" if words[1] == commit.branch else line)
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")

    def _parent_tree(self, commit: Commit) -> Oid | None:
        for parent in commit.parents[:1]:
            if parent in self._trees:
                return self._trees[parent]
            found = self._op.quarantine.reader.info(f"{parent}^{{tree}}")
            return found[0] if found is not None else None
        return None

    def _commit(self, commit: Commit, snapshot: SnapshotId) -> NewEvent:
        data: dict[str, object] = {"source": SOURCE}
        extra: dict[str, object] = {}
        parent = self._parent_tree(commit)
        with contextlib.suppress(MissingObjectError):
            changed = list(treediff.compare(self._op.quarantine.reader, parent, commit.tree))
            counts = [change.status for change in changed]
            data["changes"] = [
                counts.count("A"),
                counts.count("M") + counts.count("T"),
                counts.count("D"),
            ]
            extra["touches"] = [
                {"path": json_name(change.path), "op": change.status}
                for change in changed[:MOST_TOUCHES]
            ]
        return self._event(
            "commit", commit.subject, commit, anchor=commit.oid, data=data, extra=extra
        )._replace(branch=commit.branch, snapshot=snapshot)

    def _move(self, move: Move) -> NewEvent:
        kind, summary = _kind(move) or ("", "")
        there = self._op.quarantine.reader.info(move.new) is not None
        anchor = move.new if there else self._now.head.oid or self._now.tree
        data = {"source": SOURCE, "action": scrub(move.message).text, "to": move.new}
        if move.old is not None:
            data["from"] = move.old
        branch = re.fullmatch(r"checkout: moving from \S+ to (\S+)", move.message)
        name = f"refs/heads/{branch[1]}" if branch else None
        event = self._event(kind, summary, move, anchor=anchor, data=data, extra={})
        return event._replace(branch=RefName(name) if name in _names_of(self._refs) else None)

    def _event(
        self,
        kind: str,
        summary: str,
        thing: Commit | Move,
        *,
        anchor: Oid,
        data: Mapping[str, object],
        extra: Mapping[str, object],
    ) -> NewEvent:
        who = thing.author if isinstance(thing, Commit) else thing.who
        event = self._op.event(
            kind,
            scrub(summary).text,
            anchor=anchor,
            head=thing.oid if isinstance(thing, Commit) else thing.new,
            branch=None,
            data=data,
            extra=extra,
            actor=Actor("person", who or "unknown"),
            key=key(thing),
        )
        return event._replace(ts=iso(thing.at * 10**9))


def _names_of(refs: Sequence[str]) -> frozenset[str]:
    return frozenset(line.split(" ")[1] for line in refs)


def _result(found: Past, *, dry_run: bool) -> Derived:
    counted = [thing for thing in found.things if isinstance(thing, Commit)]
    first = found.things[0].at * 10**9 if found.things else None
    return Derived(
        commits=len(counted),
        moves=len(found.things) - len(counted),
        known=found.known,
        lost=found.lost,
        since=iso(first) if first is not None else None,
        event=None,
        dry_run=dry_run,
    )
