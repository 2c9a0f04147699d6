"""Every object of ours is read and hashed again, by git's own fsck; our packs are checked whole.

What is damaged is told as what it means: which snapshot lost which path.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.run import Git, Result, end, finish
from git_timewarp.integrity import damage, verify_reflogs
from git_timewarp.integrity.verify_look import LIMIT, Look
from git_timewarp.store import layout, leaving, pack_files
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.timeline.results_look import Problem

_ID = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b")
_PATH = re.compile(r"\b([0-9a-f]{2})/([0-9a-f]{62}|[0-9a-f]{38})\b")
_OBJECTS_ONLY = ("core.commitGraph=false", "core.multiPackIndex=false")
_SKIPPED = ("notice:", "Checking", "dangling", "to ")
_HEADS = 2_000
_QUIET = ("--no-dangling", "--no-progress")
_PACK = re.compile(r"\bpack-[0-9a-f]+")
_DAMAGED = "hash-mismatch"
_LOG = "git timewarp log --all"
_MEND = "git timewarp snapshot -m mended"


def asked(look: Look) -> tuple[Git, list[str]]:
    """Return git on everything of ours, and what our refs and the journal name."""
    held = look.history.journal
    heads = [str(oid) for oid in look.history.refs.values()]
    heads += [item.entry for item in held.snapshots]
    heads += [item.entry for item in held.kept]
    folder = Quarantine.folder(look.repo)
    return look.repo.git.using(alternates=(folder,), config=_OBJECTS_ONLY), heads


class Fsck:
    """git's own check of everything our refs name, named and the journal names; it runs beside ours.

    Started by the constructor, read by `results`, ended by `end`.
    """

    def __init__(self, look: Look) -> None:
        self.git, heads = asked(look)
        self.heads = heads
        self.former = verify_reflogs.former(look) if heads else []
        every = [*heads, *self.former]
        self._lines = [
            ("fsck", mode, *_QUIET, *every[start : start + _HEADS])
            for start in range(0, len(every), _HEADS)
            for mode in ("--full" if start == 0 else "--connectivity-only",)
        ]
        self._first = self.git.start(*self._lines[0]) if self._lines else None

    def results(self) -> Iterator[Result]:
        """Yield what each call said; the first has been running all the while."""
        if self._first is not None:
            yield finish(self._first, self._lines[0], ok=range(-64, 256))
        for line in self._lines[1:]:
            yield self.git.run(*line, ok=range(256))

    def of_now(self) -> list[str]:
        """Return what git says where no former value is followed."""
        told: list[str] = []
        for start in range(0, len(self.heads), _HEADS):
            some = self.heads[start : start + _HEADS]
            done = self.git.run("fsck", *_QUIET, *some, ok=range(-64, 256))
            told += (done.out + b"\n" + done.err).decode("utf-8", "replace").splitlines()
        return [line.strip() for line in told]

    def end(self) -> None:
        """End it if nobody waited for it."""
        if self._first is not None:
            end(self._first)


def objects(look: Look, snapshots: Mapping[SnapshotId, Oid], fsck: Fsck) -> None:
    """Check everything our refs and the journal name, and our packs."""
    git, heads = fsck.git, fsck.heads
    if not heads:
        return
    told: list[str] = []
    failed = False
    for result in fsck.results():
        if result.code:
            failed = True
            told += (result.out + b"\n" + result.err).decode("utf-8", "replace").splitlines()
    out = git.run("count-objects", "-v").text
    words = dict(line.split(": ", 1) for line in out.splitlines() if ": " in line)
    look.objects = int(words.get("in-pack", "0")) + int(words.get("count", "0"))
    left = packs(look, full=True, told=[line.strip() for line in told])
    if failed:
        ours = needed(git, heads)
        # Where git cannot say what we need, what only former values need is not to count.
        about = fsck.of_now() if ours is None and fsck.former else left
        _judge(look, about, snapshots, ours=ours)
        named = {Oid(oid) for line in left for oid in _ids(line)}
        verify_reflogs.check(look, fsck.former, named=named)


def packs(look: Look, *, full: bool, told: Sequence[str] = ()) -> list[str]:
    """Tell of each pack of ours that is damaged; `told` are lines of git, those left are returned.

    Without `full` only how the files end is looked at.
    """
    folder = os.path.join(look.repo.objects_dir, "pack")
    left = list(told)
    built = os.path.join(Quarantine.folder(look.repo), "pack")
    leaves = leaving.going(look.repo.state_dir)
    for name in leaving.kept(folder):
        path = os.path.join(folder, name)
        about = [line for line in told if name in line]
        left = [line for line in left if name not in line or _ID.search(line.replace(name, ""))]
        if pack_files.is_arriving(built, name):
            continue  # what it holds is where it came from, too, until the next command ends it
        if not os.path.exists(path + ".pack"):
            if os.path.exists(path + ".idx") and name not in leaves:
                text = f"pack '{name}' of ours is gone, its index is left"
                look.wrong("missing-object", text, look.remedy(_LOG), (f"{name}.pack",))
                look.bad_packs.append(name)
            continue
        if not os.path.exists(path + ".idx") and pack_files.has_whole_body(path):
            # The index comes last when a pack is put in place, and the next command makes it.
            text = f"pack '{name}' of ours has no index"
            look.wrong("torn-write", text, _MEND, (f"{name}.pack",))
            continue
        test = pack_files.is_whole if full else pack_files.ends_well
        wrong = [part for part in pack_files.INDEXES if not test(path, part)]
        cut = not pack_files.ends_well(path, ".pack")
        if not (about or wrong or cut):
            continue
        whole = pack_files.has_whole_body(path)
        if wrong and whole:
            text = f"the index '{name}{wrong[0]}' of ours is damaged; its pack is whole"
        elif cut and whole:
            text = f"pack '{name}' of ours is damaged at its end; what it holds is whole"
        else:
            text = f"pack '{name}' of ours is damaged"
            look.bad_packs.append(name)
        hint = _MEND if whole else look.remedy(_LOG)
        look.wrong("hash-mismatch", text, hint, (f"{name}.pack",))
    return left


def needed(git: Git, heads: Sequence[str]) -> set[str] | None:
    """Return every object our refs need, missing ones too; None when that cannot be told."""
    flags = ("--objects", "--no-object-names", "--missing=print", "--stdin")
    result = git.run("rev-list", *flags, stdin="\n".join(heads).encode() + b"\n", ok=range(256))
    if result.code:
        return None
    return {line.removeprefix("?") for line in result.text.splitlines()} | set(heads)


def _judge(
    look: Look, told: Sequence[str], snapshots: Mapping[SnapshotId, Oid], *, ours: set[str] | None
) -> None:
    """Find out which objects of ours are damaged, of those git speaks of; tell who lost what."""
    reader = look.history.reader
    named = {line: _ids(line) for line in told if line}
    candidates = {oid for ids in named.values() for oid in ids if ours is None or oid in ours}
    if ours is not None:
        candidates |= set(look.told) & {Oid(oid) for oid in ours}
    bad = {Oid(oid) for oid in candidates if not damage.is_sound(reader, Oid(oid))}
    look.doubtful |= {Oid(oid) for oid in candidates} - bad
    tell(look, bad, snapshots)
    if bad - look.told or look.problems:
        return
    # Nothing of ours is missing, yet git complains of it: what it says is all there is.
    for line, ids in named.items():
        if line.startswith(_SKIPPED) or (ours is not None and not ids & ours):
            continue
        text = line.removeprefix("error: ")
        if ours is not None and _is_gits_own(look, line):
            # A pack of git's own, and what we need of it has a whole copy in one of ours.
            look.remarks.append(Problem("git-damaged", text, "git fsck --full"))
        else:
            look.wrong("hash-mismatch", text, "git fsck --full")


def tell(look: Look, bad: set[Oid], snapshots: Mapping[SnapshotId, Oid]) -> None:
    """Tell who lost what by objects of ours that are missing or damaged."""
    for oid in bad:
        look.lacks(oid)
    left = bad - look.told
    places = _lost(look, left, snapshots)
    places |= _elsewhere(look, left - places)
    for oid in sorted(left - places):
        look.wrong("missing-object", f"object {oid} of ours", look.remedy(_LOG))


def _is_gits_own(look: Look, line: str) -> bool:
    kept = leaving.kept(os.path.join(look.repo.objects_dir, "pack"))
    return "pack-" in line and not any(name in line for name in kept)


def _ids(line: str) -> set[str]:
    text = _PACK.sub("", line)
    return {*_ID.findall(text), *(one + two for one, two in _PATH.findall(text))}


def _lost(look: Look, bad: set[Oid], snapshots: Mapping[SnapshotId, Oid]) -> set[Oid]:
    """Tell which snapshots lost what; return the objects that were found in one."""
    search = damage.Search(look.history.reader, bad)
    losses: dict[tuple[Oid, str], list[SnapshotId]] = {}
    if not bad:
        return set()
    order = sorted(snapshots, key=lambda name: (min(look.named.get(name, [0])), name))
    for snapshot in order:
        for loss in search.below(snapshots[snapshot]):
            what, path = damage.described(loss.parts)
            look.lacks(loss.oid, path)
            losses.setdefault((loss.oid, what), []).append(snapshot)
    for (oid, what), losers in losses.items():
        more = f" and {len(losers) - 1} more" if len(losers) > 1 else ""
        text = f"{look.label(losers[0])}{more} lost {what} ({oid})"
        affects = [word for loser in losers[:LIMIT] for word in look.affected(loser)]
        loose = os.path.join(look.repo.objects_dir, oid[:2], oid[2:])
        there = os.path.exists(loose) or damage.info(look.history.reader, oid) is not None
        kind = _DAMAGED if there else "missing-object"
        look.wrong(kind, text, look.ending(oid), tuple(affects))
    return {oid for oid, _ in losses}


def _elsewhere(look: Look, bad: set[Oid]) -> set[Oid]:
    """Tell of damaged objects in what is kept and in the notes; return those that were found."""
    reader = look.history.reader
    search = damage.Search(reader, bad)
    found: set[Oid] = set()
    for name, tag in sorted(look.history.refs.items()) if bad else ():
        root = reader.info(f"{tag}^{{tree}}") if damage.find(reader, tag) is not None else None
        if root is None:
            continue
        parsed = layout.parse_ref(name)
        for loss in search.below(root[0]):
            if loss.oid not in found:
                found.add(loss.oid)
                place = "/".join(loss.parts)
                what = f"kept object {loss.parts[0]}" if _is_kept(parsed, loss) else f"'{place}'"
                hint = look.ending(loss.oid) if _is_kept(parsed, loss) else look.remedy(_LOG)
                text = f"{name} lost {what} ({loss.oid})"
                look.wrong("missing-object", text, hint, (name,))
    return found


def _is_kept(parsed: tuple[str, str, int] | None, loss: damage.Loss) -> bool:
    return parsed is not None and parsed[1] == layout.KEPT and bool(loss.parts)
