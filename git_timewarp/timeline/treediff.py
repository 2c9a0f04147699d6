"""What differs between two trees, read through one kept-open reader."""

from collections.abc import Iterator
from typing import NamedTuple

from git_timewarp.git import trees
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import Reader, TreeEntry
from git_timewarp.timeline.results_look import Changes


class PathChange(NamedTuple):
    """A path that differs; `before` or `after` is None where it is not there."""

    path: RepoPath
    before: TreeEntry | None
    after: TreeEntry | None

    @property
    def status(self) -> str:
        """`A`, `M`, `D` or `T` as in git-diff(1)."""
        if self.before is None:
            return "A"
        if self.after is None:
            return "D"
        return "M" if self.before.mode & 0o170000 == self.after.mode & 0o170000 else "T"


def compare(reader: Reader, before: Oid | None, after: Oid | None) -> Iterator[PathChange]:
    """Yield every path (no folders) that differs, in path order; enters only what differs."""
    found = trees.differences(reader, before, after)
    for path, left, right in sorted(found, key=lambda item: item.path.split("/")):
        yield PathChange(RepoPath(path), left, right)


def count(reader: Reader, before: Oid | None, after: Oid | None) -> Changes:
    """Count the paths that were added, modified and deleted."""
    counts = {"A": 0, "M": 0, "D": 0, "T": 0}
    for change in compare(reader, before, after):
        counts[change.status] += 1
    return Changes(counts["A"], counts["M"] + counts["T"], counts["D"])
