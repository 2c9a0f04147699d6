"""Purging: content that should never have been kept leaves every snapshot, and the disk.

By path or pattern, or by the id of a blob. The snapshots stay, with the paths among what they
skipped; kept commits that hold it lose their tree. The user's own commits are his: what they
hold of it is told, and stays.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MODE_GITLINK, MissingObjectError, absent
from git_timewarp.restore.pathspec import PathFilter
from git_timewarp.retention import copies, removal
from git_timewarp.retention.copies import Beside, Store
from git_timewarp.retention.results import Left, PurgeResult
from git_timewarp.store import kept
from git_timewarp.store.excise import Excision
from git_timewarp.store.reach import of_user
from git_timewarp.store.rewrite import bury, put_tombstone
from git_timewarp.store.snapshots import TOMBSTONE, Tombstone
from git_timewarp.store.view import unescape
from git_timewarp.timeline.operation import Operation
from git_timewarp.util import atomic, directories
from git_timewarp.util.clock import iso
from git_timewarp.util.text import json_name, printable, shell, some

_ID = r"(?:[0-9a-f]{64}|[0-9a-f]{40})\Z"
_LISTED = 100
_NAMED = 20
_LARGEST_TREE = 4 << 20


class NothingToPurgeError(TimewarpError):
    """No snapshot holds what was named."""

    kind = Kind.NOT_FOUND
    reference = "nothing-to-purge"


class NotABlobError(TimewarpError):
    """An id was given that is not that of a file's content."""

    kind = Kind.USAGE
    reference = "not-a-blob"


class _Found(NamedTuple):
    """What purging comes to.

    Attributes:
        excision: what it took out.
        snapshots: what takes the place of each.
        kept: the same for kept objects.
        objects: everything that was written.
        lost: snapshots of which nothing could be left: tombstones of ours take their places.
    """

    excision: Excision
    snapshots: dict[str, Oid]
    kept: dict[str, Oid]
    objects: list[Oid]
    lost: list[str]


def purge(
    op: Operation, words: Sequence[str], beside: Beside, *, dry_run: bool = False
) -> PurgeResult:
    """Take what `words` name (paths, patterns, ids of blobs) out of every snapshot.

    Raises:
        NothingToPurgeError: nothing stored matches.
        NotABlobError: an id names something else than a file's content.
        NotRemovedError, GitError: nothing was removed from snapshots; copies may be gone.

    What cannot be read and is not meant stays, and is told.
    """
    excision = _excision(op, words)
    if not dry_run:
        removal.ready(op)
    found = _search(op, excision, words)
    archives = beside.archives.with_content(excision.matches)
    blobs = sorted({oid for _, oid in excision.removed})
    paths = tuple(sorted({path for path, _ in excision.removed if path}))
    gone = () if dry_run else _forget_copies(op, beside, excision, words)
    if not (excision.removed or archives.hold or gone):
        named = " ".join(shell(word) for word in words[:3])
        raise NothingToPurgeError(
            f"no snapshot holds {some([printable(word) for word in words])}",
            hint=f"git timewarp log --all -- {named}",
        )
    names = tuple(os.path.relpath(path, op.repo.common_dir) for path in archives.hold)
    answer = PurgeResult(
        paths,
        tuple(blobs),
        tuple(sorted(found.snapshots)),
        dry_run=dry_run,
        archives=names,
        copies=len(gone),
    )
    if dry_run:
        return answer
    for path in archives.hold:
        directories.remove(path)
    done = removal.Done(0, waits=False, events=())
    if excision.removed:
        done = _carry_out(op, found, words, paths or blobs)
    if all(re.match(_ID, word) for word in words):
        paths = _with_content(op, paths, set(blobs))
    left = (
        *_still_there(op, blobs),
        *_comes_again(op, paths),
        *_unreadable(found.excision),
        *(copies.unreadable(op.repo, path) for path in archives.unreadable),
    )
    return answer._replace(left=left, frees=done.freed, waits=done.waits, events=done.events)


