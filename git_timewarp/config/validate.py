"""What is wrong with the settings, in words that lead to the fix.

Imported only when something is wrong or when a setting is written: it is the
one reader of difflib.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from git_timewarp.config import schema, values
from git_timewarp.config.load import Assignment, Origin, Scope
from git_timewarp.config.settings import Rejected, Settings
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util.text import printable, shell

_SECTIONS_OF_GIT = frozenset({"log", "notes", "user"})
"""Sections of ours that git has too: a key there that we do not know is git's."""
_GIT_SCOPES = frozenset({Scope.SYSTEM, Scope.GLOBAL, Scope.LOCAL, Scope.WORKTREE})


class InvalidSettingError(TimewarpError):
    """A setting does not exist or does not take such a value."""

    kind = Kind.USAGE
    reference = "invalid-setting"


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong assignment, for `config validate`.

    Attributes:
        place: the file, or `environment`, or `command line`.
        spelling: the name as it was written there.
        message: what is wrong.
        hint: the exact next command, or what to write.
    """

    place: str
    spelling: str
    message: str
    hint: str

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form."""
        return {
            "place": self.place,
            "key": self.spelling,
            "message": self.message,
            "hint": self.hint,
        }


def problems(settings: Settings) -> tuple[Problem, ...]:
    """Return everything that is wrong, in the order of the sources."""
    return tuple(_problem(rejected) for rejected in settings.rejected)


def first(settings: Settings) -> InvalidSettingError | None:
    """Return the first value that its setting does not take, from wherever; None if there is none."""
    for rejected in settings.rejected:
        if rejected.known:
            found = _problem(rejected)
            return InvalidSettingError(found.message, hint=found.hint)
    return None


def check(settings: Settings) -> tuple[str, ...]:
    """Refuse what the user himself set wrong; return what is wrong in the tracked file.

    The tracked file comes with a checkout, a merge or a jump, so it must never keep anybody
    from saving or bringing back work (docs/design/0011-tracked-file.md).

    Raises:
        InvalidSettingError: names the first fault: file, key and the nearest valid key.
    """
    found = [
        _problem(rejected)
        for rejected in settings.rejected
        if rejected.assignment.origin.scope is not Scope.TRACKED
    ]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise InvalidSettingError(found[0].message + more, hint=found[0].hint)
    return tuple(
        f"warning: {_problem(rejected).message}; ignored" for rejected in settings.rejected
    )


def known(name: str) -> schema.Key:
    """Return the setting that a user calls `name`, with or without `timewarp.`.

    Raises:
        InvalidSettingError: there is none; the hint names the nearest.
    """
    key = schema.find(name) or schema.find(schema.PREFIX + name)
    if key is None:
        near = nearest(name)
        raise InvalidSettingError(
            f"unknown setting '{printable(name)}'",
            hint=f"git timewarp config get {near}" if near else "git timewarp config list",
        )
    return key


def given(options: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of `-c`, ours under their full names; git's stay as they are.

    Raises:
        InvalidSettingError: one can only be meant for us and does not exist.
    """
    ours = {key.short.split(".")[0].lower() for key in schema.KEYS} - _SECTIONS_OF_GIT
    found = {}
    for name, text in options.items():
        section, dot, _ = name.lower().partition(".")
        if not dot or section in ours or name.lower().startswith(schema.PREFIX):
            found[known(name).name] = text
            continue
        found[name] = text
        both = schema.find(schema.PREFIX + name)
        if both is not None:
            found[both.name] = text
    return found


def accept(name: str, text: str) -> tuple[schema.Key, str]:
    """Return the setting and the text to store for `config set NAME TEXT`.

    Raises:
        InvalidSettingError: no such setting, or it does not take this value.
    """
    key = known(name)
    try:
        values.parse(key, text)
    except ValueError as exc:
        raise InvalidSettingError(
            f"'{key.name}' takes {exc}, not '{printable(text)}'",
            hint=f"git timewarp config set {key.name} {shell(values.shown(key.default))}",
        ) from exc
    return key, text


def nearest(name: str) -> str | None:
    """Return the documented name that looks most like `name`, or None where none does."""
    by_lower = {key.short.lower(): key.name for key in schema.KEYS}
    plain = name.removeprefix(schema.PREFIX).replace("_", "").lower()
    found = difflib.get_close_matches(plain, by_lower, n=1, cutoff=0.5)
    return by_lower[found[0]] if found else None


def _problem(rejected: Rejected) -> Problem:
    given = rejected.assignment
    place, spelling = printable(given.origin.place), printable(given.origin.spelling)
    key = schema.find(given.name)
    if key is None:
        near = _nearest_there(given)
        guess = f"; the nearest is '{near}'" if near else ""
        message = f"unknown setting '{spelling}' in '{place}'{guess}"
        return Problem(place, spelling, message, _remove(given.origin))
    if key.personal and given.origin.scope is Scope.TRACKED:
        message = f"'{spelling}' is personal and may not stand in '{place}'"
        return Problem(place, spelling, message, f"git config --global {key.name} {_shown(given)}")
    instead = "nothing" if given.raw is None else f"'{printable(_shown(given))}'"
    message = f"'{spelling}' in '{place}' takes {rejected.expected}, not {instead}"
    return Problem(place, spelling, message, _repair(given.origin, key))


def _nearest_there(given: Assignment) -> str | None:
    """Return the nearest setting, spelled as in that kind of source."""
    if given.origin.scope is not Scope.ENVIRONMENT:
        return nearest(given.name)
    found = difflib.get_close_matches(given.name, [key.variable for key in schema.KEYS], n=1)
    return found[0] if found else None


def _remove(origin: Origin) -> str:
    """Return the command that takes a wrong assignment away."""
    if origin.scope is Scope.ENVIRONMENT:
        return f"unset {origin.spelling}"
    if origin.scope in _GIT_SCOPES:
        return f"git config --{origin.scope.label} --unset-all {shell(origin.spelling)}"
    return "git timewarp config list"


def _repair(origin: Origin, key: schema.Key) -> str:
    """Return the command that puts the default in the place of a wrong value."""
    default = shell(values.shown(key.default))
    if origin.scope is Scope.ENVIRONMENT:
        return f"export {origin.spelling}={default}"
    if origin.scope in _GIT_SCOPES:
        return f"git config --{origin.scope.label} --replace-all {key.name} {default}"
    return f"git timewarp config get {key.name}"


def _shown(given: Assignment) -> str:
    raw = given.raw
    return values.shown(raw) if isinstance(raw, bool | int | str) else str(raw)
