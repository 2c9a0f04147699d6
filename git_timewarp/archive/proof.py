"""Proof that what an archive holds is what it says, and harms nobody, before a ref moves.

git has hashed every object, checked each for names that point outside of a tree, and seen
that nothing is missing (`git/bundle.py`). Here: the values of the refs are ours, every chain
holds together from its first event to its last, and snapshots and kept objects are such.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping

from git_timewarp.archive import chains, events, safe
from git_timewarp.archive.manifest import INSPECT, Chain, DamagedArchiveError, Manifest
from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, WriterId
from git_timewarp.git.objects import MODE_TREE, MissingObjectError, Reader, TreeEntry
from git_timewarp.store import kept, layout, snapshots
from git_timewarp.store.chain import hash_is_right
from git_timewarp.store.events import REDACTED, ChainHead, Event, NewerFormatError
from git_timewarp.store.snapshots import TOMBSTONE, Snapshot
from git_timewarp.store.stone import Evidence, is_stone
from git_timewarp.util.text import printable

Progress = Callable[[int, int], None]

_BATCH = 1_000


def prove(
    reader: Reader, manifest: Manifest, *, progress: Progress = lambda _done, _all: None
) -> None:
    """Look at everything in an archive whose objects `reader` reads.

    Raises:
        DamagedArchiveError: it is not what it says.
        NewerFormatError: something in it was written by a newer version.
        safe.HostileArchiveError: something in it points where it must not.
    """
    try:
        _tags(reader, manifest)
        _chains(reader, manifest, progress)
        counts = {
            layout.SNAPSHOTS: _snapshots(reader, manifest, layout.SNAPSHOTS, progress),
            layout.DRAFTS: _snapshots(reader, manifest, layout.DRAFTS, progress),
            layout.KEPT: _kept(reader, manifest),
            layout.EVENTS: sum(chain.events for chain in manifest.chains),
        }
    except MissingObjectError as exc:
        raise damaged(f"object '{exc.name}' is missing") from exc
    except (DamagedArchiveError, NewerFormatError, safe.HostileArchiveError):
        raise
    except TimewarpError as exc:
        raise damaged(exc.message) from exc
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise damaged("something in it has not the form it has to have") from exc
    if counts != dict(manifest.counts):
        raise damaged("it does not hold as much as it says")


def damaged(reason: str) -> DamagedArchiveError:
    """Return the error for an archive that is not what was written."""
    return DamagedArchiveError(f"the archive is damaged: {printable(reason)}", hint=INSPECT)


def _tags(reader: Reader, manifest: Manifest) -> None:
    for name, oid in manifest.refs.items():
        parsed = layout.parse_ref(name)
        assert parsed is not None  # noqa: S101 - the manifest was checked
        tree = chains.tree_of(reader, oid)
        if reader.read(oid, kind="tag") != layout.tag_bytes(tree, parsed[1]):
            raise damaged(f"the value of '{name}' is not one of ours")


def _chains(reader: Reader, manifest: Manifest, progress: Progress) -> None:
    told: dict[WriterId, Chain] = {chain.writer: chain for chain in manifest.chains}
    found = chains.segments(manifest.refs, layout.EVENTS)
    named = {parsed[0] for name in manifest.refs if (parsed := layout.parse_ref(name))}
    if set(told) != named or len(told) != len(manifest.chains):
        raise damaged("its list of writers is not that of its refs")
    stones = _Stones()
    for done, (writer, chain) in enumerate(told.items()):
        progress(done, len(told))
        head = ChainHead()
        for number, tag in found.get(writer, {}).items():
            head = _follow(reader, tag, writer, head, number=number, stones=stones)
        if head != ChainHead(chain.events, chain.hash, chain.lamport):
            raise damaged(f"the chain of '{writer}' does not end where it says")
    stones.check()


class _Stones:
    """Lines that say that they were redacted, and the events that tell of such."""

    def __init__(self) -> None:
        self._evidence = Evidence()
        self._found: list[Event] = []

    def see(self, event: Event) -> bool:
        """Take an event; tell whether it is what was sealed, or may be a stone."""
        self._evidence.see(event)
        if hash_is_right(event.line):
            return True
        self._found.append(event)
        return REDACTED in event.record

    def check(self) -> None:
        for event in self._found:
            if not self._evidence.proves(event):
                raise damaged(f"event {event.n} of '{event.writer}' is redacted, none tells of it")


def _follow(
    reader: Reader, tag: Oid, writer: WriterId, head: ChainHead, *, number: int, stones: _Stones
) -> ChainHead:
    """Check the events of one segment; return where the chain stands after it."""
    limit = layout.SEGMENT_LIMITS[layout.EVENTS]
    for event in chains.of_segment(reader, tag):
        record = event.record
        where = f"event {event.n} of '{writer}'"
        if not stones.see(event):
            raise damaged(f"{where} is not what was sealed")
        wrong = events.fault(record)
        if wrong is not None:
            raise damaged(f"{where} has no '{wrong}' of the right form")
        follows = event.n == head.n + 1 and record["prev"] == head.hash
        if not follows or (event.n - 1) // limit + 1 != number:
            raise damaged(f"{where} does not follow event {head.n}")
        if record["writer"] != writer or event.lamport <= head.lamport:
            raise damaged(f"{where} is not of this writer")
        if chains.ORIGIN in record and not (chains.was_whole(event) or is_stone(record)):
            raise damaged(f"{where} is not the one it was taken from")
        head = event.head
    return head


def _snapshots(reader: Reader, manifest: Manifest, kind: str, progress: Progress) -> int:
    every = list(_entries(reader, manifest, kind))
    checked: set[Oid] = set()
    for done, (name, entry) in enumerate(every):
        if done % _BATCH == 0:
            progress(done, len(every))
        if not events.is_snapshot_id(name):
            raise damaged(f"'{name}' is no snapshot")
        parts = {item.name: item.oid for item in reader.tree(entry)}
        if TOMBSTONE in parts:
            _removed(reader, name, entry)
            continue
        stored = snapshots.load(reader, entry)
        if stored.id != name:
            raise damaged(f"snapshot '{name}' is another one")
        _described(stored)
        safe.snapshot(reader, stored, checked)
    return len(every)


def _removed(reader: Reader, name: str, entry: Oid) -> None:
    """Check what stands in the place of a snapshot that was removed."""
    safe.parts(reader, entry)
    if {item.name for item in reader.tree(entry)} != {TOMBSTONE, "meta"}:
        raise damaged(f"snapshot '{name}' was removed and is there")
    snapshots.tombstone(reader, entry)
    if snapshots.meta_of(reader, entry)["id"] != name:
        raise damaged(f"snapshot '{name}' is another one")


def _described(stored: Snapshot) -> None:
    """Check the members of a description that every list shows."""
    if not events.is_time(stored.meta["ts"]):
        raise damaged(f"snapshot '{stored.id}' has no 'ts' of the right form")
    for member in ("writer", "timeline", "worktree", "trigger"):
        if not isinstance(stored.meta[member], str):
            raise damaged(f"snapshot '{stored.id}' has no '{member}' of the right form")


def _kept(reader: Reader, manifest: Manifest) -> int:
    count = 0
    for name, entry in _entries(reader, manifest, layout.KEPT):
        count += 1
        parts = {item.name: item for item in reader.tree(entry)}
        try:
            Oid.parse(name)
            safe.kept(reader, parts)
            right = _is_kept(reader, name, parts, manifest.object_format)
        except (ValueError, KeyError) as exc:
            raise damaged(f"the kept object '{name}' is not whole") from exc
        if not right:
            raise damaged(f"the kept object '{name}' is another one")
    return count


def _is_kept(reader: Reader, name: str, parts: Mapping[str, TreeEntry], hash_name: str) -> bool:
    """Tell whether an entry holds the object `name` and all that it names of trees and blobs.

    What was purged keeps its bytes only, or not even these.
    """
    kind = reader.read(parts["type"].oid, kind="blob").decode("ascii").strip()
    found = {part: parts[part].oid for part in ("tree", "blob") if part in parts}
    if TOMBSTONE in parts:
        stone = reader.read(parts[TOMBSTONE].oid, kind="blob")
        snapshots.parse_tombstone(stone, entry=parts[TOMBSTONE].oid)
        if found:
            return False
    if "object" not in parts:
        return TOMBSTONE in parts or (kind in {"tree", "blob"} and found == {kind: name})
    data = reader.read(parts["object"].oid, kind="blob")
    header = b"%s %d\0" % (kind.encode(), len(data))
    digest = hashlib.new(hash_name, header + data, usedforsecurity=False)
    if kind not in {"commit", "tag"} or digest.hexdigest() != name:
        return False
    for other in kept.named(data):
        Oid.parse(other)
    return TOMBSTONE in parts or found == _beside(kind, data)


def _beside(kind: str, data: bytes) -> dict[str, Oid]:
    """Return what of trees and blobs has to stand beside a commit or tag: what it names."""
    lines = [line.decode("ascii") for line in data.split(b"\n", 2)[:2]]
    word, oid = lines[0].split(" ")
    if word != ("tree" if kind == "commit" else "object"):
        raise ValueError(f"not a {kind}")
    target = "tree" if kind == "commit" else lines[1].removeprefix("type ")
    return {target: Oid.parse(oid)} if target in {"tree", "blob"} else {}


def _entries(reader: Reader, manifest: Manifest, kind: str) -> Iterator[tuple[str, Oid]]:
    """Yield name and tree of every entry of one kind."""
    for segments in chains.segments(manifest.refs, kind).values():
        for tag in segments.values():
            for item in reader.tree(chains.tree_of(reader, tag)):
                if item.mode != MODE_TREE:
                    raise damaged(f"'{item.name}' is no folder")
                yield item.name, item.oid


def newest(
    reader: Reader, refs: Mapping[WriterId, Mapping[int, Oid]]
) -> tuple[WriterId, int, str] | None:
    """Return writer, segment and id of a snapshot to show as an example, if there is any."""
    for writer, segments in refs.items():
        for number in sorted(segments, reverse=True):
            entries = reader.tree(chains.tree_of(reader, segments[number]))
            if entries:
                return writer, number, entries[-1].name
    return None
