"""How a lock of ours on the user's index is known from git's; readers look for one left behind."""

from __future__ import annotations

import os

from git_timewarp.git.repo import Repo

MARK = b"git-timewarp index lock\n"
"""What our lock file holds; git's is empty or the beginning of an index."""


def index_path(repo: Repo) -> str:
    """Return where this work tree's index is, links resolved."""
    return os.path.realpath(os.path.join(repo.git_dir, "index"))


def has_our_lock(repo: Repo) -> bool:
    """Tell whether the lock on the index is one that a restore of ours took."""
    try:
        with open(index_path(repo) + ".lock", "rb") as file:
            return file.read(len(MARK) + 1) == MARK
    except OSError:
        return False
