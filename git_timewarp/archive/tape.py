"""The tar in an archive (POSIX ustar): a few plain files, one after the other, no more.

Written so that equal contents give equal bytes. Read strictly: whatever is not exactly a
plain file of a name we wrote is refused, so that no member can point outside.
"""

from __future__ import annotations

from collections.abc import Callable

BLOCK = 512
_MOST = 8**11 - 1
_NAME, _SIZE, _SUM, _TYPE = slice(0, 100), slice(124, 136), slice(148, 156), slice(156, 157)


class TapeError(Exception):
    """It is not a tar as we write one; the text says why."""


def head(name: str, size: int, *, seconds: int) -> bytes:
    """Return the header of a plain file; `seconds` since the epoch is its time."""
    block = bytearray(BLOCK)
    block[_NAME] = name.encode("ascii").ljust(100, b"\0")
    block[100:108] = b"0000644\0"
    block[108:116] = block[116:124] = b"0000000\0"
    # A size that eleven octal digits cannot hold is written in base 256, as GNU tar does.
    block[_SIZE] = b"%011o\0" % size if size <= _MOST else b"\x80" + size.to_bytes(11, "big")
    block[136:148] = b"%011o\0" % seconds
    block[_TYPE] = b"0"
    block[257:265] = b"ustar\x0000"
    block[265:269] = block[297:301] = b"root"
    block[_SUM] = b"%06o\0 " % _sum(block)
    return bytes(block)


def padding(size: int) -> bytes:
    """Return what follows a file of `size` bytes."""
    return bytes(-size % BLOCK)


END = bytes(2 * BLOCK)
"""What follows the last file."""


def read_head(read: Callable[[int], bytes]) -> tuple[str, int] | None:
    """Read the next header; return name and size, or None at the end.

    Raises:
        TapeError: it is not a header as we write one.
    """
    block = read(BLOCK)
    if block == bytes(BLOCK):
        if read(BLOCK) != bytes(BLOCK):
            raise TapeError("it does not end as it should")
        return None
    if len(block) != BLOCK:
        raise TapeError("it is cut off")
    name, size = block[_NAME].rstrip(b"\0"), _size(block[_SIZE])
    try:
        text = name.decode("ascii")
        again = head(text, size, seconds=int(block[136:147], 8))
    except (ValueError, OverflowError):
        again = b""
    if again != block:
        shown = name.decode("ascii", "backslashreplace")
        raise TapeError(f"its member {shown!r} is not a plain file as an archive has them")
    return text, size


def read_end(read: Callable[[int], bytes]) -> None:
    """Read what follows the last file; TapeError where another one does."""
    if read_head(read) is not None:
        raise TapeError("there is more in it than it says")


def _size(field: bytes) -> int:
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.rstrip(b"\0")
    return int(digits, 8) if digits.isdigit() and b"8" not in digits and b"9" not in digits else -1


def _sum(block: bytearray) -> int:
    blanked = bytearray(block)
    blanked[_SUM] = b" " * 8
    return sum(blanked)
