"""Seeding the private index from the user's, and keeping it honest afterwards.

The private index starts as a byte copy of the user's index, mtime included (without
it git's check for racily clean entries misses same-size edits), so tracked paths that
are ignored, blobs that filters made and stat data come along for nothing. Then it is
made whole (no split, no sparse folders, version 2 or 3), assume-unchanged is cleared,
and skip-worktree is cleared where the path exists. Whenever the user's index changes
it is seeded again.

Debian's git compares whole seconds. A file edited twice within the second that its
index entry names, its mtime put back, looks clean to git for ever; nanoseconds tell,
so entries that young are compared here and hashed again when they differ.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Sequence

from git_timewarp.capture.memory import Memory
from git_timewarp.capture.tree_build import Leaf, build
from git_timewarp.capture.workplace import Place, joined, second, sorted_paths
from git_timewarp.git import index as index_file
from git_timewarp.git import promised
from git_timewarp.git.index import IndexEntry, IndexFormatError, Stamp, Survey
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_GITLINK
from git_timewarp.git.run import GitError
from git_timewarp.store.view import Skipped
from git_timewarp.util import faults
from git_timewarp.util.atomic import write_all
from git_timewarp.util.text import to_bytes, to_str

_MOST_ARGUMENTS = 200
_PROVES_NOTHING = "="
"""Before a stamp: the file was written in the tick it was read, a later write may look the same."""


class Seeded:
    """What seeding found out.

    Attributes:
        memory: what to remember from now on.
        forced: paths to be hashed again although git calls them clean.
        recent: paths whose entry is new to us.
        skipped: what is lost already.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.forced: list[RepoPath] = []
        self.recent: list[RepoPath] = []
        self.skipped: list[Skipped] = []


def seed(place: Place, *, old: Memory, sources: str, now_ns: int) -> Seeded:
    """Replace the private index by a fresh copy of the user's; `old` lends what still holds."""
    memory = Memory()
    memory.sources = sources
    memory.refs = old.refs
    memory.index_part = old.index_part
    memory.umask = old.umask
    memory.modes = old.modes
    memory.seen = old.seen
    memory.attributes = old.attributes
    memory.raw = old.raw
    memory.away = old.away
    memory.digests = old.digests
    memory.special = old.special
    memory.nested = old.nested
    seeded = Seeded(memory)
    try:
        memory.seed = _copy(place)
        survey = _made_whole(place, since=memory.seen)
    except (IndexFormatError, GitError, IndexError, ValueError):
        # A damaged index is no reason to lose the work tree: start from HEAD.
        memory.seed = index_file.identity(place.user_index, hex_length=place.repo.hex_length) or ""
        seeded.skipped.append(Skipped(RepoPath(".git/index"), "unreadable"))
        _from_head(place)
        survey = _survey(place, since=memory.seen)
    _index_part(place, seeded, marked=survey.marked)
    _clear_bits(place, memory, marked=survey.marked)
    memory.gitlinks = [e.path for e in survey.marked if e.mode == MODE_GITLINK and not e.stage]
    _compare_recent(place, seeded, survey=survey, now_ns=now_ns)
    memory.seen = second(now_ns)
    return seeded


def _compare_recent(place: Place, seeded: Seeded, *, survey: Survey, now_ns: int) -> None:
    """Find the files that git calls clean though the nanoseconds say otherwise."""
    root = place.file("")
    for name, recorded in survey.recent:
        path = RepoPath(to_str(name))
        seeded.recent.append(path)
        try:
            found = os.lstat(root + name)
        except OSError:
            continue
        now = index_file.stat_fields(found)
        if now == recorded:
            if now[0] >= second(now_ns):
                note_young(seeded.memory, path=path, found=found, now_ns=now_ns)
            continue
        # An index written without nanoseconds has zeros there: nothing to compare.
        same_second = (recorded[0], recorded[2], *recorded[4:]) == (now[0], now[2], *now[4:])
        differs = (recorded[1] and recorded[1] != now[1]) or (recorded[3] and recorded[3] != now[3])
        if same_second and differs:
            seeded.forced.append(path)
        elif same_second and now[0] >= second(now_ns):
            note_young(seeded.memory, path=path, found=found, now_ns=now_ns)


