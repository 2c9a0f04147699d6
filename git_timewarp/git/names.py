"""Typed names: one checked constructor each, at the boundary (style rule 11)."""

from __future__ import annotations

import re

_OID = r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z"
_BAD_REF = r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|\Z)|\.\Z|/\Z|\A/|\A-"


class Oid(str):
    """The full hexadecimal name of a git object (40 or 64 digits)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Oid:
        """Return `text` as an Oid; ValueError when it is not one."""
        if not re.match(_OID, text):
            raise ValueError(f"not an object id: {text!r}")
        return cls(text)

    @classmethod
    def zero(cls, hex_length: int) -> Oid:
        """Return the all-zero id that stands for 'no such ref'."""
        return cls("0" * hex_length)

    @property
    def is_zero(self) -> bool:
        """Whether this is the id that stands for nothing."""
        return not self.strip("0")


class RefName(str):
    """A full ref name, such as `refs/heads/main` or `HEAD` (git-check-ref-format)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> RefName:
        """Return `text` as a RefName; ValueError when git would refuse it."""
        if not text or re.search(_BAD_REF, text):
            raise ValueError(f"not a ref name: {text!r}")
        return cls(text)


class RepoPath(str):
    """A path inside the work tree: relative, `/` between parts, surrogate escapes for raw bytes."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> RepoPath:
        """Return `text` as a RepoPath; ValueError for absolute paths, `..` and empty parts."""
        parts = text.split("/")
        if not text or "\0" in text or any(part in {"", ".", ".."} for part in parts):
            raise ValueError(f"not a path inside the work tree: {text!r}")
        return cls(text)


class SnapshotId(str):
    """Twelve letters k to z (never confusable with an object id)."""

    __slots__ = ()


class WriterId(str):
    """Sixteen letters k to z: one clone of a repository."""

    __slots__ = ()
