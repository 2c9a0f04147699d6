"""Taking snapshots, or some of their content, away for good: one operation, in this order.

    everything folded -> new entries in the quarantine -> intent -> refs (one pack, one
    transaction, as a fold) -> packs without what nothing needs any more -> what we remember
    of captures -> with `now` the old packs -> event and "done" in one write

A crash before the refs moved leaves the old state; after it, `finish` goes on from there. What
an old pack holds and the user has come to need since is kept when the pack leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RefName, SnapshotId
from git_timewarp.git.run import GitError
from git_timewarp.store import failures, layout, leaving, lineage, transaction
from git_timewarp.store.chain import NewEvent
from git_timewarp.store.events import Json
from git_timewarp.store.reach import below, of_user, readable_below
from git_timewarp.store.rewrite import HOLDS_SNAPSHOTS, Rewritten, rewrite
from git_timewarp.timeline.operation import Operation
from git_timewarp.util import directories

KIND = "removal"


class NotRemovedError(TimewarpError):
    """The refs could not be moved, so nothing was removed."""

    kind = Kind.CONFLICT
    reference = "not-removed"


class Wish(NamedTuple):
    """What is to be removed.

    Attributes:
        summary: of the event.
        snapshots: what takes the place of each snapshot: a tombstone, or less than there was.
        kept: the same for kept objects.
        objects: everything that was written for these.
        data: members of the event's `data`.
        told: the member of `data` that lists the snapshots: `removed` or `rewritten`.
        most: how many ids one event lists.
        now: whether the old packs go at once, and not after their grace time.
        foreign: whether what other writers recorded is changed too.
    """

    summary: str
    snapshots: Mapping[str, Oid]
    objects: Sequence[Oid]
    told: str
    kept: Mapping[str, Oid] = {}
    data: Mapping[str, object] = {}
    most: int = 1_000
    now: bool = False
    foreign: bool = False


class Done(NamedTuple):
    """What came of it: the bytes that go with the old packs, and whether these still wait."""

    freed: int
    waits: bool
    events: tuple[str, ...]


def ready(op: Operation) -> None:
    """Fold what waits, so that every snapshot stands in a segment.

    Raises:
        NotRemovedError: it cannot be folded now.
        OSError: because of the disk.
    """
    said = len(op.recorder.notices)
    op.recorder.fold()
    op.changed()
    if not op.recorder.journal.is_empty:
        why = failures.put_off(op.recorder.notices, said)
        raise NotRemovedError(
            f"not everything recorded could be moved into git now ({why}), nothing was removed",
            hint="git timewarp status",
        )


def carry_out(op: Operation, wish: Wish) -> Done:
    """Remove it; `ready` was called before.

    Raises:
        GitError: the user's own history cannot be walked; nothing was removed.
        NotRemovedError: a ref of ours could not be moved; nothing was removed.
    """
    user = of_user(op.repo)
    ours = lineage.ours(op.repo.state_dir, op.recorder.writer)
    refs = op.recorder.refs
    mine = {
        name: oid
        for name, oid in refs.items()
        if wish.foreign or ((parsed := layout.parse_ref(name)) and parsed[0] in ours)
    }
    found = _rewritten(op, mine, wish)
    op.begin(
        {
            "kind": KIND,
            "anywhere": True,
            "summary": wish.summary,
            "snapshots": dict(wish.snapshots),
            "kept": dict(wish.kept),
            "old": {change.name: change.old for change in found.updates},
            "told": wish.told,
            "data": dict(wish.data),
            "most": wish.most,
            "now": wish.now,
        }
    )
    intent = op.recorder.journal.intents[op.id]
    publish(op, Rewritten(found.updates, [*wish.objects, *found.objects]))
    return _go_on(op, intent, user)


def publish(op: Operation, new: Rewritten, *, replaces: bool = False) -> None:
    """Move the refs, or close the intent again; `replaces`: events are replaced.

    Raises:
        NotRemovedError: a ref of ours could not be moved; none was.
        OSError: because of the disk.
    """
    said = len(op.recorder.notices)
    if not op.recorder.publish(new.objects, new.updates, replaces=replaces):
        op.withdraw()
        why = failures.put_off(op.recorder.notices, said)
        raise NotRemovedError(
            f"the refs of git-timewarp could not be moved ({why}), nothing was removed",
            hint="git timewarp status",
        )


def finish(op: Operation, intent: Json) -> str:
    """Go on with a removal that a crash cut off, or take it back; return what to tell."""
    catalog = op.history.catalog
    placed = _pairs(intent["snapshots"])
    landed = {name for name, oid in placed.items() if catalog.entry(SnapshotId(name)) == oid}
    kept = _pairs(intent["kept"])
    now = rewrite(op.quarantine, op.recorder.refs, kept, kinds={layout.KEPT})
    if (placed and not landed) or (not placed and now.updates):
        op.recorder.append(done=[str(intent["op"])])
        return f"'{intent['verb']}' was cut off before it removed anything"
    left = {**intent, "snapshots": {name: placed[name] for name in landed}}
    try:
        user = of_user(op.repo)
    except GitError as exc:
        # Nobody may be kept from his work by it; the packs stay as they are.
        _record(op, left)
        return f"'{intent['verb']}' was cut off and is finished now, but nothing is freed: {failures.reason(exc)}"
    _go_on(op, left, user)
    return f"'{intent['verb']}' was cut off and is finished now"


def _rewritten(op: Operation, refs: Mapping[RefName, Oid], wish: Wish) -> Rewritten:
    one = rewrite(op.quarantine, refs, wish.snapshots, kinds=HOLDS_SNAPSHOTS)
    two = rewrite(op.quarantine, refs, wish.kept, kinds={layout.KEPT})
    return Rewritten([*one.updates, *two.updates], [*one.objects, *two.objects])


def _go_on(op: Operation, intent: Json, user: set[Oid]) -> Done:
    """Do what is left to do after the refs have moved."""
    op.changed()
    gone = former(op, _pairs(intent["old"])) - user
    # What captures remember names objects; the next one looks at everything again.
    freed = free(op, gone, now=bool(intent["now"]), memory=True)
    events = _record(op, intent)
    empty(op)
    return Done(freed, bool(leaving.superseded(op.repo.state_dir)), events)


def free(op: Operation, gone: AbstractSet[Oid], *, now: bool, memory: bool) -> int:
    """Take objects that nobody needs out of our packs; return the bytes that are free then.

    `now`: the old packs go at once. `memory`: what captures remember goes too.
    """
    packs = op.recorder.packs
    before = packs.size(packs.names())
    freed = packs.thin(gone)
    if memory:
        directories.remove(op.recorder.paths.memory)
    if now and sweep(op):
        freed = before - packs.size(packs.names())
    if now and not leaving.superseded(op.repo.state_dir):
        # A value in a reflog that leads to what is lost ends every gc of the user's.
        transaction.trim_reflogs(op.repo, gone)
    return freed


def sweep(op: Operation) -> int:
    """Let all old packs go at once; return the bytes that are free then."""
    packs = op.recorder.packs
    old = packs.superseded()
    if not old:
        return 0
    before = packs.size(packs.names())
    op.recorder.sweep(old)
    return before - packs.size(packs.names())


def empty(op: Operation) -> None:
    """Empty the quarantine, unless something in it is still needed."""
    held = op.recorder.journal
    if not (held.snapshots or held.kept or held.intents or op.recorder.holding):
        op.quarantine.empty()


def _record(op: Operation, intent: Json) -> tuple[str, ...]:
    """Record the events and close the intent in one write; return their labels."""
    sealed = op.recorder.seal(_events(op, intent))
    op.recorder.append(sealed, done=[str(intent["op"])])
    return tuple(op.label(entry) for entry in op.recorded(sealed))


def former(op: Operation, old: Mapping[str, Oid]) -> set[Oid]:
    """Return what the former values of the refs `old` lead to and the present ones do not."""
    git = op.repo.git.using(alternates=(op.quarantine.path,))
    values = set(old.values())
    for name, logged in transaction.logged(op.repo).items():
        values.update(logged if name in old else ())
    try:
        return set(below(git, sorted(values))) - set(below(git, op.recorder.refs.values()))
    except GitError:
        # Something of ours is damaged, which this may be the way out of.
        return readable_below(git, values) - readable_below(git, op.recorder.refs.values())


def _events(op: Operation, intent: Json) -> list[NewEvent]:
    """Return the events that list what was changed, a bounded number of ids in each."""
    ids = sorted(_pairs(intent["snapshots"]))
    found = op.quarantine.reader.info("HEAD")
    anchor = found[0] if found is not None else op.quarantine.put_tree([])
    data = intent["data"] if isinstance(intent["data"], dict) else {}
    told, verb = str(intent["told"]), str(intent["verb"])
    most = int(str(intent["most"]))
    parts = [ids[at : at + most] for at in range(0, len(ids), most)] or [[]]
    head = found[0] if found is not None else None
    made = [
        op.event(
            verb,
            str(intent["summary"]),
            anchor=anchor,
            head=head,
            branch=None,
            data={**data, told: part},
        )
        for part in parts
    ]
    return [event._replace(op=str(intent["op"])) for event in made]


def _pairs(value: object) -> dict[str, Oid]:
    assert isinstance(value, dict)  # noqa: S101 - our own record
    return {str(name): Oid(str(oid)) for name, oid in value.items()}
