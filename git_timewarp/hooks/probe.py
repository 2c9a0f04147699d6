"""Does each hook really fire? Only running it through git proves that (pitfalls 3.12).

`git hook run` starts the hook that git itself would, with a mark in the environment: our
stubs note the mark and go no further, so no hook of the user's runs and nothing is recorded
(the drain drops marked entries). Nobody else's hook is ever started to find out.
"""

from __future__ import annotations

import os

from git_timewarp.git.repo import Repo
from git_timewarp.hooks.catalog import LEGACY, RECORDED
from git_timewarp.hooks.folders import active, effective_folder
from git_timewarp.hooks.scripts import own_hook
from git_timewarp.store.spool import Spool
from git_timewarp.util.clock import Clock

MARK = "GIT_TIMEWARP_PROBE"


def probe(repo: Repo, *, clock: Clock) -> dict[str, bool | None]:
    """Run each of our hooks as git would and tell which left its note.

    The caller holds the store lock, so that no drain takes the notes away before we look.
    A hook that is not ours is not started: False; where another tool's hook runs ours, which
    it moved aside, nobody knows without running that one: None.
    """
    folder = effective_folder(repo)
    spool = Spool(repo.state_dir, clock=clock)
    found: dict[str, bool | None] = {}
    for name in RECORDED:
        path = os.path.join(folder, name)
        if own_hook(path):
            found[name] = _fires(repo, name, spool=spool, clock=clock)
        else:
            aside = own_hook(path + LEGACY) and active(path + LEGACY)
            found[name] = None if aside and active(path) else False
    return found


def _fires(repo: Repo, name: str, *, spool: Spool, clock: Clock) -> bool:
    token = clock.random_bytes(8).hex()
    git = repo.git.using(extra={MARK: token})
    git.run("hook", "run", "--ignore-missing", name, ok=range(256))
    return spool.probed(token)
