"""The packs that a merge replaced, since when, and those that are about to go (`packs.json`)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence

from git_timewarp.util import atomic
from git_timewarp.util.text import compact_json

RECORD = "packs.json"
"""Its name in our state folder."""


def superseded(state_dir: str) -> dict[str, int]:
    """Return the packs that a merge replaced, each with the second since the epoch it was."""
    found = _read(state_dir).get("superseded")
    return {str(n): int(s) for n, s in found.items()} if isinstance(found, dict) else {}


def going(state_dir: str) -> list[str]:
    """Return the packs whose removal was begun and is not over."""
    found = _read(state_dir).get("going")
    return [str(name) for name in found] if isinstance(found, list) else []


def note(state_dir: str, replaced: Mapping[str, int], *, going: Sequence[str] = ()) -> None:
    """Write both down, durably."""
    record = {"v": 1, "superseded": dict(replaced), "going": list(going)}
    atomic.write(os.path.join(state_dir, RECORD), compact_json(record))


def _read(state_dir: str) -> dict[str, object]:
    try:
        found = json.loads(atomic.read(os.path.join(state_dir, RECORD)) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
