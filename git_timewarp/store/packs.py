"""Our packs in git's store: built in the quarantine, kept by `.keep`, merged when many.

Git's own gc leaves a kept pack alone and does not count it; nothing loose of ours is
ever in git's store. `.idx` comes last, because git takes a pack for real when it is
there. A pack that a merge made superfluous goes only after a grace time and when no
gc is alive: unlinking at once breaks an `fsck` or `repack` that has it open.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MissingObjectError
from git_timewarp.git.run import DURABLE, Git, GitError
from git_timewarp.store import layout, leaving, pack_files
from git_timewarp.store.leaving import KEEP_TEXT, NAME
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.util import atomic, directories, faults
from git_timewarp.util.clock import Clock

PARTS = (".keep", ".pack", ".rev", ".idx")
"""In the order in which they are linked into the store; removed in reverse."""

MOST_SUPERSEDED = 64

_SEARCHED_AGAIN = 20_000
_SEARCHED_BYTES = 4_000_000
"""A merge of at most this much looks for all deltas anew (0.1 ms an object, 1 s a megabyte)."""

_SHORT_GRACE = 600
_PATIENCE = 7
_ID = r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b"


class Packs:
    """The packs of ours in one repository."""

    def __init__(self, quarantine: Quarantine, *, clock: Clock) -> None:
        self._quarantine = quarantine
        self._clock = clock
        self._build_dir = os.path.join(quarantine.path, "pack")
        self._store_dir = os.path.join(quarantine.repo.objects_dir, "pack")
        self._state_dir = quarantine.repo.state_dir

    def build(self, objects: Iterable[Oid], *, bulk: bool) -> str:
        """Write one pack of `objects` in the quarantine; return its name (`pack-<id>`).

        `bulk` turns the search for deltas off (many notes at once; a merge finds them later).

        Raises:
            MissingObjectError, GitError: as `_pack`.
        """
        lines = [oid.encode() for oid in dict.fromkeys(objects)]
        compression = "pack.compression=1" if bulk else "pack.threads=1"
        return self._pack(lines, "--window=0" if bulk else "--window=10", compression)

    def gather(self, objects: Iterable[Oid], git: Git) -> str:
        """Write one pack of `objects` as `git` reads them, as `build`; return its name."""
        lines = [oid.encode() for oid in sorted(set(objects))]
        return self._pack(lines, "--window=10", "pack.threads=1", git)

    def build_anew(self, lines: Sequence[bytes]) -> str:
        """Write one pack in the quarantine of objects from elsewhere, compressed as ours are.

        Each line is `<id> <path>`, as pack-objects reads them: the paths help it find deltas.

        Raises:
            MissingObjectError, GitError: as `_pack`.
        """
        return self._pack(lines, "--no-reuse-object", "pack.threads=1")

    def _pack(
        self, lines: Sequence[bytes], option: str, setting: str, git: Git | None = None
    ) -> str:
        """Write one pack of the objects that `lines` name, as pack-objects reads them.

        Raises:
            MissingObjectError: an object is not there; nothing was written.
            GitError: git failed for another reason; nothing was written.
        """
        git = git or self._quarantine.git
        git = git.using(config=(*DURABLE, "pack.writeReverseIndex=true", setting))
        words = b"\n".join(lines) + b"\n"
        prefix = os.path.join(self._build_dir, "pack")
        try:
            name = git.run(
                "pack-objects", "-q", option, "--delta-base-offset", prefix, stdin=words
            ).text
        except GitError as exc:
            gone = self._gone(exc.stderr)
            if gone is None:
                raise
            raise MissingObjectError(gone) from exc
        return f"pack-{name}"

    def write(self, parts: Iterable[bytes]) -> str:
        """Write a pack that is made already, in the quarantine, and its index; return its name.

        `parts` are its bytes, the trailer last and alone. git checks all of it on the way.

        Raises:
            OSError, GitError: it could not be written.
        """
        directories.make(self._build_dir)
        temporary = os.path.join(self._build_dir, f"tmp_pack_{os.getpid()}")
        faults.point("write pack")
        with open(temporary, "wb") as file:
            trailer = b""
            for trailer in parts:
                file.write(trailer)
            file.flush()
            atomic.sync_fd(file.fileno())
        name = f"pack-{trailer.hex()}"
        path = os.path.join(self._build_dir, name)
        faults.point("rename pack")
        os.replace(temporary, path + ".pack")
        git = self._quarantine.git.using(config=("pack.writeReverseIndex=true",))
        git.run("index-pack", "-o", path + ".idx", path + ".pack")
        return name

    def _gone(self, stderr: str) -> Oid | None:
        """Return the object git could not read, if it is not there any more."""
        for named in re.findall(_ID, stderr):
            if self._quarantine.reader.info(named) is None:
                return Oid(named)
        return None

    def install(self, name: str) -> None:
        """Link a built pack into git's store, `.keep` first and `.idx` last; sync.

        The `.keep` beside the built pack stands for an install that has not come to its end.
        """
        keep = os.path.join(self._build_dir, name + ".keep")
        atomic.write(keep, KEEP_TEXT)
        for part in PARTS:
            source = os.path.join(self._build_dir, name + part)
            if os.path.exists(source):
                self._link(source, os.path.join(self._store_dir, name + part))
        atomic.sync_dir(self._store_dir)
        faults.point("unlink built keep")
        os.unlink(keep)

    def replace(self, name: str) -> None:
        """Put a built pack in the place of an installed one of the same name that is damaged."""
        for part in (".pack", ".rev", ".idx"):
            fresh = os.path.join(self._store_dir, f"tmp_{name}{part}")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(fresh)
            source = os.path.join(self._build_dir, name + part)
            if os.path.exists(source):
                self._link(source, fresh)
                faults.point(f"rename {part}")
                os.replace(fresh, os.path.join(self._store_dir, name + part))
        atomic.sync_dir(self._store_dir)

    def put_aside(self, name: str, folder: str) -> None:
        """Move an installed pack out of git's store into `folder`, `.idx` first."""
        self._move(name, self._store_dir, folder, tuple(reversed(PARTS)))

    def put_back(self, name: str, folder: str) -> None:
        """Undo `put_aside`."""
        self._move(name, folder, self._store_dir, PARTS)

    def copy_aside(self, name: str, folder: str) -> None:
        """Keep the files of an installed pack in `folder` as they are now."""
        directories.make(folder)
        for part in PARTS:
            source = os.path.join(self._store_dir, name + part)
            if os.path.exists(source):
                self._link(source, os.path.join(folder, name + part))

    def _move(self, name: str, start: str, end: str, parts: Sequence[str]) -> None:
        directories.make(end)
        for part in parts:
            faults.point(f"move {part}")
            with contextlib.suppress(FileNotFoundError):
                os.replace(os.path.join(start, name + part), os.path.join(end, name + part))
        atomic.sync_dir(end)
        atomic.sync_dir(start)

    def drop(self, name: str) -> None:
        """Remove an installed pack, `.idx` first; harmless when it is not there."""
        for part in reversed(PARTS):
            faults.point("drop pack")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self._store_dir, name + part))

    def names(self) -> list[str]:
        """Return the names of our packs in git's store, sorted."""
        return leaving.kept(self._store_dir)

    def objects_of(self, name: str) -> list[Oid]:
        """Return the ids in an installed pack; none when it is only half there."""
        data = atomic.read(os.path.join(self._store_dir, name + ".idx"))
        if data is None:
            return []
        algorithm = f"--object-format={self._quarantine.repo.hash_name}"
        out = self._quarantine.git.run("show-index", algorithm, stdin=data).text
        return [Oid(line.split(" ")[1]) for line in out.splitlines()]

    def live(self) -> list[str]:
        """Return our packs that no merge has superseded and that git reads (a crash cuts off)."""
        superseded = self._superseded()
        return [n for n in self.names() if n not in superseded and self._is_whole(n)]

    def _is_whole(self, name: str) -> bool:
        return all(
            os.path.exists(os.path.join(self._store_dir, name + part)) for part in (".pack", ".idx")
        )

    def merge(
        self, *, limit: int, garbage: Callable[[AbstractSet[Oid]], AbstractSet[Oid]]
    ) -> AbstractSet[Oid] | None:
        """Merge the smaller packs when there are `limit` or more.

        Sizes stay a geometric progression (each at least twice all smaller ones), so an
        object is rewritten O(log n) times. `garbage` is given what the chosen packs hold and
        answers what of it to leave behind; so does this, or None when nothing was merged.
        """
        self._drop_halves()
        superseded = self._superseded()
        live = self.live()
        if len(live) < max(limit, 2):
            return None
        live.sort(key=self._size)
        count, total = 1, self._size(live[0])
        for position in range(1, len(live)):
            if self._size(live[position]) < 2 * total:
                count = position + 1
            total += self._size(live[position])
        chosen = live[: max(count, 2)]
        held = {oid for name in chosen for oid in self.objects_of(name)}
        dropped = garbage(held)
        few = len(held) <= _SEARCHED_AGAIN and self.size(chosen) <= _SEARCHED_BYTES
        new = self._rebuild(held - dropped, anew=few)
        self.install(new)
        now = self._clock.now_ns() // 1_000_000_000
        replaced = {**superseded, **{n: now for n in chosen if n != new}}
        leaving.note(self._state_dir, replaced)
        return dropped

    def thin(self, gone: AbstractSet[Oid]) -> int:
        """Write the packs that hold any of `gone` again without it, as one.

        They are superseded then. `gone` may be needed by nobody.

        Returns:
            how many bytes are free when they leave.
        """
        self._drop_halves()
        chosen = [name for name in self.live() if self.held_by(name, gone)]
        stale = [name for name in self._superseded() if self._is_whole(name)]
        stale = [name for name in stale if self.held_by(name, gone)]
        held = {oid for name in chosen for oid in self.objects_of(name)} - gone
        new = self._rebuild(held, anew=False) if held else None
        if new is not None:
            self.install(new)
        now = self._clock.now_ns() // 1_000_000_000
        replaced = {**self._superseded(), **dict.fromkeys(chosen, now)}
        replaced.pop(new or "", None)
        leaving.note(self._state_dir, replaced, thinned=[*chosen, *stale])
        return self.size(chosen) - self.size([new] if new is not None else [])

    def rescue(self, going: Sequence[str], needed: AbstractSet[Oid]) -> list[Oid]:
        """Keep what only the packs `going` hold of `needed`, in a pack of its own; return it."""
        found = sorted(self.only_in(going) & needed)
        if found:
            self.install(self.build(found, bulk=False))
        return found

    def _rebuild(self, objects: AbstractSet[Oid], *, anew: bool) -> str:
        """Write one pack of objects of ours that are packed already, close to each other.

        git looks for deltas among objects whose names are alike. What a fold packed knew
        no names, and a version of a file had none of its others beside it: so the names are
        asked for, and `anew` the deltas found so far are not kept; else only what has none,
        or lost its base, looks for one.
        """
        named = self._quarantine.git.run(
            "rev-list", "--objects", "--missing=allow-any", f"--glob={layout.ROOT}/*", ok=range(256)
        ).out
        names = dict(line.split(b" ", 1) for line in named.split(b"\n") if b" " in line)
        lines = [b"%s %s" % (o, names.get(o, b"")) for o in sorted(x.encode() for x in objects)]
        option = "--no-reuse-delta" if anew else "--reuse-delta"
        return self._pack(lines, option, "pack.threads=1")

    def superseded(self) -> list[str]:
        """Return the packs that are to go, all at once; none while a gc is alive."""
        return [] if gc_is_alive(self._quarantine.repo.common_dir) else list(self._superseded())

    def due(
        self, *, grace_seconds: int, most: int = MOST_SUPERSEDED, walks: bool = True
    ) -> list[str]:
        """Return the superseded packs whose grace time is over; none while a gc is alive.

        Each pack costs every git command 0.02 ms, so of more than `most` the
        oldest go after ten minutes, as many at a time. What git looks for and misses it
        finds in the merged pack; only an `fsck` that takes longer would complain.

        Without `walks` a thinned pack waits seven times as long for somebody who has the time.
        """
        now = self._clock.now_ns() // 1_000_000_000
        superseded = self._superseded()
        short = min(grace_seconds, _SHORT_GRACE)
        newest_first = sorted(superseded, key=lambda name: superseded[name], reverse=True)
        surplus = [n for n in newest_first[most:] if now - superseded[n] >= short]
        due = [n for n in newest_first if now - superseded[n] >= grace_seconds]
        if len(surplus) >= most:
            due = surplus
        if not walks:
            late = _PATIENCE * max(grace_seconds, _SHORT_GRACE)
            heavy = set(leaving.thinned(self._state_dir))
            due = [n for n in due if n not in heavy or now - superseded[n] >= late]
        return [] if not due or gc_is_alive(self._quarantine.repo.common_dir) else due

    def only_in(self, names: Sequence[str]) -> set[Oid]:
        """Return the ids that are in the packs `names` and in no other pack of ours."""
        left = {oid for name in names if self._is_whole(name) for oid in self.objects_of(name)}
        for name in self.names():
            if name not in names and self._is_whole(name):
                left -= self.held_by(name, left)
        return left

    def held_by(self, name: str, oids: AbstractSet[Oid]) -> set[Oid]:
        """Return those of `oids` that are in an installed pack (its index is searched, not read)."""
        path = os.path.join(self._store_dir, name + ".idx")
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as idx:
            if idx[:8] != b"\xfftOc\0\0\0\2":
                return set(oids & set(self.objects_of(name)))
            return {oid for oid in oids if _in_index(idx, bytes.fromhex(oid))}

    def begin_sweep(self, names: Sequence[str]) -> None:
        """Note durably that superseded packs are about to go."""
        leaving.note(self._state_dir, self._superseded(), going=names)

    def finish_sweep(self) -> None:
        """Remove the packs that `begin_sweep` noted (also after a crash)."""
        names = leaving.going(self._state_dir)
        for name in names:
            self.drop(name)
        superseded = self._superseded()
        leaving.note(self._state_dir, {n: s for n, s in superseded.items() if n not in names})

    def mend(self, *, thorough: bool = False) -> tuple[list[str], list[str]]:
        """Put right what can be made again: an index, and the hash at the end of a pack.

        A pack without its index is not read, but it is all there: nothing of it may go. What
        a merge has superseded is on its way out, and not looked at closely: each command would
        pay for hundreds of files. `thorough` reads indexes whole, otherwise only how they end.

        Returns:
            the packs that were mended, and those that are damaged and were not.
        """
        mended: list[str] = []
        damaged: list[str] = []
        names = self.names()
        for name in names:
            source = os.path.join(self._build_dir, name + ".pack")
            target = os.path.join(self._store_dir, name + ".pack")
            if pack_files.is_arriving(self._build_dir, name):
                self.install(name)
            elif os.path.exists(source) and not os.path.exists(target):
                self._link(source, target)
                mended.append(name)
        for name in self._halves(".idx"):
            pack = os.path.join(self._store_dir, name + ".pack")
            if self._quarantine.git.run("index-pack", pack, ok=(0, 1, 128)).code:
                damaged.append(name)
            else:
                mended.append(name)
        leaves = {*leaving.going(self._state_dir), *self._superseded()}
        for name in names:
            if name in leaves or not self._is_whole(name):
                continue
            if name in damaged or self._looks_well(name, thorough=thorough):
                continue
            (mended if self._make_again(name) else damaged).append(name)
        return mended, damaged

    def _looks_well(self, name: str, *, thorough: bool) -> bool:
        path = os.path.join(self._store_dir, name)
        return pack_files.ends_well(path, ".pack") and all(
            pack_files.is_whole(path, part) if thorough else pack_files.ends_well(path, part)
            for part in pack_files.INDEXES
        )

    def _make_again(self, name: str) -> bool:
        """Write a pack's last bytes and its indexes again, where its body is whole."""
        path = os.path.join(self._store_dir, name)
        if not pack_files.ends_well(path, ".pack"):
            if not pack_files.has_whole_body(path):
                return False
            atomic.write(path + ".pack", pack_files.mended(path), mode=0o444)
        fresh = os.path.join(self._store_dir, f"tmp_{name}")
        git = self._quarantine.git.using(config=("pack.writeReverseIndex=true",))
        if git.run("index-pack", "-o", fresh + ".idx", path + ".pack", ok=(0, 1, 128)).code:
            return False
        for part in (".rev", ".idx"):
            faults.point(f"rename {part}")
            with contextlib.suppress(FileNotFoundError):
                os.replace(fresh + part, path + part)
        atomic.sync_dir(self._store_dir)
        return True

    def _halves(self, part: str) -> list[str]:
        """Return our packs that stay and lack `part`."""
        on_the_way_out = leaving.going(self._state_dir)
        with contextlib.suppress(FileNotFoundError), os.scandir(self._store_dir) as found:
            there = {entry.name for entry in found}
            stems = [name.removesuffix(".keep") for name in there if re.match(NAME, name)]
            return sorted(
                stem
                for stem in stems
                if stem + part not in there
                and (part == ".pack" or stem + ".pack" in there)
                and stem not in on_the_way_out
                and atomic.read(os.path.join(self._store_dir, stem + ".keep")) == KEEP_TEXT
            )
        return []

    def _drop_halves(self) -> None:
        """Remove the `.keep` that a crash left of a pack that is gone."""
        for name in self._halves(".pack"):
            self.drop(name)

    def release(self) -> None:
        """Drop the `.keep` files: from now on git's own gc looks after the packs."""
        for name in self.names():
            faults.point("drop keep")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self._store_dir, name + ".keep"))

    def size(self, names: Iterable[str]) -> int:
        """Return the bytes that packs take on the disk, with their indexes."""
        total = 0
        for path in (os.path.join(self._store_dir, n + part) for n in names for part in PARTS):
            with contextlib.suppress(FileNotFoundError):
                total += os.stat(path).st_size
        return total

    def _size(self, name: str) -> int:
        try:
            return os.stat(os.path.join(self._store_dir, name + ".pack")).st_size
        except FileNotFoundError:
            return 0

    def _superseded(self) -> dict[str, int]:
        return leaving.superseded(self._state_dir)

    def _link(self, source: str, target: str) -> None:
        faults.point(f"link {os.path.splitext(target)[1]}")
        try:
            os.link(source, target)
        except FileExistsError:
            return
        except OSError:
            with open(source, "rb") as file:
                atomic.write(target, file.read(), mode=0o444)


def _in_index(idx: mmap.mmap, raw: bytes) -> bool:
    """Search a version 2 index (gitformat-pack): header, fan-out, then the sorted ids."""
    fan = 8 + 4 * raw[0]
    low = int.from_bytes(idx[fan - 4 : fan], "big") if raw[0] else 0
    high = int.from_bytes(idx[fan : fan + 4], "big")
    while low < high:
        middle = (low + high) // 2
        start = 8 + 4 * 256 + middle * len(raw)
        found = idx[start : start + len(raw)]
        if found == raw:
            return True
        low, high = (middle + 1, high) if found < raw else (low, middle)
    return False


def gc_is_alive(common_dir: str) -> bool:
    """Tell whether the process named in `gc.pid` runs on this machine now."""
    data = atomic.read(os.path.join(common_dir, "gc.pid"))
    if data is None:
        return False
    words = data.split()
    if len(words) < 2 or not words[0].isdigit():
        return False
    if words[1].decode("utf-8", "replace") != os.uname().nodename:
        return True
    try:
        os.kill(int(words[0]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