def _carry_out(
    op: Operation, found: _Found, words: Sequence[str], names: Sequence[str]
) -> removal.Done:
    """Take it out of the snapshots and our packs, and record that."""
    blobs = sorted({oid for _, oid in found.excision.removed})
    return removal.carry_out(
        op,
        removal.Wish(
            f"purged {some(names)}",
            found.snapshots,
            found.objects,
            "rewritten",
            kept=found.kept,
            data={
                "what": [json_name(word) for word in words],
                "objects": [str(oid) for oid in blobs[:_LISTED]],
                **({"removed": sorted(found.lost)} if found.lost else {}),
            },
            now=True,
            foreign=True,
        ),
    )


def _excision(op: Operation, words: Sequence[str]) -> Excision:
    """Return what takes the files that `words` name out of a tree."""
    ids: set[Oid] = set()
    rest: list[str] = []
    for word in words:
        if re.match(_ID, word):
            ids.add(_blob(op, word))
        else:
            rest.append(word)
    paths = PathFilter.parse(rest, prefix=op.repo.prefix) if rest else None

    def matches(path: str, oid: Oid) -> bool:
        if oid in ids:
            return True
        return bool(paths and paths.matches(path) and ".git" not in path.split("/"))

    return Excision(op.quarantine, matches, describe=op.history.describe)


def _blob(op: Operation, word: str) -> Oid:
    info = op.quarantine.reader.info(word)
    if info is not None and info[1] != "blob" and _is_readable(op, word):
        raise NotABlobError(
            f"'{word}' is a {info[1]}, not the content of a file",
            hint=f"git ls-tree -r {word}",
        )
    return Oid(word)


def _search(op: Operation, excision: Excision, words: Sequence[str]) -> _Found:
    """Rewrite every snapshot and kept object that holds it, in the quarantine."""
    reason = f"purge {' '.join(printable(word) for word in words)}"
    said = Tombstone("purge", op.id, reason, iso(op.world.clock.now_ns()))
    reader = op.quarantine.reader
    found = _Found(excision, {}, {}, [], [])
    for snapshot, entry in op.history.catalog.every():
        heart = _lost_heart(op, excision, entry)
        if heart is not None:
            excision.removed.add(("", heart))
            anew = partial(op.history.describe, snapshot, entry)
            stone = put_tombstone(op.quarantine, said)
            new = bury(op.quarantine, entry, stone, keep={"meta"}, anew=anew)
            found.lost.append(str(snapshot))
            found.objects.extend((stone, *(item.oid for item in reader.tree(new))))
        else:
            try:
                new = excision.snapshot(entry, snapshot)
            except MissingObjectError:
                excision.unreadable.add(entry)
                continue
        if new != entry:
            found.snapshots[str(snapshot)] = new
            found.objects.append(new)
    for oid, entry in kept.entries(reader, op.recorder.refs, op.recorder.journal.kept):
        try:
            if not excision.kept(entry):
                continue
            keep = {item.name for item in reader.tree(entry)} & {"type", "object"}
        except MissingObjectError:
            excision.unreadable.add(entry)
            continue
        stone = put_tombstone(op.quarantine, said)
        found.kept[oid] = bury(op.quarantine, entry, stone, keep=keep)
        found.objects.extend((stone, found.kept[oid]))
    found.objects.extend(excision.objects)
    return found._replace(objects=list(dict.fromkeys(found.objects)))


def _lost_heart(op: Operation, excision: Excision, entry: Oid) -> Oid | None:
    """Return what is lost and meant of a snapshot that is nothing without it."""
    if not _is_readable(op, entry):
        return entry if excision.matches("", entry) else None
    parts = {item.name: item.oid for item in op.quarantine.reader.tree(entry)}
    names = (TOMBSTONE, "meta") if TOMBSTONE in parts else ("tree",)
    for name in names:
        oid = parts.get(name)
        if oid is not None and excision.matches("", oid) and not _is_readable(op, oid):
            return oid
    return None


def _is_readable(op: Operation, name: str) -> bool:
    with contextlib.suppress(MissingObjectError):
        return op.quarantine.reader.find(name) is not None
    return False


def _unreadable(excision: Excision) -> list[Left]:
    """Tell of what could not be looked through."""
    return [
        Left(oid, "lost or damaged, and what it led to was not looked at", "git timewarp repair")
        for oid in sorted(excision.unreadable)[:_NAMED]
    ]


