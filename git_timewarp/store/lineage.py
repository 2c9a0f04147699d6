"""The ids this clone had before it moved (`writer.json`, see `store/writer.py`)."""

from __future__ import annotations

import json

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
