"""The report of the last recovery: what came back, what was lost, and how everything is now."""

from __future__ import annotations

from git_timewarp.git.repo import Repo
from git_timewarp.integrity import verify
from git_timewarp.store import recovery
from git_timewarp.store.events import Json
from git_timewarp.store.paths import Paths
from git_timewarp.timeline.results import RecoveryReport


def report(repo: Repo) -> RecoveryReport:
    """Look at what recoveries left, and at everything as it is now; changes nothing.

    Raises:
        TimewarpError: not even a quick look is possible.
    """
    paths = Paths(repo.state_dir)
    found = recovery.reports(paths)
    pinned: list[Json] = []
    for item in found:
        listed = item.get("pinned")
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict):
                pinned.append({**one, "objects": f"{item['folder']}/objects"})
    now = verify.verify(repo, full=False)
    return RecoveryReport(found[-1] if found else None, len(found), tuple(pinned), now)