def note_young(memory: Memory, *, path: str, found: os.stat_result, now_ns: int) -> None:
    """Put a file on the recheck list when it may change within the second git compares.

    `now_ns` is the file system's own clock before the file was read: a later write gets
    a later stamp, unless the file's is of this very tick.
    """
    if found.st_ctime_ns >= now_ns:
        memory.recheck[path] = _PROVES_NOTHING + Stamp.of(found).key
    elif second(found.st_ctime_ns) >= second(now_ns):
        memory.recheck[path] = Stamp.of(found).key
    else:
        memory.recheck.pop(path, None)


def recheck(place: Place, memory: Memory, *, now_ns: int) -> list[RepoPath]:
    """Return the paths of the recheck list that git calls clean though they may not be."""
    doubted = []
    for path, key in list(memory.recheck.items()):
        try:
            found = os.lstat(place.file(path))
        except OSError:
            del memory.recheck[path]
            continue
        then, now = Stamp.parse(key.removeprefix(_PROVES_NOTHING)), Stamp.of(found)
        if then.coarse != now.coarse:
            # git sees that itself.
            del memory.recheck[path]
        elif then != now or key.startswith(_PROVES_NOTHING):
            doubted.append(RepoPath(path))
            del memory.recheck[path]
        else:
            note_young(memory, path=path, found=found, now_ns=now_ns)
    return doubted


def force(place: Place, paths: Collection[RepoPath]) -> None:
    """Forget the stat of the entries of these paths, so that git reads the files again."""
    if not paths:
        return
    with open(place.index, "rb") as file:
        data = file.read()
    wanted = {to_bytes(path) for path in paths}
    lines = b"".join(
        b"%o %s 0\t%s\0" % (entry.mode, entry.oid.encode(), to_bytes(entry.path))
        for entry in index_file.select(data, wanted, hex_length=place.repo.hex_length)
        if not entry.stage
    )
    if lines:
        place.git.run("update-index", "-z", "--index-info", stdin=lines)


def appeared(place: Place, memory: Memory) -> bool:
    """Clear skip-worktree where a path has come to exist; tell whether there was one."""
    found = present(place, memory.sparse)
    if found:
        place.git.run("update-index", "--no-skip-worktree", "-z", "--stdin", stdin=joined(found))
        there = set(found)
        memory.sparse = [path for path in memory.sparse if path not in there]
        memory.present = sorted_paths({*memory.present, *there})
    return bool(found)


def returned(place: Place, memory: Memory) -> list[RepoPath]:
    """Return the files the user's index tracks that came back after they had been deleted.

    The private index has forgotten them, so git would ask the ignore rules about them.
    """
    found = [
        path
        for path in present(place, memory.gone)
        if os.path.islink(place.file(path)) or not os.path.isdir(place.file(path))
    ]
    if not found:
        return []
    tracked: set[str] = set()
    for start in range(0, len(found), _MOST_ARGUMENTS):
        some = found[start : start + _MOST_ARGUMENTS]
        listed = place.repo.git.run("ls-files", "-z", "--", *some, ok=(0, 128))
        tracked |= {to_str(name) for name in listed.out.split(b"\0")}
    others = set(found) - tracked
    memory.gone = [path for path in memory.gone if path not in others]
    return [RepoPath(path) for path in found if path in tracked]


def present(place: Place, paths: Sequence[str]) -> list[str]:
    """Return which of `paths` (in git's order) exist; what is below a missing folder is quick."""
    found, missing = [], ""
    for path in paths:
        if missing and path.startswith(missing):
            continue
        missing = ""
        if os.path.lexists(place.file(path)):
            found.append(path)
            continue
        folder = path.rpartition("/")[0]
        while folder and not os.path.lexists(place.file(folder)):
            missing = folder + "/"
            folder = folder.rpartition("/")[0]
    return [path for path in found if not behind_link(place, path)]


def behind_link(place: Place, path: str) -> bool:
    """Tell whether a folder above the path is a symbolic link."""
    folder = path.rpartition("/")[0]
    while folder:
        if os.path.islink(place.file(folder)):
            return True
        folder = folder.rpartition("/")[0]
    return False


