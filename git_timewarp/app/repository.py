"""The verbs of every day, each a method of `App`; and `open`, the way in."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from git_timewarp.app.opened import Opened
from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import RepoPath
from git_timewarp.git.repo import discover, look
from git_timewarp.store.failures import told
from git_timewarp.timeline.recording import NotRecordingError, refusal
from git_timewarp.util.clock import Clock, iso

if TYPE_CHECKING:
    from git_timewarp.app.archive import Archives
    from git_timewarp.app.disk import Disk
    from git_timewarp.app.recovery import Recovery
    from git_timewarp.app.rescue import Rescue
    from git_timewarp.app.stashes import Stashes
    from git_timewarp.app.system_log import SystemLog
    from git_timewarp.app.versions import Versions
    from git_timewarp.restore.pathspec import PathFilter
    from git_timewarp.store.history import History
    from git_timewarp.store.index import Entry
    from git_timewarp.timeline.results import (
        Check,
        DiffResult,
        InitResult,
        ShowResult,
        SnapshotResult,
        StashEntry,
        TravelResult,
        VerifyReport,
    )
    from git_timewarp.timeline.results_look import Json, LogEntry, StatusResult
    from git_timewarp.timeline.results_stash import StashShow


def open(  # noqa: A001 - `app.open` is how it reads at the call
    start_dir: str,
    *,
    environ: Mapping[str, str],
    clock: Clock,
    overrides: Mapping[str, str] | None = None,
) -> App:
    """Open the repository around any folder of its work tree; `overrides` are settings for now.

    Raises:
        NotARepositoryError, BareRepositoryError: there is no work tree to record.
    """
    looking = look(start_dir, environ)
    from git_timewarp.store import history  # noqa: F401, PLC0415 - while git looks around

    repo = discover(start_dir, environ, looking=looking)
    return App(repo, environ=environ, clock=clock, overrides=overrides or {})


class App(Opened):
    """One repository, opened, with the verbs of every day."""

    @cached_property
    def disk(self) -> Disk:
        """The verbs of bounded disk."""
        from git_timewarp.app.disk import Disk  # noqa: PLC0415

        return Disk(self)

    # -- start and record -------------------------------------------------------------

    def init(self, *, hooks: bool = True, watch: bool = False) -> InitResult:
        """Start recording: state folder, hooks, the first snapshot, and the watcher if asked.

        Where no snapshot may be taken now, recording begins without one, and it is told.
        """
        from git_timewarp.safety import roots  # noqa: PLC0415
        from git_timewarp.timeline import results, start  # noqa: PLC0415
        from git_timewarp.timeline.operation import Operation  # noqa: PLC0415

        roots.check(self.repo.work_tree, home=self.environ.get("HOME"))
        created = not self.recording
        with told():
            start.prepare(self.repo, self.world)
            with Operation(self.world, "init", notices=self.notices) as op:
                start.begin_anew(op)
                first = start.first(op, always=created)
                writer = op.recorder.writer
        installed = self.hooks_install() if hooks else {}
        watching = bool(self.watch_start().get("running")) if watch else False
        return results.InitResult(
            writer=writer,
            created=created,
            first=first,
            hooks=installed,
            watching=watching,
            protected=start.PROTECTED,
            not_protected=start.not_protected(
                self.world, watching=watching, has_first=first is not None
            ),
        )

    def deinit(self, *, purge: bool = False, dry_run: bool = False) -> Json:
        """Stop recording; `purge` removes every ref and file of ours too."""
        from git_timewarp.hooks import ending  # noqa: PLC0415
        from git_timewarp.watch import control  # noqa: PLC0415

        with told():
            stop = partial(control.stop_all, self.world)
            return ending.deinit(
                self.world, purge=purge, dry_run=dry_run, notices=self.notices, quieten=stop
            )

    def snapshot(
        self,
        *,
        message: str = "",
        milestone: str | None = None,
        dry_run: bool = False,
        patient: bool = True,
    ) -> SnapshotResult:
        """Take a snapshot now; unchanged, the existing id is answered.

        Unless `patient`, a watcher may put it into git's store a moment later.
        """
        from git_timewarp.timeline import snapshot  # noqa: PLC0415

        if milestone is not None:
            from git_timewarp.timeline import naming  # noqa: PLC0415

            self.notices += naming.check(self.repo.git, milestone)
        with self.operation("snapshot") as op:
            if dry_run:
                return snapshot.preview(op)
            taken = snapshot.take_explicit(
                op, message=message, milestone=milestone, patient=patient
            )
            return snapshot.result(op, taken)

    def record(self, lines: Iterable[bytes]) -> Iterator[Json]:
        """Record events given as JSON Lines; answers one object a line, locks a batch at a time."""
        from git_timewarp.timeline import ingest  # noqa: PLC0415

        if not self.recording:
            raise refusal(self.repo)
        yield from ingest.stream(lambda: self.operation("record"), lines)

    # -- look -------------------------------------------------------------------------

    def status(self) -> StatusResult:
        """Tell how the recording is; finishes what a crash cut off."""
        self.ask_config(again=True)
        from git_timewarp.integrity import status  # noqa: PLC0415
        from git_timewarp.store.room import QUOTA, room_of  # noqa: PLC0415

        timeline = self.settings.str("timewarp.timeline") if self.recording else ""
        since = len(self.notices)
        self.take_in()
        if not self.recording:
            return self._not_recording()
        with self.history() as history:
            watcher, hooks = self.watch_status(), self._hooks_brief(self.git_config)
            around = status.Around(
                watcher=watcher,
                hooks=hooks,
                timeline=timeline,
                room=room_of(self.settings),
                quota=self.settings.int(QUOTA),
            )
            if not history.needs_recovery:
                problems = status.recovered(self.notices, since)
                return status.status(history, around, problems=problems)
        try:
            problems = status.finished(lambda: self.operation("status"), self.notices, since)
        except NotRecordingError:
            return self._not_recording()
        with self.history() as history:
            return status.status(history, around, problems=problems)

    def _not_recording(self) -> StatusResult:
        from git_timewarp.integrity import status  # noqa: PLC0415

        watcher, hooks = self.watch_status(), self._hooks_brief(self.git_config)
        if os.path.isdir(self.repo.state_dir):
            from git_timewarp.timeline import start  # noqa: PLC0415

            with told():
                self.notices += start.finish_removal(self.repo)
        problems = status.recovered(self.notices)
        problems += status.lost_files(self.repo)
        return status.not_recording(hooks=hooks, watcher=watcher, problems=problems)

    def log(
        self,
        *,
        limit: int | None = None,
        types: Sequence[str] = (),
        actors: Sequence[str] = (),
        since: str | None = None,
        until: str | None = None,
        all_writers: bool = False,
        paths: Sequence[str] = (),
    ) -> Iterator[LogEntry]:
        """Give events newest first."""
        from git_timewarp.timeline import dates, log  # noqa: PLC0415

        wanted = log.Filter(
            limit=limit,
            types=tuple(types),
            actors=tuple(actors),
            since=dates.stored(self.repo.git, since),
            until=dates.stored(self.repo.git, until),
            every=all_writers,
            about=self._about(paths),
        )

        def found() -> Iterator[LogEntry]:
            self.take_in()
            with self.history() as seen:
                yield from log.log(seen, wanted, timeline=self.settings.str("timewarp.timeline"))

        return found()

    def show(
        self, target: str, *, patch: bool = True, color: bool = False, stat: bool = False
    ) -> ShowResult:
        """Return one event whole."""
        from git_timewarp.timeline import query  # noqa: PLC0415

        flags = query.flags(patch=patch, color=color, stat=stat)
        with self.moments(target) as (history, found):
            return query.show(history, found[0], flags=flags)

    def entry_files(
        self,
        entry: LogEntry,
        *,
        paths: Sequence[str] = (),
        patch: bool = False,
        color: bool = False,
        stat: bool = False,
    ) -> ShowResult:
        """Return what one entry of the log changed, with `paths` in these only."""
        from git_timewarp.timeline import query  # noqa: PLC0415

        wanted = self._paths(paths)
        flags = query.flags(patch=patch, color=color, stat=stat)
        with self.history() as history:
            return query.changed(history, entry, paths=wanted, flags=flags)

    def _about(self, paths: Sequence[str]) -> Callable[[History, Entry], bool] | None:
        """Return what tells whether an event is about the paths, None where none is given."""
        wanted = self._paths(paths)
        if wanted is None:
            return None
        from git_timewarp.timeline import log_paths  # noqa: PLC0415

        return partial(log_paths.touches, paths=wanted)

    def _paths(self, paths: Sequence[str]) -> PathFilter | None:
        """Return the filter for paths and patterns as git takes them, None where none is given."""
        from git_timewarp.restore.pathspec import PathFilter  # noqa: PLC0415

        if not paths:
            return None
        inside = [f":(top,literal){self.repo.inside(p)}" if p[:1] == "/" else p for p in paths]
        return PathFilter.parse(inside, prefix=self.repo.prefix)

    def diff(
        self,
        a: str | None = None,
        b: str | None = None,
        *,
        paths: Sequence[str] = (),
        color: bool = False,
        stat: bool = False,
        name_only: bool = False,
    ) -> DiffResult:
        """Compare two moments; without `b` with now, without both the latest snapshot with now."""
        from git_timewarp.timeline import query, selector, snapshot  # noqa: PLC0415

        flags = () if name_only else query.flags(patch=not stat, color=color, stat=stat)
        inside = [self.repo.inside(path) for path in paths]
        if b is not None and a is not None:
            with self.moments(a, b) as (history, (left, right)):
                return query.diff(history, left.files, right.files, paths=inside, flags=flags)
        with self.operation("diff") as op:
            view = snapshot.capture(op, trusting=True)
            left = selector.seen_from(op.history, a or "@", view)
            return query.diff(op.history, left.files, view.tree, paths=inside, flags=flags)

    def cat(self, target: str, path: str) -> bytes:
        """Return a file's bytes as they were."""
        from git_timewarp.timeline import query  # noqa: PLC0415

        with self.moments(target) as (history, found):
            return query.cat(history, found[0], RepoPath(self.repo.inside(path)))

    def verify(
        self,
        *,
        full: bool = False,
        subset: str | None = None,
        drills: int = 0,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> VerifyReport:
        """Check chains (`full`: every object, `subset`: a part); nothing recorded changes.

        `drills` snapshots are restored into a scratch folder and compared.
        """
        from git_timewarp.integrity import verify, verify_subset  # noqa: PLC0415

        if not self.recording:
            raise refusal(self.repo)
        part = None if subset is None else verify_subset.parse(subset, clock=self.clock)
        trial = None
        if drills:
            from git_timewarp.integrity import drill  # noqa: PLC0415

            trial = partial(drill.drill, count=drills, clock=self.clock)
        depth = verify.Depth(full=full, subset=part, trial=trial)
        with told():
            begun = iso(self.clock.now_ns())
            report = verify.verify(self.repo, depth=depth, progress=progress)
        if full and part is None:
            self.recovery.note(begun, report.problems)
        return report

    @cached_property
    def recovery(self) -> Recovery:
        """What recoveries left, and repairs."""
        from git_timewarp.app.recovery import Recovery  # noqa: PLC0415

        return Recovery(self)

    @cached_property
    def rescue(self) -> Rescue:
        """Our records made again after a disaster."""
        from git_timewarp.app.rescue import Rescue  # noqa: PLC0415

        return Rescue(self)

    def doctor(self) -> tuple[Check, ...]:
        """Check everything around the recorder."""
        from git_timewarp.integrity import doctor  # noqa: PLC0415
        from git_timewarp.store.room import QUOTA  # noqa: PLC0415

        try:
            hooks = self.hooks_status()
        except TimewarpError:  # the lock is taken, or nothing can be written: they are not tried
            hooks = self._hooks_brief()
        watcher, home = self.watch_status(), self.environ.get("HOME")
        quota = self.settings.int(QUOTA)
        return doctor.doctor(self.world, hooks=hooks, watcher=watcher, home=home, quota=quota)

    @cached_property
    def versions(self) -> Versions:
        """The versions of single paths."""
        from git_timewarp.app.versions import Versions  # noqa: PLC0415

        return Versions(self)

    # -- travel -----------------------------------------------------------------------

    def jump(
        self,
        target: str,
        *,
        with_head: bool = False,
        with_refs: bool = False,
        force: bool = False,
        dry_run: bool = False,
    ) -> TravelResult:
        """Bring the whole work tree to a moment."""
        from git_timewarp.timeline import travel  # noqa: PLC0415

        how = travel.How(with_head=with_head, with_refs=with_refs, force=force, dry_run=dry_run)
        with self.operation("jump") as op:
            return travel.jump(op, target, how)

    def restore(
        self,
        paths: Sequence[str],
        *,
        source: str | None = None,
        force: bool = False,
        dry_run: bool = False,
    ) -> TravelResult:
        """Bring some paths back."""
        from git_timewarp.timeline import travel  # noqa: PLC0415

        how = travel.How(force=force, dry_run=dry_run)
        with self.operation("restore") as op:
            return travel.restore(op, paths, how, source=source)

    def undo(
        self,
        steps: int = 1,
        *,
        event: str | None = None,
        force: bool = False,
        dry_run: bool = False,
    ) -> TravelResult:
        """Reverse the last operations of ours in this work tree."""
        from git_timewarp.timeline import travel, undo  # noqa: PLC0415

        how = travel.How(force=force, dry_run=dry_run)
        with self.operation("undo") as op:
            return undo.undo(op, steps, how, event=event)

    def redo(
        self,
        steps: int = 1,
        *,
        event: str | None = None,
        force: bool = False,
        dry_run: bool = False,
    ) -> TravelResult:
        """Reverse the last undos."""
        from git_timewarp.timeline import travel, undo  # noqa: PLC0415

        how = travel.How(force=force, dry_run=dry_run)
        with self.operation("redo") as op:
            return undo.redo(op, steps, how, event=event)

    def stash_list(self) -> tuple[StashEntry, ...]:
        """List the stashes, newest first."""
        from git_timewarp.timeline import stash  # noqa: PLC0415

        with self.history() as history:
            return stash.listed(history)

    def stash_show(self, name: str, *, patch: bool = False, color: bool = False) -> StashShow:
        """Tell what a stash holds against the commit it was made on."""
        from git_timewarp.timeline import query, stash  # noqa: PLC0415

        flags = query.flags(patch=patch, color=color, stat=False)
        with self.history() as history:
            return stash.show(history, name, flags=flags)

    def stash_apply(
        self, name: str, *, dry_run: bool = False, force: bool = False, drop: bool = False
    ) -> TravelResult:
        """Put a stash on top of the work tree."""
        from git_timewarp.timeline import stash, travel  # noqa: PLC0415

        how = travel.How(force=force, dry_run=dry_run)
        with self.operation("stash-apply") as op:
            return stash.apply(op, name, how, drop=drop)

    def stash_drop(self, name: str, *, dry_run: bool = False) -> StashEntry:
        """Take a stash off the list; its snapshot stays."""
        from git_timewarp.timeline import stash  # noqa: PLC0415

        with self.operation("stash-drop") as op:
            return stash.drop(op, name, dry_run=dry_run)

    @cached_property
    def stashes(self) -> Stashes:
        """Our stashes and git's own."""
        from git_timewarp.app.stashes import Stashes  # noqa: PLC0415

        return Stashes(self)

    @cached_property
    def system_log(self) -> SystemLog:
        """What the program did by itself, and what went wrong."""
        from git_timewarp.app.system_log import SystemLog  # noqa: PLC0415

        return SystemLog(self)

    # -- watcher, hooks, notes, settings ----------------------------------------------

    def watch_start(self) -> Json:
        """Start the watcher of this work tree; returns when it is live."""
        from git_timewarp.watch import control  # noqa: PLC0415

        if not self.recording:
            raise refusal(self.repo)
        return control.start(self.world, environ=self.environ, settings=self.settings).to_dict()

    def watch_stop(self) -> Json:
        """Stop the watcher of this work tree."""
        from git_timewarp.watch import control  # noqa: PLC0415

        return control.stop(self.world).to_dict()

    def watch_status(self) -> Json:
        """Tell whether the watcher runs."""
        from git_timewarp.watch import state  # noqa: PLC0415

        return state.read(self.repo).to_dict()

    def watch_run(self) -> None:
        """Watch until told to stop: the background process's own work."""
        from git_timewarp.watch import loop  # noqa: PLC0415

        loop.run(
            self.world, settings=self.settings, environ=self.environ, read=self.settings_of_now
        )

    def hooks_install(self) -> Json:
        """Install the hooks beside the user's own."""
        from git_timewarp.hooks import install  # noqa: PLC0415

        if not self.recording:
            raise refusal(self.repo)
        with told(), self.locked():
            return install.install(self.repo, clock=self.clock).to_dict()

    def hooks_uninstall(self) -> Json:
        """Put the hooks back exactly as they were."""
        from git_timewarp.hooks import uninstall  # noqa: PLC0415

        # Without our state folder there is no lock, and nobody who could take it.
        there = os.path.isdir(self.repo.state_dir)
        with told(), self.locked() if there else contextlib.nullcontext():
            return uninstall.uninstall(self.repo).to_dict()

    def hooks_status(self) -> Json:
        """Tell which hooks are there and prove that they fire."""
        from git_timewarp.hooks import probe, status  # noqa: PLC0415

        if not self.recording:
            return status.status(self.repo).to_dict()
        with told(), self.locked():
            fired = probe.probe(self.repo, clock=self.clock)
            return status.status(self.repo, fired=fired).to_dict()

    def _hooks_brief(self, settings: Mapping[str, str] | None = None) -> Json:
        from git_timewarp.hooks import status  # noqa: PLC0415

        return status.status(self.repo, settings=settings).to_dict()

    @cached_property
    def archive(self) -> Archives:
        """The verbs of archives."""
        from git_timewarp.app.archive import Archives  # noqa: PLC0415

        return Archives(self)

    def notes_publish(self, *, dry_run: bool = False) -> Json:
        """Write the log as ordinary notes, `refs/notes/timewarp`."""
        from git_timewarp.timeline import publish  # noqa: PLC0415

        with self.operation("notes-publish") as op:
            return publish.publish(op, dry_run=dry_run)

    def config_list(self) -> Sequence[Json]:
        """List the settings: key, value, origin, doc."""
        return self.settings.to_dicts()

    def config_get(self, key: str) -> Json:
        """Give one setting."""
        from git_timewarp.config import validate  # noqa: PLC0415

        return self.settings.describe(validate.known(key).name)

    def config_set(self, key: str, value: str, scope: str, *, dry_run: bool = False) -> Json:
        """Change a setting in `local`, `worktree` or `global` git config."""
        from git_timewarp.config import validate, values  # noqa: PLC0415
        from git_timewarp.git import config  # noqa: PLC0415

        found, text = validate.accept(key, value)
        scope = scope if dry_run else config.write(self.repo, found.name, text, scope=scope)
        record: Json = {"v": 1, "key": found.name, "value": values.parse(found, text)}
        return record | {"scope": scope, "dry_run": dry_run}

    def config_validate(self) -> Sequence[Json]:
        """Return what is wrong with the settings; empty when nothing is."""
        from git_timewarp.config import validate  # noqa: PLC0415

        return [item.to_dict() for item in validate.problems(self.all_settings())]
