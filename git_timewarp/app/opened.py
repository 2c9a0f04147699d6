"""One repository, opened, with what every verb needs: settings, operations, history."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from git_timewarp.config import load as config_load
from git_timewarp.config import merge as config_merge
from git_timewarp.config.schema import TRACKED_FILE
from git_timewarp.config.settings import Settings
from git_timewarp.errors import TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import Process, finish
from git_timewarp.store.backlog import Backlog
from git_timewarp.store.failures import told
from git_timewarp.store.paths import Paths
from git_timewarp.timeline.recording import is_recording, refusal
from git_timewarp.util import atomic
from git_timewarp.util.clock import Clock
from git_timewarp.util.locking import FileLock
from git_timewarp.util.text import shell

if TYPE_CHECKING:
    from git_timewarp.git.objects import Reader
    from git_timewarp.store.history import History
    from git_timewarp.store.index import Tables
    from git_timewarp.timeline import selector
    from git_timewarp.timeline.operation import Operation
    from git_timewarp.timeline.results_look import Json
    from git_timewarp.timeline.world import World


class Opened:
    """One repository, opened; every method may raise a TimewarpError."""

    def __init__(
        self, repo: Repo, *, environ: Mapping[str, str], clock: Clock, overrides: Mapping[str, str]
    ) -> None:
        self.repo = repo
        self.state_dir = repo.state_dir
        self.notices: list[str] = []
        self.environ = environ
        self.clock = clock
        self._overrides = overrides
        self._listing: Process | None = None

    @property
    def recording(self) -> bool:
        """Whether `init` was run here."""
        return is_recording(self.repo)

    def ask_config(self, *, again: bool = False) -> None:
        """Have git list its settings, while something else is done; `again`: as they are now."""
        for name in ("_config_bytes", "git_config") if again else ():
            self.__dict__.pop(name, None)
        if self._listing is None and "_config_bytes" not in self.__dict__:
            self._listing = self.repo.git.start(*config_load.GIT_ARGUMENTS)

    @cached_property
    def _config_bytes(self) -> bytes:
        self.ask_config()
        assert self._listing is not None  # noqa: S101 - it was asked
        asked, self._listing = self._listing, None
        return finish(asked, config_load.GIT_ARGUMENTS).out

    @cached_property
    def git_config(self) -> Mapping[str, str]:
        """The user's git settings: the last value of each, keys as git prints them."""
        return config_load.git_settings(self._config_bytes)

    @cached_property
    def settings(self) -> Settings:
        """Every setting with its value and origin (design 9)."""
        try:
            found = self.all_settings()
        except TimewarpError as exc:
            # A tracked file in the middle of a merge must not keep anybody from his work.
            self.notices.append(f"warning: {exc.message}; it is ignored")
            found = self.all_settings(tracked=False)
        if found.rejected:
            from git_timewarp.config import validate  # noqa: PLC0415

            self.notices += validate.check(found)
        return found

    def all_settings(self, *, tracked: bool = True) -> Settings:
        """Read the settings of every level; without the tracked file if that is damaged."""
        assignments = list(config_load.from_git(self._config_bytes))
        path = os.path.join(self.repo.work_tree, TRACKED_FILE)
        data = atomic.read(path) if tracked else None
        if data is not None:
            from git_timewarp.config import tracked as config_tracked  # noqa: PLC0415

            assignments += config_tracked.from_tracked(data)
        assignments += config_load.from_environment(self.environ)
        assignments += config_load.from_options(self._overrides)
        return config_merge.merge(assignments)

    def settings_of_now(self) -> tuple[World, Settings]:
        """Read the settings again, for a process that lives long, and the world they make.

        Raises:
            TimewarpError: they cannot be read, or one of them is given no value it takes.
        """
        from git_timewarp.config import validate  # noqa: PLC0415

        now = Opened(self.repo, environ=self.environ, clock=self.clock, overrides=self._overrides)
        found = now.all_settings()
        wrong = validate.first(found)
        if wrong is not None:
            raise wrong
        now.settings = found
        return now.world, found

    @cached_property
    def world(self) -> World:
        """What operations are given."""
        from git_timewarp.timeline import world  # noqa: PLC0415
        from git_timewarp.watch import place  # noqa: PLC0415

        who = self.git_config.get("user.email") or self.environ.get("USER") or "unknown"
        found = world.of(
            self.repo, clock=self.clock, environ=self.environ, settings=self.settings, person=who
        )
        if os.path.exists(place.of(self.repo).socket):
            from git_timewarp.watch import asking  # noqa: PLC0415

            return found._replace(watched=asking.of(self.repo))
        return found

    @contextlib.contextmanager
    def operation(self, verb: str, *, patient: bool = True) -> Iterator[Operation]:
        """Open an operation: recover what was cut off, drain what hooks noted."""
        from git_timewarp.integrity.opening import opened  # noqa: PLC0415

        def end(op: Operation) -> bool:
            from git_timewarp.hooks import ending  # noqa: PLC0415

            return ending.finish(op)

        def resume(op: Operation, intent: Json) -> str:
            if intent.get("anywhere"):
                from git_timewarp.retention import redact, removal  # noqa: PLC0415

                if intent.get("kind") == redact.KIND:
                    return redact.finish(op, intent)
                return removal.finish(op, intent)
            from git_timewarp.integrity import recover_travel  # noqa: PLC0415

            return recover_travel.finish(op, intent)

        world = self.world if patient else self.world.in_a_hurry()
        known = len(self.notices)
        try:
            with told(), opened(world, verb, notices=self.notices, ending=end, finish=resume) as op:
                known = self._logged(known, "recovery", verb)
                yield op
        finally:
            self._logged(known, "operation", verb)

    def _logged(self, known: int, component: str, verb: str) -> int:
        """Write the notices after the first `known` to the log; return how many there are."""
        if len(self.notices) > known and self.recording:
            from git_timewarp.safety.log import Log  # noqa: PLC0415

            level = self.world.log_level
            log = Log(self.repo.state_dir, component, clock=self.clock, level=level)
            for notice in self.notices[known:]:
                log.write("warn", notice.removeprefix("warning: "), {"verb": verb})
        return len(self.notices)

    def need_room(self, what: str) -> None:
        """Refuse `what` where too little is free on the disk, before anything is written.

        Raises:
            LowDiskError: below `timewarp.disk.stop`.
        """
        place = self.repo.common_dir
        hint = "git timewarp storage" if self.recording else f"df -h {shell(place)}"
        self.world.room.need(place, what=what, hint=hint)

    def take_in(self) -> None:
        """Take in what hooks noted, so that a look shows it; where it cannot be now, it waits."""
        if self.recording and Backlog(self.repo.state_dir).size:
            with contextlib.suppress(TimewarpError), self.operation("look", patient=False):
                pass

    def locked(self) -> FileLock:
        """Return the store's lock, for what is no operation: hooks and their settings."""
        wait = self.settings.int("timewarp.lock.timeoutSeconds")
        return FileLock(Paths(self.repo.state_dir).lock, clock=self.clock, timeout=wait)

    @contextlib.contextmanager
    def history(self) -> Iterator[History]:
        """Open what was recorded, to look at.

        Raises:
            NotRecordingError: nothing records here.
        """
        from git_timewarp.store.history import History  # noqa: PLC0415

        if not self.recording:
            raise refusal(self.repo)
        with contextlib.closing(History(self.repo, fill=_fill)) as history:
            yield history

    @contextlib.contextmanager
    def moments(self, *texts: str) -> Iterator[tuple[History, list[selector.Target]]]:
        """Find moments; `@-n` counts from the work tree as it is, as `jump` does."""
        from git_timewarp.timeline import selector, snapshot  # noqa: PLC0415

        if any(text.startswith("@-") for text in texts):
            with self.operation("look") as op:
                now = snapshot.capture(op, trusting=True)
                yield op.history, [selector.seen_from(op.history, t, now) for t in texts]
            return
        with self.history() as history:
            yield history, [selector.resolve(history, text) for text in texts]


def _fill(tables: Tables, reader: Reader, now: Mapping[str, str], then: Mapping[str, str]) -> None:
    from git_timewarp.store import index_fill  # noqa: PLC0415

    index_fill.fill(tables, reader, now, then)
