"""Reading an index file: who wrote it, what its entries say, without starting git.

Format read here (gitformat-index(5)), versions 2 and 3, one file, no sparse folders:

    header    `DIRC`, version, number of entries (4 bytes each)
    entry     ctime s, ns; mtime s, ns; dev; ino; mode; uid; gid; size (4 bytes each),
              object id, flags (2), with the extended bit more flags (2), path, 1-8 NUL
    extension signature (4), length (4), contents
    trailer   checksum of everything before

Version 4, split and sparse indexes are recognised and left to git: `Survey.plain`
is false for them. A pass over 100,000 entries costs about 50 ms.
"""

import os
import struct
from collections.abc import Collection, Iterator
from typing import NamedTuple, Self

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_GITLINK
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_str

_HEADER = 12
_STAT = 40
_FIELDS = struct.Struct(">10I")
_SEC = 1_000_000_000
_ASSUME_VALID = 0x80
_EXTENDED = 0x40
_STAGE = 0x30
_SKIP_WORKTREE = 0x40
_INTENT_TO_ADD = 0x20
_LONG_NAME = 0xFFF
_REGULAR = 0x81
_NOT_PLAIN = frozenset({b"link", b"sdir"})


class IndexFormatError(TimewarpError):
    """An index file is torn or of a version we do not read."""

    kind = Kind.CORRUPT
    reference = "index-unreadable"


class Stamp(NamedTuple):
    """The stat fields that tell one state of a file from the next, in nanoseconds.

    An inode number is kept modulo 2^32 as the index keeps it, a size likewise.
    """

    ctime_ns: int
    mtime_ns: int
    ino: int
    size: int

    @classmethod
    def of(cls, found: os.stat_result) -> Self:
        """Return the stamp of a stat result."""
        return cls(
            found.st_ctime_ns,
            found.st_mtime_ns,
            found.st_ino & 0xFFFFFFFF,
            found.st_size & 0xFFFFFFFF,
        )

    @classmethod
    def parse(cls, key: str) -> Self:
        """Reverse `key`; ValueError when it is none."""
        ctime_ns, mtime_ns, ino, size = (int(word, 16) for word in key.split("."))
        return cls(ctime_ns, mtime_ns, ino, size)

    @property
    def coarse(self) -> tuple[int, ...]:
        """What git compares where it was built to compare whole seconds."""
        return self.ctime_ns // _SEC, self.mtime_ns // _SEC, self.ino, self.size

    @property
    def key(self) -> str:
        """One word for a file that remembers it."""
        return f"{self.ctime_ns:x}.{self.mtime_ns:x}.{self.ino:x}.{self.size:x}"


class IndexEntry(NamedTuple):
    """One entry: path, mode, object id, conflict stage, bits and the recorded stat."""

    path: RepoPath
    mode: int
    oid: Oid
    stage: int
    assume_unchanged: bool
    skip_worktree: bool
    intent_to_add: bool
    stamp: Stamp


Recent = tuple[bytes, tuple[int, ...]]
"""The path of a plain file and its recorded stat, see `stat_fields`."""


class Survey(Frozen):
    """What one look through an index file found.

    Attributes:
        version: of the format; entries were only looked at in versions 2 and 3.
        extensions: their names.
        marked: entries with a bit or a conflict stage, and submodules.
        recent: plain files whose recorded ctime is young.
    """

    version: int
    extensions: frozenset[bytes]
    marked: tuple[IndexEntry, ...]
    recent: tuple[Recent, ...]

    @property
    def plain(self) -> bool:
        """Whether every entry could be read: no version 4, nothing split, nothing sparse."""
        return self.version in {2, 3} and not self.extensions & _NOT_PLAIN


