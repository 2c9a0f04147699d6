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
    if not _has_refs(repo):
        return NotRecordingError()
    if _has_settings(repo) and not is_recording(repo):
        return NotRecordingError(f": {LOST_FILES}", hint=REBUILD)
    return NotRecordingError(f"; what was recorded before is in {layout.ROOT}/")


def has_lost_files(repo: Repo) -> bool:
    """Tell whether our refs are here and our files are gone, without a `deinit`.

    That takes our settings out of git's config before it removes the files.
    """
    return not is_recording(repo) and _has_settings(repo) and _has_refs(repo)


def _has_settings(repo: Repo) -> bool:
    return not repo.git.run("config", "--local", "--get", GC_SETTINGS[0], ok=(0, 1)).code


def _has_refs(repo: Repo) -> bool:
    return bool(repo.git.run("for-each-ref", "--count=1", layout.ROOT).out)


def is_recording(repo: Repo) -> bool:
    """Tell whether `init` was run in this repository."""
    return os.path.exists(Paths(repo.state_dir).writer)
