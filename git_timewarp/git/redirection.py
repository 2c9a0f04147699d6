"""`GIT_DIR` and `GIT_WORK_TREE` in our environment: whether they mean the repository we found.

`git --git-dir=X --work-tree=Y timewarp` exports both, and so does git when it runs a hook.
We go by the current folder alone: a hook's variables may be relative to a folder it has
left, and name an index of their own beside. So these two are compared and never followed.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util import atomic
from git_timewarp.util.text import shell, to_str

_POINTER = b"gitdir: "


class OtherRepositoryError(TimewarpError):
    """`GIT_DIR` or `GIT_WORK_TREE` names another repository than the one of this folder."""

    kind = Kind.REFUSED
    reference = "other-repository"


def check(
    start: str, environ: Mapping[str, str], *, git_dirs: Collection[str], work_tree: str | None
) -> None:
    """Refuse an environment that names another repository than the one found at `start`.

    Args:
        start: where the search began.
        environ: the process environment.
        git_dirs: the git directory and the common directory found; empty where none was.
        work_tree: the root of the work tree found.

    Raises:
        OtherRepositoryError: it does.
    """
    given, root = environ.get("GIT_DIR"), environ.get("GIT_WORK_TREE")
    if given and not _is_one(start, given, git_dirs):
        place = root or (os.path.dirname(given) if os.path.basename(given) == ".git" else given)
        raise _other("GIT_DIR", given, os.path.join(start, place))
    if root and not _is_root(start, root, work_tree):
        raise _other("GIT_WORK_TREE", root, os.path.join(start, root))


def _is_one(start: str, given: str, git_dirs: Collection[str]) -> bool:
    where = os.path.join(start, given)
    if not os.path.isabs(given) and not os.path.lexists(where) and git_dirs:
        return True  # a hook's own, and it has gone to another folder since
    if os.path.isfile(where):
        target = (atomic.read(where) or b"").partition(_POINTER)[2].rstrip(b"\r\n")
        where = os.path.join(os.path.dirname(where), to_str(target))
    return os.path.realpath(where) in {os.path.realpath(path) for path in git_dirs}


def _is_root(start: str, given: str, work_tree: str | None) -> bool:
    if work_tree is None:
        return False
    where, top = os.path.realpath(os.path.join(start, given)), os.path.realpath(work_tree)
    # git says '.' to a hook, which may be in a folder below by now.
    return where == top or (not os.path.isabs(given) and where.startswith(f"{top}/"))


def _other(variable: str, given: str, place: str) -> OtherRepositoryError:
    return OtherRepositoryError(
        f"{variable} names another repository than that of this folder: '{given}'",
        hint=f"env -u GIT_DIR -u GIT_WORK_TREE git -C {shell(os.path.normpath(place))} timewarp status",
    )
