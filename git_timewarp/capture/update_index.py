"""Feeding the private index: one `update-index` for all, a path that fails costs only itself."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from git_timewarp.capture.workplace import Place, joined
from git_timewarp.git.names import RepoPath
from git_timewarp.git.run import GitError
from git_timewarp.store.view import Skipped
from git_timewarp.util.text import to_bytes, to_str

_CULPRIT = rb"(?m)^fatal: (?:Unable to process path|git update-index: unable to \w+) "
_IGNORING = b"Ignoring path "
_MOST_GUESSES = 8


def drop(place: Place, paths: Sequence[RepoPath]) -> None:
    """Take paths out of the private index, whatever lies there on disk."""
    if paths:
        stdin = joined(paths)
        place.git.run("update-index", "--force-remove", "-z", "--stdin", stdin=stdin)


def feed(place: Place, paths: Sequence[RepoPath]) -> tuple[list[RepoPath], list[RepoPath]]:
    """Add, update or remove paths in the private index as the work tree has them.

    Returns:
        The paths git could not take, and those whose name it refuses.
    """
    failed: list[RepoPath] = []
    refused: list[RepoPath] = []
    pending = [list(paths)] if paths else []
    guesses = 0
    while pending:
        batch = pending.pop()
        with place.writing():
            done = place.git.run(
                "update-index",
                *("--add", "--remove", "--replace", "-z", "--stdin"),
                stdin=joined(batch),
                ok=range(256),
            )
        if done.code == 0:
            refused += _ignored(done.err, batch)
        elif _no_fault_of_a_path(done.err):
            raise GitError(("update-index",), done.code, to_str(done.err))
        elif len(batch) == 1:
            failed += batch
        elif guesses < _MOST_GUESSES and (culprit := _culprit(done.err, batch)):
            guesses += 1
            failed.append(culprit)
            pending.append([path for path in batch if path != culprit])
        else:
            half = len(batch) // 2
            pending += [batch[half:], batch[:half]]
    return failed, refused


def reason(place: Place, path: RepoPath) -> Skipped:
    """Say why git could not take a path."""
    try:
        with open(place.file(path), "rb") as file:
            file.read(1)
    except (FileNotFoundError, NotADirectoryError):
        return Skipped(path, "vanished")
    except OSError:
        return Skipped(path, "unreadable")
    return Skipped(path, "refused", size=os.lstat(place.file(path)).st_size)


def _culprit(messages: bytes, batch: Sequence[RepoPath]) -> RepoPath | None:
    found = None
    for match in re.finditer(_CULPRIT, messages):
        found = messages[match.end() :].removesuffix(b"\n")
    name = RepoPath(to_str(found)) if found else None
    return name if name in batch else None


def _ignored(messages: bytes, batch: Sequence[RepoPath]) -> list[RepoPath]:
    if _IGNORING not in messages:
        return []
    return [path for path in batch if _IGNORING + to_bytes(path) + b"\n" in messages]


def _no_fault_of_a_path(messages: bytes) -> bool:
    """Tell whether git failed as a whole: no path would fare better alone."""
    return any(
        word in messages
        for word in (
            b"index.lock",
            b"No space left",
            b"Out of diskspace",
            b"Read-only file system",
            b"bad index file",
        )
    )
