"""What single objects of ours take on the disk."""

from __future__ import annotations

import os
from collections.abc import Collection

from git_timewarp.git.names import Oid
from git_timewarp.git.repo import Repo


def sizes(repo: Repo, oids: Collection[Oid]) -> dict[Oid, int]:
    """Return the bytes each object takes as it is stored, deltas as such; what is gone left out."""
    if not oids:
        return {}
    words = "".join(f"{oid}\n" for oid in oids).encode()
    asked = ("cat-file", "--batch-check=%(objectname) %(objectsize:disk)", "--buffer")
    git = repo.git.using(alternates=(os.path.join(repo.state_dir, "quarantine"),))
    lines = (line.split(b" ") for line in git.run(*asked, stdin=words).out.splitlines())
    return {Oid(oid.decode()): int(size) for oid, size in lines if size.isdigit()}
