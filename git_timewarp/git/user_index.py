"""Writing the user's own index, which only a restore does.

git's protocol is kept: `index.lock` appears atomically, nobody else writes while it is
there, the new index is renamed into place. One thing differs: the lock file holds a line
that says it is ours and the new index is renamed from a name of its own, so a lock that a
killed process leaves behind is known from git's and the next command removes it.

The new index starts as a copy of the old one, so that what git knows about unchanged
files stays known, and keeps version, split and extensions as they were.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.index_mark import MARK, has_our_lock, index_path
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MODE_GITLINK, absent
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import DURABLE, Git
from git_timewarp.util import faults
from git_timewarp.util.atomic import sync_dir, sync_fd, sync_file, write_all
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import shell, to_bytes, to_str

_FLAGS = (
    rb"([^\0]*)\0  ctime: \d+:\d+\n  mtime: \d+:\d+\n  dev: \d+\tino: \d+\n"
    rb"  uid: \d+\tgid: \d+\n  size: \d+\tflags: ([0-9a-f]+)\n"
)
_FLAGGED = rb"\tflags: (?:[0-9a-f]*[8-9a-f][0-9a-f]{3}|[2-7][0-9a-f]{7})\n"
_ASSUME, _INTENT, _SKIP = 0x8000, 0x20000000, 0x40000000

KEEP_EXTENSIONS = ("core.untrackedCache=keep",)
"""Settings that leave extensions of the user's index in it."""


class IndexLockedError(TimewarpError):
    """Another git process holds the index."""

    kind = Kind.LOCKED
    reference = "index-locked"


class StagedEntry(Frozen):
    """One index entry: path, mode, blob and stage (0, or 1 to 3 in a conflict)."""

    path: str
    mode: int
    oid: Oid
    stage: int = 0


class Flags(Frozen):
    """Paths by the flag of their index entry."""

    assume_unchanged: frozenset[str] = frozenset()
    skip_worktree: frozenset[str] = frozenset()
    intent_to_add: frozenset[str] = frozenset()


class WantedIndex(Frozen):
    """What the index shall hold.

    Attributes:
        tree: tree of stage 0.
        conflicts: entries of stages 1 to 3.
        flags: the flags of its entries; those of absent entries are passed over.
    """

    tree: Oid
    conflicts: Sequence[StagedEntry] = ()
    flags: Flags = Flags()


