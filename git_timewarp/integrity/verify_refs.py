"""Refs of the user that a snapshot names and whose objects are not in this repository.

They were never here (the snapshot was imported), or git lost them before they were kept, or an
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


def _lists(reader: Reader, blobs: Mapping[Oid, object]) -> Iterator[tuple[Oid, bytes]]:
    for blob in blobs:
        found = damage.find(reader, blob)
        if found is not None:
            yield blob, found.data
