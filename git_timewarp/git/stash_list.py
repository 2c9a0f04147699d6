"""git's own stashes: reading the list, and making an entry for it as `git stash` would.

An entry is a commit of the work tree's tracked files. Its parents are the commit it was made
on, a commit of the index, and, where untracked files are in it, a commit of these. The list
is the reflog of `refs/stash` (git-stash(1), builtin/stash.c).
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Reader
from git_timewarp.git.refs import STASH
from git_timewarp.git.run import DURABLE, Git
from git_timewarp.util import faults
from git_timewarp.util.text import to_bytes, to_str

_NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "git"), ("EMAIL", "git@stash"))
}
"""Who makes an entry where nobody said who he is, as git has it."""


class GitStash(NamedTuple):
    """An entry of git's list: its number, the commit, seconds since the epoch, what it says."""

    number: int
    commit: Oid
    seconds: int
    message: str

    @property
    def name(self) -> str:
        """What git calls it."""
        return f"stash@{{{self.number}}}"


class Parts(NamedTuple):
    """What an entry holds: the commit it was made on, and trees."""

    base: Oid
    base_tree: Oid
    tree: Oid
    index_tree: Oid
    untracked: Oid | None


def listed(git: Git) -> list[GitStash]:
    """Return git's list, newest first."""
    line = ("log", "-g", "-z", "--no-show-signature", "--format=%H %ct %gs", STASH, "--")
    words = git.run(*line, ok=(0, 128)).out.split(b"\0")
    found = []
    for number, word in enumerate(word for word in words if word):
        commit, seconds, message = to_str(word).split(" ", 2)
        found.append(GitStash(number, Oid(commit), int(seconds), message))
    return found


def parts(reader: Reader, commit: Oid) -> Parts | None:
    """Return what an entry holds; None where that commit is no stash, or a part of it is gone."""
    found = reader.find(commit)
    if found is None or found.type != "commit":
        return None
    header = found.data.partition(b"\n\n")[0].decode("utf-8", "replace").split("\n")
    above = [line.removeprefix("parent ") for line in header if line.startswith("parent ")]
    if len(above) not in {2, 3}:
        return None
    names = [f"{oid}^{{tree}}" for oid in (commit, *above)]
    known = [reader.info(name) for name in names]
    trees = [item[0] for item in known if item is not None]
    if len(trees) != len(names):
        return None
    return Parts(Oid(above[0]), trees[1], trees[0], trees[2], trees[3] if len(above) > 2 else None)


class Content(NamedTuple):
    """What to make an entry of.

    Attributes:
        base: the commit it is made on.
        tree: all files, in git's store.
        index_tree: the index.
        untracked: the files of `tree` that git does not track: mode, id, path.
        branch: where that was.
        message: what the list will say after the branch.
        date: when, as git reads it.
    """

    base: Oid
    tree: Oid
    index_tree: Oid
    untracked: Sequence[tuple[int, Oid, str]]
    branch: str
    message: str
    date: str


def make(git: Git, content: Content, *, index: str) -> Oid:
    """Write the commits of an entry into git's store; return the one the list is to name.

    Args:
        git: writes into git's store.
        content: what goes into it.
        index: path for a scratch index file.
    """
    who = {"GIT_AUTHOR_DATE": content.date, "GIT_COMMITTER_DATE": content.date}
    if git.run("var", "GIT_COMMITTER_IDENT", ok=(0, 128)).code:
        who |= _NOBODY
    git = git.using(config=(*DURABLE, "i18n.commitEncoding=utf-8"), extra=who)
    subject = git.text("show", "-s", "--no-show-signature", "--format=%h %s", content.base)
    where = f"{content.branch}: {subject}"
    tree, others = content.tree, None
    if content.untracked:
        scratch = git.using(index=index)
        with _scratch(index):
            names = b"".join(to_bytes(path) + b"\0" for _, _, path in content.untracked)
            scratch.run("read-tree", content.tree)
            scratch.run("update-index", "--force-remove", "-z", "--stdin", stdin=names)
            tree = Oid(scratch.run("write-tree").text)
            lines = [f"{mode:o} {oid}\t{path}\0" for mode, oid, path in content.untracked]
            scratch.run("read-tree", "--empty")
            scratch.run("update-index", "-z", "--index-info", stdin=to_bytes("".join(lines)))
            others = _commit(git, scratch.run("write-tree").text, f"untracked files on {where}")
    staged = _commit(git, content.index_tree, f"index on {where}", content.base)
    above = [content.base, staged, *([others] if others is not None else [])]
    return _commit(git, tree, f"On {content.branch}: {content.message}", *above)


def union(git: Git, tree: Oid, other: Oid, *, index: str) -> Oid:
    """Return a tree with the files of both; `git` says where it is written."""
    scratch = git.using(index=index)
    with _scratch(index):
        scratch.run("read-tree", tree)
        entries = git.run("ls-tree", "-r", "-z", "--full-tree", other).out
        scratch.run("update-index", "-z", "--index-info", stdin=entries)
        return Oid(scratch.run("write-tree").text)


def _commit(git: Git, tree: str, message: str, *parents: str) -> Oid:
    above = [word for parent in parents for word in ("-p", parent)]
    return Oid(git.run("commit-tree", tree, *above, stdin=to_bytes(message + "\n")).text)


@contextlib.contextmanager
def _scratch(index: str) -> Iterator[None]:
    try:
        yield
    finally:
        for path in (index, index + ".lock"):
            faults.point("unlink scratch index")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
