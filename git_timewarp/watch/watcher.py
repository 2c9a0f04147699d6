"""The watcher: notices changes, waits for quiet, takes drafts, and survives what goes wrong."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import replace

from git_timewarp.config.settings import Settings
from git_timewarp.errors import TimewarpError
from git_timewarp.safety.log import Log
from git_timewarp.store.failures import reason
from git_timewarp.store.warm import Warm
from git_timewarp.timeline.recording import is_recording
from git_timewarp.timeline.world import World
from git_timewarp.util.clock import iso
from git_timewarp.util.ids import uuid7
from git_timewarp.util.locking import LockTimeoutError
from git_timewarp.watch import draft, footprint, state
from git_timewarp.watch.answering import Answering
from git_timewarp.watch.chores import Chores
from git_timewarp.watch.filter import Filter
from git_timewarp.watch.knowledge import Knowledge
from git_timewarp.watch.place import Place
from git_timewarp.watch.rules import Manner, Rereading, Rules
from git_timewarp.watch.schedule import MANUAL, Pace, Schedule
from git_timewarp.watch.source import STEP, GoneError, NoEventsError, Polling, Source, Stop
from git_timewarp.watch.state import State

if sys.platform == "linux":
    from git_timewarp.watch.inotify import Inotify as Events
else:
    from git_timewarp.watch.recursive import Recursive as Events

_TICK = 1.0
_CALM_TICK = 5.0
"""Seconds between two looks at whether there is anything to watch, while nothing is due."""

_SLEPT = 5.0
_TRY_EVENTS = 600.0
_TRY_FOLD = 60.0
_PROGRAM = os.path.abspath(__file__)
_PROGRAM_GONE = 5.0
"""Seconds without our own program after which it was taken away and is not being replaced."""

_LONG = 0.5
"""Seconds of a look that had much to do."""

_WHOLE_EVERY = 600.0
"""Seconds after which everything is looked at again, whatever the system told us."""

_NO_DRAFTS = "no drafts: 'timewarp.snapshot.frequency' is 'manual'"

_SHARE = 10
"""A look by turns takes at most one part in this many of a processor."""


class Watcher:
    """Watches one work tree. Its caller holds the lock of `place`, open as `lock_fd`."""

    def __init__(
        self,
        world: World,
        place: Place,
        manner: Manner,
        *,
        lock_fd: int,
        told: State,
        chores: Chores | None = None,
        settings: Settings | None = None,
        rereading: Rereading | None = None,
    ) -> None:
        self._warm = Warm()
        self._world = world._replace(warm=self._warm)
        self._place = place
        self._manner = manner
        self._lock_fd = lock_fd
        self._chores = chores
        self._settings = settings
        self._rereading = rereading
        self._unread = ""
        self._polls: str | None = None
        self._clock = world.clock
        self._log = Log(world.repo.state_dir, "watcher", clock=world.clock, level=world.log_level)
        self._filter = Filter(world.repo)
        self._state = told
        self._took = 0.0
        self._fold_at = float("inf")
        self._events_at = float("inf")
        self._wall, self._mono = self._times()
        self._had_program = self._mono
        self._knowledge: Knowledge
        self._answering: Answering | None = None
        self._whole_at = 0.0
        self._schedule: Schedule
        self._open()

    @property
    def state(self) -> State:
        """What is told about this watcher."""
        return self._state

    def close(self) -> None:
        """Give the watches back, and end what runs besides."""
        if self._chores is not None:
            self._chores.close()
        self._let_go()

    def _let_go(self) -> None:
        if self._answering is not None:
            self._answering.close()
            self._answering = None
        self._knowledge.close()
        self._warm.cool()

    def look(self) -> None:
        """Take a draft now if anything changed; what fails is told and tried again."""
        asked = self._schedule.is_pending
        self._schedule.begins()
        began = self._clock.monotonic()
        try:
            self._renew()
            if self._manner.pace.when == MANUAL:
                return
            trusting = asked and began < self._whole_at
            looked = draft.take(self._world, trusting=trusting)
        except GoneError:
            return
        except Exception as exc:  # noqa: BLE001 - a watcher that died protects nobody
            self._failed(exc)
            return
        now = self._clock.monotonic()
        self._took = now - began
        if not trusting:
            self._warm.cool()
            self._whole_at = now + _WHOLE_EVERY
        if not trusting or self._took > _LONG:
            footprint.give_back()
        self._schedule.looked(now, found=looked.drafted or looked.noted, asked=asked)
        for notice in looked.notices:
            self._log.write("warn", notice)
        if looked.drafted:
            self._log.write("debug", "a draft was taken", {"ms": round(self._took * 1000)})
        if looked.drafted or looked.noted:
            self._fold_at = now + self._world.limits.seconds + _TICK
        told = self._state._replace(problem=None)
        if looked.drafted:
            told = told._replace(last_draft=iso(self._clock.now_ns()))
        if told != self._state:
            self._tell(told)

    def run(self, stop: Stop) -> None:
        """Watch until asked to stop, until nothing is left to watch, or we were uninstalled."""
        while not (stop.is_set() or self._is_over()):
            try:
                self._turn(stop)
            except Exception as exc:  # noqa: BLE001 - a watcher that died protects nobody
                self._failed(exc)
                self._clock.sleep(STEP)
        if self._is_gone():
            return
        self._notice(stop, seconds=0.0)
        self._reread()
        if self._schedule.is_pending or self._state.mode == state.POLLING:
            self.look()

    def _is_over(self) -> bool:
        return self._is_gone() or os.path.exists(self._place.stop) or self._is_uninstalled()

    def _is_uninstalled(self) -> bool:
        """Tell whether our program was taken away: with it goes the command that stops us."""
        now = self._clock.monotonic()
        if os.path.exists(_PROGRAM):
            self._had_program = now
        elif now - self._had_program >= _PROGRAM_GONE:
            self._log.write("warn", "the program was uninstalled, so the watcher ends")
            return True
        return False

    def _turn(self, stop: Stop) -> None:
        due = self._schedule.due()
        tick = _CALM_TICK if due == float("inf") else _TICK
        next_at = min(due, self._fold_at, self._events_at)
        self._notice(stop, seconds=min(tick, max(0.0, next_at - self._clock.monotonic())))
        now = self._clock.monotonic()
        if stop.is_set():
            return
        self._reread()
        if now >= self._schedule.due():
            self.look()
        if self._knowledge.takes_fold() or now >= self._fold_at:
            self._fold(now)
        if not self._schedule.is_pending or self._schedule.due() > now + _CALM_TICK:
            self._do_chores()
        if now >= self._events_at:
            self._let_go()
            self._open()
            self._schedule.changed(now)

    def _do_chores(self) -> None:
        for text in self._chores.turn(self._world) if self._chores is not None else ():
            self._log.write("warn", text)

    def _reread(self) -> None:
        """Follow settings that changed; while they cannot be read, those of before stand."""
        try:
            found = self._rereading.again() if self._rereading is not None else None
        except (TimewarpError, OSError, ValueError) as exc:
            if self._unread != str(exc) and not self._is_gone():
                self._log.write("warn", f"the settings of before stand: {reason(exc)}")
            self._unread = str(exc)
            return
        if found is not None:
            self._unread = ""
            self._follow(found)

    def _follow(self, asked: Rules) -> None:
        before, self._settings = self._settings, asked.settings
        names = before.changed(asked.settings) if before is not None else ()
        self._world = asked.world._replace(warm=self._warm, watched=self._knowledge)
        if not names:
            return
        level = asked.world.log_level
        self._log = Log(asked.world.repo.state_dir, "watcher", clock=self._clock, level=level)
        self._log.write("info", f"settings changed: {', '.join(names)}")
        if self._chores is not None:
            self._chores.follow(hours=asked.hours, bounds=asked.bounds)
        old, self._manner = self._manner, asked.manner
        if old.polling != self._manner.polling:
            self._let_go()
            self._open()
        elif old.pace != self._manner.pace:
            self._schedule.follow(self._pace())
            self._tell(self._state._replace(reason=self._reason(self._polls)))
        self._schedule.changed(self._clock.monotonic())

    def _reason(self, polls: str | None) -> str | None:
        """Return what people should know of a watcher that runs: why it polls, takes no drafts."""
        self._polls = polls
        told = [polls] if polls else []
        told += [_NO_DRAFTS] if self._manner.pace.when == MANUAL else []
        return "; ".join(told) or None

    def _pace(self) -> Pace:
        """Return the pace of the source in use: one that looks by turns is late enough."""
        pace = self._manner.pace
        return replace(pace, quiet=0.0) if self._state.mode == state.POLLING else pace

    def _notice(self, stop: Stop, *, seconds: float) -> None:
        batch = self._knowledge.wait(seconds, stop)
        wall, mono = self._times()
        slept = (wall - self._wall) - (mono - self._mono) > _SLEPT
        self._wall, self._mono = wall, mono
        if slept:
            self._knowledge.lose()
        if slept or (batch and self._filter.matters(batch)):
            self._schedule.changed(mono)

    def _renew(self) -> None:
        try:
            self._knowledge.renew(everything=self._filter.rules_changed)
        except NoEventsError as exc:
            self._let_go()
            self._poll(str(exc), again=True)
        self._filter.rules_changed = False

    def _open(self) -> None:
        """Watch by events where the system gives them, else by turns."""
        self._events_at = float("inf")
        if self._manner.polling is not None:
            self._poll(self._manner.polling, again=False)
            return
        try:
            self._know(Events(self._world.repo))
        except NoEventsError as exc:
            self._poll(str(exc), again=True)
        else:
            self._schedule = Schedule(self._manner.pace)
            self._tell(self._state._replace(mode=state.EVENTS, reason=self._reason(None)))

    def _poll(self, reason: str, *, again: bool) -> None:
        """Look by turns; `again` when the system may give events later."""
        if again:
            self._events_at = self._clock.monotonic() + _TRY_EVENTS

        def every() -> float:
            pace = self._manner.pace
            idle = self._schedule.is_idle(self._clock.monotonic())
            return max(pace.longest if idle else pace.quiet, _SHARE * self._took)

        self._know(Polling(self._clock, every=every))
        self._schedule = Schedule(replace(self._manner.pace, quiet=0.0))
        if self._state.mode != state.POLLING:
            self._log.write("info", f"looking by turns: {reason}")
        self._tell(self._state._replace(mode=state.POLLING, reason=self._reason(reason)))

    def _know(self, source: Source) -> None:
        """Learn of changes from `source`, and tell the commands that ask."""
        knowledge = Knowledge(source, self._filter, instance=uuid7(self._clock))
        self._knowledge = knowledge
        self._world = self._world._replace(watched=knowledge)
        if source.prompt:
            try:
                self._answering = Answering(self._place.socket, knowledge)
            except OSError as exc:
                self._log.write("warn", f"commands cannot ask what changed: {reason(exc)}")

    def _fold(self, now: float) -> None:
        self._fold_at = float("inf")
        try:
            draft.fold(self._world)
            footprint.give_back()
        except LockTimeoutError:
            self._fold_at = now + _TICK
        except (TimewarpError, OSError) as exc:
            self._log.write("warn", f"a fold was put off: {reason(exc)}")
            self._fold_at = now + _TRY_FOLD

    def _failed(self, exc: Exception) -> None:
        if self._is_gone():
            return
        is_busy = isinstance(exc, LockTimeoutError)
        self._schedule.failed(self._clock.monotonic(), soon=is_busy)
        expected = isinstance(exc, TimewarpError | OSError)
        if self._state.problem != str(exc):
            if expected:
                self._log.write("error", f"no draft was taken: {reason(exc)}")
            else:
                told = "".join(traceback.format_exception(exc))
                self._log.write("fatal", f"no draft was taken: {exc!r}", {"traceback": told})
            self._tell(self._state._replace(problem=str(exc)))

    def _is_gone(self) -> bool:
        """Tell whether repository, recording or our own lock file went away under us."""
        try:
            same = os.path.samestat(os.stat(self._place.lock), os.fstat(self._lock_fd))
        except OSError:
            return True
        repo = self._world.repo
        return not (same and is_recording(repo) and os.path.isdir(repo.work_tree))

    def _tell(self, told: State) -> None:
        self._state = told
        try:
            state.store(self._place, self._state)
        except OSError as exc:
            self._log.write("error", f"cannot tell how the watcher is: {reason(exc)}")

    def _times(self) -> tuple[float, float]:
        return self._clock.now_ns() / 1e9, self._clock.monotonic()
