"""Every snapshot that an event names is stored, and has its parts (contents: `verify_objects`)."""

from __future__ import annotations

from collections.abc import Sequence

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import MissingObjectError, Object, Reader, TreeEntry, parse_tree
from git_timewarp.integrity import damage
from git_timewarp.integrity.verify_look import LIMIT, Look
from git_timewarp.store.packs import missing_objects
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.snapshots import load

_BATCH = 5_000
_LOG = "git timewarp log --all"


def snapshots(look: Look, *, full: bool) -> dict[SnapshotId, Oid]:
    """Look whether each snapshot and its parts are there; `full` reads its description too.

    Returns:
        every snapshot and the tree that holds it.
    """
    try:
        every = list(look.history.catalog.every())
    except TimewarpError as exc:
        look.wrong(
            "missing-object", f"a segment of snapshots: {exc.message}", "git timewarp status"
        )
        return {}
    look.snapshots = len(every)
    for start in range(0, len(every), _BATCH):
        look.progress(start, len(every))
        _presence(look, every[start : start + _BATCH])
    if full:
        _descriptions(look, every)
    _named(look, {snapshot for snapshot, _ in every})
    return dict(every)


def _presence(look: Look, some: Sequence[tuple[SnapshotId, Oid]]) -> None:
    """Look whether the trees of some snapshots are there, and what they name."""
    parts: list[tuple[SnapshotId, TreeEntry]] = []
    found = _read(look.history.reader, [entry for _, entry in some])
    for (snapshot, entry), tree in zip(some, found, strict=True):
        if tree is None or tree.type != "tree":
            look.told.add(entry)
            text = f"{look.label(snapshot)} is lost: its tree {entry} is missing"
            look.wrong("missing-object", text, _LOG, look.affected(snapshot))
            continue
        entries = parse_tree(tree.data, hex_length=len(entry))
        parts += [(snapshot, item) for item in entries]
        for item in entries:
            if item.name == "refs":
                look.ref_lists.setdefault(item.oid, []).append(snapshot)
        if lacks := {"tree", "refs", "meta"} - {item.name for item in entries}:
            text = f"{look.label(snapshot)} has no part '{min(lacks)}'"
            look.wrong("foreign-edit", text, _LOG, look.affected(snapshot))
    git = look.repo.git.using(alternates=(Quarantine.folder(look.repo),))
    gone = set(missing_objects(git, list(dict.fromkeys(item.oid for _, item in parts))))
    for snapshot, item in parts:
        if item.oid in gone:
            look.told.add(item.oid)
            text = f"{look.label(snapshot)} lost its part '{item.name}' ({item.oid})"
            look.wrong("missing-object", text, _LOG, look.affected(snapshot))


def _read(reader: Reader, names: Sequence[Oid]) -> list[Object | None]:
    """Return many objects; one by one where git ends over a damaged one."""
    try:
        return list(reader.read_all(names))
    except MissingObjectError:
        return [damage.find(reader, name) for name in names]


def _descriptions(look: Look, every: Sequence[tuple[SnapshotId, Oid]]) -> None:
    """Read the description of each snapshot: is it the one that stands there?"""
    for done, (snapshot, entry) in enumerate(every):
        look.progress(done, len(every))
        try:
            if load(look.history.reader, entry).id != snapshot:
                text = f"{look.label(snapshot)} is another one"
                look.wrong("foreign-edit", text, _LOG, look.affected(snapshot))
        except TimewarpError as exc:
            name = exc.name.partition(":")[0] if isinstance(exc, MissingObjectError) else ""
            if name not in look.told:
                text = f"{look.label(snapshot)}: {exc.message}"
                look.wrong("missing-object", text, _LOG, look.affected(snapshot))


def _named(look: Look, stored: set[SnapshotId]) -> None:
    """Tell of snapshots that events name and no segment has."""
    gone = sorted((min(events), name) for name, events in look.named.items() if name not in stored)
    for lamport, name in gone:
        text = f"snapshot {name} of event E{lamport} is nowhere"
        look.wrong("missing-object", text, _LOG, look.affected(name)[: LIMIT + 1])
