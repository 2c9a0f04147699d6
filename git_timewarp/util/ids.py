"""Identifiers: UUIDv7 for events and operations, letters for snapshots and writers.

A snapshot id is written in the letters k to z, so it can never be mistaken for
(or be a prefix of) a git object id. Source: RFC 9562 for UUIDv7.
"""

from __future__ import annotations

from git_timewarp.util.clock import Clock

LETTERS = "klmnopqrstuvwxyz"
SNAPSHOT_ID_LENGTH = 12
WRITER_ID_LENGTH = 16


def uuid7(clock: Clock) -> str:
    """Return a new UUIDv7 as 36 characters."""
    millis = clock.now_ns() // 1_000_000
    rand = int.from_bytes(clock.random_bytes(10), "big")
    value = (millis & (2**48 - 1)) << 80 | rand
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def uuid7_ns(text: str) -> int:
    """Return when a UUIDv7 was made, in nanoseconds since the epoch (to the millisecond)."""
    return int(text.replace("-", "")[:12], 16) * 1_000_000


def letters(clock: Clock, length: int) -> str:
    """Return `length` random letters from k to z (4 bits each)."""
    return "".join(LETTERS[byte & 0xF] for byte in clock.random_bytes(length))


def is_letters(text: str) -> bool:
    """Tell whether `text` is made of the letters of our ids only."""
    return bool(text) and all(char in LETTERS for char in text)
