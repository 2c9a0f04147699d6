"""Asking the repositories this one knows for objects by their ids.

A server that speaks protocol version 2 gives any object that it has; older ones give what
their refs name, and more where `uploadpack.allowAnySHA1InWant` says so. Nothing but object
files is written: no ref, no `FETCH_HEAD`, no setting.
"""

from __future__ import annotations

from collections.abc import Sequence

from git_timewarp.git.names import Oid
from git_timewarp.git.run import Git

_QUIETLY = (
    "fetch",
    "--quiet",
    "--no-write-fetch-head",
    "--no-tags",
    "--no-auto-maintenance",
    "--recurse-submodules=no",
    "--refmap=",
)
_ALONE = 64
"""How many objects are asked for one by one, where one that the server lacks spoils the rest."""

_SETTINGS = (
    # Nothing is offered to the server: what we seem to have may be what is damaged.
    "fetch.negotiationAlgorithm=noop",
    "fetch.unpackLimit=1000000",
    "fetch.fsckObjects=false",
    "protocol.version=2",
    "remote.pushDefault=",
)


def names(git: Git) -> list[str]:
    """Return the names of the remotes, in git's order."""
    return git.run("remote", ok=range(256)).text.splitlines()


def fetch_objects(git: Git, remote: str, oids: Sequence[Oid]) -> bool:
    """Fetch objects by id into `git`'s object directory; tell whether all of them came.

    Args:
        git: with an object directory of ours in the place of git's store.
        remote: a name, or any URL.
        oids: what to ask for. All at once; one by one when that fails, as it does when the
            server lacks one of them.
    """
    asked = git.using(config=_SETTINGS)
    if asked.run(*_QUIETLY, remote, *oids, ok=range(256)).code == 0:
        return True
    codes = [asked.run(*_QUIETLY, remote, oid, ok=range(256)).code for oid in oids[:_ALONE]]
    return not any(codes) and len(codes) == len(oids)


def fetch_refs(git: Git, remote: str, patterns: Sequence[str]) -> None:
    """Fetch everything some refs of a remote name into `git`'s object directory; no ref moves.

    Args:
        git: as `fetch_objects`.
        remote: a name, or any URL.
        patterns: of `ls-remote`.
    """
    asked = git.using(config=_SETTINGS)
    listed = asked.run("ls-remote", "--quiet", remote, *patterns, ok=range(256)).text
    tips = list(dict.fromkeys(line.split("\t", 1)[0] for line in listed.splitlines() if line))
    if tips:
        asked.run(*_QUIETLY, remote, *tips, ok=range(256))
