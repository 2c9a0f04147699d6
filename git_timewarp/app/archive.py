"""The verbs of archives: `export`, `import`, `inspect`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from git_timewarp import __version__
from git_timewarp.archive import merge, outfile, pack, selection, unpack
from git_timewarp.archive import scratch as scratch_folder
from git_timewarp.archive.bench import Bench
from git_timewarp.archive.gather import BrokenHistoryError
from git_timewarp.archive.manifest import INSPECT, Manifest
from git_timewarp.archive.plan import Merge, Plan, check_replacing, replacing
from git_timewarp.archive.results import ExportResult, ImportResult, InspectResult
from git_timewarp.archive.scratch import Scratch
from git_timewarp.archive.selection import Selection, Wanted
from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.git.run import GitError
from git_timewarp.safety import roots
from git_timewarp.store import lineage, transaction
from git_timewarp.store.backlog import Backlog
from git_timewarp.store.failures import StorageError, told
from git_timewarp.store.paths import Paths
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.timeline import start
from git_timewarp.timeline.operation import Operation
from git_timewarp.util import directories
from git_timewarp.util.text import printable, shell, to_bytes, to_str

if TYPE_CHECKING:
    from git_timewarp.app.repository import App
    from git_timewarp.util.clock import Clock

Write = Callable[[bytes], object]
Progress = Callable[[int, int], None]

_TRIES = 3
_DAMAGE = re.compile(r"\b(?:corrupt|unable to (?:read|parse)|bad (?:object|tree)|missing|inflate)")
"""What git says of an object that it cannot read."""


def _damaged(exc: GitError) -> TimewarpError:
    """Return what to say of a failure of git's that comes of a damaged object, else itself."""
    found = _DAMAGE.search(exc.stderr)
    if found is None:
        return exc
    said = exc.stderr.strip().splitlines()[-1].removeprefix("fatal: ").removeprefix("error: ")
    return BrokenHistoryError(
        f"what belongs into the archive is damaged: {printable(said)}",
        hint="git timewarp verify --full",
    )


@contextmanager
def _hinting(hint: str) -> Iterator[None]:
    """Give errors about an archive, which do not know where it is, the next step as one types it."""
    try:
        yield
    except TimewarpError as exc:
        if exc.hint == INSPECT:
            exc.hint = hint
        raise


def inspect(path: str, *, progress: Progress) -> InspectResult:
    """Tell what an archive holds, and whether it is what was written; needs no repository."""
    with told(), _hinting("git timewarp help import"):
        found = unpack.read(path, unpack.nothing, progress=progress)
        return InspectResult(path, os.stat(path).st_size, found)


