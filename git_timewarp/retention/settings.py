"""The rules, the quota and the ladder as the settings say them."""

from __future__ import annotations

from typing import NamedTuple

from git_timewarp.config.settings import Settings
from git_timewarp.retention.policy import Policy
from git_timewarp.store.room import QUOTA, Room, room_of

_PREFIX = "timewarp.retention."
_RULES = {
    "last": "keepLast",
    "within": "keepWithin",
    "hourly": "keepHourly",
    "daily": "keepDaily",
    "weekly": "keepWeekly",
    "monthly": "keepMonthly",
    "drafts_whole": "drafts",
    "drafts_hourly": "draftsHourly",
    "drafts_daily": "draftsDaily",
    "burst": "burst",
    "important": "important",
}


class Bounds(NamedTuple):
    """What is kept and how much room it may take; `auto`: compacting begins by itself."""

    policy: Policy
    quota: int
    room: Room
    auto: bool = True


def bounds(settings: Settings) -> Bounds:
    """Read them."""
    rules = {name: settings.int(_PREFIX + key) for name, key in _RULES.items()}
    return Bounds(
        Policy(**rules),
        settings.int(QUOTA),
        room_of(settings),
        settings.bool(_PREFIX + "auto"),
    )
