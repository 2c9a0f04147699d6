"""The files of one pack of ours, looked at without git: do they end as they should, are they whole?

A pack, its index and its reverse index (gitformat-pack) each end with a hash; the pack's
own is in its name and in both indexes too. So a pack that was cut off, or an index of
another pack, shows in the last bytes, and an index that was changed anywhere in its hash.
"""

from __future__ import annotations

import hashlib
import os

INDEXES = (".idx", ".rev")
_BLOCK = 1 << 20


def is_arriving(folder: str, name: str) -> bool:
    """Tell whether a pack that was built in `folder` was being put in place when a crash came."""
    return all(os.path.exists(os.path.join(folder, name + part)) for part in (".keep", ".idx"))


def ends_well(path: str, part: str) -> bool:
    """Tell whether the file `path + part` ends with the pack's hash; one read, whatever its size.

    An absent reverse index is none; git does without.
    """
    expected = bytes.fromhex(os.path.basename(path).removeprefix("pack-"))
    length = len(expected)
    behind = 0 if part == ".pack" else length
    try:
        fd = os.open(path + part, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return part == ".rev"
    try:
        at = os.fstat(fd).st_size - behind - length
        return at > 0 and os.pread(fd, length, at) == expected
    finally:
        os.close(fd)


def is_whole(path: str, part: str) -> bool:
    """Read all of `path + part` and compare its hash with the one at its end."""
    if not ends_well(path, part):
        return False
    if part == ".rev" and not os.path.exists(path + part):
        return True
    body, trailer = _digests(path + part, length=(len(os.path.basename(path)) - 5) // 2)
    return body == trailer


def has_whole_body(path: str) -> bool:
    """Tell whether a pack is what its name says but for the hash at its end."""
    name = os.path.basename(path).removeprefix("pack-")
    return _digests(path + ".pack", length=len(name) // 2)[0].hex() == name


def mended(path: str) -> bytes:
    """Return the bytes of a pack whose body is whole, with the right hash at its end."""
    name = bytes.fromhex(os.path.basename(path).removeprefix("pack-"))
    with open(path + ".pack", "rb") as file:
        return file.read()[: -len(name)] + name


def _digests(path: str, *, length: int) -> tuple[bytes, bytes]:
    """Return the hash of a file but for its last `length` bytes, and those."""
    digest = hashlib.new("sha1" if length == 20 else "sha256", usedforsecurity=False)
    left = max(os.stat(path).st_size - length, 0)
    with open(path, "rb") as file:
        while left:
            block = file.read(min(left, _BLOCK))
            if not block:
                break
            digest.update(block)
            left -= len(block)
        return digest.digest(), file.read()
