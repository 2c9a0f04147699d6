"""Refs of ours that nobody can tell the value of any more, and whose last value is still known.

The recorder puts a ref back that is not what `refs.json` says. Where that file is gone too,
the reflog of the ref and the copies from before a recovery know what it was. A value counts
only when every object it needs is there.
"""

from __future__ import annotations

from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.refs import RefUpdate
from git_timewarp.store import layout, lineage, recovery, transaction
from git_timewarp.timeline.operation import Operation


def heal(op: Operation) -> list[str]:
    """Put back refs of this clone that are gone, of each id it has and had; return their names."""
    repo = op.repo
    ours = lineage.ours(repo.state_dir, op.recorder.journal.writer)
    known = transaction.known(op.recorder.paths.known_refs)
    values: dict[RefName, list[Oid]] = {
        name: list(reversed(oids)) for name, oids in transaction.logged(repo).items()
    }
    for copy in recovery.ref_values(op.recorder.paths):
        for name, value in copy.items():
            values.setdefault(RefName(name), []).append(Oid(value))
    moves: list[RefUpdate] = []
    for name, oids in sorted(values.items()):
        parsed = layout.parse_ref(name)
        if name in op.recorder.refs or name in known or parsed is None or parsed[0] not in ours:
            continue
        whole = next((oid for oid in dict.fromkeys(oids) if _is_whole(op, oid)), None)
        if whole is not None:
            moves.append(RefUpdate(name, repo.zero, whole))
    if moves:
        transaction.heal(repo, moves, reader=op.quarantine.reader, clock=op.world.clock)
        op.recorder.refs = transaction.current(repo)
    return [str(change.name) for change in moves]


def _is_whole(op: Operation, value: Oid) -> bool:
    """Tell whether a value and everything it names is there."""
    git = op.world.repo.git.using(alternates=(op.quarantine.path,))
    flags = ("--objects", "--no-object-names", "--quiet")
    return git.run("rev-list", *flags, value, ok=range(256)).code == 0
