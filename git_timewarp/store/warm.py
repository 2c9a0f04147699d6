"""What a process that records again and again keeps from one operation to the next.

Starting three git processes and reading the journal again costs more than all the rest of a
draft. Everything here is asked for with proof that it is still so: a stamp of the files it was
read from. Nothing of it is believed after a failure, and `cool` gives everything back.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from git_timewarp.git import config
from git_timewarp.git.config import GitConfig
from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.objects import Reader
from git_timewarp.git.repo import Repo
from git_timewarp.store import journal as journal_file
from git_timewarp.store import layout, transaction
from git_timewarp.store.journal import Journal
from git_timewarp.store.paths import Paths

_SETTLED_NS = 100_000_000
"""A stamp younger than this when it was taken proves nothing: a later write may look the same."""

_REMEMBERED = 10_000
"""How many tree entries stay known (2 MB): the next draft most often edits the same folders."""

Stamps = tuple[tuple[int, ...] | None, ...]


class Warm:
    """Owned by one process and used by one operation at a time, which holds the lock."""

    def __init__(self) -> None:
        self._reader: Reader | None = None
        self._journal: tuple[Stamps, Journal] | None = None
        self._refs: tuple[Stamps, Mapping[RefName, Oid]] | None = None
        self._config: tuple[Sequence[str], Stamps, GitConfig] | None = None

    def cool(self) -> None:
        """Give everything back; the next operation begins as the first did."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        self._journal = self._refs = self._config = None

    def reader(self, repo: Repo) -> Reader:
        """Return a reader over git's store and the quarantine; it does not hold the lock."""
        if self._reader is None:
            outside = repo.git._replace(pass_fds=())
            self._reader = Reader(outside.using(alternates=(Paths(repo.state_dir).quarantine,)))
        return self._reader

    def journal(self, repo: Repo) -> Journal:
        """Return the journal as `journal.load` would."""
        path = Paths(repo.state_dir).journal
        if self._journal is not None and self._journal[0] == stamps([path]):
            return self._journal[1]
        return journal_file.load(path)

    def refs(self, repo: Repo, *, now_ns: int) -> dict[RefName, Oid]:
        """Return the refs of ours as `transaction.current` would."""
        seen = stamps(_ref_files(repo))
        if self._refs is None or self._refs[0] != seen:
            found = transaction.current(repo)
            self._refs = (seen, found) if _settled(seen, now_ns) else None
            return found
        return dict(self._refs[1])

    def config(self, repo: Repo) -> GitConfig:
        """Return the settings git would use in the work tree, as `config.read` would."""
        if self._config is None or self._config[1] != stamps(self._config[0]):
            files, found = config.read_with_files(repo)
            # Stamped after it was read: what changed between is seen within the next minutes.
            self._config = (files, stamps(files), found)
        return self._config[2]

    def keep(self, repo: Repo, journal: Journal) -> None:
        """Keep what an operation that went well has left, its lock still held."""
        self._journal = (stamps([Paths(repo.state_dir).journal]), journal)
        if self._reader is not None:
            self._reader.forget(but=_REMEMBERED)


def _ref_files(repo: Repo) -> Iterator[str]:
    """Yield what changes whenever a ref of ours does, whatever moves it."""
    yield os.path.join(repo.common_dir, "reftable", "tables.list")
    yield os.path.join(repo.common_dir, "packed-refs")
    for folder, _, _ in os.walk(os.path.join(repo.common_dir, layout.ROOT)):
        yield folder


def stamps(paths: Iterable[str]) -> Stamps:
    """Return what changes whenever one of these files does."""
    return tuple(map(_stamp, paths))


def _stamp(path: str) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _settled(seen: Stamps, now_ns: int) -> bool:
    return all(stamp is None or now_ns - stamp[3] > _SETTLED_NS for stamp in seen)
