"""Which objects something leads to: our refs on the one hand, all that is the user's on the other.

git writes no object that it finds in a pack of ours, so what the user commits or stages after
we have captured it is often there only. Nothing leaves our packs before git was asked what
his refs, reflogs, indexes and operations in progress, in every work tree, lead to.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import (
    MODE_GITLINK,
    MissingObjectError,
    Reader,
    absent,
    parse_tree,
)
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import Git
from git_timewarp.store import layout
from git_timewarp.util import atomic

_ID = rb"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b"
_WALK = ("rev-list", "--objects", "--no-object-names", "--missing=allow-any", "--ignore-missing")
_PSEUDO = r"[A-Z][A-Z_]*\Z"
_OPERATIONS = ("rebase-merge", "rebase-apply", "sequencer", "refs")
_LARGEST = 4 << 20
"""Bytes of the largest state file of git that is searched for ids."""


def below(git: Git, tips: Iterable[str]) -> list[Oid]:
    """Return what `tips` (any objects) lead to, themselves too, each once.

    In the order of the tips: what only a later one leads to comes later. What is gone is left
    out, with what it would lead to.

    Raises:
        GitError: git cannot walk them.
    """
    stdin = "".join(f"{tip}\n" for tip in tips).encode()
    out = git.run(*_WALK, "--stdin", stdin=stdin).text if stdin else ""
    return [Oid(line) for line in out.splitlines()]


def readable_below(git: Git, tips: Iterable[Oid]) -> set[Oid]:
    """Return what tags and trees of ours lead to, as far as it can be read.

    git walks nothing at all where one tree is damaged.
    """
    found: set[Oid] = set()
    left = list(tips)
    with contextlib.closing(Reader(git)) as reader:
        while left:
            oid = left.pop()
            if oid in found:
                continue
            found.add(oid)
            with contextlib.suppress(MissingObjectError, ValueError):
                item = reader.find(oid)
                if item is not None and item.type == "tag":
                    left.append(layout.tree_in(item.data))
                elif item is not None and item.type == "tree":
                    entries = parse_tree(item.data, hex_length=len(oid))
                    found.update(e.oid for e in entries if not e.is_tree and e.mode != MODE_GITLINK)
                    left += [e.oid for e in entries if e.is_tree]
    return found


def of_user(repo: Repo) -> set[Oid]:
    """Return every object that something of the user's leads to.

    Raises:
        GitError: his history cannot be walked: nothing may be removed then.
    """
    ours = f"--exclude={layout.ROOT}/*"
    named = sorted({Oid(oid) for oid in _named(repo)})
    # A reflog may name what was pruned long ago; what a ref leads to has to be there.
    there = set(named) - set(absent(repo.git, named))
    stdin = "".join(f"{oid}\n" for oid in sorted(there)).encode()
    # Ref logs in tables cannot be told from ours, which makes more of it his: nothing is lost.
    logs = ("--reflog",) if os.path.isdir(os.path.join(repo.common_dir, "reftable")) else ()
    walk = ("rev-list", "--objects", "--no-object-names", "--missing=allow-promisor")
    words = (*walk, ours, "--all", *logs, "--indexed-objects", "--stdin")
    return {Oid(line) for line in repo.git.run(*words, stdin=stdin).text.splitlines()}


def _named(repo: Repo) -> Iterator[str]:
    """Yield the ids in reflogs of the user and in what git keeps of operations in progress."""
    linked = os.path.join(repo.common_dir, "worktrees")
    names = os.listdir(linked) if os.path.isdir(linked) else []
    for place in (repo.common_dir, *(os.path.join(linked, name) for name in names)):
        for name in _listed(place):
            if re.match(_PSEUDO, name):
                yield from _ids(os.path.join(place, name))
        for folder in ("logs", *_OPERATIONS):
            yield from _below_folder(os.path.join(place, folder))


def _below_folder(path: str) -> Iterator[str]:
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if not _is_ours(os.path.join(folder, name))]
        for name in files:
            yield from _ids(os.path.join(folder, name))


def _is_ours(folder: str) -> bool:
    return folder.endswith(os.sep + layout.ROOT.replace("/", os.sep))


def _ids(path: str) -> Iterator[str]:
    with contextlib.suppress(OSError):
        is_log = f"{os.sep}logs{os.sep}" in path
        if is_log or os.stat(path).st_size <= _LARGEST:
            yield from (word.decode() for word in re.findall(_ID, atomic.read(path) or b""))


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
