"""Finding the repository a command stands in, and the facts that never change during it."""

import os
import re
from collections.abc import Mapping

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import generation, redirection
from git_timewarp.git.names import Oid
from git_timewarp.git.run import Git, GitError, Process, finish, scrubbed
from git_timewarp.util import atomic
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import shell, to_str

_FACTS = (
    "--is-bare-repository",
    "--is-inside-git-dir",
    "--show-object-format",
    "--path-format=absolute",
    "--git-dir",
    "--git-common-dir",
    "--git-path",
    "objects",
)
_TRUST = "git config --global --add safe.directory"
_BAD_LINE = r"bad config line (\d+) in file (.+)\Z"
_NOT_PRINTED = 2
"""Words of `_FACTS` that have no line in the answer: the path format, and `objects`."""
_PLACE = ("--show-toplevel", "--show-prefix")


class NotARepositoryError(TimewarpError):
    """There is no repository where the command was started."""

    kind = Kind.REFUSED
    reference = "not-a-repository"


class BareRepositoryError(TimewarpError):
    """The repository has no work tree."""

    kind = Kind.REFUSED
    reference = "bare-repository"


class Repo(Frozen):
    """One work tree of one repository.

    Attributes:
        git: runner bound to this work tree, the user's own index, git's store.
        git_dir: absolute path of this work tree's git directory.
        common_dir: absolute path shared by all work trees.
        work_tree: absolute path of the work tree's root.
        prefix: the caller's folder below the root, `''` or ending in `/`.
        objects_dir: git's own object directory.
        hash_name: `sha1` or `sha256`.
        worktree: `main-worktree`, `worktrees/<id>` (gitglossary, per-worktree refs), or
            `worktrees/<id>~<n>` where others had that id before (`git/generation.py`); always UTF-8.
    """

    git: Git
    git_dir: str
    common_dir: str
    work_tree: str
    prefix: str
    objects_dir: str
    hash_name: str
    worktree: str

    @property
    def hex_length(self) -> int:
        """Digits of an object id: 40 or 64."""
        return 40 if self.hash_name == "sha1" else 64

    @property
    def zero(self) -> Oid:
        """The id that stands for 'no such ref'."""
        return Oid.zero(self.hex_length)

    @property
    def state_dir(self) -> str:
        """`$GIT_COMMON_DIR/timewarp`: everything of ours that is not in git (design 3)."""
        return os.path.join(self.common_dir, "timewarp")

    def inside(self, path: str) -> str:
        """Return a path as the user typed it, relative to the work tree's root."""
        full = os.path.normpath(os.path.join(self.work_tree, self.prefix, path))
        return os.path.relpath(full, self.work_tree)


def look(start: str, environ: Mapping[str, str]) -> Process:
    """Have git look for the repository around `start`, while something else is done."""
    return Git(scrubbed(environ)).start("rev-parse", *_FACTS, *_PLACE, cwd=start)


def discover(start: str, environ: Mapping[str, str], *, looking: Process | None = None) -> Repo:
    """Find the repository around the folder `start`.

    `GIT_DIR` and its kin are dropped: a hook that calls us must not redirect us. Who means
    another repository by them is told so, instead of being given this one. `looking` is what
    `look` gave, where that was begun before.

    Raises:
        NotARepositoryError: none there, or git refuses to open it (the message says why).
        BareRepositoryError: it has no work tree.
        redirection.OtherRepositoryError: the environment names another one.
    """
    base = Git(scrubbed(environ))
    try:
        out = finish(looking or look(start, environ), ("rev-parse",)).text
    except GitError:
        try:
            out = _without_work_tree(base, start)
        except TimewarpError:
            redirection.check(start, environ, git_dirs=(), work_tree=None)
            raise
    lines = out.split("\n")
    if len(lines) != len(_FACTS) - _NOT_PRINTED + len(_PLACE):
        raise NotARepositoryError(
            f"the path of the repository holds a newline and cannot be used: {out!r}",
            hint="git rev-parse --show-toplevel",
        )
    _, _, hash_name, git_dir, common_dir, objects_dir, top, prefix = lines
    redirection.check(start, environ, git_dirs=(git_dir, common_dir), work_tree=top)
    return Repo(
        git=Git(scrubbed(environ), git_dir=git_dir, work_tree=top),
        git_dir=git_dir,
        common_dir=common_dir,
        work_tree=top,
        prefix=prefix,
        objects_dir=objects_dir,
        hash_name=hash_name,
        worktree=generation.name(git_dir, common_dir),
    )


def _without_work_tree(base: Git, start: str) -> str:
    """Say why there is no work tree at `start`; return the facts where git changed its mind."""
    try:
        out = base.run("rev-parse", *_FACTS, cwd=start).text
    except GitError as exc:
        raise _not_a_repository(start, exc) from exc
    bare, inside, _, git_dir, common_dir, *_ = out.split("\n")
    if bare == "true":
        raise BareRepositoryError(
            f"'{git_dir}' is a bare repository and has no work tree to record",
            hint=f"git clone {shell(git_dir)}",
        )
    if inside == "true":
        raise NotARepositoryError(
            f"'{start}' is inside a git directory, not in a work tree",
            hint=f"cd {shell(os.path.dirname(common_dir))}",
        )
    return base.run("rev-parse", *_FACTS, *_PLACE, cwd=start).text


def _not_a_repository(start: str, exc: GitError) -> NotARepositoryError:
    text = exc.stderr.strip().splitlines()
    first = text[0] if text else ""
    if "not a git repository" in first:
        broken = _broken(start)
        if broken is not None:
            refs = os.path.join(broken, "refs")
            if _has_head(broken) and not os.path.lexists(refs):
                return NotARepositoryError(
                    f"git does not take '{broken}' for a repository any more: its folder 'refs' "
                    "is gone",
                    hint=f"mkdir {shell(refs)}",
                )
            return NotARepositoryError(
                f"git does not take '{broken}' for a repository any more",
                hint="git timewarp emergency-restore --list",
            )
        return NotARepositoryError(f"'{start}' is not in a git repository", hint="git init")
    if "dubious ownership" in first:
        # git names the folder that has to be trusted: the root, or the git directory.
        told = next((line.strip() for line in text if _TRUST in line), f"{_TRUST} {shell(start)}")
        place = first.partition(" repository at ")[2].strip("'") or start
        return NotARepositoryError(
            f"git does not trust '{place}': it belongs to another user", hint=told
        )
    reason = first.removeprefix("fatal: ")
    return NotARepositoryError(
        f"git cannot open the repository at '{start}': {reason}", hint=_look(start, reason)
    )


def _has_head(git_dir: str) -> bool:
    data = atomic.read(os.path.join(git_dir, "HEAD")) or b""
    return re.match(rb"ref: refs/|[0-9a-f]{40}", data) is not None


def _broken(start: str) -> str | None:
    """Return the git directory above `start` that has objects, though git does not know it.

    That of a linked work tree is the one it was added to.
    """
    folder = os.path.abspath(start)
    while True:
        found = os.path.join(folder, ".git")
        told = to_str(atomic.read(found) or b"") if os.path.isfile(found) else ""
        place, _, name = told.removeprefix("gitdir: ").strip().rpartition("/worktrees/")
        if name:
            found = os.path.normpath(os.path.join(folder, place))
        if os.path.isdir(os.path.join(found, "objects")):
            return found
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _look(start: str, reason: str) -> str:
    """Return the command that shows what git could not read."""
    found = re.search(_BAD_LINE, reason)
    if found is None:
        return "git rev-parse --show-toplevel"
    return f"sed -n {found[1]}p {shell(os.path.join(start, found[2]))}"
