"""Snapshots as stored: one tree per id (see `store/view.py`) with a `meta` blob.

`meta` is JSON (format version 1; `docs/formats/snapshot.md` is the public copy):
`v id ts writer timeline worktree trigger parents` and what `View.to_json` gives.

A snapshot that was removed on purpose keeps its place: `meta` as it was, and `tombstone`,

    {"v": 1, "by": "compact", "op": …, "reason": …, "ts": …}

and nothing else. `by` is the command, `op` the operation whose event lists the snapshot.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from git_timewarp.git.names import Oid, RefName, SnapshotId, WriterId
from git_timewarp.git.objects import (
    MissingObjectError,
    Reader,
)
from git_timewarp.store import layout
from git_timewarp.store.events import NewerFormatError
from git_timewarp.store.journal import PendingSnapshot
from git_timewarp.store.view import View
from git_timewarp.util.frozen import Frozen

FORMAT_VERSION = 1
TOMBSTONE = "tombstone"
"""The part that stands in the place of all others when a snapshot was removed."""


class Tombstone(NamedTuple):
    """When, by which command and why a snapshot was removed; `op` is the operation's id."""

    by: str
    op: str
    reason: str
    ts: str


class Snapshot(Frozen):
    """A stored snapshot: its id, the tree that holds it, what it looked like and why it is."""

    id: SnapshotId
    entry: Oid
    view: View
    ts: str
    trigger: str
    timeline: str
    worktree: str
    parents: tuple[SnapshotId, ...]
    meta: Mapping[str, object]

    @property
    def is_described(self) -> bool:
        """Whether its own `meta` was read, and not only what else speaks of the snapshot."""
        return "v" in self.meta


def load(reader: Reader, entry: Oid) -> Snapshot:
    """Read a snapshot from its entry tree.

    Raises:
        MissingObjectError: a part is gone or damaged.
        NewerFormatError: a newer version wrote it.
    """
    parts = {item.name: item.oid for item in reader.tree(entry)}
    if "meta" not in parts:
        raise MissingObjectError(f"{entry}:meta")
    return parse(reader.read(parts["meta"], kind="blob"), entry=entry, parts=parts)


def parse(meta: bytes, *, entry: Oid, parts: Mapping[str, Oid]) -> Snapshot:
    """Return the snapshot in the tree `entry` whose `meta` was read; `parts` are its entries.

    A member that is no text is taken as its text: what can be rescued must not hang on it.

    Raises:
        MissingObjectError: `meta` or what it speaks of is damaged.
        NewerFormatError: a newer version wrote it.
    """
    try:
        record = json.loads(meta)
        if record["v"] != FORMAT_VERSION:
            raise NewerFormatError("a snapshot", record["v"])
        return Snapshot(
            id=SnapshotId(record["id"]),
            entry=entry,
            view=View.from_json(record, parts),
            ts=str(record["ts"]),
            trigger=str(record["trigger"]),
            timeline=str(record["timeline"]),
            worktree=str(record["worktree"]),
            parents=tuple(SnapshotId(item) for item in record["parents"]),
            meta=record,
        )
    except (ValueError, KeyError, TypeError) as exc:
        raise MissingObjectError(f"{entry}:meta") from exc


def tombstone(reader: Reader, entry: Oid) -> Tombstone | None:
    """Return what stands in the place of a snapshot that was removed, None for a snapshot.

    Raises:
        MissingObjectError, NewerFormatError: as `load`.
    """
    parts = {item.name: item.oid for item in reader.tree(entry)}
    if TOMBSTONE not in parts:
        return None
    return parse_tombstone(reader.read(parts[TOMBSTONE], kind="blob"), entry=entry)


def parse_tombstone(data: bytes, *, entry: Oid) -> Tombstone:
    """Return what a tombstone says; raises as `load`."""
    try:
        record = json.loads(data)
        if record["v"] != FORMAT_VERSION:
            raise NewerFormatError("a tombstone", record["v"])
        return Tombstone(*[str(record[name]) for name in Tombstone._fields])
    except (ValueError, KeyError, TypeError) as exc:
        raise MissingObjectError(f"{entry}:{TOMBSTONE}") from exc


