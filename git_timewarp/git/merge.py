"""Three-way merges of trees, without a work tree or an index.

git 2.39's `merge-tree --write-tree` takes commits: they are made for the occasion and go,
like everything the merge writes, where `git` writes objects.
"""

from __future__ import annotations

from collections.abc import Callable

from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.run import Git
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_str

Put = Callable[[str, bytes], Oid]

_WHO = "git-timewarp <git-timewarp@localhost> 0 +0000"


class Merged(Frozen):
    """A merged tree, and the paths that conflict (their content in `tree` has markers)."""

    tree: Oid
    conflicts: tuple[RepoPath, ...]


def merge_trees(git: Git, put: Put, *, base: Oid, ours: Oid, theirs: Oid) -> Merged:
    """Merge what changed from `base` to `theirs` into `ours`.

    Args:
        git: reads all three; what it writes goes to its object directory.
        put: writes one object there and returns its id.
        base: the tree both sides started from.
        ours: the tree that receives.
        theirs: the tree whose changes are brought in.

    Raises:
        GitError: git could not merge at all.
    """
    root = put("commit", _commit(base))
    sides = [put("commit", _commit(tree, parent=root)) for tree in (ours, theirs)]
    result = git.run(
        "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", *sides, ok=(0, 1)
    )
    words = result.out.split(b"\0")
    conflicts = {RepoPath(to_str(name)) for name in words[1:] if name}
    return Merged(Oid(words[0].decode().strip()), tuple(sorted(conflicts)))


def _commit(tree: Oid, *, parent: Oid | None = None) -> bytes:
    parents = f"parent {parent}\n" if parent is not None else ""
    return f"tree {tree}\n{parents}author {_WHO}\ncommitter {_WHO}\n\nmerge of trees\n".encode()