def _forget_copies(
    op: Operation, beside: Beside, excision: Excision, words: Sequence[str]
) -> list[str]:
    """Remove copies of the content that we keep outside of every object store; return them.

    Of what a crash left nobody knows the whole path: there, a file of the same name is meant.
    """
    blobs = {oid for _, oid in excision.removed} | {Oid(w) for w in words if re.match(_ID, w)}
    names = {path.rpartition("/")[2] for path, _ in excision.removed if path}
    names |= {word.rstrip("/").rpartition("/")[2] for word in words if not re.match(_ID, word)}

    def meant(store: Store) -> set[Oid]:
        found = {oid for oid in blobs if store.has(oid)}
        for thing in store.every(("tree",), most=_LARGEST_TREE):
            for item in store.tree(thing.oid) or ():
                is_file = not item.is_tree and item.mode != MODE_GITLINK
                if is_file and (item.name in names or unescape(item.name) in names):
                    found.add(item.oid)
        return found

    def is_meant(path: str, oid: Oid) -> bool:
        return oid in blobs or excision.matches(path, oid)

    directories.remove(os.path.join(op.repo.state_dir, "staging"))
    return [
        *beside.objects.drop(meant),
        *copies.drop_files(op.repo, is_meant),
    ]


def _still_there(op: Operation, blobs: Sequence[Oid]) -> list[Left]:
    """Tell of content that is still on the disk, where, and what is to be done about it."""
    gone = set(absent(op.repo.git, list(blobs)))
    there = [oid for oid in blobs if oid not in gone]
    if not there:
        return []
    user = of_user(op.repo)
    packs = op.recorder.packs
    ours = {oid for name in packs.names() for oid in packs.held_by(name, set(there))}
    left = []
    for oid in there:
        if oid in user:
            where, hint = "your own commits, index or reflogs", f"git log --all --find-object={oid}"
        elif oid in ours:
            where, hint = "snapshots, at another path", f"git timewarp purge {oid}"
        else:
            where, hint = "git's own store, where nothing leads to it", "git gc --prune=now"
        left.append(Left(oid, where, hint))
    return left


def _with_content(op: Operation, paths: Sequence[str], blobs: set[Oid]) -> tuple[str, ...]:
    """Return the paths whose file has the content of one of `blobs` now."""
    found = []
    for path in paths:
        place = os.path.join(op.repo.work_tree, path)
        if not os.path.isfile(place) or os.path.islink(place):
            continue
        for how in (("--no-filters",), ()):
            done = op.repo.git.run("hash-object", *how, "--", place, ok=range(256))
            if done.code or done.text in blobs:
                found.append(path)
                break
    return tuple(found)


def _comes_again(op: Operation, paths: Sequence[str]) -> list[Left]:
    """Tell of paths that the next snapshot would hold again."""
    there = [path for path in paths if os.path.lexists(os.path.join(op.repo.work_tree, path))]
    if not there:
        return []
    asked = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--")
    found: list[str] = []
    with contextlib.suppress(TimewarpError):
        out = op.repo.git.run(*asked, *there[:_LISTED]).text
        found = sorted({name for name in out.split("\0") if name})
    return [
        Left(
            "",
            f"the work tree: the next snapshot holds '{name}' again",
            _forgetting(op, name),
        )
        for name in found[:_NAMED]
    ]


def _forgetting(op: Operation, path: str) -> str:
    """Return what to type, where the user stands, so that git does not know a path any more."""
    rule = re.sub(r"([\\*?\[])", r"\\\1", f"/{path}")
    rule = re.sub(r" +\Z", lambda found: "\\ " * len(found[0]), rule)
    # A rule is one line, and `?` is any character.
    rule = re.sub(r"[\x00-\x1f\x7f]", "?", rule)
    # Some shells' echo takes a backslash for more than itself.
    text = f"printf '%s\\n' {shell(rule)}" if "\\" in rule else f"echo {shell(rule)}"
    data = atomic.read(os.path.join(op.repo.work_tree, ".gitignore")) or b"\n"
    if not data.endswith(b"\n"):
        text = f"printf '\\n%s\\n' {shell(rule)}"
    ignore = f"{text} >>{'../' * op.repo.prefix.count('/')}.gitignore"
    if not op.repo.git.run("ls-files", "--", path).out:
        return ignore
    is_plain = not op.repo.prefix and not re.search(r"[:*?\[\\]", path)
    spec = path if is_plain else f":(top,literal){path}"
    return f"git rm --cached -- {shell(spec)} && {ignore}"
