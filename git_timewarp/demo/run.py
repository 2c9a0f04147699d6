"""The demonstration from clone to clean-up."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from git_timewarp.app import repository as public
from git_timewarp.app.repository import App
from git_timewarp.demo import losses, replay, sandbox, work
from git_timewarp.demo.losses import Back, Scene
from git_timewarp.demo.report import Loss, Report, State
from git_timewarp.demo.sandbox import BRANCH, Sandbox
from git_timewarp.demo.work import Desk
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.timeline.results_look import LogEntry
from git_timewarp.util.clock import Clock, iso, parse_iso

_PATIENCE = 60.0
_STEP = 0.05
_SHOWN = 24


class WatcherSilentError(TimewarpError):
    """The watcher took no draft of an edit."""

    kind = Kind.EXTERNAL
    reference = "watcher-silent"


class Audience(Protocol):
    """Is told what happens as it happens."""

    def began(self, source: str) -> None:
        """Take note of what was cloned."""

    def replayed(self, done: int, total: int) -> None:
        """Take note of how far the replay is."""

    def all_replayed(self, states: tuple[State, ...]) -> None:
        """Take note of the replay's end."""

    def lost(self, loss: Loss) -> None:
        """Take note of one loss and how it came back."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to show.

    Attributes:
        start: the folder the user stands in.
        repo: path or address of the repository; None for the one around `start`.
        commits: how many commits to replay.
        keep: whether the clone stays.
    """

    start: str
    repo: str | None = None
    commits: int = 50
    keep: bool = False


def run(plan: Plan, *, environ: Mapping[str, str], clock: Clock, audience: Audience) -> Report:
    """Replay history, lose work eight times, bring it back, and report what was measured.

    Raises:
        NoSourceError, NoHistoryError, GitError: there is nothing to show it with.
        WatcherNotStartedError, WatcherSilentError: the watcher does not work here.
    """
    began = clock.monotonic()
    source = _source(plan, environ)
    box = sandbox.clone(source, environ=environ, commits=plan.commits)
    try:
        audience.began(source)
        commits = replay.history(box, commits=plan.commits)
        replay.begin(box, commits[0])
        app = public.open(box.work_tree, environ=box.environ, clock=clock)
        states = _replay(app, box, commits, plan=plan, clock=clock, audience=audience)
        replay.begin(box, commits[-1])
        with _watched(app):
            stage = _Stage(app, work.desk(box), clock)
            lost = tuple(stage.play(scene, audience) for scene in losses.scenes(stage.desk))
        timeline = tuple(app.log(limit=_SHOWN))
    finally:
        if not plan.keep:
            box.remove()
    return Report(
        source=source,
        states=states,
        losses=lost,
        timeline=timeline,
        seconds=clock.monotonic() - began,
        folder=box.work_tree if plan.keep else None,
    )


def _source(plan: Plan, environ: Mapping[str, str]) -> str:
    if plan.repo is None:
        return sandbox.source_of(plan.start, environ)
    here = os.path.join(plan.start, plan.repo)
    return os.path.abspath(here) if os.path.isdir(here) else plan.repo


def _replay(
    app: App,
    box: Sandbox,
    commits: list[Oid],
    *,
    plan: Plan,
    clock: Clock,
    audience: Audience,
) -> tuple[State, ...]:
    """Start recording on the first commit and replay the rest; all of them if there are few."""
    app.init()
    wanted = commits[1:] if len(commits) > plan.commits else commits
    states = []
    for state in replay.replay(box, wanted, snapshot=replay.taker(app), clock=clock):
        states.append(state)
        audience.replayed(len(states), len(wanted))
    audience.all_replayed(tuple(states))
    return tuple(states)


@contextmanager
def _watched(app: App) -> Iterator[None]:
    app.watch_start()
    try:
        yield
    finally:
        app.watch_stop()


class _Stage:
    """Plays the scenes, one after the other, in the same clone."""

    def __init__(self, app: App, desk: Desk, clock: Clock) -> None:
        self.desk = desk
        self._app = app
        self._box = desk.box
        self._clock = clock
        self._tip = self._box.run("rev-parse", "HEAD")

    def play(self, scene: Scene, audience: Audience) -> Loss:
        """Work, wait until the watcher has it, lose it, bring it back, compare."""
        self._clear()
        scene.work()
        worked = self._clock.now_ns()
        draft, kept_after = self._draft_after(worked)
        wanted = self._box.tree_now()
        scene.lose()
        was_lost = scene.is_lost() and self._box.tree_now() != wanted
        began = self._clock.monotonic()
        problem = None
        try:
            self._bring_back(scene.back, draft)
        except TimewarpError as exc:
            problem = exc.message
        back = self._clock.monotonic() - began
        if problem is None and not scene.is_back():
            problem = "the files are back, the branch is not"
        loss = Loss(
            name=scene.name,
            commands=scene.commands,
            kept_after=kept_after,
            was_lost=was_lost,
            command=scene.back.command(draft.event),
            back=back,
            wanted=wanted,
            got=self._box.tree_now(),
            problem=problem,
        )
        audience.lost(loss)
        return loss

    def _clear(self) -> None:
        """Go back to the clean tip with plain git; what other scenes left is gone."""
        box = self._box
        box.run("checkout", "-q", "-f", "-B", BRANCH, self._tip)
        box.run("clean", "-q", "-f", "-d")
        for line in box.run("branch", "--format=%(refname:short)").split():
            if line != BRANCH:
                box.run("branch", "-q", "-D", line)

    def _draft_after(self, worked_ns: int) -> tuple[LogEntry, float]:
        """Return the draft the watcher took of the work, and how long after it.

        Raises:
            WatcherSilentError: it took none.
        """
        deadline = self._clock.monotonic() + _PATIENCE
        while self._clock.monotonic() < deadline:
            at = self._app.watch_status().get("last_draft")
            if isinstance(at, str) and at >= iso(worked_ns):
                newest = next(self._app.log(limit=1, types=("draft",)))
                if self._holds_all(newest):
                    return newest, (parse_iso(at) - worked_ns) / 1e9
            self._clock.sleep(_STEP)
        raise WatcherSilentError(
            f"the watcher took no draft within {_PATIENCE:g} s", hint="git timewarp doctor"
        )

    def _holds_all(self, draft: LogEntry) -> bool:
        """Tell whether a draft is of the work as it is now, and not of half of it."""
        if self._app.diff(draft.event, name_only=True).files:
            return False
        record = self._app.show(draft.event, patch=False).record
        return record.get("head") == self._box.run("rev-parse", "HEAD")

    def _bring_back(self, back: Back, draft: LogEntry) -> None:
        if back.verb == "restore":
            self._app.restore(back.words)
            return
        self._app.jump(
            draft.event,
            with_head="--with-head" in back.options,
            with_refs="--with-refs" in back.options,
        )
