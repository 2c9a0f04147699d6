"""What the commands ask of the app: every method a command calls, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from git_timewarp.rescue.results import Derived, Rebuilt
from git_timewarp.retention.results import CompactResult, PurgeResult, RedactResult, StorageResult
from git_timewarp.safety.log import Record
from git_timewarp.timeline.results import (
    Check,
    DiffResult,
    InitResult,
    RecoveryReport,
    RepairReport,
    ShowResult,
    SnapshotResult,
    StashEntry,
    TravelResult,
    VerifyReport,
)
from git_timewarp.timeline.results_look import Json, LogEntry, StatusResult
from git_timewarp.timeline.results_path import PathVersion
from git_timewarp.timeline.results_stash import GitStashEntry, StashLists, StashShow


class Versions(Protocol):
    """The versions of single paths; see `git_timewarp.app.versions`."""

    def history(self, path: str, *, span: str | None, limit: int | None) -> Iterator[PathVersion]:
        """Give every version of a path, newest first."""

    def patch(self, version: PathVersion, *, color: bool) -> bytes:
        """Give what a version changed."""


if TYPE_CHECKING:
    from git_timewarp.archive.results import ExportResult, ImportResult


class Archives(Protocol):
    """The verbs of archives; see `git_timewarp.app.archive`."""

    def unnamed(self, start: str) -> str:
        """Return where an archive goes that nobody named."""

    def export(
        self,
        output: str | None,
        *,
        write: Callable[[bytes], object] | None,
        since: str | None,
        until: str | None,
        timeline: str | None,
        drafts: bool,
        force: bool,
        dry_run: bool,
    ) -> ExportResult:
        """Write the history to a file, or piece by piece."""

    def bring(
        self,
        path: str,
        *,
        replace: bool,
        confirm: Callable[[str], None],
        dry_run: bool,
        progress: Callable[[int, int], None],
    ) -> ImportResult:
        """Take the history of an archive in."""


class Disk(Protocol):
    """What is asked about room; see `git_timewarp.app.disk`."""

    def storage(self) -> StorageResult:
        """Tell what takes how much."""

    def compact(self, *, now: bool, dry_run: bool) -> CompactResult:
        """Remove the snapshots that no rule keeps."""

    def purge(self, words: Sequence[str], *, dry_run: bool) -> PurgeResult:
        """Take content out of every snapshot."""

    def redact(self, event: str, *, reason: str, dry_run: bool) -> RedactResult:
        """Take what an event says out of everything."""


class Stashes(Protocol):
    """Our stashes and git's own; see `git_timewarp.app.stashes`."""

    def lists(self) -> StashLists:
        """List both."""

    def store(self, name: str, *, message: str, dry_run: bool) -> GitStashEntry:
        """Put a stash of ours on git's list."""


class SystemLog(Protocol):
    """What the program did by itself; see `git_timewarp.app.system_log`."""

    def records(
        self,
        *,
        limit: int | None,
        components: Sequence[str],
        since: str | None,
        until: str | None,
    ) -> Iterator[Record]:
        """Give records, newest first."""


class Recovery(Protocol):
    """What recoveries left, and repairs: `git_timewarp.app.recovery`."""

    def report(self) -> RecoveryReport:
        """Finish what was cut off, tell what the last recovery did."""

    def repair(self, *, dry_run: bool, progress: Callable[[int, int], None]) -> RepairReport:
        """Heal what is damaged from every place that still has it."""


class Rescue(Protocol):
    """Our records made again after a disaster: `git_timewarp.app.rescue`."""

    def rebuild(self, *, dry_run: bool) -> Rebuilt:
        """Name again what survives."""

    def from_git(self, *, since: str | None, limit: int, dry_run: bool) -> Derived:
        """Record what git's own history tells."""


