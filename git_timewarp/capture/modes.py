"""Permission bits that git does not keep.

The `modes` part names the files whose bits are not what a checkout under the current
umask gives (0666 or 0777 without the masked bits). Only files git saw change are
looked at, since a chmod changes the ctime; all of them once, when the place is new
or the umask is another.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection

from git_timewarp.capture.memory import Memory
from git_timewarp.capture.workplace import Place, sorted_paths
from git_timewarp.git import index as index_file
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MODE_EXEC
from git_timewarp.util import atomic
from git_timewarp.util.text import to_bytes, to_str

_FILE = "modes"


def current_umask() -> int:
    """Return the process's umask; POSIX has no way to read it but to set it."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def update(
    place: Place,
    memory: Memory,
    *,
    changed: Collection[str],
    apart: Collection[str],
    removed: Collection[str],
    seeded: bool,
) -> Oid | None:
    """Bring the `modes` part up to date and return its blob, None when it is empty.

    Args:
        place: the work tree.
        memory: remembers blob and umask; the blob's contents lie in the place's folder.
        changed: paths of the index whose bits may differ from what was seen last.
        apart: paths that are captured but in no index.
        removed: paths that are no longer captured.
        seeded: the private index is new: paths known before may be gone from it.
    """
    umask = current_umask()
    complete = memory.umask != umask
    if not (complete or changed or apart or removed or seeded):
        return Oid(memory.modes) if memory.modes else None
    path = os.path.join(place.folder, _FILE)
    stored = atomic.read(path) or b""
    complete = complete or (memory.modes != "" and place.name_of("blob", stored) != memory.modes)
    modes = {} if complete or not memory.modes else _parse(stored)
    looked = {*changed, *apart, *(modes if seeded else ())}
    trusted = place.config.flag("core.filemode", default=True)
    for name in removed:
        modes.pop(name, None)
    if complete:
        modes = _all(place, umask=umask, trusted=trusted)
        looked = set(apart)
    if looked:
        executable = None if trusted else _executables(place, looked)
        for name in looked:
            _judge(place, modes, name=name, umask=umask, executable=executable)
    memory.umask = umask
    data = b"".join(b"%o %s\0" % (modes[name], to_bytes(name)) for name in sorted_paths(set(modes)))
    if not data:
        memory.modes = ""
        return None
    if data != stored:
        atomic.write(path, data, sync=False)
    memory.modes = place.put("blob", data, known=memory.modes)
    return Oid(memory.modes)


def _parse(data: bytes) -> dict[str, int]:
    modes = {}
    for record in data.split(b"\0")[:-1]:
        mode, _, name = record.partition(b" ")
        modes[to_str(name)] = int(mode, 8)
    return modes


def _judge(
    place: Place,
    modes: dict[str, int],
    *,
    name: str,
    umask: int,
    executable: Collection[str] | None,
) -> None:
    modes.pop(name, None)
    try:
        mode = os.lstat(place.file(name)).st_mode
    except OSError:
        return
    if stat.S_ISREG(mode):
        runs = bool(mode & stat.S_IXUSR) if executable is None else name in executable
        bits = stat.S_IMODE(mode)
        if bits != (0o777 if runs else 0o666) & ~umask:
            modes[name] = bits


def _all(place: Place, *, umask: int, trusted: bool) -> dict[str, int]:
    modes = {}
    with open(place.index, "rb") as file:
        data = file.read()
    root = to_bytes(place.repo.work_tree) + b"/"
    for name, index_mode in index_file.files(data, hex_length=place.repo.hex_length):
        try:
            mode = os.lstat(root + name).st_mode
        except OSError:
            continue
        if not stat.S_ISREG(mode):
            continue
        runs = bool(mode & stat.S_IXUSR) if trusted else index_mode == MODE_EXEC
        bits = stat.S_IMODE(mode)
        if bits != (0o777 if runs else 0o666) & ~umask:
            modes[to_str(name)] = bits
    return modes


def _executables(place: Place, names: Collection[str]) -> set[str]:
    with open(place.index, "rb") as file:
        data = file.read()
    wanted = {to_bytes(name) for name in names}
    found = index_file.select(data, wanted, hex_length=place.repo.hex_length)
    return {entry.path for entry in found if entry.mode == MODE_EXEC}
