"""Objects read without git, wherever something of them is left: the reader of disasters.

Opens object directories (git's, alternates, ours) by looking at the files: loose objects,
packs with and without their index, packs cut short, packs a crash left under a temporary
name. Refs, HEAD, settings and git itself are not needed. Each object is hashed again when it
is read, and when one copy is damaged the next is taken. Memory holds where objects are and a
bounded number of contents, never all of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from types import TracebackType
from typing import Self

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Object, TreeEntry, parse_tree
from git_timewarp.git.raw_pack import Bases, DamagedError, Digest, Pack
from git_timewarp.util.text import to_bytes, to_str

_CACHED = 32 << 20
"""Bytes of contents that are remembered."""

_BLOCK = 1 << 16
_LARGEST = 64 << 20
"""Bytes of the largest tree that is asked what it names."""


class RawStore:
    """All objects of some object directories; `close` it or use it in a `with`."""

    def __init__(self, folders: list[str], *, hash_length: int, packs: Sequence[str] = ()) -> None:
        """Open object directories, and `packs` that lie elsewhere."""
        self.hash_length = hash_length
        self._algorithm = "sha1" if hash_length == 20 else "sha256"
        self._loose: dict[bytes, list[str]] = {}
        self._packs: list[Pack] = []
        self._recent: Pack | None = None
        self._cache = Bases(_CACHED)
        self._bases = Bases(_CACHED)
        self._resolving: set[bytes] = set()
        for folder in folders:
            self._list_loose(folder)
        for path in [*packs, *(path for folder in folders for path in _pack_files(folder))]:
            self._open_pack(path)
        self._name_the_rest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the packs."""
        for pack in self._packs:
            pack.close()

    def _list_loose(self, folder: str) -> None:
        digits = 2 * self.hash_length
        for first in _listed(folder):
            if len(first) != 2:
                continue
            below = os.path.join(folder, first)
            for rest in _listed(below):
                name = first + rest
                if len(name) == digits and all(char in "0123456789abcdef" for char in name):
                    paths = self._loose.setdefault(bytes.fromhex(name), [])
                    paths.append(os.path.join(below, rest))

    def _open_pack(self, path: str) -> None:
        try:
            pack = Pack(path, hash_length=self.hash_length, bases=self._bases)
        except (OSError, ValueError):
            return
        self._packs.append(pack)
        if not pack.is_indexed:
            pack.learn(self._digest)

    def _name_the_rest(self) -> None:
        """Name the deltas whose base lies in another pack, until nothing new is found."""
        left = [(p, offset) for p in self._packs if not p.is_indexed for offset in p.left()]
        while left:
            still = []
            for pack, offset in left:
                try:
                    kind, data = pack.contents(offset, self._find)
                except DamagedError:
                    still.append((pack, offset))
                else:
                    pack.name(self._hash(kind, data), offset)
            if len(still) == len(left):
                return
            left = still

    def _digest(self, kind: str, size: int) -> Digest:
        head = b"%s %d\0" % (kind.encode(), size)
        return hashlib.new(self._algorithm, head, usedforsecurity=False)

    def _hash(self, kind: str, data: bytes) -> bytes:
        digest = self._digest(kind, len(data))
        digest.update(data)
        return digest.digest()

    # -- reading ----------------------------------------------------------------------

    def find(self, oid: str) -> Object | None:
        """Return an object whose contents hash to its name; None where no whole copy is left."""
        found = self._find(bytes.fromhex(oid))
        return None if found is None else Object(Oid(oid), *found)

    def tree(self, oid: str) -> tuple[TreeEntry, ...] | None:
        """Return the entries of a tree, None where no whole copy is left."""
        found = self.find(oid)
        if found is None or found.type != "tree":
            return None
        try:
            return parse_tree(found.data, hex_length=2 * self.hash_length)
        except ValueError:
            return None

    def blob(self, oid: str) -> bytes | None:
        """Return a blob's contents, None where no whole copy is left."""
        found = self.find(oid)
        return found.data if found is not None and found.type == "blob" else None

    def has(self, oid: str) -> bool:
        """Tell whether some copy of an object is there; it may turn out to be damaged."""
        raw = bytes.fromhex(oid)
        return raw in self._loose or any(pack.locate(raw) is not None for pack in self._packs)

    def copy(self, oid: str, write: Callable[[bytes], object]) -> bool:
        """Give a blob to `write` in pieces; tell whether all of it was given and is right.

        After False what was written is to be thrown away. Used for large blobs, which are
        not held in memory unless they are stored as a delta.
        """
        raw = bytes.fromhex(oid)
        for pack in self._packs:
            offset = pack.locate(raw)
            if offset is None:
                continue
            try:
                head = pack.head(offset)
                if head.base is None:
                    return self._copied(raw, pack.chunks(head), head.size, write)
            except DamagedError:
                return False
        data = self.blob(oid)
        if data is None:
            return False
        write(data)
        return True

    def size(self, oid: str) -> int:
        """Return how large an object is in bytes; 0 where that cannot be told beforehand."""
        raw = bytes.fromhex(oid)
        for pack in self._packs:
            offset = pack.locate(raw)
            if offset is not None:
                try:
                    return pack.size(offset)
                except DamagedError:
                    continue
        return 0

    def _copied(
        self, oid: bytes, pieces: Iterator[bytes], size: int, write: Callable[[bytes], object]
    ) -> bool:
        digest = self._digest("blob", size)
        try:
            for piece in pieces:
                digest.update(piece)
                write(piece)
        except DamagedError:
            return False
        return digest.digest() == oid

    def _find(self, oid: bytes) -> tuple[str, bytes] | None:
        known = self._cache.get(oid)
        if known is not None:
            return known
        if oid in self._resolving:
            return None
        self._resolving.add(oid)
        try:
            for found in self._copies(oid):
                if self._hash(*found) == oid:
                    self._cache.put(oid, found)
                    return found
        finally:
            self._resolving.discard(oid)
        return None

    def _copies(self, oid: bytes) -> Iterator[tuple[str, bytes]]:
        for path in self._loose.get(oid, ()):
            found = _loose_object(path)
            if found is not None:
                yield found
        # As git does: the pack that had the last one probably has this one too.
        for pack in sorted(self._packs, key=lambda pack: pack is not self._recent):
            offset = pack.locate(oid)
            if offset is None:
                continue
            self._recent = pack
            try:
                yield pack.contents(offset, self._find)
            except DamagedError:
                continue

    # -- looking through everything ---------------------------------------------------

    def every(self, kinds: Collection[str], *, most: int) -> Iterator[Object]:
        """Yield each whole object of some types that is at most `most` bytes large, once."""
        seen: set[bytes] = set()
        for oid, paths in self._loose.items():
            if any(_loose_kind(path, most) in kinds for path in paths):
                found = self._find(oid)
                if found is not None and found[0] in kinds and len(found[1]) <= most:
                    seen.add(oid)
                    yield Object(Oid(oid.hex()), *found)
        for pack in self._packs:
            for oid, offset in pack.names():
                if oid in seen or not self._may_be(pack, offset, kinds, most):
                    continue
                found = self._at(pack, offset, oid) or self._find(oid)
                if found is not None and found[0] in kinds and len(found[1]) <= most:
                    seen.add(oid)
                    yield Object(Oid(oid.hex()), *found)

    @cached_property
    def promised(self) -> Collection[Oid]:
        """What objects from a partial clone's remote name and that is nowhere here.

        It is no loss: git fetches it when it needs it. Read from every commit and tree in packs
        that git marked so (`.promisor`), when this is first asked.
        """
        named: set[str] = set()
        for pack in self._packs:
            if not os.path.exists(to_bytes(pack.path.removesuffix(".pack") + ".promisor")):
                continue
            for oid, offset in pack.names():
                if self._may_be(pack, offset, {"commit", "tree"}, _LARGEST):
                    found = self._at(pack, offset, oid)
                    named.update(self._names(*found) if found is not None else ())
        return frozenset(Oid(oid) for oid in named if not self.has(oid))

    def _names(self, kind: str, data: bytes) -> Iterator[str]:
        """Yield the tree a commit names, or what stands in a tree."""
        length = 2 * self.hash_length
        if kind == "commit" and data.startswith(b"tree "):
            yield data[5 : 5 + length].decode("ascii", "replace")
        elif kind == "tree":
            with contextlib.suppress(ValueError):
                yield from (item.oid for item in parse_tree(data, hex_length=length))

    def _at(self, pack: Pack, offset: int, oid: bytes) -> tuple[str, bytes] | None:
        """Return the object at a place, None when it is not what it should be."""
        try:
            found = pack.contents(offset, self._find)
        except DamagedError:
            return None
        return found if self._hash(*found) == oid else None

    @staticmethod
    def _may_be(pack: Pack, offset: int, kinds: Collection[str], most: int) -> bool:
        kind = pack.kind(offset)
        if kind is not None and kind not in kinds:
            return False
        try:
            return pack.size(offset) <= most
        except DamagedError:
            return True


