"""Real history as work: each commit's files are put into the work tree and left uncommitted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

from git_timewarp.app.repository import App
from git_timewarp.demo.report import State
from git_timewarp.demo.sandbox import BRANCH, Sandbox
from git_timewarp.git.names import Oid
from git_timewarp.git.run import Git
from git_timewarp.util.clock import Clock


def history(box: Sandbox, *, commits: int) -> list[Oid]:
    """Return the last first-parent commits, oldest first, one more than asked where there is one."""
    told = box.run("rev-list", "--first-parent", f"--max-count={commits + 1}", "HEAD")
    return [Oid.parse(line) for line in reversed(told.split())]


def begin(box: Sandbox, commit: Oid) -> None:
    """Stand on a commit, on the demonstration's own branch, with its files."""
    box.run("checkout", "-q", "-f", "-B", BRANCH, commit)


def replay(
    box: Sandbox,
    commits: list[Oid],
    *,
    snapshot: Callable[[], Oid],
    clock: Clock,
) -> Iterator[State]:
    """Write each commit's files, have a snapshot taken, and compare the trees.

    HEAD and the user's index stay where they are, as if nothing had been committed. Only what
    git would not take up by itself (a tracked file that is ignored, a submodule) is added.

    Args:
        box: where.
        commits: what to replay, oldest first.
        snapshot: takes a snapshot and returns the id of its tree.
        clock: measures.
    """
    index = os.path.join(box.work_tree, ".git", "index")
    other = os.path.join(box.folder, "replay-index")
    shutil.copy2(index, other)
    writer = box.git.using(index=other)
    for commit in commits:
        writer.run("read-tree", "-q", "--reset", "-u", commit)
        _add_by_name(box, writer)
        began = clock.monotonic()
        got = snapshot()
        seconds = clock.monotonic() - began
        wanted = Oid.parse(box.run("rev-parse", f"{commit}^{{tree}}"))
        of_git = None if got == wanted else box.tree_now(index=index)
        yield State(commit, wanted, got, of_git, seconds)


def taker(app: App) -> Callable[[], Oid]:
    """Return what takes a snapshot through the public API."""
    return lambda: app.snapshot().tree


def _add_by_name(box: Sandbox, writer: Git) -> None:
    """Add to the user's index what `git add -f` and `git submodule add` had to name."""
    listed = writer.run("ls-files", "-s", "-i", "-c", "-z", "--exclude-standard").out
    if os.path.lexists(os.path.join(box.work_tree, ".gitmodules")):
        lines = writer.run("ls-files", "-s", "-z").out.split(b"\0")
        listed += b"".join(line + b"\0" for line in lines if line.startswith(b"160000 "))
    if listed:
        box.git.run("update-index", "-z", "--index-info", stdin=listed)
