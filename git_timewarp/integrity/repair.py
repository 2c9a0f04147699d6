"""Repair: what is missing or damaged comes back from wherever its content still is.

    look (verify --full) -> ask each source for what is broken -> gather it in a scratch
    object directory, each object hashed -> one pack with a `.keep`, installed as a fold
    installs its own -> damaged packs and loose objects are taken out of use -> look again

until a round heals nothing more: below a tree that comes back others may be missing. Every
step leaves at least what was there before: objects are only added, and a damaged file is
moved into the recovery's folder only when all that can be read of it is readable without it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import absent
from git_timewarp.integrity import heal_packs, heal_refs, verify
from git_timewarp.integrity.heal_source import Need, Scratch, read_some
from git_timewarp.integrity.heal_sources import SOURCES
from git_timewarp.integrity.verify_look import Look
from git_timewarp.store import quarantine, transaction
from git_timewarp.store.events import Json
from git_timewarp.store.failures import reason
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.results import RepairReport
from git_timewarp.util import directories, faults
from git_timewarp.util.text import counted, json_name

Progress = Callable[[int, int], None]
_ROUNDS = 12
_PATHS = 20


class Repair:
    """One repair of one repository, by the holder of the lock."""

    def __init__(self, op: Operation, *, progress: Progress) -> None:
        self._op = op
        self._repo = op.world.repo
        self._progress = progress
        self._healed: dict[Oid, Json] = {}
        self._packs: list[str] = []
        self._refs: list[str] = []
        self._aside = 0
        self._rebuilt = False
        self._former = 0
        self._tries = False

    def run(self, *, dry_run: bool) -> RepairReport:
        """Heal what can be healed; whatever is left is named as `verify` names it."""
        self._tries = not dry_run
        look = self._look()
        found = len(look.problems)
        if not dry_run and look.problems:
            _ = self._folder  # Without a copy nothing is touched.
            if self._begin():
                look = self._look()
            for _ in range(_ROUNDS):
                if not self._round(look):
                    break
                look = self._look()
        elif dry_run and (look.broken or look.doubtful):
            self._gather(look)
        directories.remove(self._scratch)
        if self._has_changed and not dry_run:
            self._record(found)
        return RepairReport(
            healed=tuple(self._healed.values()),
            packs=tuple(self._packs),
            refs=tuple(self._refs),
            index_rebuilt=self._rebuilt,
            former=self._former,
            found=found,
            problems=tuple(look.problems),
            copy=self._folder if self._has_changed and not dry_run else None,
            dry_run=dry_run,
        )

    @property
    def _has_changed(self) -> bool:
        return bool(self._healed or self._packs or self._refs or self._aside or self._former)

    @property
    def _folder(self) -> str:
        """Where the copy from before is; made when it is asked for first."""
        return self._op.recorder.recovery.copy(self._op.recorder.refs)

    @property
    def _scratch(self) -> str:
        return self._op.recorder.paths.scratch

    @property
    def _damaged(self) -> str:
        return os.path.join(self._folder, "damaged")

    def _look(self) -> Look:
        return verify.look_at(
            self._repo,
            depth=verify.Depth(full=True),
            repaired=self._tries,
            progress=self._progress,
        )

    def _begin(self) -> bool:
        """Do what needs no content from elsewhere; tell whether anything was done."""
        op = self._op
        folder = os.path.join(self._damaged, "objects")
        aside = op.quarantine.put_aside(folder)
        self._aside += len(aside)
        told = len(op.notices)
        op.recorder.mend_packs(thorough=True)
        mended = len(op.notices) > told
        self._refs += heal_refs.heal(op)
        if aside or mended or self._refs:
            self._forget()
        if op.recorder.journal.damaged and not op.recorder.journal.is_empty:
            self._fold()
        return bool(aside or mended or self._refs)

    def _fold(self) -> None:
        """Fold, which leaves damaged lines of the journal behind (a copy is kept)."""
        try:
            self._op.recorder.fold()
        except (TimewarpError, OSError) as exc:
            self._op.notices.append(f"folding was put off: {reason(exc)}")

    def _round(self, look: Look) -> bool:
        """Heal what one look found; tell whether it was worth looking again."""
        before = self._done
        if look.is_index_wrong and not self._rebuilt:
            self._rebuild_index()
        scratch, rooms = self._gather(look)
        if scratch.held or rooms:
            self._install(scratch, rooms)
        self._clear_loose({*self._healed, *look.doubtful})
        self._forget()
        if before == self._done and look.dead:
            # Nobody has what they lead to; git's gc, which follows them, works again.
            transaction.trim_reflogs(self._repo, look.dead)
            self._former += len(look.dead)
        return before != self._done

    @property
    def _done(self) -> tuple[int, int, int, int, bool]:
        """How much was done so far."""
        return len(self._healed), len(self._packs), self._aside, self._former, self._rebuilt

    def _gather(self, look: Look) -> tuple[Scratch, dict[str, str]]:
        """Ask the sources; return what they had, and the rest of each damaged pack."""
        need = Need(self._op, look, self._scratch)
        directories.remove(self._scratch)
        scratch = Scratch(os.path.join(self._scratch, "found"), hash_name=self._repo.hash_name)
        wanted: dict[Oid, set[str]] = {oid: set() for oid in look.doubtful if self._is_bad(oid)}
        wanted |= look.broken
        for make in SOURCES.values():
            left = {oid: paths for oid, paths in wanted.items() if oid not in scratch.held}
            if not left:
                break
            source = make()
            try:
                for found in source.find(need, left):
                    if found.oid in left:
                        scratch.take(found, source.name)
            except (TimewarpError, OSError) as exc:
                text = exc.message if isinstance(exc, TimewarpError) else str(exc)
                self._op.notices.append(f"warning: {source.name} could not be asked: {text}")
        for oid, name in scratch.held.items():
            paths = [json_name(path) for path in sorted(wanted[oid])[:_PATHS]]
            self._healed.setdefault(oid, {"oid": oid, "from": name, "paths": paths})
        return scratch, self._rest(need, scratch)

    def _rest(self, need: Need, scratch: Scratch) -> dict[str, str]:
        """Return, by damaged pack, an object directory with all that can be read of it."""
        store = os.path.join(self._repo.objects_dir, "pack")
        rooms: dict[str, str] = {}
        for name in need.look.bad_packs:
            path = os.path.join(store, name + ".pack")
            room = heal_packs.unpacked(need, [path], name=f"rest-{len(rooms)}")
            have = heal_packs.listed(room)
            known = self._known(name)
            for found in read_some(self._repo.git, sorted(known - have - scratch.held.keys())):
                Scratch(room, hash_name=self._repo.hash_name).take(found, name)
            rooms[name] = room
        return rooms

    def _known(self, name: str) -> set[Oid]:
        try:
            return set(self._op.recorder.packs.objects_of(name))
        except TimewarpError:
            return set()

    def _install(self, scratch: Scratch, rooms: dict[str, str]) -> None:
        """Pack what was found and what is left of damaged packs; those go out of use."""
        packs = self._op.recorder.packs
        held = {name: heal_packs.listed(room) for name, room in rooms.items()}
        every = {*scratch.held, *(oid for oids in held.values() for oid in oids)}
        new = ""
        if every:
            git = self._repo.git.using(objects=scratch.folder, alternates=tuple(rooms.values()))
            new = packs.gather(every, git)
            if new in rooms:
                packs.copy_aside(new, self._damaged)
                packs.replace(new)
            else:
                packs.install(new)
            if rooms:
                self._packs.append(new)
        for name, oids in held.items():
            if name != new:
                packs.put_aside(name, self._damaged)
                if absent(self._repo.git, sorted(oids)):
                    packs.put_back(name, self._damaged)
                else:
                    self._aside += 1

    def _clear_loose(self, oids: Sequence[Oid] | set[Oid]) -> None:
        """Take damaged loose files out of git's store where a whole copy is read without them."""
        for oid in sorted(oids):
            if not self._is_bad(oid):
                continue
            path = self._loose(oid)
            target = os.path.join(self._damaged, "objects", oid[:2], oid[2:])
            directories.make(os.path.dirname(target))
            faults.point("put object aside")
            os.replace(path, target)
            if absent(self._repo.git, [oid]):
                os.replace(target, path)
            else:
                self._aside += 1

    def _loose(self, oid: Oid) -> str:
        return os.path.join(self._repo.objects_dir, oid[:2], oid[2:])

    def _is_bad(self, oid: Oid) -> bool:
        """Tell whether git's store has a loose file of an object that is not what it says."""
        path = self._loose(oid)
        return os.path.exists(path) and not quarantine.is_sound(path, oid)

    def _rebuild_index(self) -> None:
        self._op.changed()
        for end in ("", "-wal", "-shm", "-journal"):
            directories.remove(self._op.recorder.paths.index + end)
        _ = self._op.history.index
        self._rebuilt = True

    def _forget(self) -> None:
        """Have git look at its store afresh."""
        self._op.quarantine.reader.close()
        self._op.changed()

    def _record(self, found: int) -> None:
        """Record that something was healed, so that the log says why a pack is another one."""
        op = self._op
        recovery = op.recorder.recovery
        said = f"{counted(len(self._healed), 'object')} healed; {counted(found, 'problem')} before"
        recovery.back(said, *(f"ref '{name}' was put back" for name in self._refs))
        info = op.quarantine.reader.info("HEAD")
        anchor = info[0] if info is not None else op.quarantine.put_tree([])
        event = op.event(
            "repair",
            said,
            anchor=anchor,
            head=info[0] if info is not None else None,
            branch=None,
            data={"healed": len(self._healed), "packs": len(self._packs)},
            actor=op.world.system,
        )
        op.finish([event])
