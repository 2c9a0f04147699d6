"""Our packs by name: those there are and what they take; `packs.json`: those on their way out.

A pack whose `.keep` file says so is ours. One that a merge replaced is superseded and goes later.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping, Sequence

from git_timewarp.util import atomic
from git_timewarp.util.text import compact_json

RECORD = "packs.json"
"""Its name in our state folder."""

KEEP_TEXT = b"git-timewarp\n"
NAME = r"pack-([0-9a-f]{40}|[0-9a-f]{64})\.keep\Z"
_PARTS = (".pack", ".idx", ".rev", ".keep")


def kept(folder: str) -> list[str]:
    """Return the names of the packs of ours in a pack folder, sorted."""
    found = []
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if re.match(NAME, entry.name) and atomic.read(entry.path) == KEEP_TEXT:
                found.append(entry.name.removesuffix(".keep"))
    return sorted(found)


def taken(folder: str) -> dict[str, int]:
    """Return each pack of ours in a pack folder with the bytes it takes, its indexes too."""
    return {
        name: sum(on_disk(os.path.join(folder, name + part)) for part in _PARTS)
        for name in kept(folder)
    }


def on_disk(path: str) -> int:
    """Return the bytes a file takes on the disk, 0 where there is none."""
    with contextlib.suppress(OSError):
        return os.lstat(path).st_blocks * 512
    return 0


def superseded(state_dir: str) -> dict[str, int]:
    """Return the packs that a merge replaced, each with the second since the epoch it was."""
    found = _read(state_dir).get("superseded")
    return {str(n): int(s) for n, s in found.items()} if isinstance(found, dict) else {}


def going(state_dir: str) -> list[str]:
    """Return the packs whose removal was begun and is not over."""
    return _names(state_dir, "going")


def thinned(state_dir: str) -> list[str]:
    """Return the superseded packs that hold what was removed on purpose.

    The user may have come to need some of it since; who removes them asks first.
    """
    return _names(state_dir, "thinned")


def note(
    state_dir: str,
    replaced: Mapping[str, int],
    *,
    going: Sequence[str] = (),
    thinned: Sequence[str] = (),
) -> None:
    """Write it down, durably; `thinned` ones are added to those known, as long as they are there."""
    kept = dict.fromkeys([*_names(state_dir, "thinned"), *thinned])
    record: dict[str, object] = {"v": 1, "superseded": dict(replaced), "going": list(going)}
    left = [name for name in kept if name in replaced]
    if left:
        record["thinned"] = left
    atomic.write(os.path.join(state_dir, RECORD), compact_json(record))


def _names(state_dir: str, member: str) -> list[str]:
    found = _read(state_dir).get(member)
    return [str(name) for name in found] if isinstance(found, list) else []


def _read(state_dir: str) -> dict[str, object]:
    try:
        found = json.loads(atomic.read(os.path.join(state_dir, RECORD)) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
