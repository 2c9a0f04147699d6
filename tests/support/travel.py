"""Capture, wreck, restore and compare, as the commands do it, without the recorder."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from git_timewarp.git.names import Oid
from git_timewarp.restore import plan as planning
from git_timewarp.restore.apply import Outcome
from git_timewarp.restore.engine import Restorer, Wish, differences
from git_timewarp.restore.leftover import Views
from git_timewarp.restore.needs import needs_whole
from git_timewarp.restore.once_ignored import ignored_then
from git_timewarp.restore.pathspec import PathFilter
from git_timewarp.restore.plan import Plan
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import View
from tests.support import views
from tests.support.repo_builder import RepoBuilder, WorkTree


@dataclass
class State:
    """What a user can see of a repository: bytes, modes, links, index, status."""

    files: WorkTree
    index: bytes
    status: str

    @classmethod
    def of(cls, repo: RepoBuilder) -> State:
        """Look at `repo`."""
        return cls(
            repo.state(),
            repo.index_state(),
            repo.git("status", "--porcelain=v2", "-uall", "--ignored"),
        )


@dataclass
class Traveller:
    """One repository and the engine on it.

    Attributes:
        repo: the repository.
        quarantine: its quarantine.
        restored: commits that `ensure_commit` was asked for.
    """

    repo: RepoBuilder
    quarantine: Quarantine = field(init=False)
    restored: list[Oid] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the quarantine."""
        self.quarantine = views.quarantine_of(self.repo)

    @property
    def staging(self) -> str:
        """Where bytes are made ready."""
        return os.path.join(self.quarantine.repo.state_dir, "staging")

    @property
    def aside(self) -> Path:
        """Where changed files are kept."""
        return Path(self.quarantine.repo.state_dir) / "aside" / "op"

    def take(self, *, whole: tuple[str, ...] = ()) -> View:
        """Capture the work tree."""
        try:
            return views.take(self.quarantine, whole=whole)
        finally:
            self.quarantine.close()

    def plan(self, target: View, *, paths: tuple[str, ...] | None = None) -> tuple[Plan, View]:
        """Plan as the commands do: capture, plan, capture what is in the way, plan again."""
        try:
            return self._plan(target, paths=paths)
        finally:
            self.quarantine.close()

    def _plan(self, target: View, *, paths: tuple[str, ...] | None) -> tuple[Plan, View]:
        wanted = None if paths is None else PathFilter.parse(paths)
        reader = self.quarantine.reader
        now = self.take()
        plan = planning.make(reader, now=now, target=target, paths=wanted)
        spare = needs_whole(plan, self.quarantine.repo)
        if spare:
            now = self.take(whole=tuple(spare))
            plan = planning.make(reader, now=now, target=target, paths=wanted, spare=spare)
        ignored = ignored_then(
            self.quarantine, plan, now=now, target=target, staging_dir=self.staging
        )
        if ignored:
            spare |= ignored
            plan = planning.make(reader, now=now, target=target, paths=wanted, spare=spare)
        return plan, now

    def restorer(self) -> Restorer:
        """Return the engine."""
        return Restorer(
            self.quarantine,
            staging_dir=self.staging,
            aside_dir=str(self.aside),
            ensure_commit=self.restored.append,
        )

    def jump(
        self,
        target: View,
        *,
        paths: tuple[str, ...] | None = None,
        wish: Wish | None = None,
        before_writing: Callable[[], None] | None = None,
        resume: bool = False,
    ) -> Outcome:
        """Restore `target` and check that what came out is what was asked for."""
        try:
            return self._jump(
                target, paths=paths, wish=wish, before_writing=before_writing, resume=resume
            )
        finally:
            self.quarantine.close()

    def _jump(
        self,
        target: View,
        *,
        paths: tuple[str, ...] | None,
        wish: Wish | None,
        before_writing: Callable[[], None] | None,
        resume: bool,
    ) -> Outcome:
        plan, now = self._plan(target, paths=paths)
        if before_writing is not None:
            before_writing()
        outcome = self.restorer().restore(
            plan, now=now, target=target, wish=wish or Wish(), resume=resume
        )
        self.litter_free()
        there = differences(
            self.quarantine.reader,
            self.quarantine.repo,
            plan=plan,
            outcome=outcome,
            views=Views(now, target, self.take()),
        )
        assert there.wrong == (), there
        return outcome

    def litter_free(self) -> None:
        """Check that no temporary file, lock or staging folder of ours is left."""
        assert not [name for name in self.repo.state() if ".timewarp-tmp-" in name]
        assert not os.path.exists(self.staging)
        git_dir = self.repo.git_dir()
        assert not (git_dir / "index.lock").exists()
        assert not (git_dir / "index.timewarp").exists()
