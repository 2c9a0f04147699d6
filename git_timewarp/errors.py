"""The root error, its kinds and their exit codes.

Every failure a user can meet is a `TimewarpError` with a kind (which fixes the
exit code, design 8), a stable kebab-case `reference`, a message that names the
fault first, and a hint that is the exact next command. Concrete errors live
beside the code that raises them. Layer: the floor; imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class Kind(Enum):
    """What sort of failure it is; the value is the process exit code."""

    REFUSED = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    CORRUPT = 5
    LOCKED = 6
    EXTERNAL = 7
    BUG = 70
    INTERRUPTED = 130


class TimewarpError(Exception):
    """A failure with a reference, a message and the next step.

    Attributes:
        kind: fixes the exit code.
        reference: kebab-case, unique, documented in `docs/reference/errors.md`.
        message: lower-case start, no full stop, subject in single quotes.
        hint: the exact next command, or None where there is none.
        paths: the files it is about, where there may be several.
    """

    kind: Kind = Kind.BUG
    reference: str = "bug"
    paths: Sequence[str] = ()

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def exit_code(self) -> int:
        """The process exit code this failure ends with."""
        return self.kind.value

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form: code, reference, message, hint."""
        return {
            "code": self.exit_code,
            "reference": self.reference,
            "message": self.message,
            "hint": self.hint,
        }