def meta_of(reader: Reader, entry: Oid) -> dict[str, object]:
    """Return the description of a snapshot, of one that was removed too.

    Raises:
        MissingObjectError: it is gone or damaged.
    """
    try:
        parts = {item.name: item.oid for item in reader.tree(entry)}
        record = json.loads(reader.read(parts["meta"], kind="blob"))
        return {**record, "id": str(record["id"]), "ts": str(record["ts"])}
    except (ValueError, KeyError, TypeError) as exc:
        raise MissingObjectError(f"{entry}:meta") from exc


def plain_id(meta: bytes) -> SnapshotId | None:
    """Return the id in a `meta` of the plain form, of which `parse` would make a snapshot.

    None for any other, which has to be parsed to know. Nearly all are plain: known members in
    their order, no escapes, nothing skipped. One look takes a tenth of the time of `parse`.
    """
    try:
        found = _plain().fullmatch(meta.decode())
    except UnicodeDecodeError:
        return None
    return None if found is None else SnapshotId(found.group(1))


@cache
def _plain() -> re.Pattern[str]:
    """Return the expression; compiling it takes a while and only `verify` needs it."""
    text = r'"[^"\\\x00-\x1f]*"'
    maybe = f"(?:{text}|null)"
    texts = rf"\[(?:{text}(?:,{text})*)?\]"
    return re.compile(
        rf'\{{"empty_dirs":{texts},"head":\{{"branch":{maybe},"oid":{maybe}\}}'
        rf',"id":"([^"\\\x00-\x1f]*)","index_tree":{text},"literal":{texts}'
        rf',"operation":{maybe},"parents":{texts}(?:,"present":{texts})?,"skipped":\[\]'
        rf',"timeline":{text},"trigger":{text},"ts":{text},"v":{FORMAT_VERSION}'
        rf',"worktree":{text},"writer":{text}\}}'
    )


class Catalog:
    """Finds snapshots by id or prefix: in the journal first, then in the segments.

    Those of the writers `ours` come before those of others, who may use any id.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        refs: Mapping[RefName, Oid],
        pending: Sequence[PendingSnapshot],
        ours: Collection[str] = (),
    ) -> None:
        self._reader = reader
        self._refs = refs
        self._ours = ours
        self._pending = {item.id: item for item in pending}
        self._segments: list[tuple[WriterId, dict[str, Oid]]] | None = None

    def entry(self, snapshot: SnapshotId) -> Oid | None:
        """Return the entry tree of a snapshot, or None when it is nowhere."""
        if snapshot in self._pending:
            return self._pending[snapshot].entry
        for _, segment in self._all():
            if snapshot in segment:
                return segment[snapshot]
        return None

    def writer(self, snapshot: SnapshotId) -> WriterId | None:
        """Return under whom the snapshot is stored that `entry` finds; None while it is pending."""
        if snapshot in self._pending:
            return None
        return next((writer for writer, segment in self._all() if snapshot in segment), None)

    def matching(self, prefix: str) -> list[SnapshotId]:
        """Return the ids that begin with `prefix`, sorted."""
        names = {name for _, found in self._all() for name in found if name.startswith(prefix)}
        names |= {name for name in self._pending if name.startswith(prefix)}
        return sorted(SnapshotId(name) for name in names)

    def every(self) -> Iterator[tuple[SnapshotId, Oid]]:
        """Yield (id, entry tree) of all snapshots and drafts of all writers."""
        for _, segment in self._all():
            for name, oid in segment.items():
                yield SnapshotId(name), oid
        for item in self._pending.values():
            yield item.id, item.entry

    def _all(self) -> list[tuple[WriterId, dict[str, Oid]]]:
        if self._segments is None:
            wanted = [
                (parsed[0], f"{oid}^{{tree}}")
                for name, oid in sorted(self._refs.items(), reverse=True)
                if (parsed := layout.parse_ref(name)) and parsed[1] in {"snapshots", "drafts"}
            ]
            wanted.sort(key=lambda item: item[0] not in self._ours)
            self._segments = [
                (writer, {item.name: item.oid for item in self._reader.tree(name)})
                for writer, name in wanted
            ]
        return self._segments
