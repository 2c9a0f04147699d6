"""Moving our refs: the only module that may (style rule 3).

A ref transaction of git is all or nothing, but not across a crash: a kill between its
renames leaves some refs moved and lock files behind. So the old and new value of each
ref stand in the journal before, readers accept any mixture, and `settle` takes each
ref from its old to its new value afterwards.

Our refs do have a reflog (docs/design/0005-reflog.md): it is what makes a value that
a fold replaced reachable, so that `git fsck` has nothing dangling to tell of.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from git_timewarp.git import refs as git_refs
from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.objects import Reader
from git_timewarp.git.refs import Listing, RefConflictError, RefUpdate
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import GitError
from git_timewarp.store import layout
from git_timewarp.util import atomic, faults
from git_timewarp.util.clock import Clock
from git_timewarp.util.text import compact_json

_IS_ID = rb"(?:[0-9a-f]{40}|[0-9a-f]{64})\s*\Z"
_LOG_LINE = rb"[0-9a-f]{%d} [0-9a-f]{%d} [^>\0]*> 0*[1-9][0-9]* [+-][0-9]{4}(?:\t|\n|\Z)"
"""A line of a reflog, as git reads it; it passes over every other."""

_TRIES = 40
_WAIT = 0.05
_STALE_AFTER = 0.25
_PACKING_STALE_AFTER = 1.5
_PRUNING_NS = 2_000_000_000
_REFLOG = ("core.logAllRefUpdates=always",)
_WHO = {
    "GIT_COMMITTER_NAME": "git-timewarp",
    "GIT_COMMITTER_EMAIL": "git-timewarp@localhost",
}


def listing(repo: Repo) -> Listing:
    """Have git list every ref of ours, while something else is done."""
    return Listing(repo.git, layout.ROOT)


def current(repo: Repo, *, asked: Listing | None = None) -> dict[RefName, Oid]:
    """Return every ref of ours and its value, as `asked` for before or as it is now."""
    return {ref.name: ref.oid for ref in (asked or listing(repo)).result()}


def move(repo: Repo, updates: Sequence[RefUpdate], *, clock: Clock) -> None:
    """Move all refs in one transaction; tries again (2 s) while git's own work holds a lock.

    A `pack-refs` of the user's that has read the old values would complain when it comes
    to remove the loose files, so it is kept waiting, and one that is just removing them
    is waited for.

    Raises:
        RefConflictError: a ref was not what the journal says; none moved.
        GitError: a lock never came free, or git failed otherwise; none moved.
    """
    git = repo.git.using(config=_REFLOG, extra=_WHO)
    for attempt in range(_TRIES):
        patient = attempt < _TRIES - 1
        try:
            with _packing_held(repo, updates):
                if patient and _is_being_pruned(repo, updates, now_ns=clock.now_ns()):
                    busy = True
                else:
                    git_refs.update(git, updates)
                    busy = False
        except GitError as exc:
            if not (patient and _is_locked(exc)):
                raise
            busy = True
        if not busy:
            break
        clock.sleep(_WAIT)
    _sync(repo, updates)


def _is_locked(exc: GitError) -> bool:
    text = exc.stderr.lower()
    return any(words in text for words in ("unable to lock", "cannot lock", ".lock': file exists"))


def _packing_held(
    repo: Repo, updates: Sequence[RefUpdate]
) -> contextlib.AbstractContextManager[None]:
    """Return what keeps `pack-refs` waiting; a deletion holds its lock anyway."""
    files = not os.path.isdir(os.path.join(repo.common_dir, "reftable"))
    if not files or any(change.new.is_zero for change in updates):
        return contextlib.nullcontext()
    return git_refs.packing_held(repo.git, RefName(f"{layout.ROOT}/barrier"))


def _is_being_pruned(repo: Repo, updates: Sequence[RefUpdate], *, now_ns: int) -> bool:
    """Tell whether a `pack-refs` wrote one of the old values just now and its loose file is left."""
    path = os.path.join(repo.common_dir, "packed-refs")
    loose = [
        change
        for change in updates
        if os.path.exists(os.path.join(repo.common_dir, change.name)) and not change.old.is_zero
    ]
    try:
        fresh = 0 <= now_ns - os.stat(path).st_ctime_ns < _PRUNING_NS
    except FileNotFoundError:
        return False
    if not (fresh and loose):
        return False
    packed = set((atomic.read(path) or b"").splitlines())
    return any(f"{change.old} {change.name}".encode() in packed for change in loose)


def record(fold: str, pack: str, updates: Sequence[RefUpdate]) -> dict[str, object]:
    """Return what the journal holds of a transaction that is about to be made."""
    ordered = [{"name": u.name, "old": u.old, "new": u.new} for u in sorted(updates, key=_order)]
    return {"fold": fold, "pack": pack, "refs": ordered}


def recorded(record: Mapping[str, object]) -> list[RefUpdate]:
    """Return the updates of what `record` gave."""
    items = record["refs"]
    assert isinstance(items, list)  # noqa: S101 - our own record
    return [RefUpdate(RefName(i["name"]), Oid(i["old"]), Oid(i["new"])) for i in items]


def _order(change: RefUpdate) -> tuple[int, str]:
    parsed = layout.parse_ref(change.name)
    return (layout.KINDS.index(parsed[1]) if parsed else 0), change.name


def settle(repo: Repo, updates: Sequence[RefUpdate], *, clock: Clock) -> str:
    """After a crash: finish a transaction that moved some of its refs.

    Returns:
        `all` when every ref has its new value now, `none` when none had moved and none
        was moved, `other` when a ref has a third value (nothing was moved).
    """
    remove_stale_locks(repo, clock=clock)
    now = current(repo)
    values = [(change, now.get(change.name, repo.zero)) for change in updates]
    if any(value not in {change.old, change.new} for change, value in values):
        return "other"
    left = [change for change, value in values if value != change.new]
    if len(left) == len(values) and values:
        return "none"
    with contextlib.suppress(RefConflictError):
        move(repo, left, clock=clock)
    return "all"


def remove_stale_locks(
    repo: Repo, *, clock: Clock, also: Collection[str] = (), since_ns: int = 0
) -> list[str]:
    """Remove lock files of a transaction of ours that a crash left; nobody holds them.

    To be called with our own lock held and an intent in the journal that was cut off, so no
    writer of ours is alive and the locks may be ours: those below `refs/timewarp`,
    `packed-refs.lock` (see `_packing_held`), and those of the refs `also` (HEAD is this
    work tree's). A git command of the user's holds one for a moment only, so one that
    stays the same file for long enough is stale; one from before `since_ns` is not ours.
    And the new `packed-refs` that git was writing: while it is there git can write none.
    """
    removed = _remove_locks(repo, clock=clock, also=also, since_ns=since_ns)
    begun = os.path.join(repo.common_dir, "packed-refs.new")
    # Who writes it holds the lock: it is nobody's if it was there before the lock was not.
    if os.path.exists(begun) and not os.path.exists(_packing_lock(repo)):
        faults.point("remove packed-refs.new")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(begun)
            removed.append(begun)
    return removed


def _packing_lock(repo: Repo) -> str:
    return os.path.join(repo.common_dir, "packed-refs.lock")


def _remove_locks(repo: Repo, *, clock: Clock, also: Collection[str], since_ns: int) -> list[str]:
    packing = _packing_lock(repo)
    others = [
        os.path.join(repo.git_dir if name == "HEAD" else repo.common_dir, f"{name}.lock")
        for name in also
    ]
    seen = _locks(repo, packing, *others)
    seen = {path: stamp for path, stamp in seen.items() if stamp[1] >= since_ns}
    if not seen:
        return []
    clock.sleep(_PACKING_STALE_AFTER if packing in seen else _STALE_AFTER)
    removed = []
    for path, stamp in _locks(repo, packing, *others).items():
        if seen.get(path) == stamp:
            faults.point("remove stale lock")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
                removed.append(path)
    return removed


def logged(repo: Repo) -> dict[RefName, list[Oid]]:
    """Return the values each of our refs has had, oldest first, as far as its reflog goes.

    What a line says was there before is a value too: its own line may be lost, as git syncs none.
    """
    found: dict[RefName, list[Oid]] = {}
    for path, lines in _reflogs(repo):
        values = found[RefName(os.path.relpath(path, os.path.join(repo.common_dir, "logs")))] = []
        for line in lines:
            for oid in (Oid(word.decode()) for word in line.split(b" ", 2)[:2]):
                if not oid.is_zero and oid not in values[-1:]:
                    values.append(oid)
    return found


def named_by_users(repo: Repo) -> set[Oid]:
    """Return the tags that refs of the user name: a copy of ours may be among them."""
    line = ("for-each-ref", "--format=%(objecttype) %(objectname) %(refname)")
    words = [found.split(" ", 2) for found in repo.git.text(*line).splitlines()]
    ours = layout.ROOT + "/"
    return {Oid(oid) for kind, oid, name in words if kind == "tag" and not name.startswith(ours)}


def trim_reflogs(repo: Repo, gone: AbstractSet[Oid]) -> None:
    """Take values that are about to be removed out of the reflogs of our refs.

    As `git reflog delete --rewrite` does: the line after one that goes names the value
    before it, so that what stays is still told of.
    """
    for path, lines in _reflogs(repo):
        kept: list[bytes] = []
        last = b"0" * repo.hex_length
        for line in lines:
            _, new, rest = line.split(b" ", 2)
            if Oid(new.decode()) not in gone:
                kept.append(b" ".join([last, new, rest]))
                last = new
        if len(kept) < len(lines) or (gone and kept != lines):
            atomic.write(path, b"".join(kept))


def _reflogs(repo: Repo) -> Iterator[tuple[str, list[bytes]]]:
    """Yield path and lines of every reflog of ours (repositories with ref files have them)."""
    root = os.path.join(repo.common_dir, "logs", *layout.ROOT.split("/"))
    form = _LOG_LINE % (repo.hex_length, repo.hex_length)
    for folder, _, _ in os.walk(root):
        atomic.sweep(folder)
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.isdir(path):
                continue
            lines = (atomic.read(path) or b"").splitlines(keepends=True)
            # As git reads them: a line that is none of its own is no value.
            yield path, [line for line in lines if re.match(form, line)]


def _locks(repo: Repo, *others: str) -> dict[str, tuple[int, int, int]]:
    """Return the lock files there are, each with what changes when another takes its place."""
    found = {}
    paths = list(others)
    for folder, _, files in os.walk(os.path.join(repo.common_dir, *layout.ROOT.split("/"))):
        paths += [os.path.join(folder, name) for name in files if name.endswith(".lock")]
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            stat = os.stat(path)
            found[path] = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
    return found


def known(path: str) -> dict[str, str]:
    """Return the last values of our refs as `refs.json` holds them; empty when unreadable."""
    data = atomic.read(path)
    try:
        found = json.loads(data)["refs"] if data else {}
        return {str(name): str(oid) for name, oid in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def remember(path: str, refs: Mapping[RefName, Oid], *, ours: Collection[str]) -> None:
    """Write to `path` what the refs of this clone are, under all the ids it has and had."""
    mine = {str(name): str(oid) for name, oid in refs.items() if name.split("/")[2] in ours}
    atomic.write(path, compact_json({"v": 1, "refs": mine}))


def lost(
    known: Mapping[str, str], now: Mapping[RefName, Oid], *, writer: WriterId | None
) -> list[RefUpdate]:
    """Return the moves that heal refs of ours which are not what we last made them.

    Only this clone writes those of its `writer`, so one that vanished (a mirror fetch) or went
    back (a restored backup) was not moved by us. Under an id that it had before another clone may
    record: there only what vanished is put back.
    """
    return [
        RefUpdate(RefName(name), now.get(RefName(name), Oid.zero(len(oid))), Oid(oid))
        for name, oid in sorted(known.items())
        if (value := now.get(RefName(name))) != oid and (value is None or is_of(writer, name))
    ]


def is_of(writer: WriterId | None, name: str) -> bool:
    """Tell whether a ref is a writer's."""
    return name.startswith(f"{layout.ROOT}/{writer}/")


def heal(repo: Repo, moves: Sequence[RefUpdate], *, reader: Reader, clock: Clock) -> None:
    """Give refs the values we last gave them, whatever their old ones have become meanwhile.

    Raises:
        RefConflictError, GitError: as `move`.
    """
    remove_broken(repo, [change.name for change in moves])
    now = current(repo)
    again = [change._replace(old=now.get(change.name, repo.zero)) for change in moves]
    move(repo, again, clock=clock)
    trim_strange(repo, again, reader=reader)


def trim_strange(repo: Repo, moved: Sequence[RefUpdate], *, reader: Reader) -> None:
    """Take old values that are no object out of the reflogs: `git fsck` fails over one, gc warns."""
    strange = {change.old for change in moved if not change.old.is_zero}
    trim_reflogs(repo, {oid for oid in strange if reader.info(oid) is None})


def remove_broken(repo: Repo, names: Collection[str]) -> None:
    """Remove the files of refs of ours that hold no id: git moves no such ref, nor deletes it.

    A power cut leaves them with nothing in them, or zeros.
    """
    for name in names:
        path = os.path.join(repo.common_dir, name)
        try:
            data = atomic.read(path)
        except OSError:
            continue
        if data is not None and not re.match(_IS_ID, data):
            faults.point("remove broken ref")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def _sync(repo: Repo, updates: Sequence[RefUpdate]) -> None:
    """Make the names of the moved refs durable; a packed or reftable ref has no folder."""
    for folder in sorted({os.path.dirname(change.name) for change in updates}):
        path = os.path.join(repo.common_dir, folder)
        if os.path.isdir(path):
            atomic.sync_dir(path)
