"""What is said about one error, whatever its message was."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Sort(Enum):
    """What helps against an error (row S2-2f)."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    DEGRADED = "degraded"


class Explanation(NamedTuple):
    """How it comes, what is safe, and what to do.

    Attributes:
        sort: transient, the same command works later; permanent, somebody has to do something;
            degraded, the rest goes on without what failed.
        cause: how it comes.
        safe: what happened to the user's work, and to what was recorded.
        recovery: the way out, with the commands.
    """

    sort: Sort
    cause: str
    safe: str
    recovery: str
