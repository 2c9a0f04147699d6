"""Editing a git config file so that it can be put back byte for byte.

The file is taken with git's own lock (`<file>.lock`), so no `git config` runs beside us.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.util import atomic, faults
from git_timewarp.util.text import shell

KEY = "core.hooksPath"
NOT_SET = (0, 1, 5)
"""Exit codes of git config: done, no such value, nothing to unset."""


class ConfigLockedError(TimewarpError):
    """Somebody else is writing the config file."""

    kind = Kind.LOCKED
    reference = "config-locked"


def rewrite(path: str, change: Callable[[bytes], bytes]) -> tuple[bytes, bytes]:
    """Replace the file at `path` by what `change` makes of it; return both versions.

    Raises:
        ConfigLockedError: git's lock on the file is held.
        OSError: it cannot be written; nothing changed.
    """
    target = os.path.realpath(path)
    release(target)
    lock, own = target + ".lock", _own_lock(target, str(os.getpid()))
    faults.point("write config.lock")
    fd = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        _acquire(own, lock, path)
        before = atomic.read(target) or b""
        after = change(before)
        if after != before:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(fd, stat.S_IMODE(os.stat(target).st_mode))
            faults.point("write config")
            atomic.write_all(fd, after)
            atomic.sync_fd(fd)
            faults.point("rename config")
            os.replace(lock, target)
            atomic.sync_dir(os.path.dirname(target))
        return before, after
    finally:
        os.close(fd)
        release(target)


def release(path: str) -> bool:
    """Remove a lock of ours on the config file at `path`; tell whether there was one.

    Ours is a second name of a file that only we make, so a lock that a killed process of
    ours left is told from git's. The caller holds the store lock: none of ours is at work.
    """
    target = os.path.realpath(path)
    folder, begins = os.path.split(_own_lock(target, ""))
    names = os.listdir(folder) if os.path.isdir(folder) else []
    found = [os.path.join(folder, name) for name in names if name.startswith(begins)]
    for own in found:
        with contextlib.suppress(FileNotFoundError):
            if os.path.samefile(own, target + ".lock"):
                os.unlink(target + ".lock")
        os.unlink(own)
    return bool(found)


def _own_lock(target: str, pid: str) -> str:
    return f"{target}.timewarp-{pid}"


def _acquire(own: str, lock: str, path: str) -> None:
    """Take git's lock by giving our file its name; only one can have it."""
    faults.point("link config.lock")
    try:
        os.link(own, lock)
    except FileExistsError as exc:
        raise ConfigLockedError(
            f"'{path}' is locked: another git process is writing it, or one was killed",
            hint=f"rm {shell(lock)}",
        ) from exc


def edited(repo: Repo, data: bytes, *commands: tuple[str, ...]) -> bytes:
    """Return `data` after these `git config` commands, run on a copy of it."""
    # Not in our state folder, which may be gone; `release` takes away what a kill leaves.
    scratch = _own_lock(os.path.join(repo.common_dir, "config"), f"{os.getpid()}-edit")
    try:
        atomic.write(scratch, data, mode=0o600, sync=False)
        for command in commands:
            repo.git.run("config", "--file", scratch, *command, ok=NOT_SET)
        return atomic.read(scratch) or b""
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(scratch)


def values(repo: Repo, path: str) -> tuple[str, ...]:
    """Return every `core.hooksPath` written in the file at `path` itself."""
    if not os.path.exists(path):
        return ()
    found = repo.git.run("config", "--file", path, "-z", "--get-all", KEY, ok=NOT_SET)
    return tuple(found.text.split("\0")[:-1])


def section(name: str, key: str, value: str) -> str:
    """Return the text of a config section with one quoted value."""
    return f"[{name}]\n\t{key} = {quoted(value)}\n"


def quoted(value: str) -> str:
    """Quote a value or subsection as git config reads it."""
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + plain.replace("\n", "\\n").replace("\t", "\\t") + '"'
