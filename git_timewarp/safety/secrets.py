"""Scrubbing: secrets leave a text before it is hashed, because the chain is for ever.

    ghp_…                    ***REDACTED:github-token***
    password=hunter2         password=***REDACTED***

Rows S4-V4a to S4-V4c; what secrets look like is in `safety/secret_patterns.py`. Scrubbing
twice is scrubbing once. What is found is counted by kind and never shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from git_timewarp.safety import secret_patterns as patterns
from git_timewarp.util.frozen import NOTHING, Frozen

REDACTED = "***REDACTED***"
_ALL = (*patterns.SPECIFIC, *patterns.GENERIC)
_HINTS = tuple(dict.fromkeys(hint for pattern in _ALL for hint in pattern.hints))
_STEMS = ("key", "gl", "gh", "hv", "pass", "x-")
"""Pieces that many hints share: one look for a piece saves a look for each of them."""


def _grouped() -> tuple[tuple[str, tuple[str, ...]], ...]:
    left = dict.fromkeys(_HINTS)
    groups = []
    for stem in _STEMS:
        members = tuple(hint for hint in left if stem in hint)
        groups.append((stem, members))
        for hint in members:
            del left[hint]
    return (*groups, *((hint, (hint,)) for hint in left))


_GROUPS = _grouped()


class Scrubbed(Frozen):
    """A text without its secrets, and how many of each kind were taken out."""

    text: str
    found: Mapping[str, int] = NOTHING


class ScrubbedJson(Frozen):
    """A JSON value without its secrets, and how many of each kind were taken out."""

    value: object
    found: Mapping[str, int] = NOTHING


def may_hold(text: str) -> bool:
    r"""Tell whether a text, or JSON written as text, could hold a secret; False is certain.

    JSON that escapes letters (`\u0070assword`) hides them from this look.
    """
    low = text.lower()
    return bool(_present(low)) or '"env' in low


def scrub(text: str) -> Scrubbed:
    """Take every secret out of a text."""
    present = _present(text.lower())
    if not present:
        return Scrubbed(text)
    found: Counter[str] = Counter()
    for pattern in _ALL:
        if present.isdisjoint(pattern.hints):
            continue
        mark = REDACTED if pattern.bare else f"***REDACTED:{pattern.kind}***"
        text = _replaced(pattern, mark, text, found)
    return Scrubbed(text, dict(found))


def scrub_json(value: object) -> ScrubbedJson:
    """Take every secret out of a JSON value: texts, and members whose name tells (S4-V4c).

    A member that holds the environment of a process (`env` with names and values) goes
    whole: no environment is ever stored.
    """
    found: Counter[str] = Counter()
    return ScrubbedJson(_value(value, found), dict(found))


def _present(low: str) -> set[str]:
    found: set[str] = set()
    for stem, hints in _GROUPS:
        if stem in low:
            found.update(hint for hint in hints if hint in low)
    return found


def _replaced(pattern: patterns.Pattern, mark: str, text: str, found: Counter[str]) -> str:
    whole = "secret" not in pattern.regex.groupindex

    def put(match: re.Match[str]) -> str:
        if match[0 if whole else "secret"].startswith("***REDACTED"):
            return match[0]
        found[pattern.kind] += 1
        if whole:
            return mark
        start, end = match.span("secret")
        offset = match.start()
        return match[0][: start - offset] + mark + match[0][end - offset :]

    return pattern.regex.sub(put, text)


def _value(value: object, found: Counter[str]) -> object:
    if isinstance(value, str):
        done = scrub(value)
        found.update(done.found)
        return done.text
    if isinstance(value, list | tuple):
        return [_value(item, found) for item in value]
    if isinstance(value, dict):
        return {_name(key, found): _member(str(key), item, found) for key, item in value.items()}
    return value


def _name(name: object, found: Counter[str]) -> str:
    done = scrub(str(name))
    found.update(done.found)
    return done.text


def _member(name: str, value: object, found: Counter[str]) -> object:
    if patterns.names_environment(name) and isinstance(value, dict | list):
        if not value:
            return value
        found["environment"] += 1
        return "***REDACTED:environment***"
    secret = patterns.names_secret(name)
    number = isinstance(value, int) and not isinstance(value, bool)
    if secret and isinstance(value, str) and value and not value.startswith("***REDACTED"):
        found["password" if patterns.names_password(name) else "token"] += 1
        return REDACTED
    if number and patterns.names_password(name):
        found["password"] += 1
        return REDACTED
    if secret and isinstance(value, list) and value:
        found["token"] += 1
        return REDACTED
    return _value(value, found)
