"""Bytes, names and JSON: one way in and out of text.

Names of files are `str` with surrogate escapes for bytes that are not UTF-8
(PEP 383), whatever the locale is.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Sequence

JsonName = str | dict[str, str]

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-")
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def to_bytes(name: str) -> bytes:
    """Return the bytes of a name as the file system holds them."""
    return name.encode("utf-8", "surrogateescape")


def to_str(data: bytes) -> str:
    """Return a name for bytes of the file system; never fails, always goes back."""
    return data.decode("utf-8", "surrogateescape")


def json_name(name: str) -> JsonName:
    """Return a name as JSON gives it: text, or `{"bytes": base64}` if it is not UTF-8."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return {"bytes": binascii.b2a_base64(to_bytes(name), newline=False).decode("ascii")}
    return name


def name_from_json(value: JsonName) -> str:
    """Reverse `json_name`."""
    if isinstance(value, str):
        return value
    return to_str(binascii.a2b_base64(value["bytes"]))


def compact_json(value: object) -> bytes:
    """Return canonical JSON: compact, keys sorted, UTF-8 (design 4).

    Lone surrogates (bytes that are not UTF-8 in free text) become `?`; names
    of files must have gone through `json_name` before.
    """
    return _CANONICAL.encode(value).encode("utf-8", "replace")


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: `1 path`, `2 paths`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def some(names: Sequence[str], *, most: int = 3) -> str:
    """Name the first of `names`, quoted, and count the others: `'a', 'b', 'c' and 4 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"'{name}'" for name in names[:most]) + more


def printable(text: str) -> str:
    """Return `text` safe for a terminal line: control and stray bytes escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in octal(text)
    )


def octal(text: str) -> str:
    """Return `text` with each byte that is not UTF-8 written as git writes it in a name."""
    return "".join(
        f"\\{ord(char) - 0xDC00:03o}" if "\udc80" <= char <= "\udcff" else char for char in text
    )


def shell(word: str) -> str:
    """Return `word` as it is typed in a shell, so that a hint can be pasted."""
    if word and _PLAIN.issuperset(word):
        return word
    if word.isprintable():
        return "'" + word.replace("'", "'\"'\"'") + "'"
    escaped = "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\{byte:03o}"
        for byte in to_bytes(word)
    )
    return f"$'{escaped}'"
