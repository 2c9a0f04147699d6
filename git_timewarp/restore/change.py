"""One path of a plan."""

from collections.abc import Iterator
from typing import NamedTuple

from git_timewarp.git.names import RepoPath
from git_timewarp.restore.entries import Entry


class Change(NamedTuple):
    """One path: what `now` says is there and what shall be.

    Attributes:
        path: relative to the work tree's root.
        before: what `now` holds, or None where it holds nothing.
        after: what the target holds, or None to remove the path.
        is_unknown: the file exists but `now` could not capture it.
        when: `present` or `absent`: only if the file is (sparse checkouts); `''` always.
    """

    path: RepoPath
    before: Entry | None
    after: Entry | None
    is_unknown: bool = False
    when: str = ""


def parents(path: str) -> Iterator[str]:
    """Yield the folders above `path`, innermost first."""
    at = path.rfind("/")
    while at > 0:
        yield path[:at]
        at = path.rfind("/", 0, at)
