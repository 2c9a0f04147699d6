"""Reading an archive from one end to the other, each byte checked before anything is believed.

A frame with a checksum, in it a tar of exactly the members its manifest names, each of the
size and SHA-256 that stand there. Nothing is ever written under a name from the archive, and
no more is held in memory than a piece of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from typing import BinaryIO

from git_timewarp.archive import manifest as manifest_file
from git_timewarp.archive import tape, zstd
from git_timewarp.archive.manifest import INSPECT, DamagedArchiveError, Manifest, Member
from git_timewarp.archive.proof import damaged, prove
from git_timewarp.archive.safe import HostileArchiveError
from git_timewarp.archive.scratch import Scratch
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import bundle
from git_timewarp.git.objects import Reader
from git_timewarp.git.run import GitError
from git_timewarp.store.failures import told
from git_timewarp.store.room import free_bytes, megabytes
from git_timewarp.util.text import shell, to_bytes

_BLOCK = 1 << 20
_RESERVE = 16 << 20
"""Bytes that stay free for what comes after an import; nothing is set aside for it."""

_HOSTILE = r"hasDot|hasDotdot|hasDotgit|fullPathname|emptyName|gitmodules[A-Z]\w*|[Ss]ymlink"
_SETTINGS = {
    "gitmodulesUrl": "url",
    "gitmodulesPath": "path",
    "gitmodulesName": "name",
    "gitmodulesUpdate": "update command",
}
"""What is wrong of a submodule, by git's own word for it."""

Feed = Callable[[bytes], object]
Accept = Callable[[Manifest], Feed]
"""Looks at the manifest before anything else is read; returns what takes the pack."""

Progress = Callable[[int, int], None]


class NoArchiveError(TimewarpError):
    """There is no such file."""

    kind = Kind.NOT_FOUND
    reference = "no-archive"


class NoRoomError(TimewarpError):
    """What the archive says it holds is more than there is room for."""

    kind = Kind.REFUSED
    reference = "archive-too-large"


class OtherFormatError(TimewarpError):
    """The archive is of a repository with other object ids."""

    kind = Kind.REFUSED
    reference = "other-object-format"


def read(path: str, accept: Accept, *, progress: Progress = lambda _done, _all: None) -> Manifest:
    """Read an archive whole and check its form; the pack goes to what `accept` returns.

    Raises:
        NoArchiveError: there is no such file.
        NewerArchiveError: a newer version wrote it.
        DamagedArchiveError: it is not what was written.
    """
    with _opened(path) as file:
        frame = zstd.Reader(file)
        try:
            found = _first(frame)
            feed = accept(found)
            size, done = sum(member.size for member in found.members), 0
            for member in found.members:
                progress(done, size)
                _member(frame, member, found, feed)
                done += member.size
            tape.read_end(frame.read)
            frame.end()
        except zstd.FrameError as exc:
            raise damaged(str(exc)) from exc
        except tape.TapeError as exc:
            raise damaged(str(exc)) from exc
    return found


def checked(
    path: str,
    scratch: Scratch,
    *,
    hash_name: str,
    progress: Progress = lambda _done, _all: None,
) -> tuple[Manifest, str]:
    """Read an archive into the repository of `scratch` and prove all of it.

    Returns:
        its manifest, and the name of the pack that holds its objects.

    Raises:
        OtherFormatError: it is of a repository with other ids than `hash_name`.
        NoRoomError: it says that it is larger than the disk has room for.
        HostileArchiveError: something in it points outside of a work tree.
        DamagedArchiveError, NewerArchiveError, NewerFormatError, NoArchiveError: see there.
    """
    git = scratch.repository(hash_name=hash_name)
    indexing = bundle.Indexing(git, strict=True)
    try:

        def accept(found: Manifest) -> Feed:
            _check_format(found, hash_name)
            _check_room(found, scratch.path, place=scratch.place)
            return indexing.feed

        found = read(path, accept, progress=progress)
        pack = _indexed(indexing)
    finally:
        indexing.stop()
    with Reader(git) as reader:
        prove(reader, found, progress=progress)
    return found, pack


def nothing(_found: Manifest) -> Feed:
    """Take any archive, and nothing of its pack (an `Accept`)."""
    return lambda _data: None


