"""The files of a work tree's watcher, below `$GIT_COMMON_DIR/timewarp/watch`.

<id>.lock    held with `flock` as long as the watcher lives: whether it runs, and why
             there are never two
<id>.json    what it tells about itself (see `state`)
<id>.stop    there when it is asked to end
<id>.sock    where it answers what changed (see `answering`)
<id>.err     what it said before it was live, when it did not become so
"""

import os

from git_timewarp.git.repo import Repo
from git_timewarp.util.frozen import Frozen


class Place(Frozen):
    """Where the files of one watcher are.

    Attributes:
        folder: holds those of all work trees of the repository.
        name: the work tree's id with `-` for `/`.
    """

    folder: str
    name: str

    @property
    def lock(self) -> str:
        """The file whose `flock` means that the watcher lives."""
        return os.path.join(self.folder, f"{self.name}.lock")

    @property
    def state(self) -> str:
        """What the watcher tells about itself."""
        return os.path.join(self.folder, f"{self.name}.json")

    @property
    def stop(self) -> str:
        """The request to end."""
        return os.path.join(self.folder, f"{self.name}.stop")

    @property
    def socket(self) -> str:
        """Where the watcher answers what changed."""
        return os.path.join(self.folder, f"{self.name}.sock")

    @property
    def errors(self) -> str:
        """What the process said on standard error until it was live."""
        return os.path.join(self.folder, f"{self.name}.err")


def of(repo: Repo) -> Place:
    """Return where the files of this work tree's watcher are."""
    return Place(os.path.join(repo.state_dir, "watch"), repo.worktree.replace("/", "-"))
