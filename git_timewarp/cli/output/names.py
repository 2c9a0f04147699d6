"""Names and text on a terminal: quoted as git quotes, measured and cut in columns."""

from __future__ import annotations

import unicodedata

from git_timewarp.util.text import printable, to_bytes, to_str

_SHORT = {
    0x07: "\\a",
    0x08: "\\b",
    0x09: "\\t",
    0x0A: "\\n",
    0x0B: "\\v",
    0x0C: "\\f",
    0x0D: "\\r",
    0x22: '\\"',
    0x5C: "\\\\",
}
_FIRST_HIGH = 0x80
_INVISIBLE = frozenset({"Mn", "Me", "Cf"})


def quote(name: str, *, quote_path: bool = True) -> str:
    """Return a path as git prints it (git-config, core.quotePath).

    Quotes, backslashes and control bytes are always written C style in double quotes;
    bytes above 0x7f only with `quote_path`.
    """
    raw = to_bytes(name)
    out: list[bytes] = []
    quoted = False
    for byte in raw:
        if byte in _SHORT:
            out.append(_SHORT[byte].encode())
        elif byte < 0x20 or byte == 0x7F or (byte >= _FIRST_HIGH and quote_path):
            out.append(b"\\%03o" % byte)
        else:
            out.append(bytes([byte]))
            continue
        quoted = True
    text = to_str(b"".join(out))
    return f'"{text}"' if quoted else text


def one_line(text: str) -> str:
    """Return the first line of free text, safe for a terminal."""
    lines = text.strip().splitlines()
    return printable(lines[0]) if lines else ""


def width(text: str) -> int:
    """Return how many columns `text` takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def cut(text: str, columns: int, *, ellipsis: str) -> str:
    """Return `text` in at most `columns` columns, marked with `ellipsis` where it was cut."""
    if width(text) <= columns:
        return text
    room = columns - width(ellipsis)
    if room < 0:
        return ellipsis[: max(columns, 0)]
    used = 0
    kept = []
    for char in text:
        used += _columns(char)
        if used > room:
            break
        kept.append(char)
    return "".join(kept) + ellipsis


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Fill `text` with spaces to `columns` columns, before it when `right`."""
    space = " " * (columns - width(text))
    return space + text if right else text + space


def _columns(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in _INVISIBLE:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
