"""One value for every key: the strongest source that has a valid one.

Order, strongest first (design 9): command line, environment, work tree, local,
tracked file, global, system, default. Inside one scope the later assignment
wins, as in git, and one made for the active profile
(`timewarp.profile.<name>.<setting>`) beats one made for all.
"""

from __future__ import annotations

from collections.abc import Iterable

from git_timewarp.config import schema
from git_timewarp.config.load import Assignment, Scope
from git_timewarp.config.settings import Entry, Rejected, Settings
from git_timewarp.config.values import parse

_PROFILES = schema.PROFILE + "."


def merge(assignments: Iterable[Assignment]) -> Settings:
    """Return the settings in force; wrong assignments are listed, never followed."""
    ordered = sorted(assignments, key=lambda given: given.origin.scope)
    profile = _active_profile(ordered)
    plain: list[tuple[Assignment, str | None]] = [_split(given) for given in ordered]
    plain.sort(key=lambda pair: (pair[0].origin.scope, pair[1] is not None))
    entries: dict[str, Entry] = {}
    rejected: list[Rejected] = []
    notices: list[str] = []
    for given, only_under in plain:
        spelling = given.origin.spelling
        if given.origin.scope is Scope.TRACKED and spelling.split(".")[-1] in schema.IGNORED:
            reason = schema.IGNORED[spelling.split(".")[-1]]
            notices.append(f"'{spelling}' in '{given.origin.place}' is ignored: {reason}")
            continue
        entry = _judge(given, rejected)
        if entry is not None and only_under in {None, profile}:
            entries[given.name] = entry
    return Settings(entries, tuple(rejected), tuple(notices))


def _judge(given: Assignment, rejected: list[Rejected]) -> Entry | None:
    """Return the value an assignment gives, or None after listing it as rejected."""
    key = schema.find(given.name)
    if key is None:
        rejected.append(Rejected(given, known=False))
        return None
    if key.personal and given.origin.scope is Scope.TRACKED:
        rejected.append(Rejected(given, known=True, expected="a place that is not tracked"))
        return None
    try:
        return Entry(parse(key, given.raw), given.origin)
    except ValueError as exc:
        rejected.append(Rejected(given, known=True, expected=str(exc)))
        return None


def _split(given: Assignment) -> tuple[Assignment, str | None]:
    """Return an assignment and the profile it is made for, None for all."""
    if not given.name.lower().startswith(_PROFILES) or given.name.count(".") < 3:
        return given, None
    name, _, rest = given.name[len(_PROFILES) :].partition(".")
    key = schema.find(schema.PREFIX + rest)
    full = key.name if key and key.name != schema.PROFILE else given.name
    return Assignment(full, given.raw, given.origin), name


def _active_profile(ordered: list[Assignment]) -> str | None:
    """Return the profile that the strongest source names, or None."""
    for given in reversed(ordered):
        if given.name == schema.PROFILE and isinstance(given.raw, str):
            return given.raw or None
    return None
