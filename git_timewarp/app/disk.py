"""The verbs of bounded disk: what it takes, compacting, purging, redacting."""

from __future__ import annotations

from collections.abc import Sequence

from git_timewarp.app.opened import Opened
from git_timewarp.retention import compact, purge, redact, settings, storage
from git_timewarp.retention.copies import Beside
from git_timewarp.retention.results import CompactResult, PurgeResult, RedactResult, StorageResult
from git_timewarp.retention.settings import Bounds


class Disk:
    """Reached as `app.disk`."""

    def __init__(self, app: Opened) -> None:
        self._app = app

    @property
    def bounds(self) -> Bounds:
        """The rules, the quota and the ladder as they are set."""
        return settings.bounds(self._app.settings)

    def storage(self) -> StorageResult:
        """Tell what takes how much."""
        self._app.take_in()
        with self._app.history() as history:
            return storage.storage(history, self.bounds, clock=self._app.clock)

    def compact(self, *, now: bool = False, dry_run: bool = False) -> CompactResult:
        """Remove the snapshots that no rule keeps."""
        with self._app.operation("compact") as op:
            return compact.compact(op, self.bounds.policy, now=now, dry_run=dry_run)

    def purge(self, words: Sequence[str], *, dry_run: bool = False) -> PurgeResult:
        """Take content out of every snapshot: paths, patterns, ids of blobs."""
        with self._app.operation("purge") as op:
            return purge.purge(op, words, self._beside(), dry_run=dry_run)

    def redact(self, event: str, *, reason: str = "", dry_run: bool = False) -> RedactResult:
        """Take what an event says out of everything."""
        with self._app.operation("redact") as op:
            return redact.redact(op, event, self._beside(), reason=reason, dry_run=dry_run)

    def _beside(self) -> Beside:
        from git_timewarp.archive.replaced import Replaced  # noqa: PLC0415
        from git_timewarp.rescue.beside import Kept  # noqa: PLC0415

        repo = self._app.repo
        return Beside(Replaced(repo, clock=self._app.clock), Kept(repo))
