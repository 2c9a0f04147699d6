"""What snapshots and kept commits name, of the user's, and what is not in this repository.

It was never here (the snapshot was imported), or git lost it before it was kept, or an
alternate has gone since. That is no damage of ours, and worth knowing: such a branch, tag or stash
does not come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import Reader, absent
from git_timewarp.integrity import damage
from git_timewarp.integrity.verify_look import LIMIT, Look
from git_timewarp.store import kept
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.timeline.results_look import Problem

_HEAD = b"HEAD"
_WHY = "which is not in this repository: it was never here, or git has lost it"


def refs(look: Look) -> None:
    """Remark on what the lists of refs name and neither git nor what we keep has."""
    reader, by_list = look.history.reader, look.ref_lists
    lines: set[bytes] = set()
    for _, data in _lists(reader, by_list):
        lines.update(data.splitlines())
    oids = {Oid(line.split(b" ", 1)[0].decode()) for line in lines if line.count(b" ")}
    git = look.repo.git.using(alternates=(Quarantine.folder(look.repo),))
    gone = set(absent(git, sorted(oid for oid in oids if not oid.is_zero)))
    gone -= {oid for oid, _ in kept.entries(reader, look.history.refs, look.history.journal.kept)}
    if not gone:
        return
    places: dict[str, list[SnapshotId]] = {}
    for blob, data in _lists(reader, by_list):
        for line in data.splitlines():
            oid, _, rest = line.partition(b" ")
            if oid.decode() in gone and rest.split(b" ")[0] != _HEAD:
                name = rest.split(b" ")[0].decode("utf-8", "replace")
                places.setdefault(f"'{name}' ({oid.decode()})", []).extend(by_list[blob])
    for what, named in places.items():
        named.sort(key=lambda name: (min(look.named.get(name, [0])), name))
        more = f" and {len(named) - 1} more" if len(named) > 1 else ""
        text = f"{look.label(named[0])}{more} names {what}, {_WHY}"
        affects = tuple(word for name in named[:LIMIT] for word in look.affected(name))
        look.remarks.append(Problem("lost-ref", text, "git timewarp log", affects))


def kept_commits(look: Look) -> None:
    """Remark on kept commits and tags that name what neither git nor what we keep has.

    What is at the edge of a shallow clone needs no parents. Nothing is told of an entry that
    cannot be read: its objects were looked at.
    """
    reader = look.history.reader
    entries = dict(kept.entries(reader, look.history.refs, look.history.journal.kept))
    named: dict[Oid, list[Oid]] = {}
    for oid, entry in entries.items():
        names = kept.names(reader, entry)
        if wanting := [name for name in names if name not in entries]:
            named[oid] = wanting
    git = look.repo.git.using(alternates=(Quarantine.folder(look.repo),))
    gone = set(absent(git, [name for names in named.values() for name in names]))
    edge = kept.shallow(look.repo.git) if gone else frozenset()
    for oid, names in named.items():
        for name in gone.intersection(names) if oid not in edge else ():
            text = f"kept commit {oid} needs {name}, {_WHY}"
            look.remarks.append(Problem("missing-object", text, "git timewarp log", (oid,)))


def _lists(reader: Reader, blobs: Mapping[Oid, object]) -> Iterator[tuple[Oid, bytes]]:
    for blob in blobs:
        found = damage.find(reader, blob)
        if found is not None:
            yield blob, found.data
