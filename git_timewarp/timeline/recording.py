"""Whether this repository is recorded at all."""

from __future__ import annotations

import os

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.store import layout
from git_timewarp.store.paths import Paths

GC_SECTION = f"gc.{layout.ROOT}/*"
GC_SETTINGS = (f"{GC_SECTION}.reflogExpire", f"{GC_SECTION}.reflogExpireUnreachable")
"""Local settings that keep `git gc` silent about the reflogs of our refs (docs/design)."""

REBUILD = "git timewarp recover --rebuild"
LOST_FILES = f"our files in the git directory are gone, what was recorded is in {layout.ROOT}/"


class NotRecordingError(TimewarpError):
    """The repository has no recorder."""

    kind = Kind.REFUSED
    reference = "not-recording"

    def __init__(self, more: str = "", *, hint: str = "git timewarp init") -> None:
        super().__init__("nothing records in this repository" + more, hint=hint)


def refusal(repo: Repo) -> NotRecordingError:
    """Return the error for a repository in which nothing records; it tells what is left here."""
    if has_lost_files(repo):
        return NotRecordingError(f": {LOST_FILES}", hint=REBUILD)
    left = repo.git.run("for-each-ref", "--count=1", layout.ROOT).out
    return NotRecordingError(f"; what was recorded before is in {layout.ROOT}/" if left else "")


def has_lost_files(repo: Repo) -> bool:
    """Tell whether our refs are here and our files are gone, without a `deinit`.

    That takes our settings out of git's config before it removes the files.
    """
    if is_recording(repo):
        return False
    asked = ("config", "--local", "--get", GC_SETTINGS[0])
    if repo.git.run(*asked, ok=(0, 1)).code:
        return False
    return bool(repo.git.run("for-each-ref", "--count=1", layout.ROOT).out)


def is_recording(repo: Repo) -> bool:
    """Tell whether `init` was run in this repository."""
    return os.path.exists(Paths(repo.state_dir).writer)
