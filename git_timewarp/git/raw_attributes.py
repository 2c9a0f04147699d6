"""What git would do to a file's bytes at checkout, done without git.

Line ends, `$Id$` and encodings as gitattributes(5) says. External filters are not run: what
they would make is told to be as git stores it, but for git-lfs files that are at hand.
"""

from __future__ import annotations

import codecs
import hashlib
import logging
import os
import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import NamedTuple

from dulwich.attrs import Pattern, compile_gitattributes_patterns, match_path, parse_git_attributes

from git_timewarp.git.names import Oid
from git_timewarp.util.text import to_bytes, to_str

Rules = list[tuple[Pattern, Mapping[bytes, bytes | bool | None]]]

_ID = rb"\$Id(?::[^$\n]*)?\$"
_POINTER = rb"version https://git-lfs[^\n]*\n(?:[^\n]*\n)*?oid sha256:([0-9a-f]{64})\n"
_LONGEST_POINTER = 1024
_TEXT_CONTROLS = frozenset(b"\b\t\x0c\x1b")


class Settings(NamedTuple):
    """What of the settings converts bytes, as far as files could be read."""

    autocrlf: str = "false"
    eol: str = "lf"
    filters: frozenset[str] = frozenset()


def settings(paths: Sequence[str]) -> Settings:
    """Read settings from config files, the strongest last, passing over what makes no sense."""
    found = {"autocrlf": "false", "eol": "lf"}
    filters: set[str] = set()
    for path in paths:
        section = ""
        for line in to_str(read(path)).split("\n"):
            head = re.match(r'\s*\[\s*([\w.-]+)(?:\s+"([^"]*)")?\s*\]', line)
            if head:
                section = head[1].lower()
                if section == "filter" and head[2]:
                    filters.add(head[2])
            given = re.match(r"\s*(autocrlf|eol)\s*=\s*\"?(\w+)", line, re.IGNORECASE)
            if given and section == "core":
                found[given[1].lower()] = given[2].lower()
    return Settings(found["autocrlf"], found["eol"], frozenset(filters))


def rules(data: bytes, folder: str) -> Rules:
    """Parse a `.gitattributes` in `folder` (`''` for the root)."""
    logging.getLogger("dulwich.attrs").setLevel(logging.CRITICAL)
    found = compile_gitattributes_patterns(
        parse_git_attributes(BytesIO(data)), base=to_bytes(folder)
    )
    return list(found)


def attributes(path: str, found: Rules) -> dict[bytes, bytes | bool | None]:
    """Return the attributes of a path; later rules are stronger."""
    return match_path(found, to_bytes(path))


class Outcome(NamedTuple):
    """The bytes to write, and the filter that git would have run over them, if any."""

    data: bytes
    filter: str | None = None


def checked_out(
    data: bytes,
    oid: Oid,
    given: Mapping[bytes, bytes | bool | None],
    how: Settings,
    *,
    media: str,
) -> Outcome:
    """Return what a checkout would write for a blob.

    Args:
        data: the blob.
        oid: its id.
        given: its attributes.
        how: the settings.
        media: folder of git-lfs objects.
    """
    if given.get(b"ident") is True:
        data = re.sub(_ID, b"$Id: " + oid.encode() + b" $", data)
    data = _line_ends(data, given, how)
    encoding = given.get(b"working-tree-encoding")
    if isinstance(encoding, bytes):
        data = _encoded(data, encoding.decode("ascii", "replace"))
    driver = given.get(b"filter")
    if not isinstance(driver, bytes):
        return Outcome(data)
    if driver == b"lfs":
        pointer = re.match(_POINTER, data) if len(data) <= _LONGEST_POINTER else None
        if pointer is None:
            return Outcome(data)
        digits = pointer[1].decode()
        large = read(os.path.join(media, digits[:2], digits[2:4], digits))
        if hashlib.sha256(large).hexdigest() == digits:
            return Outcome(large)
        return Outcome(data, "lfs")
    name = to_str(driver)
    return Outcome(data, name if name in how.filters else None)


def _line_ends(data: bytes, given: Mapping[bytes, bytes | bool | None], how: Settings) -> bytes:
    """Write CRLF where git would (convert.c, `crlf_to_worktree`)."""
    text, eol = given.get(b"text", given.get(b"crlf")), given.get(b"eol")
    if text is False:
        return data
    automatic = text == b"auto"
    if text is None and eol not in {b"lf", b"crlf"}:
        if how.autocrlf != "true":
            return data
        automatic = True
    elif (
        text == b"input"
        or eol == b"lf"
        or (
            eol != b"crlf"
            and not (how.autocrlf == "true" or (how.autocrlf != "input" and how.eol == "crlf"))
        )
    ):
        return data
    if automatic and (b"\r" in data or _is_binary(data)):
        return data
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)


def _is_binary(data: bytes) -> bool:
    if b"\0" in data:
        return True
    strange = sum(
        byte == 0x7F or (byte < 0x20 and byte not in _TEXT_CONTROLS and byte not in b"\r\n")
        for byte in data
    )
    ends = data.count(b"\n") + data.count(b"\r")
    return (len(data) - strange - ends) >> 7 < strange


def _encoded(data: bytes, encoding: str) -> bytes:
    try:
        text = data.decode("utf-8")
        if encoding.upper() == "UTF-16LE-BOM":
            return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
        return text.encode(encoding)
    except (UnicodeError, LookupError):
        return data


def read(path: str) -> bytes:
    """Return the bytes of a file; none where it cannot be read."""
    try:
        with open(to_bytes(path), "rb") as file:
            return file.read()
    except OSError:
        return b""
