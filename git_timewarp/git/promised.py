"""Objects that are not here because a remote has promised them (a partial clone, `--filter`).

Which ones were promised only git knows: its fsck, which `verify` believes, does not call
them missing. Nothing here makes git fetch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from git_timewarp.git.config import GitConfig
from git_timewarp.git.names import Oid
from git_timewarp.git.run import Git

_ID = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b")
_NOT_HERE = ("rev-list", "--objects", "--no-object-names", "--missing=print", "--ignore-missing")
_FSCK = ("fsck", "--connectivity-only", "--no-dangling", "--no-progress")
_TIPS = 2_000


def is_partial(config: GitConfig) -> bool:
    """Tell whether git may fetch single objects from a remote when it needs them."""
    return config.get("extensions.partialclone") is not None or any(
        key == "promisor" for _, key, _ in config.below("remote")
    )


def below(git: Git, tips: Sequence[str]) -> frozenset[Oid]:
    """Return the objects `tips` lead to that are not here and that git may fetch.

    What fsck says anything of (it is damaged), or cannot tell, is not among them.
    """
    found: set[Oid] = set()
    for start in range(0, len(tips), _TIPS):
        some = tips[start : start + _TIPS]
        stdin = "".join(f"{tip}\n" for tip in some).encode()
        walk = git.run(*_NOT_HERE, "--stdin", stdin=stdin, ok=range(256))
        lost = {line[1:] for line in walk.text.splitlines() if line.startswith("?")}
        if walk.code or not lost:
            continue
        check = git.run(*_FSCK, *some, ok=range(256))
        said = (check.out + b"\n" + check.err).decode("utf-8", "replace").splitlines()
        told = {oid for line in said for oid in _ID.findall(line)}
        if "fatal:" not in check.err.decode("utf-8", "replace"):
            found |= {Oid(oid) for oid in lost - told}
    return frozenset(found)
