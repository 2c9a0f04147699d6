"""Is a line from outside an event that every command of ours can show? Forms, not contents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from git_timewarp.git.names import Oid, RefName
from git_timewarp.store.events import MOST_FOLLOWED, Json
from git_timewarp.util.clock import parse_iso
from git_timewarp.util.ids import SNAPSHOT_ID_LENGTH, is_letters

_TIME = r"\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z\Z"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"
MOST_LAMPORT = 2 * MOST_FOLLOWED
"""Numbers from here on are nobody's; ours go on from the lower half only, and stay below."""


def _text(value: object) -> bool:
    return isinstance(value, str)


def _matches(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.match(pattern, value) is not None


def is_time(value: object) -> bool:
    """Tell whether it is a time in the form of ours, of a day that there is."""
    return _matches(_TIME)(value) and _is(value, parse_iso)


def _lamport(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < MOST_LAMPORT


def _actor(value: object) -> bool:
    return isinstance(value, dict) and _text(value.get("kind")) and _text(value.get("id"))


def _oid(value: object) -> bool:
    return _is(value, Oid.parse)


def _ref(value: object) -> bool:
    return _is(value, RefName.parse)


def _is(value: object, parse: Callable[[str], object]) -> bool:
    try:
        return isinstance(value, str) and parse(value) is not None
    except (ValueError, OverflowError):
        return False


def is_snapshot_id(value: object) -> bool:
    """Tell whether it has the form of a snapshot's id."""
    return isinstance(value, str) and len(value) == SNAPSHOT_ID_LENGTH and is_letters(value)


def _data(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    mark, changes = value.get("milestone"), value.get("changes")
    marked = mark is None or (
        isinstance(mark, dict)
        and _text(mark.get("kind"))
        and _text(mark.get("importance"))
        and (mark.get("name") is None or _text(mark["name"]))
    )
    counted = not isinstance(changes, list) or all(isinstance(n, int) for n in changes)
    return marked and counted


_NEEDED: Mapping[str, Callable[[object], bool]] = {
    "id": _matches(_UUID),
    "lamport": _lamport,
    "prev": _text,
    "ts": is_time,
    "type": _text,
    "actor": _actor,
    "timeline": _text,
    "worktree": _text,
    "summary": _text,
}
_MAY: Mapping[str, Callable[[object], bool]] = {
    "head": _oid,
    "branch": _ref,
    "snapshot": is_snapshot_id,
    "session": _text,
    "op": _text,
    "key": _text,
    "data": _data,
}


def fault(record: Json) -> str | None:
    """Return the member that is not what it has to be; None when all are."""
    for name, test in _NEEDED.items():
        if not test(record.get(name)):
            return name
    for name, test in _MAY.items():
        if name in record and not test(record[name]):
            return name
    return None
