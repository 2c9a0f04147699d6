"""Times as users write them: ISO 8601, and git's own words for dates.

git refuses no date: what it does not know it skips, and "yesteday" is now. So `loose`
(for `--since`) gives git only what has no word git does not know, and `strict` (for a
target, where a branch may have the same name) only forms that are certainly a time.
"""

from __future__ import annotations

import re

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.run import Git
from git_timewarp.util.clock import iso, parse_iso

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
_UNITS = ["second", "minute", "hour", "day", "week", "month", "year"]
_COUNTS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "last"]
_MOMENTS = ["now", "today", "yesterday", "noon", "midnight", "tea"]
_SHORTEST = 3
"""Letters that git needs of a month or a day of the week."""
_EPOCH = 100_000_000
"""The least number that git takes for seconds since the epoch."""

_ISO = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_KNOWN = frozenset(
    [
        *_MOMENTS,
        *_COUNTS,
        *_UNITS,
        *(unit + "s" for unit in _UNITS),
        *(name[:size] for name in (*_MONTHS, *_DAYS) for size in range(_SHORTEST, len(name) + 1)),
        *[
            "never",
            "ago",
            "at",
            "on",
            "of",
            "the",
            "am",
            "pm",
            "st",
            "nd",
            "rd",
            "th",
            "t",
            "z",
            "utc",
            "gmt",
        ],
    ]
)
_WORD = r"[^\W\d_]+"
_LOOSE = r"(?:@(?=\d))?[A-Za-z0-9 .,:/+-]*"
"""The patterns here are text: who gives no date does not pay for compiling them."""


def _any(words: list[str]) -> str:
    return "(?:" + "|".join(words) + ")"


_GAP = r"[ .]+"
_MONTH = _any([f"{name}|{name[:_SHORTEST]}" for name in _MONTHS])
_DAY = _any([f"{name}|{name[:_SHORTEST]}" for name in _DAYS])
_AMOUNT = rf"(?:\d+|{_any(_COUNTS)}){_GAP}{_any(_UNITS)}s?"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?: ?[ap]m)?"
_HOUR = rf"(?:(?:at )?(?:{_CLOCK}|(?:1[0-2]|[1-9]) ?[ap]m|noon|midnight|tea))"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))"
_IN_MONTH = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:19|20)\d\d"
_NUMBERS = rf"{_YEAR}([-/.])(?:0?[1-9]|1[0-2])\1{_IN_MONTH}"
_NAMED = rf"(?:{_MONTH} {_IN_MONTH},? {_YEAR}|{_IN_MONTH} {_MONTH},? {_YEAR})"
_STRICT = (
    rf"{_AMOUNT}(?:{_GAP}{_AMOUNT})*(?:{_GAP}ago)?",
    rf"(?:now|yesterday|today|noon|midnight|last{_GAP}{_DAY})(?:{_GAP}{_HOUR})?",
    rf"{_HOUR}{_GAP}yesterday|{_CLOCK}",
    r"@\d{9,}(?: [+-]\d{4})?",
    rf"{_NUMBERS}(?:[T ]{_CLOCK}{_ZONE}?)?",
    rf"(?:{_DAY},? )?{_NAMED}(?: {_CLOCK}{_ZONE}?)?",
    rf"{_DAY} {_MONTH} +{_IN_MONTH} {_CLOCK} {_YEAR}{_ZONE}?",
)


class NotATimeError(TimewarpError):
    """A date that neither ISO 8601 nor git's own words for dates explain."""

    kind = Kind.USAGE
    reference = "not-a-time"


def strict(git: Git, text: str) -> int | None:
    """Return nanoseconds since the epoch for what is certainly a time, None for anything else."""
    if re.fullmatch(_ISO, text):
        return _from_iso(text)
    if any(re.fullmatch(form, text, re.IGNORECASE) for form in _STRICT):
        return _asked(git, text)
    return None


def loose(git: Git, text: str) -> int | None:
    """Return nanoseconds for whatever git takes for a time, None where it would skip a part."""
    if re.fullmatch(_ISO, text):
        return _from_iso(text)
    words = [word.lower() for word in re.findall(_WORD, text)]
    if not re.fullmatch(_LOOSE, text) or any(word not in _KNOWN for word in words):
        return None
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if not words and len(numbers) == 1 and not (1 <= numbers[0] <= 31 or numbers[0] >= _EPOCH):
        return None
    return _asked(git, text) if words or numbers else None


def stored(
    git: Git, text: str | None, *, hint: str = "git timewarp log --since '2 hours ago'"
) -> str | None:
    """Return the time of `--since` in the form events store it, None without one.

    Raises:
        NotATimeError: it is no time.
    """
    when = loose(git, text) if text is not None else None
    if when is None and text is not None:
        raise NotATimeError(f"'{text}' is not a time", hint=hint)
    return iso(when) if when is not None else None


def _from_iso(text: str) -> int | None:
    try:
        return parse_iso(text)
    except ValueError:
        return None


def _asked(git: Git, text: str) -> int:
    answer = git.text("rev-parse", f"--since={text}")
    return int(answer.removeprefix("--max-age=")) * 1_000_000_000
