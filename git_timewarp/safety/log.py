"""The log: what the program did by itself, and what went wrong, for who has to find out why.

Format (version 1; `docs/formats/log.md` is its public copy): JSON Lines in
`$GIT_COMMON_DIR/timewarp/log/timewarp.jsonl`, rotated; each line an object with `ts`, `level`,
`component`, `message`, `pid`, and more members by message. What happened to the user's work is
an event and stands elsewhere; nothing reads this file but people and `log --system`.
Hooks, and commands that go well, never write here. Writing never fails.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping

from git_timewarp.safety.secrets import scrub, scrub_json
from git_timewarp.util import log_file
from git_timewarp.util.clock import Clock, iso
from git_timewarp.util.frozen import NOTHING, Frozen
from git_timewarp.util.text import compact_json, octal

FORMAT_VERSION = 1
FOLDER = "log"
NAME = "timewarp.jsonl"
LEVELS = ("debug", "info", "warn", "error", "fatal")
DEFAULT = "info"
_LONGEST = 16 * 1024
"""Characters of one text; of a longer one the end is kept, where a traceback says what it was."""

_OWN = frozenset({"ts", "level", "component", "message", "pid"})


def path_in(state_dir: str) -> str:
    """Return the path of the newest file."""
    return os.path.join(state_dir, FOLDER, NAME)


class Log:
    """Writes what one component has to say, from a level on."""

    def __init__(
        self, state_dir: str, component: str, *, clock: Clock, level: str = DEFAULT
    ) -> None:
        self._file = log_file.LogFile(path_in(state_dir))
        self._component = component
        self._clock = clock
        self._least = LEVELS.index(level) if level in LEVELS else LEVELS.index(DEFAULT)

    def write(self, level: str, message: str, fields: Mapping[str, object] = NOTHING) -> None:
        """Add a record; whatever stands against it is nobody's trouble."""
        if LEVELS.index(level) < self._least:
            return
        more = {name: value for name, value in fields.items() if name not in _OWN}
        with contextlib.suppress(OSError, ValueError, TypeError):
            record = {
                **_scrubbed(more),
                "ts": iso(self._clock.now_ns()),
                "level": level,
                "component": self._component,
                "message": _text(message),
                "pid": os.getpid(),
            }
            self._file.append(compact_json(record))


class Record(Frozen):
    """A record as it is read back; `fields` are the members beyond those every one has."""

    ts: str
    level: str
    component: str
    message: str
    pid: int
    fields: Mapping[str, object] = NOTHING

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form (one line of `log --system --json`)."""
        return {
            "ts": self.ts,
            "level": self.level,
            "component": self.component,
            "message": self.message,
            "pid": self.pid,
            **self.fields,
        }


def records(state_dir: str, *, least: str = "debug") -> Iterator[Record]:
    """Yield the records from a level on, newest first; lines that are none are passed over."""
    least_at = LEVELS.index(least)
    for line in log_file.newest_first(path_in(state_dir)):
        found = _parsed(line)
        if found is not None and LEVELS.index(found.level) >= least_at:
            yield found


def _parsed(line: bytes) -> Record | None:
    try:
        record = json.loads(line)
        level = str(record["level"])
        return Record(
            ts=str(record["ts"]),
            level=level if level in LEVELS else DEFAULT,
            component=str(record["component"]),
            message=str(record["message"]),
            pid=int(record["pid"]),
            fields={name: value for name, value in record.items() if name not in _OWN},
        )
    except (ValueError, KeyError, TypeError):
        return None


def _text(text: str) -> str:
    return octal(scrub(text).text)[-_LONGEST:]


def _scrubbed(fields: Mapping[str, object]) -> dict[str, object]:
    found = scrub_json(dict(fields)).value
    if not isinstance(found, dict):
        return {}
    return {
        str(name): octal(value)[-_LONGEST:] if isinstance(value, str) else value
        for name, value in found.items()
    }
