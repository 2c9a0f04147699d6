"""What a recovery keeps from before it, and what it tells: `recovery/<time>-<mark>/`.

Format (version 1); `docs/formats/recovery.md` is its public copy. One folder a recovery, the
newest few are kept:

    refs          `<oid> <name>` a line: every ref of ours before anything was put right
    journal, refs.json, acknowledged     copies of these files, as they were
    objects/      an object directory: what a crash left in the quarantine and nothing names
    damaged/      what a repair took out of use: packs and loose objects that cannot be read
    report.json   {v, id, ts, verb, came_back[], lost[], left[], pinned[{oid, type, size}]}

`<mark>` is the CRC-32 of the first four, so a recovery that is tried again from the same state
makes no second copy.
"""

import binascii
import contextlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.objects import absent
from git_timewarp.store import transaction
from git_timewarp.store.acknowledged import Loss
from git_timewarp.store.events import Json
from git_timewarp.store.journal import Journal, PendingKept, PendingSnapshot
from git_timewarp.store.paths import Paths
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.util import atomic, directories, faults
from git_timewarp.util.clock import Clock, iso
from git_timewarp.util.text import compact_json

FORMAT_VERSION = 1
MOST = 16
"""How many recoveries are kept; the oldest go."""

_COPIED = ("journal", "refs.json", "acknowledged")


class Found(NamedTuple):
    """What stands there when the store is opened."""

    quarantine: Quarantine
    journal: Journal
    refs: Mapping[RefName, Oid]
    lost: Loss | None
    crashed: bool

    @property
    def was_cut_off(self) -> bool:
        """Whether something is going to be put right."""
        held = self.journal
        cut = held.intents or held.fold is not None or held.ends_torn or held.damaged
        return bool(cut) or self.lost is not None


class Recovery:
    """One recovery: the copy from before it, and what there is to tell.

    Attributes:
        came_back: what was finished or put right.
        lost: what is gone.
        left: what is still to be done, or is not as it should be.
        pinned: objects nothing names that are kept for inspection.
        folder: where the copy is; None while none was needed.
    """

    def __init__(self, paths: Paths, *, clock: Clock) -> None:
        self._paths = paths
        self._clock = clock
        self._refs: Mapping[RefName, Oid] = {}
        self.came_back: list[str] = []
        self.lost: list[str] = []
        self.left: list[str] = []
        self.pinned: list[Json] = []
        self.folder: str | None = None

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.came_back or self.lost or self.left or self.pinned)

    def back(self, *texts: str) -> list[str]:
        """Note what came back; return it."""
        self.came_back += texts
        return list(texts)

    def gone(self, *texts: str) -> list[str]:
        """Note what is lost; return it."""
        self.lost += texts
        return list(texts)

    def open(self, *texts: str) -> list[str]:
        """Note what is left to be done; return it."""
        self.left += texts
        return list(texts)

    def begin(self, found: Found, *, wrong: Sequence[int]) -> list[str]:
        """Keep what there is from before anything is put right; return what to tell.

        `wrong` are events of the journal that are not what was sealed.
        """
        self._refs = found.refs
        known = transaction.known(self._paths.known_refs)
        moved = transaction.lost(known, found.refs, writer=found.journal.writer)
        told = [
            f"event {n} in the journal is not what was sealed: git timewarp verify" for n in wrong
        ]
        try:
            if found.was_cut_off or wrong or moved:
                self.copy(found.refs)
            if found.crashed:
                self.pin(found.quarantine, found.journal, found.refs)
        except OSError as exc:
            told.append(f"no copy from before the recovery could be kept: {exc.strerror}")
        return self.open(*told)

    def copy(self, refs: Mapping[RefName, Oid]) -> str:
        """Keep a copy of all our ref values and the journal, once; return its folder.

        Raises:
            OSError: it could not be made; half of it may stand there.
        """
        if self.folder is not None:
            return self.folder
        lines = "".join(f"{oid} {name}\n" for name, oid in sorted(refs.items())).encode()
        held = {name: atomic.read(os.path.join(self._paths.root, name)) for name in _COPIED}
        mark = binascii.crc32(lines + b"\0".join(data or b"" for data in held.values()))
        stamp = iso(self._clock.now_ns()).replace(":", "").replace("-", "").replace(".", "")
        known = (name for name in names(self._paths) if name.endswith(f"-{mark:08x}"))
        folder = os.path.join(self._paths.recovery, next(known, f"{stamp}-{mark:08x}"))
        directories.make(folder)
        atomic.sweep(folder)
        for name, data in (*held.items(), ("refs", lines)):
            path = os.path.join(folder, name)
            # One that was cut off is completed: it is named by what it has to hold.
            if data is not None and not os.path.exists(path):
                atomic.write(path, data)
        atomic.sync_dir(self._paths.recovery)
        self.folder = folder
        return folder

    def pin(self, quarantine: Quarantine, journal: Journal, refs: Mapping[RefName, Oid]) -> None:
        """Keep what is in the quarantine and nothing names: a crash may have left it.

        Raises:
            OSError: it could not be kept; it is still in the quarantine.
        """
        named = {oid for item in journal.snapshots for oid in (item.entry, *item.new)}
        named |= {oid for item in journal.kept for oid in (item.entry, *item.new)}
        found = sorted(oid for oid in quarantine.loose() if oid not in named)
        self.keep(quarantine, found, refs)

    def keep(
        self, quarantine: Quarantine, oids: Sequence[Oid], refs: Mapping[RefName, Oid]
    ) -> None:
        """Keep those of some objects that the quarantine has and git has not.

        Raises:
            OSError: as `pin`.
        """
        found = [oid for oid in absent(quarantine.repo.git, oids) if quarantine.holds(oid)]
        if not found:
            return
        target = os.path.join(self.copy(refs), "objects")
        for oid in found:
            directories.make(os.path.join(target, oid[:2]))
            faults.point("pin object")
            source = os.path.join(quarantine.path, oid[:2], oid[2:])
            _link(source, os.path.join(target, oid[:2], oid[2:]))
        for oid, info in zip(found, quarantine.reader.info_all(found), strict=True):
            kind, size = (info[1], info[2]) if info is not None else ("damaged", 0)
            self.pinned.append({"oid": oid, "type": kind, "size": size})

    def keep_rest(
        self,
        quarantine: Quarantine,
        items: Sequence[PendingSnapshot | PendingKept],
        refs: Mapping[RefName, Oid],
    ) -> None:
        """Keep what is left of snapshots that lost an object; where that fails it goes with them."""
        with contextlib.suppress(OSError):
            self.keep(quarantine, [o for item in items for o in (item.entry, *item.new)], refs)

    def end(self, verb: str) -> None:
        """Write the report, where there is anything to tell; the oldest recoveries go."""
        if not self.is_needed:
            return
        folder = self.copy(self._refs)
        report: Json = {
            "v": FORMAT_VERSION,
            "id": os.path.basename(folder),
            "ts": iso(self._clock.now_ns()),
            "verb": verb,
            "came_back": self.came_back,
            "lost": self.lost,
            "left": self.left,
            "pinned": self.pinned,
        }
        before = _report(folder)
        for member in ("came_back", "lost", "left", "pinned") if before else ():
            earlier, now = before.get(member), report[member]
            if isinstance(earlier, list) and isinstance(now, list):
                report[member] = [*earlier, *(item for item in now if item not in earlier)]
        atomic.write(os.path.join(folder, "report.json"), compact_json(report))
        for name in names(self._paths)[:-MOST]:
            directories.remove(os.path.join(self._paths.recovery, name))


