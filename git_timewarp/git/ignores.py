"""Which paths git would never take up by itself: ignored, and nothing below them tracked."""

from __future__ import annotations

from collections.abc import Sequence

from git_timewarp.git import worktree
from git_timewarp.git.run import Git, GitError
from git_timewarp.util.text import to_str

_MOST_ARGUMENTS = 200


def left_out(git: Git, paths: Sequence[str]) -> frozenset[str]:
    """Return those of `paths` (files or folders, relative to the work tree) that git leaves out.

    Where git refuses the question (a path inside a submodule) none is: what is looked at in
    vain costs a moment, what is overlooked may be lost.
    """
    try:
        ignored = sorted(worktree.ignored(git, paths))
        tracked: set[str] = set()
        for start in range(0, len(ignored), _MOST_ARGUMENTS):
            listed = git.run("ls-files", "-z", "--", *ignored[start : start + _MOST_ARGUMENTS])
            for name in to_str(listed.out).split("\0"):
                while name and name not in tracked:
                    tracked.add(name)
                    name = name.rpartition("/")[0]  # noqa: PLW2901 - from file to root
    except GitError:
        return frozenset()
    return frozenset(ignored) - tracked