def identity(path: str, *, hex_length: int) -> str | None:
    """Return a word that changes whenever the index file does, or None where there is none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return identity_of(fd, hex_length=hex_length)
    finally:
        os.close(fd)


def identity_of(fd: int, *, hex_length: int) -> str:
    """Return the identity (see `identity`) of an open index file: stat and checksum."""
    found = os.fstat(fd)
    raw = hex_length // 2
    trailer = os.pread(fd, raw, max(0, found.st_size - raw))
    return f"{Stamp.of(found).key}.{trailer.hex()}"


def version_of(data: bytes) -> int:
    """Return the version of an index file; IndexFormatError when it is none."""
    if len(data) < _HEADER or data[:4] != b"DIRC":
        raise IndexFormatError("the index file has no header", hint="git status")
    return int.from_bytes(data[4:8], "big")


def survey(data: bytes, *, hex_length: int, since: int) -> Survey:
    """Look through an index file once.

    Args:
        data: the whole file.
        hex_length: digits of an object id.
        since: ctime second from which on an entry counts as recent.

    Raises:
        IndexFormatError: the file is torn or no index.
    """
    version = version_of(data)
    if version not in {2, 3}:
        return Survey(version, frozenset(), (), ())
    flag = _STAT + hex_length // 2
    gitlink = MODE_GITLINK >> 8
    earliest = max(since, 0).to_bytes(4, "big")
    marked: list[IndexEntry] = []
    recent: list[Recent] = []
    position, name = -1, b""
    for position, name in _walk(data, hex_length=hex_length):
        kind = data[position + 26]
        if data[position + flag] & 0xF0 or kind == gitlink:
            marked.append(_entry(data, position, hex_length=hex_length))
        elif kind == _REGULAR and data[position : position + 4] >= earliest:
            fields = _FIELDS.unpack_from(data, position)
            recent.append((name, (*fields[:4], fields[5], fields[9])))
    end = _HEADER if position < 0 else _after(data, position, name=name, hex_length=hex_length)
    names = _extensions(data, end, hex_length=hex_length)
    return Survey(version, names, tuple(marked), tuple(recent))


def entries(data: bytes, *, hex_length: int) -> Iterator[IndexEntry]:
    """Yield all entries of a plain index file in its order."""
    for position, _ in _walk(data, hex_length=hex_length):
        yield _entry(data, position, hex_length=hex_length)


def files(data: bytes, *, hex_length: int) -> Iterator[tuple[bytes, int]]:
    """Yield (path, mode) of the plain files; entries with a bit or a stage are left out."""
    flag = _STAT + hex_length // 2
    for position, name in _walk(data, hex_length=hex_length):
        if data[position + 26] == _REGULAR and not data[position + flag] & 0xF0:
            yield name, int.from_bytes(data[position + 24 : position + 28], "big")


def folders(data: bytes, *, hex_length: int) -> Iterator[bytes]:
    """Yield the folder of each entry, not repeated while it stays the same.

    Raises:
        IndexFormatError: the file is torn, or does not name every entry itself.
    """
    plain = version_of(data) in {2, 3}
    last, end, name = b"", -1, b""
    for end, name in _walk(data, hex_length=hex_length) if plain else ():  # noqa: B007 - the last
        folder = name.rpartition(b"/")[0]
        if folder != last:
            last = folder
            yield folder
    end = _HEADER if end < 0 else _after(data, end, name=name, hex_length=hex_length)
    if not plain or _extensions(data, end, hex_length=hex_length) & _NOT_PLAIN:
        raise IndexFormatError("the index file is compressed, split or sparse", hint="git ls-files")


def stat_fields(found: os.stat_result) -> tuple[int, ...]:
    """Return ctime s, ns, mtime s, ns, ino, size as an index would record them."""
    ctime, mtime = divmod(found.st_ctime_ns, _SEC), divmod(found.st_mtime_ns, _SEC)
    low = 0xFFFFFFFF
    return (
        ctime[0] & low,
        ctime[1],
        mtime[0] & low,
        mtime[1],
        found.st_ino & low,
        found.st_size & low,
    )


def select(data: bytes, paths: Collection[bytes], *, hex_length: int) -> Iterator[IndexEntry]:
    """Yield the entries whose path is in `paths`."""
    wanted = frozenset(paths)
    for position, name in _walk(data, hex_length=hex_length):
        if name in wanted:
            yield _entry(data, position, hex_length=hex_length)


def named(data: bytes, name: bytes, *, hex_length: int) -> Iterator[IndexEntry]:
    """Yield the entries whose last path component is `name`; quick where there is none."""
    if name + b"\0" not in data:
        return
    below = b"/" + name
    for position, path in _walk(data, hex_length=hex_length):
        if path == name or path.endswith(below):
            yield _entry(data, position, hex_length=hex_length)


def contents(data: bytes, *, hex_length: int) -> dict[bytes, bytes]:
    """Return path -> mode and raw object id (compare two to see what changed)."""
    end = _STAT + hex_length // 2
    return {
        name: data[position + 24 : position + 28] + data[position + _STAT : position + end]
        for position, name in _walk(data, hex_length=hex_length)
    }


def _walk(data: bytes, *, hex_length: int) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, path) of each entry; torn files end in IndexFormatError."""
    count = int.from_bytes(data[8:12], "big")
    flag = _STAT + hex_length // 2
    position = _HEADER
    limit = len(data)
    for _ in range(count):
        if position + flag + 2 > limit:
            raise IndexFormatError("the index file ends too early", hint="git status")
        high = data[position + flag]
        length = (high & 0x0F) << 8 | data[position + flag + 1]
        head = flag + 4 if high & _EXTENDED else flag + 2
        start = position + head
        if length == _LONG_NAME:
            length = data.index(0, start) - start
        yield position, data[start : start + length]
        position += (head + length + 8) & ~7


def _after(data: bytes, position: int, *, name: bytes, hex_length: int) -> int:
    flag = _STAT + hex_length // 2
    head = flag + 4 if data[position + flag] & _EXTENDED else flag + 2
    return position + ((head + len(name) + 8) & ~7)


def _extensions(data: bytes, position: int, *, hex_length: int) -> frozenset[bytes]:
    names = set()
    end = len(data) - hex_length // 2
    while position + 8 <= end:
        names.add(data[position : position + 4])
        position += 8 + int.from_bytes(data[position + 4 : position + 8], "big")
    return frozenset(names)


def _entry(data: bytes, position: int, *, hex_length: int) -> IndexEntry:
    ctime, ctime_ns, mtime, mtime_ns, _, ino, mode, _, _, size = _FIELDS.unpack_from(data, position)
    flag = _STAT + hex_length // 2
    high = data[position + flag]
    extended = data[position + flag + 2] if high & _EXTENDED else 0
    start = position + flag + (4 if high & _EXTENDED else 2)
    return IndexEntry(
        path=RepoPath(to_str(data[start : data.index(0, start)])),
        mode=mode,
        oid=Oid(data[position + _STAT : position + flag].hex()),
        stage=(high & _STAGE) >> 4,
        assume_unchanged=bool(high & _ASSUME_VALID),
        skip_worktree=bool(extended & _SKIP_WORKTREE),
        intent_to_add=bool(extended & _INTENT_TO_ADD),
        stamp=Stamp(ctime * _SEC + ctime_ns, mtime * _SEC + mtime_ns, ino, size),
    )