def _pack_files(folder: str) -> Iterator[str]:
    """Yield the packs of an object directory, also one that a crash left half written."""
    below = os.path.join(folder, "pack")
    for name in _listed(below):
        if name.endswith(".pack") or name.startswith("tmp_pack_"):
            yield os.path.join(below, name)


def _listed(folder: str) -> list[str]:
    try:
        return sorted(to_str(name) for name in os.listdir(to_bytes(folder)))
    except OSError:
        return []


def _loose_object(path: str) -> tuple[str, bytes] | None:
    """Return type and contents of a loose object, None when it cannot be read."""
    try:
        with open(to_bytes(path), "rb") as file:
            head, _, data = zlib.decompress(file.read()).partition(b"\0")
    except (OSError, zlib.error):
        return None
    kind, _, size = head.partition(b" ")
    if not size.isdigit() or int(size) != len(data):
        return None
    return kind.decode("ascii", "replace"), data


def _loose_kind(path: str, most: int) -> str | None:
    """Return the type of a loose object, None when it is larger than `most` or unreadable."""
    try:
        with open(to_bytes(path), "rb") as file:
            head = zlib.decompressobj().decompress(file.read(256), 32).partition(b"\0")[0]
    except (OSError, zlib.error):
        return None
    kind, _, size = head.partition(b" ")
    return kind.decode("ascii", "replace") if size.isdigit() and int(size) <= most else None