@contextlib.contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    try:
        # A pipe that nobody writes to would be waited for, without end.
        if not stat.S_ISREG(os.stat(to_bytes(path)).st_mode) and not os.path.isdir(to_bytes(path)):
            raise NoArchiveError(f"'{path}' is no regular file", hint=f"ls -l {shell(path)}")
        file = open(path, "rb")  # noqa: SIM115 - closed below
    except (FileNotFoundError, NotADirectoryError) as exc:
        folder = shell(os.path.dirname(path) or ".")
        raise NoArchiveError(f"there is no file '{path}'", hint=f"ls -l {folder}") from exc
    except IsADirectoryError as exc:
        raise NoArchiveError(f"'{path}' is a folder", hint=f"ls -l {shell(path)}") from exc
    with file:
        yield file


def _first(frame: zstd.Reader) -> Manifest:
    head = tape.read_head(frame.read)
    if head is None or head[0] != manifest_file.NAME or head[1] > manifest_file.MOST_BYTES:
        raise tape.TapeError("it does not begin with a manifest")
    return manifest_file.load(b"".join(_pieces(frame, head[1])))


def _member(frame: zstd.Reader, member: Member, found: Manifest, feed: Feed) -> None:
    """Read one member, compare it with the manifest; the bundle's pack goes to `feed`."""
    if tape.read_head(frame.read) != (member.name, member.size):
        raise tape.TapeError(f"'{member.name}' does not stand where it should")
    digest = hashlib.sha256()
    left = bundle.header(found.refs, hash_name=found.object_format)
    for data in _pieces(frame, member.size):
        digest.update(data)
        if member.name == manifest_file.BUNDLE:
            begins, left = left[: len(data)], left[len(data) :]
            if not data.startswith(begins):
                raise damaged("its bundle does not name the refs of its manifest")
            if len(begins) < len(data):
                feed(data[len(begins) :])
    if digest.hexdigest() != member.sha256:
        raise damaged(f"the checksum of '{member.name}' is wrong")


def _pieces(frame: zstd.Reader, size: int) -> Iterator[bytes]:
    """Yield the bytes of a member, and read what fills its last block."""
    left = size
    while left:
        data = frame.read(min(left, _BLOCK))
        if not data:
            raise tape.TapeError("it is cut off")
        left -= len(data)
        yield data
    fill = tape.padding(size)
    if frame.read(len(fill)) != fill:
        raise tape.TapeError("a member of it does not end as it should")


def _check_format(found: Manifest, hash_name: str) -> None:
    if found.object_format != hash_name:
        raise OtherFormatError(
            f"the archive is of a {found.object_format} repository, this one is {hash_name}",
            hint=f"git init --object-format={found.object_format} history",
        )


def _check_room(found: Manifest, folder: str, *, place: str) -> None:
    free = free_bytes(folder)
    size = sum(member.size for member in found.members if member.name == manifest_file.BUNDLE)
    if size + _RESERVE > free:
        raise NoRoomError(
            f"the archive holds {megabytes(size)} of history, and {megabytes(_RESERVE)} have to "
            f"stay free beside it, but the disk has only {megabytes(free)}",
            hint=f"df -h {shell(place)}",
        )


def _indexed(indexing: bundle.Indexing) -> str:
    """Take the end of the pack; what git has against it is damage, or a trap."""
    try:
        with told():
            return indexing.finish()
    except GitError as exc:
        found = re.search(_HOSTILE, exc.stderr)
        if found is not None:
            raise HostileArchiveError(
                f"the archive holds {_trap(found[0])}, and nothing of it was taken", hint=INSPECT
            ) from exc
        raise DamagedArchiveError(f"the archive is damaged: {exc.message}", hint=INSPECT) from exc


def _trap(word: str) -> str:
    """Return what git means by the word of its check."""
    if word in _SETTINGS:
        return f"a '.gitmodules' file with a submodule {_SETTINGS[word]} that git does not allow"
    if word.startswith("gitmodules"):
        return "a '.gitmodules' file that git does not allow"
    if word.lower() == "symlink":
        return "a link that git does not allow"
    return "a name that points outside of a work tree: it was not made by git-timewarp"
