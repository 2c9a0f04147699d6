"""Looking at a work tree through an index: what changed, what is untracked.

Two git processes walk at the same time; both only look. Sources: git-diff-files(1)
(raw format), git-ls-files(1).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.run import Git, end, finish
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes, to_str

_CHANGES = ("diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=dirty")
_OTHERS = ("ls-files", "-o", "-z", "--exclude-standard")
_CLOSED = (
    r"(?:warning: could not open directory '(?P<folder>.*)/?'|(?:error: )?(?P<file>.*))"
    r": (?:Permission denied|Input/output error)"
)
_MOST_ARGUMENTS = 200


class Change(NamedTuple):
    """A tracked path whose stat differs from the index.

    `mode` and `oid` are the index's; `status` is git's letter: M, T, D, A (intent to add), U.
    """

    path: RepoPath
    mode: int
    oid: Oid
    status: str


class Found(Frozen):
    """What a scan saw.

    Attributes:
        changes: tracked paths that may differ, one a path.
        others: untracked files.
        folders: folders without a tracked file, as `others` does not look into them.
        closed: files and folders that could not be looked at.
    """

    changes: tuple[Change, ...]
    others: tuple[RepoPath, ...]
    folders: tuple[RepoPath, ...]
    closed: tuple[RepoPath, ...]


class Scan:
    """A scan of the whole work tree, started by the constructor, read by `result`."""

    def __init__(self, git: Git) -> None:
        self._changes = git.start(*_CHANGES)
        self._others = git.start(*_OTHERS, "--directory")

    def result(self) -> Found:
        """Wait for both processes; GitError when one failed."""
        changes = finish(self._changes, _CHANGES)
        listed = finish(self._others, _OTHERS)
        others, folders = _split(listed.out)
        return Found(
            changes=tuple(parse_raw(changes.out)),
            others=others,
            folders=folders,
            closed=tuple(closed_places(to_str(changes.err)) + closed_places(to_str(listed.err))),
        )

    def stop(self) -> None:
        """End the processes; harmless when they have ended."""
        for process in (self._changes, self._others):
            end(process)


def files_below(git: Git, folders: Sequence[RepoPath]) -> Found:
    """List the untracked files below `folders`; nested repositories come as `folders`."""
    others: list[RepoPath] = []
    nested: list[RepoPath] = []
    closed: list[RepoPath] = []
    for start in range(0, len(folders), _MOST_ARGUMENTS):
        some = [f"{folder}/" for folder in folders[start : start + _MOST_ARGUMENTS]]
        listed = git.run(*_OTHERS, "--", *some)
        files, repositories = _split(listed.out)
        others += files
        nested += repositories
        closed += closed_places(to_str(listed.err))
    return Found((), tuple(others), tuple(nested), tuple(closed))


def ignored(git: Git, paths: Sequence[str]) -> set[str]:
    """Return which of `paths` (folders end in `/`) the ignore rules exclude."""
    if not paths:
        return set()
    asked = b"".join(b"./" + to_bytes(path) + b"\0" for path in paths)
    done = git.run("check-ignore", "--no-index", "-z", "--stdin", stdin=asked, ok=(0, 1))
    return {to_str(name.removeprefix(b"./")) for name in done.out.split(b"\0") if name}


def parse_raw(out: bytes) -> list[Change]:
    """Parse `diff-files --raw -z`; a path that comes twice (unmerged) is given once."""
    words = out.split(b"\0")
    found: dict[bytes, Change] = {}
    for position in range(0, len(words) - 1, 2):
        head, name = words[position], words[position + 1]
        mode, _, oid, _, status = head.removeprefix(b":").decode("ascii").split(" ")
        if name not in found:
            found[name] = Change(RepoPath(to_str(name)), int(mode, 8), Oid(oid), status[:1])
    return list(found.values())


def _split(out: bytes) -> tuple[tuple[RepoPath, ...], tuple[RepoPath, ...]]:
    names = to_str(out).split("\0")
    files = tuple(RepoPath(name) for name in names if name and not name.endswith("/"))
    folders = tuple(RepoPath(name[:-1]) for name in names if name.endswith("/"))
    return files, folders


def closed_places(messages: str) -> list[RepoPath]:
    """Return the paths that git says it could not look at."""
    found = []
    for line in messages.splitlines():
        match = re.fullmatch(_CLOSED, line)
        if match:
            name = match["folder"] or match["file"] or ""
            found.append(RepoPath(name.rstrip("/")))
    return found
