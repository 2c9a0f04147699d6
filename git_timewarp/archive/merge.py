"""Taking an archive in: objects into the quarantine, one pack, one transaction of refs.

Everything was proved before. The refs move as those of a fold do, with their old and new
values in the journal, so that a crash at any step leaves the old or the new history.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from git_timewarp.archive.manifest import Manifest
from git_timewarp.archive.plan import Merge, Plan, Taken, replacing
from git_timewarp.archive.scratch import Scratch
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import bundle
from git_timewarp.git.names import Oid, RefName
from git_timewarp.store import failures
from git_timewarp.store.chain import NewEvent
from git_timewarp.store.events import Json
from git_timewarp.timeline.operation import Operation
from git_timewarp.util import directories, faults

_PARTS = (".pack", ".rev", ".idx")


class NotTakenError(TimewarpError):
    """The refs could not be moved now; nothing was taken in."""

    kind = Kind.LOCKED
    reference = "not-imported"


class UnfoldedError(TimewarpError):
    """What waits in the journal cannot be moved into git now, so refs do not say all there is."""

    kind = Kind.LOCKED
    reference = "unfolded"


def fold(op: Operation, *, command: str) -> Mapping[RefName, Oid]:
    """Move what waits into git; return every ref of ours: they say all there is then.

    Raises:
        UnfoldedError: git's own work is in the way; `command` is what to run again.
    """
    said = len(op.recorder.notices)
    op.recorder.fold()
    op.changed()
    if not op.recorder.journal.is_empty:
        why = failures.put_off(op.recorder.notices, said)
        raise UnfoldedError(
            f"what was recorded last cannot be moved into git now ({why}); nothing is lost",
            hint=command,
        )
    return dict(op.recorder.refs)


def plan(op: Operation, manifest: Manifest, *, replace: bool) -> Plan:
    """Return what an import would change; the archive's objects are in the quarantine."""
    refs = op.recorder.refs
    if replace:
        return replacing(op.quarantine.reader, refs, manifest, zero=op.repo.zero)
    return Merge(op.quarantine, refs, manifest, own=op.recorder.writer).plan()


def bring(op: Operation, scratch: Scratch, pack: str) -> None:
    """Put the archive's pack into the quarantine."""
    target = os.path.join(op.quarantine.path, "pack")
    directories.make(target)
    for part in _PARTS:
        source = os.path.join(scratch.objects, "pack", pack + part)
        faults.point("move imported pack")
        if os.path.exists(source):
            os.replace(source, os.path.join(target, pack + part))


def take(op: Operation, found: Plan, manifest: Manifest, *, goes_on: bool, command: str) -> None:
    """Make the refs what the plan says; `goes_on`: this clone goes on where the archive ends.

    Raises:
        NotTakenError: git's own work is in the way; nothing moved.
    """
    recorder = op.recorder
    if found.renounces or goes_on:
        recorder.renounce({str(w): n for w, n in manifest.lineage.items()} if goes_on else {})
    tips = {u.name: u.new for u in found.updates if not u.new.is_zero}
    git = op.repo.git.using(alternates=(op.quarantine.path,))
    lines = bundle.beyond(git, tips, recorder.refs) if tips else []
    # A transaction names a pack, also where everything is here already.
    lines = lines or [oid.encode() for oid in manifest.refs.values()]
    pack = recorder.packs.build_anew(lines)
    said = len(recorder.notices)
    if not recorder.adopt(pack, found.updates, replaces=found.replaces):
        raise NotTakenError(
            f"nothing was imported: {failures.put_off(op.recorder.notices, said)}", hint=command
        )
    op.changed()


def drop(op: Operation, pack: str) -> None:
    """Remove the archive's pack from the quarantine again."""
    for part in reversed(_PARTS):
        directories.remove(os.path.join(op.quarantine.path, "pack", pack + part))


def event(op: Operation, taken: Sequence[Taken], summary: str, data: Json) -> NewEvent:
    """Describe the event that tells of an import."""
    head = op.quarantine.reader.info("HEAD^{commit}")
    anchor = head[0] if head is not None else next(iter(op.recorder.refs.values()))
    return op.event(
        "import",
        summary,
        anchor=anchor,
        head=head[0] if head is not None else None,
        branch=None,
        data={**data, "writers": [item.to_json() for item in taken]},
    )


def counted(taken: Sequence[Taken]) -> tuple[int, int]:
    """Return how many events and snapshots are taken."""
    return sum(item.events for item in taken), sum(item.snapshots for item in taken)


def remarks(taken: Sequence[Taken]) -> list[str]:
    """Return a sentence for each writer whose chain was not taken as it is."""
    return [
        f"the chain of '{item.writer}' parts from the one here: "
        f"what was not here is kept under '{item.under}', which is only read"
        for item in taken
        if item.under is not None
    ]