class Archives:
    """The recorded history as a file, and back."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._repo = app.repo
        self._clock: Clock = app.clock

    def unnamed(self, start: str) -> str:
        """Return where an archive goes that nobody named: beside the work tree, not into it.

        Where that folder cannot be written to, it is `start`, and a notice says so.
        """
        top = to_str(os.path.realpath(to_bytes(self._repo.work_tree)))
        folder = os.path.dirname(top)
        if not os.access(to_bytes(folder), os.W_OK | os.X_OK):
            self._app.notices.append(
                f"warning: '{printable(folder)}' cannot be written to, so the archive is in the "
                "current folder, where the next snapshot has it too: name a file with '--output'"
            )
            folder = start
        now = datetime.fromtimestamp(self._clock.now_ns() // 1_000_000_000, tz=UTC)
        name = f"{os.path.basename(top) or 'history'}-{now:%Y%m%dT%H%M%SZ}.tar.zst"
        return os.path.join(folder, name)

    def export(
        self,
        output: str | None,
        *,
        write: Write | None,
        since: str | None = None,
        until: str | None = None,
        timeline: str | None = None,
        drafts: bool = True,
        force: bool = False,
        dry_run: bool = False,
    ) -> ExportResult:
        """Write the history to the file `output`, or through `write`; records nothing.

        Args:
            output: path of the file, or None.
            write: takes the archive piece by piece where there is no file.
            since: the first moment, a target or a time.
            until: the last one.
            timeline: only what belongs to it.
            drafts: whether auto-saves are taken too.
            force: replace a file that is there.
            dry_run: only tell what would be written.
        """
        wanted = Wanted(since, until, timeline, drafts)
        with told():
            if output is not None and not dry_run:
                outfile.check(output, replace=force)
            return self._again(output, write=write, wanted=wanted, force=force, dry_run=dry_run)

    def _again(
        self,
        output: str | None,
        *,
        write: Write | None,
        wanted: Wanted,
        force: bool,
        dry_run: bool,
    ) -> ExportResult:
        """Export; once more where what was read was tidied away meanwhile."""
        for left in reversed(range(_TRIES)):
            source, chosen = self._source(wanted)
            if dry_run:
                return ExportResult(output, pack.look(source, wanted, chosen))
            try:
                if output is None:
                    assert write is not None  # noqa: S101 - one of both is given
                    return ExportResult(None, self._written(source, wanted, chosen, write))
                with outfile.opened(output, replace=force) as into:
                    manifest = self._written(source, wanted, chosen, into)
                return ExportResult(output, manifest, os.stat(output).st_size)
            except MissingObjectError:
                if not left or write is not None:
                    raise
            except GitError as exc:
                if not left or write is not None:
                    raise _damaged(exc) from exc
        raise AssertionError

    def _source(self, wanted: Wanted) -> tuple[pack.Source, Selection]:
        """Fold what waits, and note the refs of that moment."""
        if self._app.recording and not self._writable:
            return self._as_it_is(wanted)
        with self._app.operation("export") as op:
            refs = merge.fold(op, command="git timewarp export")
            chosen = selection.selection(op.history, wanted)
            return self._seen(op, refs), chosen

    def _as_it_is(self, wanted: Wanted) -> tuple[pack.Source, Selection]:
        """Note the refs where nothing can be written (a read-only disk, another user's files).

        Raises:
            StorageError: something waits to be folded: it would not be in the archive.
        """
        state = self._repo.state_dir
        with self._app.history() as history:
            held = history.journal
            if held.writer is None or not held.is_empty or history.needs_recovery:
                raise StorageError(
                    f"what was recorded last is not in git yet, and '{state}' cannot be written "
                    "to: an archive would lack it",
                    hint="git timewarp doctor",
                )
            if Backlog(state).size:
                self._app.notices.append(
                    f"warning: what hooks noted last is not in the archive: '{state}' cannot be "
                    "written to"
                )
            numbers = {held.writer: held.head.n}
            source = pack.Source(
                self._repo, dict(history.refs), held.writer, self._lineage(numbers)
            )
            return source, selection.selection(history, wanted)

    @property
    def _writable(self) -> bool:
        """Whether this user may write where our files are, or will be."""
        state = to_bytes(self._repo.state_dir)
        place = state if os.path.isdir(state) else to_bytes(self._repo.common_dir)
        return os.access(place, os.W_OK)

    def _seen(self, op: Operation, refs: Mapping[RefName, Oid]) -> pack.Source:
        writer, n = op.recorder.writer, op.recorder.journal.head.n
        return pack.Source(self._repo, refs, writer, self._lineage({writer: n}))

    def _lineage(self, now: Mapping[WriterId, int]) -> Mapping[WriterId, int]:
        former = {WriterId(w): n for w, n in lineage.former(self._repo.state_dir).items()}
        return {**former, **now}

    def _written(
        self, source: pack.Source, wanted: Wanted, chosen: Selection, write: Write
    ) -> Manifest:
        with self._scratch(anywhere=not self._writable) as scratch:
            return pack.write(
                source, wanted, chosen, scratch=scratch, product=__version__, write=write
            )

    @contextmanager
    def _scratch(self, *, anywhere: bool = False) -> Iterator[Scratch]:
        """Make a scratch folder beside our files; `anywhere`: in the folder for temporary files."""
        git, clock = self._repo.git, self._clock
        above = self._app.environ.get("TMPDIR") or "/tmp" if anywhere else self._repo.state_dir  # noqa: S108
        with scratch_folder.opened(above, git, clock=clock) as made:
            yield made

    def bring(
        self,
        path: str,
        *,
        replace: bool = False,
        confirm: Callable[[str], None],
        dry_run: bool = False,
        progress: Progress = lambda _done, _all: None,
    ) -> ImportResult:
        """Take the history of an archive in; `confirm` is asked before one is replaced.

        Where nothing records yet, recording begins, and goes on where the archive ends.
        """
        hint = f"git timewarp inspect {shell(path)}"
        anywhere = dry_run and not self._writable
        if not dry_run:
            self._app.need_room("nothing is imported")
        with told(), _hinting(hint), self._scratch(anywhere=anywhere) as scratch:
            fmt = self._repo.hash_name
            manifest, name = unpack.checked(path, scratch, hash_name=fmt, progress=progress)
            if replace:
                check_replacing(manifest)
            if dry_run:
                return ImportResult(
                    path, manifest, self._preview(scratch, manifest, replace=replace)
                )
            if replace:
                confirm("this replaces everything that is recorded here by what the archive holds")
            return self._bring(path, scratch, manifest, name, replace=replace)

    def _preview(self, scratch: Scratch, manifest: Manifest, *, replace: bool) -> Plan:
        """Return what an import would change, without writing anything."""
        repo = self._repo
        refs = transaction.current(repo)
        own = lineage.recorded(repo.state_dir)
        both = (Quarantine.folder(repo), scratch.objects)
        with Reader(repo.git.using(alternates=both)) as reader:
            if replace:
                return replacing(reader, refs, manifest, zero=repo.zero)
            return Merge(Bench(repo, reader), refs, manifest, own=own).plan()

    def _bring(
        self, path: str, scratch: Scratch, manifest: Manifest, name: str, *, replace: bool
    ) -> ImportResult:
        began = not self._app.recording
        command = f"git timewarp import {'--replace ' if replace else ''}{shell(path)}"
        with self._operation(began=began) as op:
            refs = merge.fold(op, command=command)
            merge.bring(op, scratch, name)
            try:
                plan = merge.plan(op, manifest, replace=replace)
                kept = None
                if plan.updates:
                    if replace and refs:
                        kept = self._keep(op, refs)
                    fresh = began or replace
                    merge.take(op, plan, manifest, goes_on=fresh, command=command)
                    self._record(op, manifest, plan, kept)
            finally:
                merge.drop(op, name)
        self._app.notices += merge.remarks(plan.taken)
        if began:
            self._app.init()
        return ImportResult(path, manifest, plan, kept, began=began, done=True)

    @contextmanager
    def _operation(self, *, began: bool) -> Iterator[Operation]:
        """Open the operation; where nothing records, recording begins with it."""
        if not began:
            with self._app.operation("import") as op:
                yield op
            return
        roots.check(self._repo.work_tree, home=self._app.environ.get("HOME"))
        start.prepare(self._repo, self._app.world)
        with Operation(self._app.world, "import", notices=self._app.notices) as op:
            start.begin_anew(op)
            yield op

    def _keep(self, op: Operation, refs: Mapping[RefName, Oid]) -> str:
        """Write what is about to be replaced to an archive of its own; return its path."""
        paths = Paths(self._repo.state_dir)
        directories.make(paths.replaced)
        path = os.path.join(paths.replaced, f"{op.id}.tar.zst")
        with outfile.opened(path, replace=False, mode=0o600, within=paths.root) as write:
            self._written(self._seen(op, refs), Wanted(), Selection(), write)
        return path

    def _record(self, op: Operation, manifest: Manifest, plan: Plan, kept: str | None) -> None:
        events, snapshots = merge.counted(plan.taken)
        verb = "replaced everything by" if plan.replaces else "imported"
        text = f"{verb} {events} event(s) and {snapshots} snapshot(s) of '{manifest.writer}'"
        data: dict[str, object] = {"from": manifest.writer}
        if kept is not None:
            data["kept"] = os.path.relpath(kept, self._repo.common_dir)
        op.finish([merge.event(op, plan.taken, text, data)])
