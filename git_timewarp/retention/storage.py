"""What takes how much: by class, the largest snapshots and blobs, and what compacting frees."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator, Mapping, Sequence

from git_timewarp.git.names import Oid
from git_timewarp.retention.compact import frees
from git_timewarp.retention.gathered import gather
from git_timewarp.retention.policy import DAY, decide
from git_timewarp.retention.results import Large, StorageResult
from git_timewarp.retention.settings import Bounds
from git_timewarp.store import layout, leaving, usage
from git_timewarp.store.history import History
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.room import STOP, WARN, local, space
from git_timewarp.timeline.label import of_snapshot
from git_timewarp.util.clock import Clock
from git_timewarp.util.text import to_str

_LARGEST = 5
_ORDER = (layout.EVENTS, layout.KEPT, layout.SNAPSHOTS, layout.DRAFTS)
"""What several classes lead to counts for the first of them."""

_IN_SNAPSHOT = ("tree/", "raw/")


def storage(history: History, bounds: Bounds, *, clock: Clock) -> StorageResult:
    """Look at everything of ours; nothing is recorded."""
    repo = history.repo
    now = space(repo, quota=bounds.quota, room=bounds.room)
    packs = leaving.taken(os.path.join(repo.objects_dir, "pack"))
    old = set(leaving.superseded(repo.state_dir))
    stored = gather(history)
    tips = _tips(history, {item.candidate.id: item.candidate.at_ns for item in stored})
    owned, names = _walk(history, [tip for _, tip, _ in tips])
    ours = _stored_by_us(history)
    sizes = usage.sizes(repo, [oid for oid in names if oid in ours])
    classes = dict.fromkeys(_ORDER, 0)
    snapshots: list[Large] = []
    for kind, tip, name in tips:
        size = sum(sizes.get(oid, 0) for oid in owned.get(tip, ()))
        classes[kind] += size
        if kind in {layout.SNAPSHOTS, layout.DRAFTS}:
            snapshots.append(Large(name, size))
    top = heapq.nlargest(_LARGEST, snapshots, key=lambda item: item.size)
    top = [item._replace(what=of_snapshot(history, item.name)) for item in top]  # type: ignore[arg-type]
    files = [oid for oid in _files(names) if oid in sizes]
    blobs = heapq.nlargest(_LARGEST, files, key=lambda oid: sizes[oid])
    used = sum(size for name, size in packs.items() if name not in old)
    classes["indexes"] = max(0, used - sum(classes.values()))
    classes["leaving"] = sum(size for name, size in packs.items() if name in old)
    classes["local"] = local(repo.state_dir)
    decisions = decide((s.candidate for s in stored), bounds.policy, now_ns=clock.now_ns())
    return StorageResult(
        classes,
        now.share,
        now.quota,
        now.free,
        now.level,
        tuple(top),
        tuple(Large(oid, sizes[oid], names[oid].partition("/")[2]) for oid in blobs),
        frees(history, stored, decisions),
        sum(not item.keep for item in decisions),
        tuple(
            _advice(
                now.level,
                now.percent,
                compacts=any(not item.keep for item in decisions),
                leaving=bool(now.leaving),
                within=bounds.policy.within,
            )
        ),
    )


def _tips(history: History, taken: Mapping[str, int]) -> list[tuple[str, Oid, str]]:
    """Return (class, object, name) of everything that something of ours begins with, in order.

    Snapshots are in the order in which they were `taken`: what several hold counts for the first.
    """
    found: list[tuple[str, Oid, str]] = []
    for kind in _ORDER:
        for name, tag in sorted(history.refs.items()):
            parsed = layout.parse_ref(name)
            if parsed is None or parsed[1] != kind:
                continue
            root = history.reader.tree(f"{tag}^{{tree}}")
            if kind == layout.EVENTS:
                found.append((kind, tag, name))
            else:
                ordered = sorted(root, key=lambda item: taken.get(item.name, 0))
                found += [(kind, item.oid, item.name) for item in ordered]
    found += [(item.kind, item.entry, item.id) for item in history.journal.snapshots]
    found += [(layout.KEPT, item.entry, item.oid) for item in history.journal.kept]
    return found


def _walk(
    history: History, tips: Sequence[Oid]
) -> tuple[Mapping[Oid, list[Oid]], Mapping[Oid, str]]:
    """Return what each tip leads to that none before it does, and the path each object was at."""
    git = history.repo.git.using(alternates=(Quarantine.folder(history.repo),))
    stdin = "".join(f"{tip}\n" for tip in dict.fromkeys(tips)).encode()
    line = ("rev-list", "--objects", "--missing=allow-any", "--ignore-missing", "--stdin")
    out = git.run(*line, stdin=stdin).out if tips else b""
    is_tip = set(tips)
    owned: dict[Oid, list[Oid]] = {}
    names: dict[Oid, str] = {}
    current: list[Oid] = []
    for record in out.splitlines():
        word, _, path = record.partition(b" ")
        oid = Oid(word.decode())
        if oid in is_tip:
            current = owned.setdefault(oid, [])
        current.append(oid)
        names[oid] = to_str(path)
    return owned, names


def _files(names: Mapping[Oid, str]) -> Iterator[Oid]:
    """Yield those of the objects that are files of a snapshot, not folders or what describes it."""
    folders = {os.path.dirname(path) for path in names.values()}
    for oid, path in names.items():
        if path.startswith(_IN_SNAPSHOT) and path not in folders:
            yield oid


def _stored_by_us(history: History) -> set[Oid]:
    """Return the ids of everything in our packs and in the quarantine."""
    return set(_packed(history)) | set(_loose(history))


def _packed(history: History) -> Iterator[Oid]:
    repo = history.repo
    folder = os.path.join(repo.objects_dir, "pack")
    for name in leaving.taken(os.path.join(repo.objects_dir, "pack")):
        with open(os.path.join(folder, name + ".idx"), "rb") as file:
            algorithm = f"--object-format={repo.hash_name}"
            out = repo.git.run("show-index", algorithm, stdin=file.read()).text
        for line in out.splitlines():
            yield Oid(line.split(" ")[1])


def _loose(history: History) -> Iterator[Oid]:
    length = history.repo.hex_length
    for folder, _, names in os.walk(Quarantine.folder(history.repo)):
        for name in names:
            if len(os.path.basename(folder) + name) == length:
                yield Oid(os.path.basename(folder) + name)


def _advice(
    level: str, percent: int, *, compacts: bool, leaving: bool, within: int
) -> Iterator[str]:
    """Yield the commands that help.

    `leaving`: old packs are about to go; `within`: all is kept that is younger, in seconds.
    """
    if compacts:
        yield "git timewarp compact --dry-run"
    if level in {WARN, STOP} and (compacts or leaving):
        yield "git timewarp compact --now"
    if percent >= 70 and not compacts and within > 2 * DAY:
        yield "git timewarp config set retention.keepWithin 2d"
