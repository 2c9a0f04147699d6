"""Carry out a plan in the work tree, so that nothing that was there is lost.

Order: make every byte ready beside the work tree; look at each path again; write all new
files under temporary names in the work tree and sync them; only then remove, rename,
change permissions, and clear empty folders. Up to the first removal a failure (a full
disk, a lock) leaves the work tree as it was. What somebody changed since the capture is
moved to the `aside` folder and reported.

It can be killed anywhere and run again with `resume=True`: a path that is as it shall be
counts as done, one that is neither old nor new was edited since and is kept and reported.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from git_timewarp.git import attributes, checkout
from git_timewarp.git import config as git_config
from git_timewarp.git.names import RepoPath
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import Git
from git_timewarp.restore.aside import Aside
from git_timewarp.restore.change import Change, parents
from git_timewarp.restore.disk import BlockedError, Disk
from git_timewarp.restore.entries import Contents
from git_timewarp.restore.outcome import Refused
from git_timewarp.restore.plan import Plan
from git_timewarp.restore.prepared import Preparer, Ready, Staged, attribute_files
from git_timewarp.restore.states import Look, State, look_at
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import View
from git_timewarp.util import directories, faults, threads
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes

_FATAL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE})
_SYNC_THREADS = 8
_CHUNK = 1 << 20


class Outcome(Frozen):
    """What a restore did.

    Attributes:
        restored: paths written or whose permissions changed, and folders made.
        removed: paths and folders that went.
        unchanged: paths of the target that were as they shall be.
        refused: paths that are not as the target has them, with the reason.
        left: paths that stay as they are by rule, with the reason.
        kept_aside: what somebody changed meanwhile, and where it is now.
        notes: what else to tell the user.
    """

    restored: tuple[RepoPath, ...] = ()
    removed: tuple[RepoPath, ...] = ()
    unchanged: int = 0
    refused: tuple[Refused, ...] = ()
    left: tuple[Refused, ...] = ()
    kept_aside: tuple[tuple[RepoPath, str], ...] = ()
    notes: tuple[str, ...] = ()


class _Progress:
    def __init__(self) -> None:
        self.restored: set[RepoPath] = set()
        self.removed: set[RepoPath] = set()
        self.refused: set[Refused] = set()
        self.left: set[Refused] = set()
        self.folders: set[str] = set()
        self.unchanged = 0


class _Job(NamedTuple):
    """One write: what, its content under a temporary name, and what stood there."""

    change: Change
    temporary: str
    look: Look
    is_link: bool


class Applier:
    """Carries out plans in one work tree.

    Args:
        quarantine: reads what is to be written.
        staging_dir: absolute path of a folder of ours; emptied before and removed after.
        aside_dir: absolute path; what somebody changed meanwhile goes there.
    """

    def __init__(self, quarantine: Quarantine, *, staging_dir: str, aside_dir: str) -> None:
        self._repo: Repo = quarantine.repo
        self._reader = quarantine.reader
        self._git: Git = quarantine.repo.git.using(alternates=(quarantine.path,))
        self._staging = staging_dir
        self._aside_dir = aside_dir

    def apply(self, plan: Plan, *, target: View, resume: bool = False) -> Outcome:
        """Change the work tree as `plan` says.

        Args:
            plan: from `plan.make`, its refusals dealt with.
            target: the view the plan leads to.
            resume: a run before this one was stopped.

        Raises:
            OSError: the disk is full or fails; before the first removal nothing changed.
            GitError: git could not convert anything; nothing changed.
        """
        self.clear()
        config = git_config.read(self._repo.git)
        with Disk(self._repo.work_tree, git_dir=self._repo.git_dir) as disk:
            if resume:
                self._sweep(disk, plan)
            run = _Run(self._repo, self._reader, disk, Aside(disk, self._aside_dir), resume=resume)
            bytes_dir = os.path.join(self._staging, "bytes")
            preparer = Preparer(self._git, self._reader, config, bytes_dir)
            try:
                plan = plan._replace(reconvert=self._reconverted(plan, target))
                staged = preparer.prepare([*plan.writes, *plan.reconvert], target)
                return run.carry_out(plan, staged)
            finally:
                run.drop_temporaries()
                self.clear()

    def clear(self) -> None:
        """Empty the staging folder (also after a crash)."""
        with contextlib.suppress(OSError):
            directories.remove(self._staging)

    def sweep(self, plan: Plan) -> None:
        """Remove the temporary files a killed run of `plan` left in the work tree."""
        with Disk(self._repo.work_tree, git_dir=self._repo.git_dir) as disk:
            self._sweep(disk, plan)

    def _sweep(self, disk: Disk, plan: Plan) -> None:
        folders = {""}
        for change in (*plan.writes, *plan.reconvert):
            folders.update(parents(change.path))
        for folder in folders:
            for path in disk.temporaries(folder):
                disk.unlink(path)

    def _reconverted(self, plan: Plan, target: View) -> tuple[Change, ...]:
        """Return the changes of `plan.reconvert` whose attributes really differ."""
        if not plan.reconvert:
            return ()
        directories.make(self._staging)
        paths = [item.path for item in plan.reconvert]
        contents = Contents(self._reader, target)
        index, rules = (
            os.path.join(self._staging, "attributes"),
            attribute_files(contents, "", paths),
        )
        target_git = checkout.with_attributes(self._git, index, rules)
        then = attributes.stated(target_git, paths, cached=True)
        both = zip(plan.reconvert, then, attributes.stated(self._git, paths), strict=True)
        return tuple(item for item, wanted, now in both if wanted != now)


class _Run:
    """One run over one work tree."""

    def __init__(
        self, repo: Repo, reader: Reader, disk: Disk, aside: Aside, *, resume: bool
    ) -> None:
        self._repo = repo
        self._reader = reader
        self._disk = disk
        self._aside = aside
        self._resume = resume
        self._done = _Progress()
        self._temporaries: set[str] = set()
        self._default: dict[bool, int] = {}
        self._wanted_folders: set[str] = set()

    def carry_out(self, plan: Plan, staged: Staged) -> Outcome:
        plan = _less(plan, staged.refused)
        writes = [*plan.writes, *plan.reconvert]
        self._wanted_folders = {above for item in writes for above in parents(item.path)}
        self._wanted_folders.update(plan.make_dirs)
        looks = look_at(self._repo, self._disk, [*writes, *plan.removes], staged.ready)
        jobs = self._ready(writes, staged, looks)
        plan = _less(plan, self._done.refused)
        written = [job.temporary for job in jobs if not job.is_link]
        threads.each(self._disk.sync, written, most=_SYNC_THREADS)
        for change in reversed(plan.removes):
            self._each(change.path, self._remove, change, looks[change.path])
        for job in jobs:
            self._each(job.change.path, self._write, job)
        for change in plan.modes:
            self._each(change.path, self._set_bits, change)
        self._folders(plan)
        self._disk.sync_folders(self._done.folders)
        return self._outcome(plan)

    def drop_temporaries(self) -> None:
        """Remove what is left under a temporary name."""
        for path in sorted(self._temporaries):
            with contextlib.suppress(OSError, BlockedError):
                self._disk.unlink(path)
        self._temporaries.clear()

    def _each(self, path: RepoPath, step: object, *args: object) -> None:
        """Take one step; what the file system refuses costs this path only."""
        try:
            step(*args)  # type: ignore[operator]
        except BlockedError:
            self._refuse(path, "blocked")
        except MissingObjectError:
            self._refuse(path, "missing-object")
        except OSError as exc:
            if exc.errno in _FATAL:
                raise
            self._refuse(path, "not-writable")

    def _refuse(self, path: RepoPath, reason: str) -> None:
        self._done.refused.add(Refused(path, reason))

    def _ready(
        self, writes: Sequence[Change], staged: Staged, looks: dict[RepoPath, Look]
    ) -> list[_Job]:
        """Write the new files under temporary names; nothing is replaced yet."""
        jobs: list[_Job] = []
        for change in writes:
            self._each(change.path, self._ready_one, jobs, change, staged, looks[change.path])
        return jobs

    def _ready_one(self, jobs: list[_Job], change: Change, staged: Staged, look: Look) -> None:
        entry = change.after
        if entry is None:
            return
        absent = look.state is State.ABSENT
        if (change.when == "present" and absent) or (change.when == "absent" and not absent):
            self._done.unchanged += change.when == "present"
            return
        if look.state is State.AFTER:
            self._done.unchanged += 1
            self._set_bits(change)
            return
        if self._resume and look.state is State.OTHER:
            self._refuse(change.path, "changed-since")
            return
        if self._disk.is_git(change.path):
            self._refuse(change.path, "protected-name")
            return
        ready = staged.ready[change.path]
        temporary = self._write_temporary(change.path, ready, executable=entry.mode & 0o111 != 0)
        self._temporaries.add(temporary)
        if ready.file is not None:
            faults.point("unlink staged")
            os.unlink(to_bytes(ready.file))
        jobs.append(_Job(change, temporary, look, ready.link is not None))

    def _write_temporary(self, path: RepoPath, ready: Ready, *, executable: bool) -> str:
        if ready.link is not None:
            return self._disk.temporary_link(path, ready.link)
        if ready.blob is not None:
            data = self._reader.read(ready.blob, kind="blob")
            return self._disk.temporary(path, [data], executable=executable)
        with open(to_bytes(ready.file or ""), "rb") as file:
            chunks = iter(lambda: file.read(_CHUNK), b"")
            return self._disk.temporary(path, chunks, executable=executable)

    def _remove(self, change: Change, look: Look) -> None:
        if look.state is State.ABSENT:
            return
        if look.state is State.FOLDER:
            if change.path not in self._wanted_folders and not self._disk.is_git(change.path):
                self._refuse(change.path, "changed-since")
            return
        if look.state is State.BEFORE and look.is_same(self._disk.stat(change.path)):
            self._disk.unlink(change.path)
        elif self._resume:
            self._refuse(change.path, "changed-since")
            return
        elif not self._aside.keep(change.path):
            self._refuse(change.path, "cannot-be-kept")
            return
        self._done.removed.add(change.path)
        self._done.folders.add(os.path.dirname(change.path))

    def _write(self, job: _Job) -> None:
        path = job.change.path
        folder = os.path.dirname(path)
        if folder:
            try:
                self._disk.make_folder(folder)
            except BlockedError:
                self._unblock(folder)
                self._disk.make_folder(folder)
        if not self._make_way(job):
            return
        entry = job.change.after
        if entry is not None and entry.bits is not None and not job.is_link:
            self._disk.chmod(job.temporary, entry.bits)
        self._disk.rename(job.temporary, path)
        self._temporaries.discard(job.temporary)
        self._done.restored.add(path)
        self._done.folders.add(folder)

    def _make_way(self, job: _Job) -> bool:
        """Keep aside what must not be overwritten; tell whether the path is free."""
        path = job.change.path
        found = self._disk.stat(path)
        if found is None:
            return True
        if stat.S_ISDIR(found.st_mode):
            return self._clear_folder(path)
        if job.look.state is State.BEFORE and job.look.is_same(found):
            return True
        if self._resume:
            self._refuse(path, "changed-since")
            return False
        if self._aside.keep(path):
            return True
        self._refuse(path, "cannot-be-kept")
        return False

    def _clear_folder(self, path: RepoPath) -> bool:
        """Remove a folder that must become a file; what is still in it is kept aside."""
        inside = [(name, found) for name, found in self._disk.below(path)]
        for name, found in reversed(inside):
            if stat.S_ISDIR(found.st_mode):
                self._disk.rmdir(name)
        if self._disk.rmdir(path):
            return True
        if any(os.path.basename(name) == ".git" for name, _ in inside):
            self._refuse(path, "nested-repository")
        elif self._resume:
            self._refuse(path, "changed-since")
        elif self._aside.keep(path):
            return True
        else:
            self._refuse(path, "cannot-be-kept")
        return False

    def _unblock(self, folder: str) -> None:
        """Something took the place of a folder since we looked: keep it aside."""
        for step in (*reversed(list(parents(folder))), folder):
            found = self._disk.stat(step)
            if found is not None and not stat.S_ISDIR(found.st_mode):
                if self._resume or self._disk.is_git(step) or not self._aside.keep(RepoPath(step)):
                    raise BlockedError(step)
                return

    def _set_bits(self, change: Change) -> None:
        entry = change.after
        found = self._disk.stat(change.path)
        if entry is None or entry.is_link:
            return
        if found is None or not stat.S_ISREG(found.st_mode):
            if found is not None or (change.when == "" and not entry.is_gitlink):
                self._refuse(change.path, "changed-since")
            return
        bits = entry.bits
        if bits is None:
            bits = self._default_bits(executable=entry.mode & 0o111 != 0)
        if stat.S_IMODE(found.st_mode) != bits:
            self._disk.chmod(change.path, bits)
            self._done.restored.add(change.path)

    def _default_bits(self, *, executable: bool) -> int:
        """Return the bits a new file gets here: the umask's and the folder's own say."""
        if executable not in self._default:
            probe = self._disk.temporary("probe", [], executable=executable)
            self._temporaries.add(probe)
            found = self._disk.stat(probe)
            self._disk.unlink(probe)
            self._temporaries.discard(probe)
            self._default[executable] = stat.S_IMODE(found.st_mode) if found else 0o644
        return self._default[executable]

    def _folders(self, plan: Plan) -> None:
        """Remove the folders that removals left empty, and make those that shall be."""
        stay = {*plan.keep_dirs, *(above for path in plan.keep_dirs for above in parents(path))}
        here = self._repo.prefix.rstrip("/")
        if here:
            stay |= {here, *parents(here)}
        for folder in sorted(plan.remove_dirs, key=len, reverse=True):
            if folder == here or folder in parents(here):
                self._done.left.add(Refused(folder, "current-folder"))
            elif self._disk.rmdir(folder):
                self._done.removed.add(folder)
                self._done.folders.add(os.path.dirname(folder))
        # Also those that an earlier run removed before it was cut off.
        gone = {*(change.path for change in plan.removes), *plan.remove_dirs}
        emptied = {above for path in gone for above in parents(path)}
        for empty in sorted(emptied - stay, key=len, reverse=True):
            self._disk.rmdir(empty)
        for made in plan.make_dirs:
            self._each(made, self._make_folder, made)

    def _make_folder(self, path: RepoPath) -> None:
        if self._disk.make_folder(path):
            self._done.restored.add(path)
            self._done.folders.add(os.path.dirname(path))

    def _outcome(self, plan: Plan) -> Outcome:
        done = self._done
        refused = {*plan.refused, *done.refused}
        return Outcome(
            restored=tuple(sorted(done.restored)),
            removed=tuple(sorted(done.removed)),
            unchanged=plan.unchanged + done.unchanged,
            refused=tuple(sorted(refused, key=lambda item: (item.path, item.reason))),
            left=tuple(sorted({*plan.left, *done.left}, key=lambda item: (item.path, item.reason))),
            kept_aside=tuple(self._aside.kept),
        )


def _less(plan: Plan, refused: Iterable[Refused]) -> Plan:
    """Return the plan without the refused paths, and without what only made way for them."""
    out = list(refused)
    if not out:
        return plan
    paths = {item.path for item in out}
    above = {folder for path in paths for folder in parents(path)}
    kept = tuple(
        change
        for change in plan.removes
        if change.path not in above and not any(folder in paths for folder in parents(change.path))
    )
    return plan.without(out)._replace(removes=kept)
