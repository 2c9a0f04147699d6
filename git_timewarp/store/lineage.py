"""The ids this clone has and had before it moved: `writer.json` as readers see it."""

from __future__ import annotations

import json

from git_timewarp.git.names import WriterId
from git_timewarp.store.paths import Paths
from git_timewarp.util import atomic


def former(state_dir: str) -> dict[str, int]:
    """Return the ids this clone had before, each with the number of its last event here.

    What such a writer recorded after that number is another clone's.
    """
    try:
        found = json.loads(atomic.read(Paths(state_dir).writer) or b"{}")["former"]
        return {str(item["id"]): int(item["n"]) for item in found}
    except (ValueError, KeyError, TypeError):
        return {}


def ours(state_dir: str, writer: WriterId | None) -> frozenset[str]:
    """Return every id under which this clone recorded: `writer`, and those it had before."""
    return frozenset({str(writer), *former(state_dir)})


def recorded(state_dir: str) -> WriterId | None:
    """Return the id in `writer.json`, whoever's it is; None when it cannot be read."""
    try:
        return WriterId(json.loads(atomic.read(Paths(state_dir).writer) or b"")["id"])
    except (ValueError, KeyError, TypeError):
        return None
