"""The file an archive is written to: whole under its name, or not there at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.store.failures import StorageError
from git_timewarp.util import atomic, faults
from git_timewarp.util.text import shell, to_bytes

Write = Callable[[bytes], object]


class FileExistsAlreadyError(TimewarpError):
    """There is a file of that name, and nobody said that it may go."""

    kind = Kind.REFUSED
    reference = "output-exists"


def check(path: str, *, replace: bool) -> None:
    """Refuse a name that is taken, before any work is done.

    Raises:
        FileExistsAlreadyError: something is there, or a folder, which nothing replaces.
        StorageError: its folder is not there.
    """
    if os.path.isdir(to_bytes(path)):
        name = os.path.join(path, "history.tar.zst")
        raise FileExistsAlreadyError(
            f"'{path}' is a folder", hint=f"git timewarp export --output {shell(name)}"
        )
    if os.path.lexists(to_bytes(path)) and not replace:
        raise _exists(path)
    folder = os.path.dirname(path) or "."
    if not os.path.lexists(to_bytes(folder)):
        raise StorageError(f"there is no folder '{folder}'", hint=f"mkdir -p {shell(folder)}")
    if not os.path.isdir(to_bytes(folder)):
        raise StorageError(f"'{folder}' is no folder", hint=f"ls -ld {shell(folder)}")


@contextlib.contextmanager
def opened(
    path: str, *, replace: bool, mode: int = 0o666, within: str | None = None
) -> Iterator[Write]:
    """Give what writes the file; it gets its name, synced, when the block ends well.

    Until then it is in the folder `within`, beside its name by default.

    Raises:
        FileExistsAlreadyError: something took the name meanwhile.
        OSError: it could not be written; no part of it stays.
    """
    folder, name = os.path.split(path)
    temporary = to_bytes(os.path.join(within or folder, atomic.temporary(name)))
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    faults.point("write archive")
    fd = os.open(temporary, flags, mode)
    try:
        try:
            yield lambda data: atomic.write_all(fd, data)
            faults.point("sync archive")
            atomic.sync_fd(fd)
        finally:
            os.close(fd)
        _name(temporary, path, replace=replace)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    atomic.sync_dir(folder or ".")


def _name(temporary: bytes, path: str, *, replace: bool) -> None:
    """Give the file its name; another one that came there meanwhile is not replaced unasked."""
    faults.point("rename archive")
    if not replace:
        try:
            os.link(temporary, to_bytes(path))
        except FileExistsError as exc:
            raise _exists(path) from exc
        except OSError:
            pass
        else:
            faults.point("unlink archive's first name")
            os.unlink(temporary)
            return
    os.replace(temporary, to_bytes(path))


def _exists(path: str) -> FileExistsAlreadyError:
    return FileExistsAlreadyError(
        f"'{path}' is there already",
        hint=f"git timewarp export --force --output {shell(path)}",
    )
