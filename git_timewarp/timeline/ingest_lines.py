"""One line of `git timewarp record`: JSON from somebody else, checked and scrubbed.

`docs/formats/record.md` is the public description of the members. Whatever is wrong is
named with the line's number and the member; nothing is guessed and nothing dropped.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.safety.secrets import may_hold, scrub, scrub_json
from git_timewarp.store.chain import Actor
from git_timewarp.store.events import Json
from git_timewarp.util.clock import iso, parse_iso
from git_timewarp.util.text import JsonName, json_name, name_from_json

LINE_LIMIT = 256 * 1024
"""Bytes of one line."""

RESERVED = frozenset(
    {
        *("annotation", "bookmark", "checkout", "clone", "commit", "compact", "deinit", "derive"),
        *("draft", "gap", "git-stash", "git-stash-drop", "import", "init", "jump", "merge"),
        *("milestone", "purge", "push", "push-attempt", "rebase", "rebuild", "recovery", "redact"),
        *("redaction", "redo", "repair", "reset", "restore", "rewrite", "safety", "snapshot"),
        *("stash", "undo"),
    }
)
"""Types only git-timewarp writes, and every type that begins with one of `OWN_PREFIXES`."""

OWN_PREFIXES = ("stash-", "timewarp-")

MILESTONES = frozenset(
    {
        *("tests-pass", "tests-fail", "build-pass", "build-fail", "first-compile"),
        *("green-to-red", "red-to-green", "new-file", "large-refactor", "deploy", "handoff"),
        *("approval", "session-start", "session-end", "security", "perf-regression", "user"),
    }
)
IMPORTANCE = ("low", "medium", "high")
_OWN_DATA = ("changes", "milestone", "skipped")
_TYPE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\.[a-z][a-z0-9]*(?:-[a-z0-9]+)*)*\Z")
_LARGEST = 2**53 - 1
_DEEPEST = 32
_TEXT = 200
_SUMMARY = 1_000


class InvalidRecordError(TimewarpError):
    """A line given to `record` is not an event; it and the lines after it were not recorded."""

    kind = Kind.USAGE
    reference = "invalid-record"


class Incoming(NamedTuple):
    """One line, ready to be recorded; `extra` and `data` hold what `NewEvent` calls so."""

    type: str
    summary: str
    actor: Actor | None
    ts: str | None
    key: str | None
    data: Mapping[str, object]
    extra: Mapping[str, object]


class _WrongError(Exception):
    """What is wrong with a line: the member, or nothing, and why."""

    def __init__(self, member: str, why: str) -> None:
        super().__init__(why)
        self.member = member
        self.why = why


def read_line(raw: bytes, number: int) -> Incoming | None:
    """Read one line; None for an empty one.

    Args:
        raw: the line, with or without its newline.
        number: its number, from 1, for the error.

    Raises:
        InvalidRecordError: it is no event; the message names the line and the member.
    """
    if not raw.strip():
        return None
    try:
        text = _text_of(raw)
        return _incoming(_object(text), clean="\\" not in text and not may_hold(text))
    except _WrongError as exc:
        where = f"line {number}: " + (f"'{exc.member}': " if exc.member else "")
        why = exc.why
        if "longer than" in why:
            why += "; large output belongs in a file of the work tree, named in 'touches'"
        raise InvalidRecordError(where + why, hint="git timewarp record --help") from exc


def _text_of(raw: bytes) -> str:
    if len(raw) > LINE_LIMIT:
        raise _WrongError("", f"it is longer than {LINE_LIMIT // 1024} KiB")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise _WrongError("", f"it is not UTF-8 at byte {exc.start + 1}") from exc


def _object(text: str) -> Json:
    try:
        value = json.loads(
            text,
            object_pairs_hook=_members,
            parse_float=_float,
            parse_constant=_float,
            parse_int=_int,
        )
    except RecursionError as exc:
        raise _WrongError("", f"it is nested deeper than {_DEEPEST}") from exc
    except ValueError as exc:
        raise _WrongError("", f"it is not JSON: {_first_words(str(exc))}") from exc
    if not isinstance(value, dict):
        raise _WrongError("", "it is not a JSON object")
    return value


def _first_words(text: str) -> str:
    text = text.split(":", 1)[0]
    return text[:1].lower() + text[1:]


def _members(pairs: list[tuple[str, object]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _WrongError(_shown(twice), "it is given twice")
    return found


def _float(text: str) -> object:
    raise _WrongError("", f"the number {text[:30]} is not an integer: give it as text")


def _int(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _LARGEST:
        raise _WrongError("", f"the number {text[:30]} is too large: give it as text")
    return int(text)


def _shown(name: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in name[:60])


def _incoming(record: Json, *, clean: bool) -> Incoming:
    for name in record:
        if name not in READERS:
            raise _WrongError(_shown(name), "there is no such member")
    found = {name: READERS[name](name, value) for name, value in record.items()}
    if "type" not in found:
        raise _WrongError("type", "it is missing")
    if not clean:
        found = _scrubbed(found)
    data = dict(found.get("data") or {})  # type: ignore[call-overload]
    if "milestone" in found:
        data["milestone"] = found["milestone"]
    extra = {
        name: found[name]
        for name in ("session", "tags", "touches", "dur_ms", "exit")
        if found.get(name) is not None
    }
    key = found.get("key")
    return Incoming(
        type=str(found["type"]),
        summary=str(found.get("summary") or ""),
        actor=found.get("actor"),  # type: ignore[arg-type]
        ts=found.get("ts"),  # type: ignore[arg-type]
        key=None if key is None else f"record:{key}",
        data=data,
        extra=extra,
    )


def _scrubbed(found: Json) -> Json:
    """Take secrets out of everything that is free text. Never the same key for two keys."""
    done = dict(found)
    for name in ("summary", "session", "tags", "data", "milestone"):
        if name in done:
            done[name] = scrub_json(done[name]).value
    touches = done.get("touches")
    if isinstance(touches, list):
        done["touches"] = [
            {**touch, "path": json_name(scrub(name_from_json(touch["path"])).text)}
            for touch in touches
        ]
    actor = done.get("actor")
    if isinstance(actor, Actor):
        done["actor"] = actor._replace(id=scrub(actor.id).text, role=scrub(actor.role).text)
    key = done.get("key")
    if isinstance(key, str) and _holds_secret(key):
        done["key"] = "sha256:" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    return done


def _holds_secret(key: str) -> bool:
    """Tell whether a key holds a secret, also one joined to other words: `call-sk-…`, `run_hf_…`."""
    parts = [0, *(match.end() for match in re.finditer(r"[^A-Za-z0-9]+", key))]
    return may_hold(key) and any(scrub(key[part:]).found for part in parts)


# -- one reader for each member ---------------------------------------------------------


def _type(member: str, value: object) -> object:
    text = _text(member, value)
    if not _TYPE.match(text):
        raise _WrongError(member, "it is not words in lower case joined by '-' (and '.')")
    if text in RESERVED or text.startswith(OWN_PREFIXES):
        raise _WrongError(
            member, f"'{text}' is written by git-timewarp itself: say whose it is, '<name>.{text}'"
        )
    return text


def _text(member: str, value: object, *, most: int = _TEXT) -> str:
    if not isinstance(value, str):
        raise _WrongError(member, "it is not text")
    if len(value) > most:
        raise _WrongError(member, f"it is longer than {most} characters")
    return value


def _name(member: str, value: object) -> object:
    text = _text(member, value)
    if not text.strip() or not text.isprintable():
        raise _WrongError(member, "it is empty or holds control characters")
    return text


def _summary(member: str, value: object) -> object:
    return _text(member, value, most=_SUMMARY)


def _actor(member: str, value: object) -> object:
    record = _fields(member, value, allowed=("kind", "id", "role"), needed=("kind", "id"))
    if record["kind"] not in {"person", "agent", "system"}:
        raise _WrongError(f"{member}.kind", "it is not one of person, agent, system")
    ident = str(_name(f"{member}.id", record["id"]))
    role = _text(f"{member}.role", record["role"]) if "role" in record else ""
    return Actor(str(record["kind"]), ident, role)


def _fields(
    member: str, value: object, *, allowed: tuple[str, ...], needed: tuple[str, ...]
) -> Json:
    if not isinstance(value, dict):
        raise _WrongError(member, "it is not an object")
    for name in value:
        if name not in allowed:
            raise _WrongError(f"{member}.{_shown(name)}", "there is no such member")
    for name in needed:
        if name not in value:
            raise _WrongError(f"{member}.{name}", "it is missing")
    return value


def _time(member: str, value: object) -> object:
    text = _text(member, value)
    if not re.search(r"T.*(?:Z|[+-]\d\d:?\d\d)\Z", text):
        raise _WrongError(member, "it is not an ISO 8601 time with its zone (…Z or …+01:00)")
    try:
        return iso(parse_iso(text))
    except (ValueError, OverflowError) as exc:
        raise _WrongError(member, "it is not an ISO 8601 time") from exc


def _count(member: str, value: object) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _WrongError(member, "it is not an integer")
    if value < 0:
        raise _WrongError(member, "it is negative")
    return value


def _exit(member: str, value: object) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _WrongError(member, "it is not an integer")
    return value


def _data(member: str, value: object) -> object:
    if not isinstance(value, dict):
        raise _WrongError(member, "it is not an object")
    for name in _OWN_DATA:
        if name in value:
            raise _WrongError(f"{member}.{name}", "git-timewarp uses this name itself")
    if _depth(value) > _DEEPEST:
        raise _WrongError(member, f"it is nested deeper than {_DEEPEST}")
    return value


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below += item.values()
            elif isinstance(item, list):
                below += item
        level = below
    return depth


def _tags(member: str, value: object) -> object:
    if not isinstance(value, list) or len(value) > 64:
        raise _WrongError(member, "it is not a list of at most 64 texts")
    return [_name(f"{member}[{place}]", item) for place, item in enumerate(value)]


def _touches(member: str, value: object) -> object:
    if not isinstance(value, list):
        raise _WrongError(member, "it is not a list")
    return [_touch(f"{member}[{place}]", item) for place, item in enumerate(value)]


def _touch(member: str, value: object) -> Json:
    record = _fields(member, value, allowed=("path", "op", "before", "after"), needed=("path",))
    found: Json = {"path": _path(f"{member}.path", record["path"])}
    if "op" in record:
        if record["op"] not in ("A", "M", "D", "T"):
            raise _WrongError(f"{member}.op", "it is not one of A, M, D, T")
        found["op"] = record["op"]
    for name in ("before", "after"):
        if record.get(name) is not None:
            try:
                found[name] = Oid.parse(str(record[name]))
            except ValueError as exc:
                raise _WrongError(f"{member}.{name}", "it is not a full object id") from exc
    return found


def _path(member: str, value: object) -> JsonName:
    try:
        if isinstance(value, str) or (isinstance(value, dict) and set(value) == {"bytes"}):
            return json_name(RepoPath.parse(name_from_json(value)))
    except (ValueError, TypeError, AttributeError):
        pass
    raise _WrongError(member, "it is not a path below the root of the work tree")


def _milestone(member: str, value: object) -> object:
    allowed = ("kind", "importance", "name")
    record = _fields(member, value, allowed=allowed, needed=("kind",))
    if record["kind"] not in MILESTONES:
        raise _WrongError(f"{member}.kind", f"it is not one of {', '.join(sorted(MILESTONES))}")
    importance = record.get("importance", "medium")
    if importance not in IMPORTANCE:
        raise _WrongError(f"{member}.importance", f"it is not one of {', '.join(IMPORTANCE)}")
    found: Json = {"kind": record["kind"], "importance": importance}
    if "name" in record:
        found["name"] = _name(f"{member}.name", record["name"])
    return found


READERS: Mapping[str, Callable[[str, object], object]] = {
    "type": _type,
    "summary": _summary,
    "actor": _actor,
    "session": _name,
    "ts": _time,
    "key": _name,
    "data": _data,
    "tags": _tags,
    "touches": _touches,
    "dur_ms": _count,
    "exit": _exit,
    "milestone": _milestone,
}
