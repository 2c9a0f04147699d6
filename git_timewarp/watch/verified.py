"""How the last full verify went: the watcher's, or one that was asked for, or a repair.

Format of `verified.json` in the folder of the watchers (version 1), shared by all work trees:
`{"v":1,"started":…,"ended":…|null,"ok":true|false|null,"problems":…}`, times ISO 8601, UTC.
`ended` and `ok` are null until it has ended, and when it was cut off.
"""

from __future__ import annotations

import contextlib
import json
import os

from git_timewarp.util import atomic
from git_timewarp.util.clock import parse_iso
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import compact_json

FORMAT_VERSION = 1


class Verified(Frozen):
    """How the last full verify went.

    Attributes:
        started: when it began, ISO 8601; None when there was none.
        ended: when it ended; None when it has not, or was cut off.
        ok: whether all was whole; None where that is not known.
        problems: how many it found.
    """

    started: str | None = None
    ended: str | None = None
    ok: bool | None = None
    problems: int = 0


def read(folder: str) -> Verified:
    """Return how the last full verify went, from the folder of the watchers."""
    data = atomic.read(os.path.join(folder, "verified.json"))
    try:
        record = json.loads(data or b"")
        parse_iso(str(record["started"]))
        return Verified(
            started=str(record["started"]),
            ended=record["ended"],
            ok=record["ok"],
            problems=int(record["problems"]),
        )
    except (ValueError, KeyError, TypeError):
        return Verified()


def note(folder: str, *, started: str, ended: str, problems: int) -> None:
    """Note how one went that somebody asked for, where a watcher notes its own; else nothing."""
    if os.path.isdir(folder):
        with contextlib.suppress(OSError):
            store(folder, Verified(started, ended, problems == 0, problems))


def store(folder: str, verified: Verified) -> None:
    """Note how it went; OSError when that cannot be written."""
    record = {"v": FORMAT_VERSION, **vars(verified)}
    atomic.write(os.path.join(folder, "verified.json"), compact_json(record), sync=False)
