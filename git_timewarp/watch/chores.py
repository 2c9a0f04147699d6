"""What a watcher does besides: room on the disk every minute, a full verify a day.

The verify runs in a process of its own, at low priority.

The first is due an hour after the first watcher began, as is one that was cut off or found something.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Callable, Mapping

from git_timewarp.git.repo import Repo
from git_timewarp.retention.chores import EVERY
from git_timewarp.retention.chores import Chores as Room
from git_timewarp.retention.settings import Bounds
from git_timewarp.store.failures import reason
from git_timewarp.timeline.world import World
from git_timewarp.util.clock import Clock, iso, parse_iso
from git_timewarp.watch import spawn, verified
from git_timewarp.watch.place import Place
from git_timewarp.watch.verified import Verified

_HOUR_NS = 3_600_000_000_000
_LOWEST = 19


class Chores:
    """Does what is due when its watcher has nothing else to do."""

    def __init__(
        self,
        repo: Repo,
        place: Place,
        *,
        clock: Clock,
        hours: float,
        environ: Mapping[str, str],
        room: Room | None = None,
    ) -> None:
        """See the class.

        Args:
            repo: the repository.
            place: where the watcher's files are.
            clock: the time.
            hours: how many lie between two verifies, 0 for none.
            environ: what a child is given.
            room: who looks after the disk.
        """
        self._repo = repo
        self._room = room
        self._next = float("-inf")
        self._place = place
        self._clock = clock
        self._hours = hours
        self._environ = environ
        self._verify: subprocess.Popen[bytes] | None = None
        self._begun = ""
        self._failed: dict[str, str] = {}

    def follow(self, *, hours: float, bounds: Bounds) -> None:
        """Go by other settings from now on."""
        self._hours = hours
        if self._room is not None:
            self._room.follow(bounds)

    def turn(self, world: World) -> list[str]:
        """Do what is due, once a minute; return what is worth a line in the log.

        What cannot be done is told, once, and tried again a minute later: a disk that is full
        is when looking after it matters most.
        """
        is_time = self._clock.monotonic() >= self._next
        if is_time:
            self._next = self._clock.monotonic() + EVERY
        told = self._tried("verify", lambda: self._turn_verify(is_time=is_time), is_time=is_time)
        room = self._room
        if is_time and room is not None:
            told += self._tried("look after the disk", lambda: room.turn(world), is_time=True)
        return told

    def _tried(self, what: str, do: Callable[[], list[str]], *, is_time: bool) -> list[str]:
        try:
            told = do()
        except OSError as exc:
            text = f"cannot {what}: {reason(exc)}"
            known, self._failed[what] = self._failed.get(what), text
            return [text] if known != text else []
        if is_time:
            self._failed.pop(what, None)
        return told

    def _turn_verify(self, *, is_time: bool) -> list[str]:
        """Begin a verify that is due, take in one that ended.

        Raises:
            OSError: nothing can be written, or no process started.
        """
        if self._verify is not None and self._verify.poll() is not None:
            if is_time or "verify" not in self._failed:
                self._ended(self._verify)
                self._verify = None
        elif is_time and self._verify is None and self._hours and self._is_due():
            self._begin()
        return []

    def close(self) -> None:
        """End what runs; it only looks."""
        process, self._verify = self._verify, None
        if process is not None:
            process.terminate()
            process.wait()
            self._forget_output()

    def _is_due(self) -> bool:
        last = verified.read(self._place.folder)
        if last.started is None:
            verified.store(self._place.folder, Verified(started=iso(self._clock.now_ns())))
            return False
        # What was cut off, or found something, is looked at again sooner.
        hours = self._hours if last.ok else min(1.0, self._hours)
        since = self._clock.now_ns() - parse_iso(last.started)
        return not 0 <= since < hours * _HOUR_NS

    def _begin(self) -> None:
        self._begun = iso(self._clock.now_ns())
        verified.store(self._place.folder, Verified(started=self._begun))
        self._verify = spawn.verify(self._repo, self._output, environ=self._environ)
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._verify.pid, _LOWEST)

    def _ended(self, process: subprocess.Popen[bytes]) -> None:
        ok: bool | None = None
        problems = 0
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            with open(self._output, "rb") as file:
                told = json.loads(file.read())
            ok, problems = bool(told["ok"]), len(told["problems"])
        if ok is not None or process.returncode >= 0:
            ended = iso(self._clock.now_ns())
            verified.store(self._place.folder, Verified(self._begun, ended, ok, problems))
        self._forget_output()

    @property
    def _output(self) -> str:
        return os.path.join(self._place.folder, f"{self._place.name}.verify")

    def _forget_output(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._output)
