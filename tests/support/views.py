"""Views of a test's repository, by the real capture."""

from __future__ import annotations

from collections.abc import Collection

from git_timewarp.capture.work_tree import Capture
from git_timewarp.git.names import RepoPath
from git_timewarp.git.repo import discover
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import View
from git_timewarp.util.clock import SystemClock
from tests.support.repo_builder import RepoBuilder


def quarantine_of(repo: RepoBuilder) -> Quarantine:
    """Return the quarantine of a repository."""
    return Quarantine(discover(str(repo.path), repo.env()))


def take(quarantine: Quarantine, *, whole: Collection[str] = ()) -> View:
    """Capture the work tree as it is."""
    capture = Capture(quarantine.repo, quarantine, clock=SystemClock())
    return capture.take(whole=[RepoPath(path) for path in whole])