class App(Protocol):
    """One repository, opened; see `git_timewarp.app.repository` for what each method promises."""

    @property
    def recording(self) -> bool:
        """Whether `init` was run here."""

    @property
    def disk(self) -> Disk:
        """What is asked about room."""

    @property
    def notices(self) -> Sequence[str]:
        """What happened on the way and the user should know (a recovery, say)."""

    @property
    def recovery(self) -> Recovery:
        """What recoveries left, and repairs."""

    @property
    def rescue(self) -> Rescue:
        """Our records made again after a disaster."""

    @property
    def state_dir(self) -> str:
        """Folder of our local files."""

    @property
    def git_config(self) -> Mapping[str, str]:
        """The user's git settings, last value of each, keys lower-case as git prints them."""

    def init(self, *, hooks: bool, watch: bool) -> InitResult:
        """Start recording."""

    def deinit(self, *, purge: bool, dry_run: bool) -> Json:
        """Stop recording."""

    def status(self) -> StatusResult:
        """Tell how the recording is."""

    def doctor(self) -> tuple[Check, ...]:
        """Check everything."""

    def snapshot(
        self, *, message: str, milestone: str | None, dry_run: bool, patient: bool
    ) -> SnapshotResult:
        """Take a snapshot."""

    def log(
        self,
        *,
        limit: int | None,
        types: Sequence[str],
        actors: Sequence[str],
        since: str | None,
        until: str | None,
        all_writers: bool,
        paths: Sequence[str] = (),
    ) -> Iterator[LogEntry]:
        """Give events, newest first."""

    def show(self, target: str, *, patch: bool, color: bool, stat: bool) -> ShowResult:
        """Give one event whole."""

    def entry_files(
        self,
        entry: LogEntry,
        *,
        paths: Sequence[str] = (),
        patch: bool,
        color: bool,
        stat: bool,
    ) -> ShowResult:
        """Give what one entry of the log changed."""

    def diff(
        self,
        a: str | None,
        b: str | None,
        *,
        paths: Sequence[str],
        color: bool,
        stat: bool,
        name_only: bool,
    ) -> DiffResult:
        """Compare two moments."""

    @property
    def versions(self) -> Versions:
        """The versions of single paths."""

    def cat(self, target: str, path: str) -> bytes:
        """Give a file's bytes as they were."""

    def jump(
        self, target: str, *, with_head: bool, with_refs: bool, force: bool, dry_run: bool
    ) -> TravelResult:
        """Bring the whole work tree back."""

    def restore(
        self, paths: Sequence[str], *, source: str | None, force: bool, dry_run: bool
    ) -> TravelResult:
        """Bring some paths back."""

    def undo(self, steps: int, *, event: str | None, force: bool, dry_run: bool) -> TravelResult:
        """Take back what a command of ours changed."""

    def redo(self, steps: int, *, event: str | None, force: bool, dry_run: bool) -> TravelResult:
        """Take back an undo."""

    @property
    def stashes(self) -> Stashes:
        """Our stashes and git's own."""

    def stash_list(self) -> tuple[StashEntry, ...]:
        """List the stashes, newest first."""

    def stash_show(self, name: str, *, patch: bool, color: bool) -> StashShow:
        """Tell what a stash holds."""

    def stash_apply(self, name: str, *, dry_run: bool, force: bool, drop: bool) -> TravelResult:
        """Put a stash on top of the work tree."""

    def stash_drop(self, name: str, *, dry_run: bool) -> StashEntry:
        """Forget a stash."""

    def verify(
        self,
        *,
        full: bool,
        subset: str | None,
        drills: int,
        progress: Callable[[int, int], None],
    ) -> VerifyReport:
        """Check chains and objects."""

    @property
    def system_log(self) -> SystemLog:
        """What the program did by itself."""

    def watch_start(self) -> Json:
        """Start the watcher."""

    def watch_stop(self) -> Json:
        """Stop the watcher."""

    def watch_status(self) -> Json:
        """Tell whether the watcher runs."""

    def watch_run(self) -> None:
        """Watch until told to stop."""

    def hooks_install(self) -> Json:
        """Install the hooks."""

    def hooks_uninstall(self) -> Json:
        """Put the hooks back as they were."""

    def hooks_status(self) -> Json:
        """Tell which hooks are there and fire."""

    def notes_publish(self, *, dry_run: bool) -> Json:
        """Write the log as ordinary git notes."""

    def record(self, lines: Iterable[bytes]) -> Iterator[Json]:
        """Record events given as JSON Lines."""

    @property
    def archive(self) -> Archives:
        """The verbs of archives."""

    def config_list(self) -> Sequence[Json]:
        """List the settings: key, value, origin, doc."""

    def config_get(self, key: str) -> Json:
        """Give one setting."""

    def config_set(self, key: str, value: str, scope: str, *, dry_run: bool) -> Json:
        """Change a setting in `local`, `worktree` or `global` git config."""

    def config_validate(self) -> Sequence[Json]:
        """Return what is wrong with the settings; empty when nothing is."""
