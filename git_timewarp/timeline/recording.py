"""Whether this repository is recorded at all."""

from __future__ import annotations

import os

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.store import layout
from git_timewarp.store.paths import Paths


class NotRecordingError(TimewarpError):
    """The repository has no recorder."""

    kind = Kind.REFUSED
    reference = "not-recording"

    def __init__(self, more: str = "") -> None:
        super().__init__("nothing records in this repository" + more, hint="git timewarp init")


def refusal(repo: Repo) -> NotRecordingError:
    """Return the error for a repository in which nothing records; it tells what is left here."""
    left = repo.git.run("for-each-ref", "--count=1", layout.ROOT).out
    return NotRecordingError(f"; what was recorded before is in {layout.ROOT}/" if left else "")


def is_recording(repo: Repo) -> bool:
    """Tell whether `init` was run in this repository."""
    return os.path.exists(Paths(repo.state_dir).writer)
