"""One pack read without git: whole, cut short, damaged in the middle, with or without its index.

An index that is whole says where the objects are; without one every object is read once and
named by its own hash, as `git index-pack` does, and where one is damaged the next is searched
for. Nothing that is read is trusted: who asks compares the hash (`git/raw.py`).
"""

from __future__ import annotations

import mmap
import os
import re
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from dulwich.object_format import SHA1, SHA256
from dulwich.pack import FilePackIndex, apply_delta, load_pack_index_file

_TYPES = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_BY_OFFSET, _BY_ID = 6, 7
_HEADER = 12
_BLOCK = 1 << 16
_STARTS = rb"\x78[\x01\x5e\x9c\xda]"
"""How a zlib stream begins, at every level git may use."""

_LONGEST_HEAD = 48
"""Bytes an entry may have before its zlib stream, and more."""

_KNOWN_KINDS = 200_000
_DEEPEST = 10_000
"""Deltas on deltas that are followed; git makes no more than 4,095."""


class Digest(Protocol):
    """A hash being computed, as `hashlib` makes them."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""

    def digest(self) -> bytes:
        """Return what it is so far."""


NewDigest = Callable[[str, int], Digest]
"""Begins the hash of an object of a type and a size."""


class DamagedError(Exception):
    """An entry of a pack cannot be read; who reads on catches it."""


class Head(NamedTuple):
    """The beginning of an entry.

    Attributes:
        kind: 1 to 4 as in `_TYPES`, 6 and 7 for deltas.
        size: of what is compressed, in bytes.
        base: offset or raw id of what a delta applies to.
        start: where its zlib stream begins.
    """

    kind: int
    size: int
    base: int | bytes | None
    start: int


class Bases:
    """Contents that were read and may be asked for again, up to a number of bytes."""

    def __init__(self, room: int) -> None:
        self._largest = room // 8
        self._room = room
        self._held: OrderedDict[object, tuple[str, bytes]] = OrderedDict()

    def get(self, key: object) -> tuple[str, bytes] | None:
        """Return what was put under a key, if it is still there."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: object, found: tuple[str, bytes]) -> None:
        """Remember type and contents; what was not asked for the longest goes."""
        if len(found[1]) > self._largest or key in self._held:
            return
        self._held[key] = found
        self._room -= len(found[1]) + 200
        while self._room < 0:
            _, (_, data) = self._held.popitem(last=False)
            self._room += len(data) + 200


