"""Whether this repository is recorded at all."""

from __future__ import annotations

import os

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.store.paths import Paths


class NotRecordingError(TimewarpError):
    """The repository has no recorder."""

    kind = Kind.REFUSED
    reference = "not-recording"

    def __init__(self) -> None:
        super().__init__("nothing records in this repository", hint="git timewarp init")


def is_recording(repo: Repo) -> bool:
    """Tell whether `init` was run in this repository."""
    return os.path.exists(Paths(repo.state_dir).writer)
