"""The recorder on a repository of a test: through the app, or as a user types it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from git_timewarp.app import repository as timewarp
from git_timewarp.app.repository import App
from git_timewarp.timeline.results import TravelResult
from git_timewarp.util.clock import SystemClock
from tests.support.repo_builder import RepoBuilder


def opened(repo: RepoBuilder | Path) -> App:
    """Open the app on a work tree, anew as each command does."""
    path = repo.path if isinstance(repo, RepoBuilder) else repo
    return timewarp.open(str(path), environ=dict(os.environ), clock=SystemClock())


def recorded(repo: RepoBuilder, *, hooks: bool = False) -> RepoBuilder:
    """Start recording in `repo` and return it."""
    opened(repo).init(hooks=hooks)
    return repo


@dataclass(frozen=True)
class Answer:
    """What one command gave."""

    code: int
    out: str
    err: str


def typed(repo: RepoBuilder | Path, *words: str, stdin: bytes = b"", **env: str) -> Answer:
    """Run `git timewarp` in a process of its own and return what it gave."""
    path = repo.path if isinstance(repo, RepoBuilder) else repo
    done = subprocess.run(
        [sys.executable, "-m", "git_timewarp", *words],
        input=stdin,
        capture_output=True,
        cwd=path,
        env={**os.environ, **env},
        check=False,
    )
    return Answer(
        done.returncode,
        done.stdout.decode("utf-8", "surrogateescape"),
        done.stderr.decode("utf-8", "surrogateescape"),
    )


def is_step(repo: RepoBuilder | Path, result: TravelResult) -> bool:
    """Tell whether a journey changed anything, so that `undo` takes it back."""
    entry = opened(repo).show(str(result.event)).entry
    return entry is not None and entry.snapshot != result.safety_snapshot


def whole(repo: RepoBuilder) -> None:
    """Check that nothing of ours is damaged and git has nothing to say about the store."""
    report = opened(repo).verify(full=True)
    assert report.problems == (), report.problems
    done = repo.run("fsck", "--full", "--no-progress")
    assert (done.stdout, done.stderr) == (b"", b""), done