class Pack:
    """One file of packed objects; `close` it when done."""

    def __init__(self, path: str, *, hash_length: int, bases: Bases) -> None:
        self.path = path
        self._bases = bases
        self._kinds: dict[int, str] = {}
        self.hash_length = hash_length
        with open(path, "rb") as file:
            self._size = os.fstat(file.fileno()).st_size
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if self._size else b""
        self._index = self._load_index()
        self._offsets: dict[bytes, int] = {}
        self._left: list[int] = []

    @property
    def is_indexed(self) -> bool:
        """Whether its index is there and whole."""
        return self._index is not None

    def close(self) -> None:
        """Unmap the files."""
        if self._index is not None:
            self._index.close()
        if isinstance(self._data, mmap.mmap):
            self._data.close()

    def _load_index(self) -> FilePackIndex | None:
        try:
            file = open(self.path.removesuffix(".pack") + ".idx", "rb")  # noqa: SIM115 - the index closes it
        except OSError:
            return None
        try:
            form = SHA1 if self.hash_length == 20 else SHA256
            index = load_pack_index_file(self.path, file, form)
            index.check()
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not used
            file.close()
            return None
        if isinstance(index, FilePackIndex):
            return index
        file.close()
        return None

    # -- where objects are ------------------------------------------------------------

    def learn(self, digest: NewDigest) -> None:
        """Read every object and remember where it is; only for a pack without its index."""
        deltas: dict[int | bytes, list[int]] = {}
        whole: list[tuple[int, bytes]] = []
        for offset, head, oid in self._entries(digest):
            if head.base is not None:
                deltas.setdefault(head.base, []).append(offset)
            else:
                self._offsets[oid] = offset
                whole.append((offset, oid))
        for offset, oid in whole:
            if offset not in deltas and oid not in deltas:
                continue
            head = self.head(offset)
            found = [(offset, oid, self._inflate(head))]
            while found:
                at, name, data = found.pop()
                for child in [*deltas.pop(at, ()), *deltas.pop(name, ())]:
                    try:
                        made = _applied(data, self._inflate(self.head(child)))
                    except DamagedError:
                        continue
                    hashed = digest(_TYPES[head.kind], len(made))
                    hashed.update(made)
                    self._offsets.setdefault(hashed.digest(), child)
                    found.append((child, hashed.digest(), made))
        self._left = [offset for offsets in deltas.values() for offset in offsets]

    def left(self) -> list[int]:
        """Return the deltas that `learn` could not name: what they apply to is not in this pack."""
        return self._left

    def name(self, oid: bytes, offset: int) -> None:
        """Remember where an object is that was named by somebody else."""
        self._offsets.setdefault(oid, offset)

    def locate(self, oid: bytes) -> int | None:
        """Return the offset of an object, None when it is not in here."""
        if self._index is None:
            return self._offsets.get(oid)
        try:
            return int(self._index.object_offset(oid))  # type: ignore[arg-type]
        except KeyError:
            return None

    def names(self) -> Iterator[tuple[bytes, int]]:
        """Yield raw id and offset of every object, as they lie in the file."""
        if self._index is None:
            found = list(self._offsets.items())
        else:
            found = [(bytes(entry[0]), int(entry[1])) for entry in self._index.iterentries()]
        return iter(sorted(found, key=lambda item: item[1]))

    # -- entries ----------------------------------------------------------------------

    def head(self, offset: int) -> Head:
        """Read the beginning of the entry at `offset`.

        Raises:
            DamagedError: there is none.
        """
        raw = self._data[offset : offset + _LONGEST_HEAD]
        try:
            byte = raw[0]
            kind, size, shift, at = byte >> 4 & 7, byte & 15, 4, 1
            while byte & 0x80:
                byte = raw[at]
                size |= (byte & 0x7F) << shift
                shift, at = shift + 7, at + 1
            base: int | bytes | None = None
            if kind == _BY_OFFSET:
                byte = raw[at]
                back, at = byte & 0x7F, at + 1
                while byte & 0x80:
                    byte = raw[at]
                    back, at = (back + 1 << 7) | (byte & 0x7F), at + 1
                base = offset - back
            elif kind == _BY_ID:
                base = raw[at : at + self.hash_length]
                at += self.hash_length
        except IndexError as exc:
            raise DamagedError from exc
        if (base is None and kind not in _TYPES) or (isinstance(base, int) and base < _HEADER):
            raise DamagedError
        return Head(kind, size, base, offset + at)

    def chunks(self, head: Head) -> Iterator[bytes]:
        """Yield what an entry holds, a piece at a time.

        Raises:
            DamagedError: it is not what was written.
        """
        for piece, _ in self._pieces(head):
            yield piece

    def _pieces(self, head: Head) -> Iterator[tuple[bytes, int]]:
        """Yield pieces of an entry, each with where the file was read up to."""
        stream = zlib.decompressobj()
        at, left = head.start, head.size
        while not stream.eof:
            block = self._data[at : at + _BLOCK]
            if not block:
                raise DamagedError
            at += len(block)
            try:
                piece = stream.decompress(block)
            except zlib.error as exc:
                raise DamagedError from exc
            left -= len(piece)
            if left < 0:
                raise DamagedError
            yield piece, at - len(stream.unused_data)
        if left:
            raise DamagedError

    def _inflate(self, head: Head) -> bytes:
        return b"".join(self.chunks(head))

    def contents(
        self, offset: int, base: Callable[[bytes], tuple[str, bytes] | None]
    ) -> tuple[str, bytes]:
        """Return type and contents of the object at `offset`; `base` finds one by its raw id.

        Raises:
            DamagedError: it, or what it is a delta to, cannot be read.
        """
        deltas: list[Head] = []
        at = offset
        while True:
            found = self._bases.get((self, at))
            if found is not None:
                break
            head = self.head(at)
            if head.base is None:
                found = _TYPES[head.kind], self._inflate(head)
                break
            deltas.append(head)
            where = head.base if isinstance(head.base, int) else self.locate(head.base)
            if where is None and isinstance(head.base, bytes):
                found = base(head.base)
                break
            if where is None or len(deltas) > _DEEPEST:
                break
            at = where
        if found is None:
            raise DamagedError
        kind, data = found
        for head in reversed(deltas):
            # What others are a delta to is mostly asked for again: packs keep them together.
            self._bases.put((self, head.base), (kind, data))
            data = _applied(data, self._inflate(head))
        return kind, data

    def kind(self, offset: int) -> str | None:
        """Return the type of the object at `offset` without reading it; None where that is unknown."""
        above: list[int] = []
        found: str | None = None
        at = offset
        while len(above) < _DEEPEST:
            found = self._kinds.get(at)
            if found is not None:
                break
            above.append(at)
            try:
                head = self.head(at)
            except DamagedError:
                return None
            if head.base is None:
                found = _TYPES[head.kind]
                break
            where = head.base if isinstance(head.base, int) else self.locate(head.base)
            if where is None:
                return None
            at = where
        if len(self._kinds) > _KNOWN_KINDS:
            self._kinds.clear()
        if found is not None:
            self._kinds.update((at, found) for at in above)
        return found

    def size(self, offset: int) -> int:
        """Return the size of the object at `offset` in bytes.

        Raises:
            DamagedError: it cannot be read.
        """
        head = self.head(offset)
        if head.base is None:
            return head.size
        try:
            start = zlib.decompressobj().decompress(self._data[head.start : head.start + 64], 32)
        except zlib.error as exc:
            raise DamagedError from exc
        at = 0
        for _ in range(2):
            size = shift = 0
            while at < len(start):
                byte = start[at]
                size |= (byte & 0x7F) << shift
                shift, at = shift + 7, at + 1
                if not byte & 0x80:
                    break
        return size

    # -- without an index -------------------------------------------------------------

    def _entries(self, digest: NewDigest) -> Iterator[tuple[int, Head, bytes]]:
        """Yield offset, head and raw id (not of a delta) of every entry that is not damaged."""
        offset = _HEADER
        while offset < self._size:
            try:
                head, oid, end = self._whole(offset, digest)
            except DamagedError:
                found = self._next(offset + 1, digest)
                if found is None:
                    return
                offset = found
                continue
            yield offset, head, oid
            offset = end

    def _whole(self, offset: int, digest: NewDigest) -> tuple[Head, bytes, int]:
        """Read the entry at `offset` to its end; return head, raw id and where the next begins."""
        head = self.head(offset)
        hashed, end = digest(_TYPES.get(head.kind, "delta"), head.size), head.start
        for piece, read in self._pieces(head):
            hashed.update(piece)
            end = read
        return head, hashed.digest(), end

    def _next(self, offset: int, digest: NewDigest) -> int | None:
        """Return where the next whole entry begins, at `offset` or later."""
        for stream in re.finditer(_STARTS, self._data[offset:]):
            start = offset + stream.start()
            for before in range(1, min(_LONGEST_HEAD, start - _HEADER + 1)):
                try:
                    head = self.head(start - before)
                    if head.start == start:
                        self._whole(start - before, digest)
                        return start - before
                except DamagedError:
                    continue
        return None


def _applied(data: bytes, delta: bytes) -> bytes:
    try:
        return b"".join(apply_delta(data, delta))
    except Exception as exc:
        raise DamagedError from exc
