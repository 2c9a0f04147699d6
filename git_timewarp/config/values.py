"""From what was written to a value: the rules of git where git has them.

Numbers take k, m and g, and are octal or hexadecimal as in C; booleans are true, yes, on and 1 or false, no, off, 0
and nothing; a name without `=` is true.
"""

from __future__ import annotations

import re

from git_timewarp.config.schema import Key, Type, Value

Raw = int | bool | float | str | list[object] | dict[str, object] | None
"""What a source gave: text from git and the environment, TOML's types, None for no `=`."""

_NUMBER = r"(?i:([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)([kmg]?))"
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_DURATION = r"(?i:([0-9]+)([smhdw]?))"
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off", ""})


def parse(key: Key, raw: Raw) -> Value:
    """Return the value that `raw` means for `key`.

    Raises:
        ValueError: it means none; the message says what is allowed.
    """
    if key.type is Type.BOOL:
        return _bool(raw)
    if key.type is Type.CHOICE:
        return _choice(key, raw)
    if key.type is Type.TEXT:
        return _text(raw)
    return _number(key, raw)


def shown(value: Value) -> str:
    """Return a value as git config would print it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def allowed(key: Key) -> str:
    """Tell in words which values `key` takes."""
    if key.type is Type.CHOICE:
        return "one of " + ", ".join(key.choices)
    if key.type in {Type.BOOL, Type.TEXT}:
        return str(key.type.value)
    if key.type is Type.DURATION:
        least = f" of {_lasting(key.low)} or more" if key.low else ""
        most = f", at most {_lasting(key.high)}" if key.high is not None else ""
        return f"a time like 90m, 24h or 7d{least}{most}"
    kind = "a size in bytes" if key.type is Type.SIZE else "a whole number"
    limit = f"from {key.low} to {key.high}" if key.high is not None else f"of {key.low} or more"
    return f"{kind} {limit}"


def _bool(raw: Raw) -> bool:
    if isinstance(raw, bool) or raw is None:
        return raw is not False
    if isinstance(raw, int):
        return raw != 0
    if isinstance(raw, str):
        word = raw.lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        number = _count(raw)
        if number is not None:
            return number != 0
    raise ValueError(Type.BOOL.value)


def _text(raw: Raw) -> str:
    if not isinstance(raw, str) or "\0" in raw or "\n" in raw:
        raise ValueError("text of one line")
    return raw


def _choice(key: Key, raw: Raw) -> str:
    word = shown(raw) if isinstance(raw, bool | str) else "true" if raw is None else None
    if word is not None:
        word = word.lower()
        if word not in key.choices and word in _TRUE | _FALSE:
            word = shown(word in _TRUE)
        if word in key.choices:
            return word
    raise ValueError(allowed(key))


def _number(key: Key, raw: Raw) -> int:
    number = raw if isinstance(raw, int) and not isinstance(raw, bool) else None
    if isinstance(raw, str):
        number = _seconds(raw) if key.type is Type.DURATION else _count(raw)
    if number is None or number < key.low or (key.high is not None and number > key.high):
        raise ValueError(allowed(key))
    return number


def _count(text: str) -> int | None:
    """Return the number git reads in `text` (base as in C, unit behind), or None."""
    found = re.fullmatch(_NUMBER, text)
    if not found:
        return None
    sign, digits, unit = found.groups()
    octal = digits.startswith("0") and digits.isdigit()
    number = int(digits, 8 if octal else 0) * _UNITS[unit.lower()]
    return -number if sign == "-" else number


def _seconds(text: str) -> int | None:
    """Return how many seconds `text` says (`7d`, `24h`), or None."""
    found = re.fullmatch(_DURATION, text)
    return int(found.group(1)) * _SECONDS[found.group(2).lower()] if found else None


def _lasting(seconds: int) -> str:
    """Return a number of seconds as a setting would say it."""
    for unit in ("w", "d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"