class IndexLock:
    """The lock on one work tree's index, as a context manager."""

    def __init__(self, repo: Repo) -> None:
        self.index = index_path(repo)
        self.path = self.index + ".lock"
        self.new = self.index + ".timewarp"
        self._held = False

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            IndexLockedError: somebody holds it.
        """
        faults.point("lock index")
        fd = os.open(self.new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            write_all(fd, MARK)
            # A power cut must not leave a lock without the mark: nobody could tell it is ours.
            sync_fd(fd)
        finally:
            os.close(fd)
        try:
            faults.point("link index lock")
            self._link()
        except FileExistsError as exc:
            raise IndexLockedError(
                f"another git command holds the index: '{self.path}' exists and no git "
                "command or editor of one may run when it is removed",
                hint=f"rm {shell(self.path)}",
            ) from exc
        finally:
            faults.point("unlink new index")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.new)
        self._held = True

    def _link(self) -> None:
        """Make the lock file appear with its mark in one step."""
        try:
            os.link(self.new, self.path)
        except FileExistsError:
            raise
        except OSError:
            # No hard links here; the mark follows the name by a moment.
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            try:
                write_all(fd, MARK)
            finally:
                os.close(fd)

    def install(self, source: str) -> None:
        """Replace the user's index by the file `source`, durably.

        The modification time is kept: git takes files changed at or after it as unsure,
        and a later one would hide an edit of the same size (pitfalls 1.2).
        """
        faults.point("write index")
        shutil.copy2(source, self.new)
        with contextlib.suppress(OSError):
            shutil.copymode(self.index, self.new)
        sync_file(self.new)
        faults.point("rename index")
        os.replace(self.new, self.index)
        sync_dir(os.path.dirname(self.index))

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._held:
            self._held = False
            faults.point("unlock index")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)


def remove_stale_lock(repo: Repo) -> bool:
    """Remove an index lock of ours whose process died; tell whether there was one.

    To be called with our own lock held, so that no restore of ours is alive.
    """
    lock = IndexLock(repo)
    if os.path.lexists(lock.new):
        faults.point("remove stale index")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(lock.new)
    if not has_our_lock(repo):
        return False
    faults.point("remove stale index lock")
    os.unlink(lock.path)
    return True


def build(
    repo: Repo,
    wanted: WantedIndex,
    *,
    folder: str,
    alternates: tuple[str, ...],
    current: Flags,
    written: Sequence[StagedEntry] = (),
) -> str | None:
    """Make the wanted index in `folder` and return its path; None when nothing changes.

    `current` are the flags of the user's index. `written` are the entries of `wanted` for
    the files the restore wrote: what the index knows about their size is forgotten, since
    git takes another size for an edit without looking, though line ends alone may differ.

    To be called under the `IndexLock`, after the files are in the work tree. Blobs that
    only `alternates` hold are written to git's own store: the user's index names them now.

    Raises:
        GitError: git refused; nothing changed.
    """
    path = os.path.join(folder, "index")
    user = os.path.join(repo.git_dir, "index")
    for stale in (path, path + ".lock"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(stale)
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(user, path)
    git = repo.git.using(index=path, alternates=alternates, config=KEEP_EXTENSIONS)
    lines, named = _edits(git, wanted, current)
    _hand_over(repo, named, alternates)
    # An entry that is put in has no stat; those that were written are put in again.
    lines += [_line(item) for item in written]
    if lines:
        git.run("update-index", "-z", "--index-info", stdin=b"".join(lines))
    _set_intent(git, wanted, current)
    git.run("update-index", "-q", "--refresh", ok=range(256))
    _set_flags(git, wanted.flags, current)
    if not os.path.exists(path):
        return None
    return None if _same_bytes(path, user) else path


def read_flags(git: Git) -> Flags:
    """Return the flags of the entries of the index `git` is bound to."""
    out = git.run("ls-files", "-z", "--debug").out
    if re.search(_FLAGGED, out) is None:
        return Flags()
    found: dict[int, set[str]] = {_ASSUME: set(), _INTENT: set(), _SKIP: set()}
    for match in re.finditer(_FLAGS, out):
        value = int(match[2], 16)
        for flag, paths in found.items():
            if value & flag:
                paths.add(to_str(match[1]))
    return Flags(frozenset(found[_ASSUME]), frozenset(found[_SKIP]), frozenset(found[_INTENT]))


def _edits(git: Git, wanted: WantedIndex, current: Flags) -> tuple[list[bytes], list[Oid]]:
    """Return the `--index-info` lines that turn the index into `wanted`, and blobs they name."""
    conflicts = {entry.path for entry in wanted.conflicts}
    zero = b"0" * len(wanted.tree)
    raw = git.run(
        "diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", wanted.tree
    ).out.split(b"\0")
    gone: set[bytes] = set()
    new: dict[bytes, tuple[bytes, bytes]] = {}
    unmerged: set[bytes] = set()
    for header, path in zip(raw[:-1:2], raw[1::2], strict=True):
        old_mode, _, old_oid, _, status = header[1:].split(b" ")
        if status == b"U":
            unmerged.add(path)
        elif status == b"A":
            gone.add(path)
        else:
            new[path] = (old_mode, old_oid)
    gone |= unmerged | {
        to_bytes(name) for name in current.intent_to_add - wanted.flags.intent_to_add
    }
    gone -= {to_bytes(name) for name in wanted.flags.intent_to_add & current.intent_to_add}
    if unmerged:
        listed = git.run("ls-tree", "-r", "-z", "--full-tree", wanted.tree).out
        for record in listed.split(b"\0"):
            words, _, path = record.partition(b"\t")
            if path in unmerged:
                mode, _, oid = words.split(b" ")
                new[path] = (mode, oid)
    lines = [
        b"0 %s\t%s\0" % (zero, path) for path in sorted(gone | {to_bytes(p) for p in conflicts})
    ]
    lines += [b"%s %s 0\t%s\0" % (mode, oid, path) for path, (mode, oid) in sorted(new.items())]
    lines += [_line(item) for item in wanted.conflicts]
    named = [Oid(oid.decode()) for mode, oid in new.values() if int(mode, 8) != MODE_GITLINK]
    named += [item.oid for item in wanted.conflicts if item.mode != MODE_GITLINK]
    return lines, named


def _line(item: StagedEntry) -> bytes:
    words = (item.mode, item.oid.encode(), item.stage, to_bytes(item.path))
    return b"%o %s %d\t%s\0" % words


def _hand_over(repo: Repo, oids: Sequence[Oid], alternates: tuple[str, ...]) -> None:
    """Write those of `oids` that git's own store lacks into it."""
    missing = absent(repo.git, oids)
    if not missing:
        return
    source = repo.git.using(alternates=alternates)
    pack = source.run(
        "pack-objects", "--stdout", "-q", stdin=b"".join(o.encode() + b"\n" for o in missing)
    ).out
    repo.git.using(config=DURABLE).run("unpack-objects", "-q", stdin=pack)


def _set_intent(git: Git, wanted: WantedIndex, current: Flags) -> None:
    """Add the intent-to-add entries that are not there; a file that is gone cannot have one."""
    for name in sorted(wanted.flags.intent_to_add - current.intent_to_add):
        git.run("add", "-N", "-f", "--sparse", "--", name, ok=range(256))


def _set_flags(git: Git, wanted: Flags, current: Flags) -> None:
    if not (wanted.assume_unchanged or wanted.skip_worktree) and not (
        current.assume_unchanged or current.skip_worktree
    ):
        return
    entries = {to_str(name) for name in git.run("ls-files", "-z").out.split(b"\0") if name}
    now = read_flags(git)
    changes: Mapping[str, frozenset[str]] = {
        "--assume-unchanged": wanted.assume_unchanged - now.assume_unchanged,
        "--no-assume-unchanged": now.assume_unchanged - wanted.assume_unchanged,
        "--skip-worktree": wanted.skip_worktree - now.skip_worktree,
        "--no-skip-worktree": now.skip_worktree - wanted.skip_worktree,
    }
    for option, paths in changes.items():
        names = sorted(to_bytes(path) for path in paths & entries)
        if names:
            git.run("update-index", option, "-z", "--stdin", stdin=b"\0".join([*names, b""]))


def _same_bytes(one: str, other: str) -> bool:
    try:
        with open(one, "rb") as first, open(other, "rb") as second:
            return first.read() == second.read()
    except FileNotFoundError:
        return False
