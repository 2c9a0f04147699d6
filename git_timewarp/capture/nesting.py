"""Repositories inside the work tree, each captured as a view of its own.

Nothing is written into a nested repository: its files go through an index of ours,
with its objects as one more alternate, and every object of its view is copied into
the quarantine, because its store is not ours to rely on. A submodule is a gitlink in
the tree; it has a view too when its files are not those of the recorded commit.

Format of a nested view: a tree with the parts of `store/view.py` and `meta`, the JSON
of `View.to_json` with `"v": 1`.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Collection, Sequence

from git_timewarp.capture.memory import Memory
from git_timewarp.capture.workplace import Place, at
from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_FILE, MODE_GITLINK, MODE_TREE, Reader, TreeEntry
from git_timewarp.git.repo import Repo, discover
from git_timewarp.git.trees import new_objects
from git_timewarp.store.view import FORMAT_VERSION, Skipped, View, escape
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import compact_json, to_bytes, to_str

_BLOBS = frozenset({"refs", "modes"})
_BULK = 32
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})

Take = Callable[[Place, Collection[RepoPath]], View]
"""Captures one place; the repositories below it that are named are captured whole."""


class Nested(Frozen):
    """The `nested` part (None when empty) and the repositories that could not be captured."""

    part: Oid | None
    skipped: tuple[Skipped, ...]


def capture(
    place: Place,
    memory: Memory,
    *,
    found: Sequence[RepoPath],
    recorded: dict[str, Oid],
    take: Take,
    whole: Collection[RepoPath],
    fresh: bool,
) -> Nested:
    """Capture the untracked repositories `found` and the populated submodules `recorded`.

    A submodule in `whole` is captured also when its files are those of its commit.
    """
    entries: list[TreeEntry] = []
    skipped: list[Skipped] = []
    known, memory.nested = memory.nested, {}
    for path in [*found, *(RepoPath(name) for name in recorded)]:
        if not os.path.lexists(os.path.join(place.file(path), b".git")):
            continue
        repo = _open(place, path)
        if not isinstance(repo, Repo):
            skipped.append(repo)
            continue
        try:
            oid = _one(
                place,
                repo,
                path=path,
                recorded=recorded.get(path),
                take=take,
                whole=whole,
                base=None if fresh else known.get(path),
            )
        except (TimewarpError, OSError) as exc:
            if isinstance(exc, OSError) and exc.errno in _FULL:
                raise
            skipped.append(Skipped(path, "nested"))
            continue
        if oid is not None:
            memory.nested[path] = oid
            entries.append(TreeEntry(MODE_TREE, escape(path), oid))
    return Nested(place.put_tree(entries) if entries else None, tuple(skipped))


def named(place: Place, whole: Collection[RepoPath]) -> frozenset[RepoPath]:
    """Return those of `whole` that are repositories, not files in somebody's way."""
    dots = ((path, os.path.join(place.file(path), b".git")) for path in whole)
    return frozenset(path for path, dot in dots if os.path.lexists(dot))


def recorded_commits(place: Place, memory: Memory) -> dict[str, Oid]:
    """Return path -> commit of the submodules in the private index."""
    if not memory.gitlinks:
        return {}
    there = [
        path for path in memory.gitlinks if os.path.lexists(os.path.join(place.file(path), b".git"))
    ]
    found = {}
    for start in range(0, len(there), 100):
        out = place.git.run("ls-files", "-s", "-z", "--", *there[start : start + 100]).out
        for line in to_str(out).split("\0")[:-1]:
            head, _, path = line.partition("\t")
            mode, oid, _ = head.split(" ")
            if int(mode, 8) == MODE_GITLINK:
                found[path] = Oid(oid)
    return found


def _open(place: Place, path: RepoPath) -> Repo | Skipped:
    try:
        repo = discover(to_str(place.file(path)), place.repo.git.environ)
    except (TimewarpError, OSError):
        return Skipped(path, "nested")
    if os.path.realpath(repo.common_dir) == os.path.realpath(place.repo.common_dir):
        # git found ours again: the folder is a work tree of this very repository, or
        # its `.git` is broken and the search went up.
        inside = os.path.realpath(repo.work_tree) == os.path.realpath(to_str(place.file(path)))
        return Skipped(path, "worktree" if inside else "nested")
    if repo.hash_name != place.repo.hash_name:
        return Skipped(path, "nested")
    return repo


def _one(
    place: Place,
    repo: Repo,
    *,
    path: RepoPath,
    recorded: Oid | None,
    take: Take,
    whole: Collection[RepoPath],
    base: str | None,
) -> Oid | None:
    outer = place.quarantine
    reader = Reader(repo.git.using(alternates=(outer.path, outer.repo.objects_dir)))
    try:
        name = hashlib.sha256(to_bytes(path)).hexdigest()[:32]
        folder = os.path.join(place.folder, "nested", name)
        inner = at(repo, outer, folder=folder, reader=reader)
        below = len(path) + 1
        view = take(inner, [RepoPath(w[below:]) for w in whole if w.startswith(f"{path}/")])
        if recorded is not None and path not in whole and _is_commit(view, reader, recorded):
            return None
        oid = _compose(inner, view)
        _copy(inner, oid, base=base)
        return oid
    finally:
        reader.close()


def _is_commit(view: View, reader: Reader, commit: Oid) -> bool:
    """Tell whether a submodule holds exactly its recorded commit."""
    found = reader.info(f"{commit}^{{tree}}")
    parts = set(view.parts()) - {"tree", "refs"}
    return found is not None and found[0] == view.tree and not parts and not view.empty_dirs


def _compose(inner: Place, view: View) -> Oid:
    meta = inner.put("blob", compact_json({"v": FORMAT_VERSION, **view.to_json()}))
    entries = [
        TreeEntry(MODE_FILE if name in _BLOBS else MODE_TREE, name, oid)
        for name, oid in view.parts().items()
    ]
    return inner.put_tree([*entries, TreeEntry(MODE_FILE, "meta", meta)])


def _copy(inner: Place, tree: Oid, *, base: str | None) -> None:
    """Bring every object below `tree` to where the outer repository sees it."""
    outer = inner.quarantine
    bases = []
    if base is not None and outer.reader.info(base) is not None:
        bases.append(Oid(base))
    missing = [
        oid
        for oid, mode, _ in new_objects(inner.reader, tree, bases)
        if mode != MODE_GITLINK and outer.reader.info(oid) is None
    ]
    if len(missing) <= _BULK:
        for oid in missing:
            found = inner.reader.find(oid)
            if found is not None:
                outer.put(found.type, found.data)
        return
    source = inner.git._replace(index=None, objects=None).using(alternates=(outer.path,))
    listed = b"".join(oid.encode() + b"\n" for oid in missing)
    pack = source.run("pack-objects", "--stdout", "-q", stdin=listed).out
    with inner.writing():
        # As the outer repository: what the nested one has would be left out otherwise.
        outer.git.run("unpack-objects", "-q", stdin=pack)