def _copy(place: Place) -> str:
    """Copy the user's index, times included; return its identity ('' where there is none)."""
    try:
        source = os.open(place.user_index, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        place.git.run("read-tree", "--empty")
        return ""
    temporary = place.index + ".new"
    try:
        found = os.fstat(source)
        seen = index_file.identity_of(source, hex_length=place.repo.hex_length)
        faults.point("write private index")
        target = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            while part := os.read(source, 1 << 24):
                write_all(target, part)
            os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
        finally:
            os.close(target)
    finally:
        os.close(source)
    faults.point("rename private index")
    os.replace(temporary, place.index)
    return seen


def _survey(place: Place, *, since: int) -> Survey:
    with open(place.index, "rb") as file:
        return index_file.survey(file.read(), hex_length=place.repo.hex_length, since=since)


def _made_whole(place: Place, *, since: int) -> Survey:
    """Let git rewrite a private index that is split, sparse or compressed; look through it."""
    found = _survey(place, since=since)
    if found.plain:
        return found
    place.git.run("update-index", "--no-split-index", "--force-write-index", "--index-version", "2")
    found = _survey(place, since=since)
    if not found.plain:
        raise IndexFormatError("git kept the index in a form we cannot read", hint="git status")
    return found


def _from_head(place: Place) -> None:
    faults.point("unlink private index")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(place.index)
    if place.git.run("read-tree", "HEAD", ok=range(256)).code != 0:
        place.git.run("read-tree", "--empty")


def _clear_bits(place: Place, memory: Memory, *, marked: Sequence[IndexEntry]) -> None:
    assumed = [entry.path for entry in marked if entry.assume_unchanged]
    if assumed:
        stdin = joined(assumed)
        place.git.run("update-index", "--no-assume-unchanged", "-z", "--stdin", stdin=stdin)
    memory.sparse = [entry.path for entry in marked if entry.skip_worktree]
    appeared(place, memory)


def _index_part(place: Place, seeded: Seeded, *, marked: Sequence[IndexEntry]) -> None:
    """Note index tree, conflict stages and bits of the user's index as it was copied."""
    memory = seeded.memory
    staged = [entry for entry in marked if entry.stage]
    for stage in sorted({entry.stage for entry in staged}):
        leaves = {tuple(e.path.split("/")): Leaf(e.mode, e.oid) for e in staged if e.stage == stage}
        memory.stages[str(stage)] = build(place.put_tree, leaves)
    bits = []
    for entry in marked:
        for flag, is_set in (
            ("assume-unchanged", entry.assume_unchanged),
            ("skip-worktree", entry.skip_worktree),
            ("intent-to-add", entry.intent_to_add),
        ):
            if is_set:
                bits.append(to_bytes(f"{flag} {entry.path}") + b"\0")
    memory.bits = place.put("blob", b"".join(bits)) if bits else ""
    memory.index_tree = _index_tree(place, seeded, unmerged=[entry.path for entry in staged])


def _index_tree(place: Place, seeded: Seeded, *, unmerged: Sequence[RepoPath]) -> Oid:
    if not unmerged:
        with place.writing():
            done = place.git.run("write-tree", ok=range(256))
        if done.code == 0:
            return Oid(done.text)
    temporary = place.index + ".part"
    with open(place.index, "rb") as source:
        found = os.fstat(source.fileno())
        data = source.read()
    faults.point("write index part")
    with open(temporary, "wb") as target:
        target.write(data)
    os.utime(temporary, ns=(found.st_atime_ns, found.st_mtime_ns))
    git = place.git.using(index=temporary)
    try:
        gone = set(unmerged)
        git.run("update-index", "--force-remove", "-z", "--stdin", stdin=joined(sorted(gone)))
        with place.writing():
            done = git.run("write-tree", ok=range(256))
            if done.code != 0:
                lost = lost_entries(place, data)
                seeded.forced += [e.path for e in lost if os.path.lexists(place.file(e.path))]
                seeded.skipped += [Skipped(e.path, "staged-lost") for e in lost]
                names = joined([e.path for e in lost])
                git.run("update-index", "--force-remove", "-z", "--stdin", stdin=names)
                done = git.run("write-tree")
        return Oid(done.text)
    finally:
        for name in (temporary, temporary + ".lock"):
            faults.point("unlink index part")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)


def lost_entries(place: Place, data: bytes) -> list[IndexEntry]:
    """Return the entries of an index whose blob is nowhere (a prune took it).

    A partial clone lacks the blobs of its sparse paths on purpose.
    """
    partial = promised.is_partial(place.config)
    entries = [
        entry
        for entry in index_file.entries(data, hex_length=place.repo.hex_length)
        if entry.mode != MODE_GITLINK
        and not (entry.stage or entry.intent_to_add)
        and not (partial and entry.skip_worktree)
    ]
    asked = b"".join(entry.oid.encode() + b"\n" for entry in entries)
    lines = place.git.run("cat-file", "--batch-check", stdin=asked).out.splitlines()
    return [entry for entry, line in zip(entries, lines, strict=True) if line.endswith(b"missing")]
