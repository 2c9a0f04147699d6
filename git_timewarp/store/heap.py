"""Objects made for one fold, held in memory, and written as a pack of their own.

A fold of many events makes a note for each fifty and a folder for each note. Written
one by one as loose files, packed and removed again, they took most of its time.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import TreeEntry, format_tree

_TYPES = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


class Sink(Protocol):
    """Where objects are put."""

    def put(self, kind: str, data: bytes, *, sync: bool = True) -> Oid:
        """Take one object (`blob`, `tree`, `tag`, `commit`) and return its id."""

    def put_tree(self, entries: Sequence[TreeEntry], *, sync: bool = True) -> Oid:
        """Take a tree of `entries` (any order) and return its id."""


class Heap:
    """A sink in memory; nothing of it is durable."""

    def __init__(self, hash_name: str) -> None:
        self.hash_name = hash_name
        self._held: dict[Oid, tuple[str, bytes]] = {}

    def put(self, kind: str, data: bytes, *, sync: bool = True) -> Oid:
        """Take one object and return its id."""
        del sync
        header = b"%s %d\0" % (kind.encode(), len(data))
        digest = hashlib.new(self.hash_name, header, usedforsecurity=False)
        digest.update(data)
        oid = Oid(digest.hexdigest())
        self._held[oid] = kind, data
        return oid

    def put_tree(self, entries: Sequence[TreeEntry], *, sync: bool = True) -> Oid:
        """Take a tree and return its id."""
        return self.put("tree", format_tree(entries), sync=sync)

    def pack(self, oids: Iterable[Oid]) -> Iterator[bytes]:
        """Yield the bytes of a pack (gitformat-pack, version 2) of these objects, trailer last.

        The trailer's hexadecimal form is what git names the pack after.
        """
        wanted = dict.fromkeys(oids)
        digest = hashlib.new(self.hash_name, usedforsecurity=False)
        for part in self._parts(list(wanted)):
            digest.update(part)
            yield part
        yield digest.digest()

    def _parts(self, oids: Sequence[Oid]) -> Iterator[bytes]:
        yield b"PACK" + struct.pack(">II", 2, len(oids))
        for oid in oids:
            kind, data = self._held[oid]
            yield _header(_TYPES[kind], len(data)) + zlib.compress(data, 1)


def _header(kind: int, size: int) -> bytes:
    """Return type and size: four bits of the size in the first byte, seven in each other."""
    out = bytearray([kind << 4 | size & 0xF])
    size >>= 4
    while size:
        out[-1] |= 0x80
        out.append(size & 0x7F)
        size >>= 7
    return bytes(out)
