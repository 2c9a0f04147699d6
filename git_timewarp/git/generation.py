r"""Which work tree this is, also when another one had its name before.

git names a linked work tree by its folder `worktrees/<id>`, and gives the id again after
`git worktree remove` or `prune`. So the first operation of ours in one leaves two notes:

    worktrees/<id>/timewarp-worktree    the generation of this work tree; goes with its folder
    timewarp/worktrees/<id>             the latest generation that was ever given to `<id>`

The first generation is called `worktrees/<id>`, the second `worktrees/<id>~2` (git allows
no `~` in an id); a byte of the id that is not UTF-8 is written `\xff` (git allows no
backslash either). A work tree without a note is the next generation, so a look, which
writes nothing, calls it by the name that its first operation will give it.

Format of both files (docs/formats/worktree.md is its public copy): the version of the
format, a blank, the generation in decimal digits, a newline.
"""

from __future__ import annotations

import contextlib
import os
import re

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util import atomic, directories
from git_timewarp.util.text import to_bytes, to_str

MAIN_WORKTREE = "main-worktree"
MARK = "timewarp-worktree"
FORMAT_VERSION = 1

_ESCAPED = rb"\\x([0-9a-f]{2})"
_STATE = "timewarp"
_FOLDER = "worktrees"


class WorktreeReplacedError(TimewarpError):
    """The work tree was removed, and another one made under its name, while a command ran."""

    kind = Kind.CONFLICT
    reference = "worktree-replaced"


def name(git_dir: str, common_dir: str) -> str:
    """Return what the work tree with this git directory is called in events."""
    if git_dir == common_dir:
        return MAIN_WORKTREE
    own = os.path.basename(git_dir)
    number = _read(os.path.join(git_dir, MARK))
    if not number:
        # A hook may have told of a work tree that is gone by now: that was the latest one.
        latest = _read(_latest(common_dir, own))
        number = latest + 1 if os.path.isdir(git_dir) else max(latest, 1)
    return _name(own, number)


def folder(worktree: str) -> str:
    """Return the folder below the common directory of a linked work tree with this name."""
    above, _, number = worktree.rpartition("~")
    escaped = above if above and number.isdigit() else worktree
    raw = re.sub(_ESCAPED, lambda found: bytes.fromhex(found[1].decode()), to_bytes(escaped))
    return to_str(raw)


def claim(git_dir: str, common_dir: str, worktree: str) -> str | None:
    """Make `worktree` the name of this work tree for good. The caller holds the lock.

    Returns the name of the work tree that had the id before, if this is the first claim.

    Raises:
        WorktreeReplacedError: it has been removed since it got that name.
    """
    if worktree == MAIN_WORKTREE:
        return None
    name_of_git = os.path.basename(git_dir)
    mark, latest = os.path.join(git_dir, MARK), _latest(common_dir, name_of_git)
    own = int(worktree.removeprefix(_name(name_of_git, 1)).removeprefix("~") or 1)
    marked, given = _read(mark), _read(latest)
    if marked != own and (marked or given >= own):
        raise WorktreeReplacedError(
            f"the work tree '{worktree}' was removed and made again meanwhile",
            hint="git worktree list",
        )
    if not marked:
        atomic.sweep(git_dir)
        atomic.write(mark, _text(own))
    if given < own:
        directories.make(os.path.dirname(latest))
        atomic.write(latest, _text(own))
    return None if marked or own == 1 else _name(name_of_git, own - 1)


def forget(common_dir: str) -> None:
    """Remove every note; what is recorded must be gone already. Can be run again."""
    # The marks go last: without them the work trees would count on from what was given.
    directories.remove(os.path.join(common_dir, _STATE, _FOLDER))
    with contextlib.suppress(FileNotFoundError):
        for own in sorted(os.listdir(os.path.join(common_dir, _FOLDER))):
            there = os.path.join(common_dir, _FOLDER, own)
            directories.remove(os.path.join(there, MARK))
            atomic.sweep(there)


def _name(own: str, number: int) -> str:
    text = to_bytes(own).decode("utf-8", "backslashreplace")
    return f"{_FOLDER}/{text}" if number == 1 else f"{_FOLDER}/{text}~{number}"


def _latest(common_dir: str, own: str) -> str:
    return os.path.join(common_dir, _STATE, _FOLDER, own)


def _text(number: int) -> bytes:
    return b"%d %d\n" % (FORMAT_VERSION, number)


def _read(path: str) -> int:
    """Return the generation in a file, 0 where there is none or it makes no sense."""
    words = (atomic.read(path) or b"").split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