def names(paths: Paths) -> list[str]:
    """Return the names of the recoveries that are kept, oldest first."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return sorted(os.listdir(paths.recovery))
    return []


def forget_copies(paths: Paths) -> None:
    """Remove the recoveries that hold no objects: everything else in them is in git by now."""
    for name in names(paths):
        folder = os.path.join(paths.recovery, name)
        if not any(os.path.isdir(os.path.join(folder, part)) for part in ("objects", "damaged")):
            directories.remove(folder)


def reports(paths: Paths) -> list[Json]:
    """Return the reports that can be read, oldest first, each with its `folder`."""
    found = []
    for name in names(paths):
        folder = os.path.join(paths.recovery, name)
        report = _report(folder)
        if report:
            found.append({**report, "folder": folder})
    return found


def object_folders(paths: Paths) -> list[str]:
    """Return the object directories in what was kept: of recoveries and of damaged journals."""
    beside = os.path.join(paths.root, "damaged")
    found = []
    for name in reversed(names(paths)):
        folder = os.path.join(paths.recovery, name)
        found += [os.path.join(folder, "objects"), os.path.join(folder, "damaged", "objects")]
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        found += [os.path.join(beside, name, "objects") for name in sorted(os.listdir(beside))]
    return [folder for folder in found if os.path.isdir(folder)]


def ref_values(paths: Paths) -> list[dict[str, str]]:
    """Return the values our refs had before each recovery, newest first."""
    found = []
    for name in reversed(names(paths)):
        data = atomic.read(os.path.join(paths.recovery, name, "refs")) or b""
        lines = [line.split(" ", 1) for line in data.decode("utf-8", "replace").splitlines()]
        found.append({words[1]: words[0] for words in lines if len(words) == 2})
    return found


def _report(folder: str) -> Json:
    try:
        found = json.loads(atomic.read(os.path.join(folder, "report.json")) or b"{}")
    except (ValueError, OSError):
        return {}
    return found if isinstance(found, dict) and found.get("v") == FORMAT_VERSION else {}


def _link(source: str, target: str) -> None:
    with contextlib.suppress(FileExistsError):
        try:
            os.link(source, target)
        except OSError:
            if not os.path.exists(target):
                shutil.copy2(source, target)
