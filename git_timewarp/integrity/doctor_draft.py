"""What `doctor` tells of drafts: how old the newest is, and whether the watcher starts by itself."""

from __future__ import annotations

import glob
import os
import plistlib
import re
from collections.abc import Iterator
from xml.parsers.expat import ExpatError

from git_timewarp.integrity.doctor_case import Case
from git_timewarp.integrity.status import newest_draft
from git_timewarp.store.history import History
from git_timewarp.store.index_fill import fill
from git_timewarp.timeline.results import Check
from git_timewarp.util.clock import is_readable, parse_iso
from git_timewarp.util.text import to_bytes

_UNIT = "git-timewarp-watch@{}.service"
_WANTED = os.path.join(".config", "systemd", "user", "default.target.wants")
_AGENTS = os.path.join("Library", "LaunchAgents", "git-timewarp.watch.*.plist")
_PLAIN = re.compile(rb"[A-Za-z0-9:_.]")
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def draft(case: Case) -> Iterator[Check]:
    """Tell how old the newest draft of this work tree is."""
    history = History(case.world.repo, fill=fill)
    try:
        found = newest_draft(history)
    finally:
        history.close()
    if found is None:
        yield Check("draft", passed=None, text="none among the latest snapshots")
        return
    if not is_readable(found.ts):
        yield Check("draft", passed=True, text=f"E{found.lamport}, of an unknown time")
        return
    age = _age((case.world.clock.now_ns() - parse_iso(found.ts)) // 1_000_000_000)
    yield Check("draft", passed=True, text=f"E{found.lamport}, {age} old")


def autostart(case: Case) -> Iterator[Check]:
    """Tell whether the watcher of this work tree starts with the user's session."""
    if case.home is None:
        return
    place = case.world.repo.work_tree
    unit = _UNIT.format(escaped(place))
    if os.path.lexists(os.path.join(case.home, _WANTED, unit)):
        yield Check("autostart", passed=True, text=f"systemd starts the watcher: {unit}")
        return
    for path in sorted(glob.glob(os.path.join(glob.escape(case.home), _AGENTS))):
        if _starts(path, place):
            yield Check("autostart", passed=True, text=f"launchd starts the watcher: '{path}'")
            return
    text = "the watcher is started by hand after each login"
    yield Check("autostart", passed=None, text=text, hint="git timewarp help autostart")


def escaped(path: str) -> str:
    """Return a path as `systemd-escape --path` writes it into the name of a unit."""
    raw = to_bytes(path.strip("/") or "/")
    out = []
    for at, byte in enumerate(raw):
        char = bytes([byte])
        if char == b"/":
            out.append("-")
        elif _PLAIN.match(char) and not (at == 0 and char == b"."):
            out.append(char.decode())
        else:
            out.append(f"\\x{byte:02x}")
    return "".join(out)


def _starts(path: str, place: str) -> bool:
    try:
        with open(path, "rb") as file:
            words = plistlib.load(file).get("ProgramArguments", [])
    except (OSError, plistlib.InvalidFileException, ExpatError, ValueError, AttributeError):
        return False
    return place in words


def _age(seconds: int) -> str:
    size, noun = next(((size, noun) for size, noun in _UNITS if seconds >= size), (1, "second"))
    count = max(seconds, 0) // size
    return f"{count} {noun}{'' if count == 1 else 's'}"
