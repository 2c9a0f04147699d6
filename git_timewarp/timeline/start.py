"""Beginning and ending to record in a repository."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import generation
from git_timewarp.git import refs as git_refs
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import absent
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import DURABLE
from git_timewarp.store import journal, layout, recovery, transaction, writer
from git_timewarp.store.packs import Packs
from git_timewarp.store.paths import Paths
from git_timewarp.store.room import LowDiskError
from git_timewarp.store.spool import Spool
from git_timewarp.timeline import snapshot
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.recording import GC_SETTINGS, is_recording
from git_timewarp.timeline.results import SnapshotResult
from git_timewarp.timeline.snapshot import SnapshotTooLargeError, Wish
from git_timewarp.timeline.world import World
from git_timewarp.util import atomic, directories, faults
from git_timewarp.util.text import json_name, shell

GC_VALUE = "never"
_LOCAL = ("config", "--local")

ENDING = "deinit"
"""Kind of the intent of an operation that ends the recording."""

PROTECTED = (
    "tracked and untracked files, their permissions, links and empty folders, at every snapshot",
    "the index with conflicts, every branch and tag, and an operation in progress",
    "commits that lose their last branch (reset, rebase, branch -D, stash drop)",
    "whatever a command of ours would overwrite, before it does",
)
NOT_PROTECTED = (
    "ignored files, unless a command of ours would overwrite them",
    "untracked files over {large}: only size and hash are recorded",
    "permissions of folders, and a repository's own .git inside another one",
    "what changes between two snapshots",
)
NO_FIRST = "what the files hold now: no snapshot of it could be taken"
NO_WATCHER = "work you have not saved; to have it saved: git timewarp watch start"


class NotFoldedError(TimewarpError):
    """What is recorded cannot be moved into git now."""

    kind = Kind.LOCKED
    reference = "not-folded"


class StateFolderError(TimewarpError):
    """Something that is no folder has the name of our state folder."""

    kind = Kind.REFUSED
    reference = "state-folder"


def prepare(repo: Repo, world: World) -> None:
    """Create the state folder, its files and the two settings; harmless when they are there.

    Raises:
        StateFolderError: something else stands in its place.
        OSError: the git directory cannot be written to.
    """
    if os.path.lexists(repo.state_dir) and not os.path.isdir(repo.state_dir):
        place = shell(repo.state_dir)
        raise StateFolderError(
            f"'{repo.state_dir}' is no folder: what is recorded could not be kept there",
            hint=f"mv {place} {place}.old && git timewarp init",
        )
    directories.make(repo.state_dir)
    Spool(repo.state_dir, clock=world.clock).create()
    _remember_end(repo)
    missing = [name for name in GC_SETTINGS if repo.git.run(*_LOCAL, "--get", name, ok=(0, 1)).code]
    for setting in missing:
        repo.git.run(*_LOCAL, setting, GC_VALUE)
    if missing:
        _sync_config(repo)


def _remember_end(repo: Repo) -> None:
    """Note a config file without a newline at its end: git adds one with our settings."""
    data = atomic.read(os.path.join(repo.common_dir, "config")) or b"\n"
    if not data.endswith(b"\n"):
        atomic.write(Paths(repo.state_dir).unended, hashlib.sha256(data).hexdigest().encode())


def begin_anew(op: Operation) -> None:
    """Forget that the recording once ended."""
    intents = op.recorder.journal.intents.values()
    op.recorder.append(done=[str(item["op"]) for item in intents if item.get("kind") == ENDING])


def first(op: Operation, *, always: bool) -> SnapshotResult | None:
    """Take the snapshot of `init`; `always` when recording begins with it.

    Where none may be taken (a full disk, a limit) that is told, and None returned: events
    are recorded all the same, and every later snapshot is one of everything.
    """
    wish = Wish("init", "init", fold=True, summary="started recording", always=always)
    try:
        return snapshot.result(op, snapshot.take(op, wish))
    except (LowDiskError, SnapshotTooLargeError) as exc:
        op.notices.append(f"warning: {exc.message}; next: {exc.hint}")
        return None


def not_protected(world: World, *, watching: bool, has_first: bool) -> tuple[str, ...]:
    """Return what `init` has to say about the limits, in words."""
    large = f"{world.max_untracked / (1024 * 1024):g} MB"
    said = tuple(text.format(large=large) for text in NOT_PROTECTED)
    said = said if has_first else (NO_FIRST, *said)
    return said if watching else (NO_WATCHER, *said)


def fold(op: Operation) -> None:
    """Move everything into git, so that our own files can go.

    Raises:
        NotFoldedError: git's own work is in the way.
    """
    op.recorder.fold()
    if not op.recorder.journal.is_empty:
        raise NotFoldedError(
            "not everything recorded could be moved into git now, so recording goes on",
            hint="git timewarp deinit",
        )


def stop(op: Operation, *, purge: bool) -> dict[str, object]:
    """Stop recording: fold what waits; `purge` also removes every ref and file of ours.

    Can be run again after a crash: its intent stands in the journal, which goes last.
    What git needs of our packs is handed back before they go: a gc of the user's may have
    left an object of his in our kept pack only.
    """
    repo, world = op.repo, op.world
    removed: list[str] = []
    if not purge:
        fold(op)
    unset_gc(repo)
    packs = Packs(op.quarantine, clock=world.clock)
    names = packs.names()
    if purge:
        # Or the next command, after a crash, would put back the refs that are gone.
        directories.remove(op.recorder.paths.known_refs)
        removed = _remove_refs(op)
        _hand_back(op, packs, names)
        for name in names:
            packs.drop(name)
        _unlist(repo, names)
    else:
        packs.release()
        # Their times of no expiry are no longer set, and git's own gc does not like tags there.
        directories.remove(os.path.join(repo.common_dir, "logs", *layout.ROOT.split("/")))
    held = op.recorder.journal
    op.abandon()
    if held.writer is not None and purge:
        writer.forget(world.around, held.writer)
    elif held.writer is not None:
        writer.leave(repo.state_dir, world.around, held.writer, n=held.head.n)
    left = [json_name(path) for path in _remove_state(repo, purge=purge)]
    return {"purged": purge, "refs_removed": removed, "packs": len(names), "left": left}


def unset_gc(repo: Repo) -> bool:
    """Take our two settings out of the local config, others stay; tell whether they were there."""
    codes = [
        repo.git.run(*_LOCAL, "--fixed-value", "--unset-all", name, GC_VALUE, ok=(0, 5)).code
        for name in GC_SETTINGS
    ]
    changed = 0 in codes
    if changed:
        _sync_config(repo)
    return changed


def _sync_config(repo: Repo) -> None:
    """Make durable what `git config` wrote: it syncs nothing, and a power cut may empty the file."""
    path = os.path.realpath(os.path.join(repo.common_dir, "config"))
    atomic.sync_file(path)
    atomic.sync_dir(os.path.dirname(path))


def _remove_refs(op: Operation) -> list[str]:
    refs = transaction.current(op.repo)
    zero = op.repo.zero
    changes = [git_refs.RefUpdate(name, oid, zero) for name, oid in refs.items()]
    transaction.move(op.repo, changes, clock=op.world.clock)
    for base in ("refs", os.path.join("logs", "refs")):
        root = os.path.join(op.repo.common_dir, base, "timewarp")
        for folder, _, _ in sorted(os.walk(root), reverse=True):
            faults.point("rmdir refs")
            with contextlib.suppress(OSError):
                os.rmdir(folder)
    return sorted(refs)


def _hand_back(op: Operation, packs: Packs, names: list[str]) -> None:
    """Give git a pack of what it can reach and only our packs hold (a gc left it to us)."""
    git = op.repo.git
    ours = {oid for name in names for oid in packs.objects_of(name)}
    listed = git.run(
        "rev-list", "--objects", "--no-object-names", "--all", "--reflog", "--indexed-objects"
    ).text
    needed = [Oid(line) for line in listed.splitlines() if line in ours]
    if not needed:
        return
    view = os.path.join(op.repo.state_dir, "view")
    directories.remove(view)
    _link_others(op.repo, view, names)
    left = absent(git.using(objects=view), needed)
    directories.remove(view)
    if left:
        prefix = os.path.join(op.repo.objects_dir, "pack", "pack")
        words = "".join(f"{oid}\n" for oid in left).encode()
        git.using(config=DURABLE).run("pack-objects", "-q", prefix, stdin=words)


def _unlist(repo: Repo, names: list[str]) -> None:
    """Take our refs and packs out of the lists a gc wrote for servers without git."""
    packs = {f"P {name}.pack".encode() for name in names}
    for path in (
        os.path.join(repo.common_dir, "info", "refs"),
        os.path.join(repo.objects_dir, "info", "packs"),
    ):
        atomic.sweep(os.path.dirname(path))
        data = atomic.read(path)
        if data is None:
            continue
        lines = data.splitlines(keepends=True)
        mine = f"\t{layout.ROOT}/".encode()
        kept = [line for line in lines if mine not in line and line.rstrip(b"\n") not in packs]
        if len(kept) < len(lines):
            atomic.write(path, b"".join(kept), mode=stat.S_IMODE(os.stat(path).st_mode))


def _link_others(repo: Repo, view: str, names: list[str]) -> None:
    """Make `view` an object directory that has everything of the store but our packs."""
    directories.make(os.path.join(view, "pack"))
    for entry in os.scandir(repo.objects_dir):
        if entry.name != "pack":
            faults.point("link view")
            os.symlink(entry.path, os.path.join(view, entry.name))
    for entry in os.scandir(os.path.join(repo.objects_dir, "pack")):
        if entry.name.split(".")[0] not in names and not entry.name.startswith("multi-"):
            faults.point("link view")
            os.symlink(entry.path, os.path.join(view, "pack", entry.name))


def _remove_state(repo: Repo, *, purge: bool) -> list[str]:
    """Remove our files; `writer.json` says that recording is on and goes after the rest.

    What git does not have stays without `purge`, and is returned: files kept aside by a
    restore, archives of what an import replaced, copies of a damaged journal, objects that a
    crash left.
    """
    paths = Paths(repo.state_dir)
    last = [paths.writer, paths.journal, paths.lock]
    generation.forget(repo.common_dir)
    left = [paths.aside, paths.replaced, os.path.dirname(paths.damaged(b"")), paths.recovery]
    kept = [] if purge else left
    recovery.forget_copies(paths)
    with os.scandir(repo.state_dir) as found:
        rest = [item.path for item in found if item.path not in (*last, *kept)]
    for path in (*rest, *last):
        directories.remove(path)
    for path in (*kept, repo.state_dir):
        faults.point("rmdir state")
        with contextlib.suppress(OSError):
            os.rmdir(path)
    return [path for path in kept if os.path.isdir(path)]


def finish_removal(repo: Repo) -> list[str]:
    """Remove what a `deinit` that was killed near its end left; say so if it did."""
    if is_recording(repo) or not os.path.isdir(repo.state_dir):
        return []
    paths = Paths(repo.state_dir)
    if os.listdir(repo.state_dir) == [os.path.basename(paths.lock)]:
        _remove_state(repo, purge=False)
        return []
    intents = journal.load(paths.journal).intents.values()
    ending = [item for item in intents if item.get("kind") == ENDING]
    if not ending:
        return []
    purge = any(item.get("purge") for item in ending)
    _remove_state(repo, purge=purge)
    return [f"'deinit{' --purge' if purge else ''}' was cut off and is finished now"]
