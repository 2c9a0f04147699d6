"""Files that are either the old or the new version, also after a power cut.

Write to a temporary name, sync, rename, sync the directory. On macOS `fsync`
does not reach the platter, `F_FULLFSYNC` does.
"""

from __future__ import annotations

import contextlib
import os
import sys

from git_timewarp.util import directories, faults

_TEMPORARY = ".tmp-"

if sys.platform == "darwin":
    import fcntl

    def sync_fd(fd: int) -> None:
        """Make what was written to `fd` durable."""
        try:
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        except OSError:
            os.fsync(fd)

else:

    def sync_fd(fd: int) -> None:
        """Make what was written to `fd` durable."""
        os.fsync(fd)


def sync_file(path: str) -> None:
    """Make the contents of the file at `path` durable."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        sync_fd(fd)
    finally:
        os.close(fd)


def sync_dir(path: str) -> None:
    """Make the names in the directory at `path` durable."""
    faults.point(f"sync {os.path.basename(path)}")
    sync_file(path)


def write(path: str, data: bytes, *, mode: int = 0o644, sync: bool = True) -> None:
    """Replace the file at `path` by `data` in one step.

    Raises:
        OSError: nothing changed; no temporary file stays behind.
    """
    folder = os.path.dirname(path) or "."
    beside = os.path.join(folder, temporary(os.path.basename(path)))
    faults.point(f"write {os.path.basename(path)}")
    try:
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        try:
            write_all(fd, data)
            if sync:
                sync_fd(fd)
        finally:
            os.close(fd)
        faults.point(f"rename {os.path.basename(path)}")
        os.replace(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    if sync:
        sync_dir(folder)


def temporary(name: str) -> str:
    """Return the name under which a process that dies may leave something for `sweep`."""
    return f"{_TEMPORARY}{os.getpid()}-{name}"


def sweep(folder: str) -> None:
    """Remove what was left in `folder` under a temporary name by a process that was killed.

    A name carries the process that made it; one that lives may still be writing. A file of
    this process is from another time; a folder of its own is one it works in.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for item in [entry for entry in found if entry.name.startswith(_TEMPORARY)]:
            number = item.name.removeprefix(_TEMPORARY).partition("-")[0]
            if not number.isdigit() or _lives(int(number)):
                continue
            if not item.is_dir(follow_symlinks=False):
                faults.point("sweep")
                os.unlink(item.path)
            elif int(number) != os.getpid():
                directories.remove(item.path)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data` to `fd`; a short write is continued."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def read(path: str) -> bytes | None:
    """Return the bytes of the file at `path`, or None where there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
