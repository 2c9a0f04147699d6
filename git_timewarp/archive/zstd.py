"""Zstandard, from the standard library where it has it (Python 3.14): the one place.

One frame with a checksum, nothing before or behind it, read in pieces of a bounded size.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import BinaryIO

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL = 9
_BLOCK = 1 << 18
_MAGIC = b"\x28\xb5\x2f\xfd"
_CHECKSUM = 0x04
_WINDOW_LOG = 27
"""Largest window that is accepted, 128 MiB; ours have 4 MiB."""


class FrameError(Exception):
    """It is not one whole frame; the text says why."""


class Writer:
    """Compresses into a function that takes bytes."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        parameter = zstd.CompressionParameter
        options: dict[int, int] = {parameter.compression_level: _LEVEL, parameter.checksum_flag: 1}
        self._compressor = zstd.ZstdCompressor(options=options)
        self._write = write

    def write(self, data: bytes) -> None:
        """Take some bytes."""
        self._write(self._compressor.compress(data))

    def finish(self) -> None:
        """End the frame."""
        self._write(self._compressor.flush())


class Reader:
    """Decompresses a file as far as it is asked to."""

    def __init__(self, file: BinaryIO) -> None:
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
        self._decompressor = zstd.ZstdDecompressor(options=options)
        self._file = file
        self._begun = False

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only where the frame ends.

        Raises:
            FrameError: it is damaged, or cut off.
        """
        parts = []
        while size and not self._decompressor.eof:
            part = self._some(size)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def end(self) -> None:
        """Make sure that the frame ends here, and the file with it.

        Raises:
            FrameError: something follows.
        """
        if self.read(1):
            raise FrameError("more follows than it says")
        if self._decompressor.unused_data or self._file.read(1):
            raise FrameError("something follows its end")

    def _some(self, size: int) -> bytes:
        data = b""
        if self._decompressor.needs_input:
            data = self._file.read(_BLOCK)
            if not data:
                raise FrameError("it is cut off" if self._begun else "it is empty")
            if not self._begun and (data[:4] != _MAGIC or len(data) < 5 or not data[4] & _CHECKSUM):
                raise FrameError("it is no archive: it is not compressed as one")
            self._begun = True
        try:
            return self._decompressor.decompress(data, min(size, _BLOCK))
        except zstd.ZstdError as exc:
            raise FrameError("its checksum or its form is wrong") from exc
