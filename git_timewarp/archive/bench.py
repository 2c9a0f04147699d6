"""Where segments are built that are not for the quarantine: in memory, read from anywhere."""

from __future__ import annotations

from git_timewarp.git.objects import Reader
from git_timewarp.git.repo import Repo
from git_timewarp.store.heap import Heap


class Bench(Heap):
    """A place for `segments.Builder`: reads through `reader`, keeps what is built in memory."""

    def __init__(self, repo: Repo, reader: Reader) -> None:
        super().__init__(repo.hash_name)
        self.repo = repo
        self.reader = reader
