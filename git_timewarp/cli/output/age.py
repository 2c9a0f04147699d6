"""Times as people read them: short ages in lists, and the formats of `git log --date`."""

from __future__ import annotations

import time

from git_timewarp.util.clock import is_readable, parse_iso

FORMATS = (
    "relative",
    "local",
    "default",
    "iso",
    "iso8601",
    "iso-strict",
    "iso8601-strict",
    "rfc",
    "rfc2822",
    "short",
    "raw",
    "unix",
    "human",
)

_SECOND = 1_000_000_000
_STEPS = (
    ("second", "s", 1, 90),
    ("minute", "m", 60, 90),
    ("hour", "h", 60, 36),
    ("day", "d", 24, 14),
)
"""Name, letter, how many of the one before, and up to how many of it git counts (date.c)."""

_NOT_KNOWN = "unknown"
"""Of a time that is none: somebody else's, for our own are all of one form."""

_WEEKS_UNTIL = 70
_MONTHS_UNTIL = 365
_PATTERN_OF_ONES_OWN = ("format:", "format-local:")
_PATTERNS = {
    "default": "%a %b {day} %H:%M:%S %Y {zone}",
    "local": "%a %b {day} %H:%M:%S %Y",
    "iso": "%Y-%m-%d %H:%M:%S {zone}",
    "iso8601": "%Y-%m-%d %H:%M:%S {zone}",
    "iso-strict": "%Y-%m-%dT%H:%M:%S{colon}",
    "iso8601-strict": "%Y-%m-%dT%H:%M:%S{colon}",
    "rfc": "%a, {day} %b %Y %H:%M:%S {zone}",
    "rfc2822": "%a, {day} %b %Y %H:%M:%S {zone}",
    "short": "%Y-%m-%d",
    "raw": "{unix} {zone}",
    "unix": "{unix}",
}


def is_format(text: str) -> bool:
    """Tell whether `text` is a date format we know (`format:` and `-local` included)."""
    return text.startswith(_PATTERN_OF_ONES_OWN) or text.removesuffix("-local") in FORMATS


def show(ts: str, *, style: str, now_ns: int) -> str:
    """Return the time `ts` (ISO 8601) for a list: a short age, or the format asked for."""
    if not is_readable(ts):
        return _NOT_KNOWN
    style = style.removesuffix("-local")
    if style in {"relative", "human"}:
        return short_age(parse_iso(ts), now_ns=now_ns)
    return _formatted(ts, style)


def tell(ts: str, *, style: str, now_ns: int) -> str:
    """Return the time `ts` for a sentence: `2 minutes ago`, or the format asked for."""
    if not is_readable(ts):
        return f"at an {_NOT_KNOWN} time"
    style = style.removesuffix("-local")
    if style not in {"relative", "human"}:
        return _formatted(ts, style)
    seconds = (now_ns - parse_iso(ts)) // _SECOND
    if seconds < 0:
        return "in the future"
    if seconds == 0:
        return "just now"
    count, name, _ = _count(seconds)
    return f"{count} {name}{'' if count == 1 else 's'} ago"


def short_age(ns: int, *, now_ns: int) -> str:
    """Return an age in one number and one unit: `now`, `12s`, `2m`, `3h`, `4d`, `5w`, `6mo`."""
    seconds = (now_ns - ns) // _SECOND
    if seconds < 0:
        return "future"
    if seconds == 0:
        return "now"
    count, _, letter = _count(seconds)
    return f"{count}{letter}"


def _count(seconds: int) -> tuple[int, str, str]:
    """Return a number, its unit and the unit's letters, rounded as git rounds."""
    count = seconds
    for name, letter, size, until in _STEPS:
        count = (count + size // 2) // size
        if count < until:
            return count, name, letter
    if count < _WEEKS_UNTIL:
        return (count + 3) // 7, "week", "w"
    if count < _MONTHS_UNTIL:
        return (count + 15) // 30, "month", "mo"
    return max((count + 183) // 365, 1), "year", "y"


def _formatted(ts: str, style: str) -> str:
    seconds = parse_iso(ts) // _SECOND
    local = time.localtime(seconds)
    if style.startswith(_PATTERN_OF_ONES_OWN):
        return time.strftime(style.partition(":")[2], local)
    minutes = local.tm_gmtoff // 60
    sign = "-" if minutes < 0 else "+"
    hours, minutes = divmod(abs(minutes), 60)
    pattern = _PATTERNS[style].format(
        day=local.tm_mday,
        zone=f"{sign}{hours:02}{minutes:02}",
        colon=f"{sign}{hours:02}:{minutes:02}",
        unix=seconds,
    )
    return time.strftime(pattern, local)
