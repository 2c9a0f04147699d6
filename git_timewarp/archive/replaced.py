"""Looking for something in the archives of what imports replaced (`.git/timewarp/replaced`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from git_timewarp.archive import chains, unpack
from git_timewarp.archive import scratch as scratch_folder
from git_timewarp.archive.bench import Bench
from git_timewarp.archive.manifest import Manifest
from git_timewarp.errors import TimewarpError
from git_timewarp.git import bundle
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Reader
from git_timewarp.git.repo import Repo
from git_timewarp.retention.copies import Hits
from git_timewarp.store import layout
from git_timewarp.store.events import REDACTED
from git_timewarp.store.excise import Excision, Matches
from git_timewarp.store.paths import Paths
from git_timewarp.util.clock import Clock

Has = Callable[[Manifest, Reader], bool]


class _SeenError(Exception):
    """What is looked for is there; nothing more has to be read."""


class Replaced:
    """The archives; none is changed."""

    def __init__(self, repo: Repo, *, clock: Clock) -> None:
        self._repo = repo
        self._clock = clock

    def with_content(self, matches: Matches) -> Hits:
        """Find those with a file that is meant in any snapshot or kept object."""

        def seen(path: str, oid: Oid) -> bool:
            if matches(path, oid):
                raise _SeenError
            return False

        def has(manifest: Manifest, reader: Reader) -> bool:
            excision = Excision(Bench(self._repo, reader), seen)
            looks: dict[str, Callable[[Oid], object]] = {
                layout.SNAPSHOTS: excision.snapshot,
                layout.DRAFTS: excision.snapshot,
                layout.KEPT: excision.kept,
            }
            try:
                for kind, look in looks.items():
                    for entry in _entries(manifest, reader, kind):
                        look(entry)
            except _SeenError:
                return True
            return False

        return self._search(has)

    def with_event(self, event: str) -> Hits:
        """Find those with the event of an id, not redacted."""

        def has(manifest: Manifest, reader: Reader) -> bool:
            return any(
                found.record.get("id") == event and REDACTED not in found.record
                for segments in chains.segments(manifest.refs, layout.EVENTS).values()
                for tag in segments.values()
                for found in chains.of_segment(reader, tag)
            )

        return self._search(has)

    def _search(self, has: Has) -> Hits:
        hold, unreadable = [], []
        for path in self._paths():
            try:
                if self._holds(path, has):
                    hold.append(path)
            except (TimewarpError, ValueError, KeyError):
                unreadable.append(path)
        return Hits(tuple(hold), tuple(unreadable))

    def _paths(self) -> Iterator[str]:
        folder = Paths(self._repo.state_dir).replaced
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            yield os.path.join(folder, name)

    def _holds(self, path: str, has: Has) -> bool:
        """Read an archive into a repository for the time being, and look."""
        repo = self._repo
        with scratch_folder.opened(repo.state_dir, repo.git, clock=self._clock) as scratch:
            git = scratch.repository(hash_name=repo.hash_name)
            indexing = bundle.Indexing(git, strict=False)
            try:
                manifest = unpack.read(path, lambda _found: indexing.feed)
                indexing.finish()
            finally:
                indexing.stop()
            with Reader(git) as reader:
                return has(manifest, reader)


def _entries(manifest: Manifest, reader: Reader, kind: str) -> Iterator[Oid]:
    for segments in chains.segments(manifest.refs, kind).values():
        for tag in segments.values():
            yield from (item.oid for item in reader.tree(chains.tree_of(reader, tag)))
