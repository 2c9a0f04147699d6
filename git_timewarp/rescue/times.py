"""Times as a user writes them, understood without git: it may be what is broken."""

from __future__ import annotations

import re

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util.clock import parse_iso

_SECONDS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_629_746,
    "year": 31_556_952,
}
_AGO = r"(\d+)[ .]+(second|minute|hour|day|week|month|year)s?"


class UnknownTimeError(TimewarpError):
    """A time in a form that is not understood without git."""

    kind = Kind.USAGE
    reference = "unknown-time"


def parsed(text: str, *, now_ns: int) -> int:
    """Return nanoseconds since the epoch: ISO 8601, `@seconds`, `10 minutes ago`, `yesterday`.

    Raises:
        UnknownTimeError: it is none of these.
    """
    text = text.strip()
    if text == "now":
        return now_ns
    if text == "yesterday":
        return now_ns - 86_400 * 1_000_000_000
    if re.fullmatch(r"@\d+", text):
        return int(text[1:]) * 1_000_000_000
    if re.fullmatch(rf"{_AGO}(?:[ .,]+{_AGO})*[ .]+ago", text):
        back = sum(int(count) * _SECONDS[unit] for count, unit in re.findall(_AGO, text))
        return now_ns - back * 1_000_000_000
    try:
        return parse_iso(text)
    except (ValueError, OverflowError) as exc:
        raise UnknownTimeError(
            f"'{text}' is not a time that can be understood without git",
            hint="git timewarp emergency-restore --at '2 hours ago' --to ../rescued",
        ) from exc
