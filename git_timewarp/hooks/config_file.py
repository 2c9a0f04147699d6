"""Editing a git config file so that it can be put back byte for byte.

The file is taken with git's own lock (`<file>.lock`), so no `git config` runs beside us.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.util import atomic, faults

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
    lock = target + ".lock"
    faults.point("write config.lock")
    try:
        fd = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError as exc:
        raise ConfigLockedError(
            f"'{path}' is locked: another git process is writing it, or one was killed",
            hint=f"when no git is running: rm {lock}",
        ) from exc
    try:
        try:
            before = atomic.read(target) or b""
            after = change(before)
            if after != before:
                with contextlib.suppress(FileNotFoundError):
                    os.fchmod(fd, stat.S_IMODE(os.stat(target).st_mode))
                atomic.write_all(fd, after)
                atomic.sync_fd(fd)
        finally:
            os.close(fd)
        if after != before:
            faults.point("rename config")
            os.replace(lock, target)
            atomic.sync_dir(os.path.dirname(target))
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(lock)
    return before, after


def edited(repo: Repo, data: bytes, *commands: tuple[str, ...]) -> bytes:
    """Return `data` after these `git config` commands, run on a copy of it."""
    scratch = os.path.join(repo.state_dir, f".tmp-{os.getpid()}-config")
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


def digest(data: bytes) -> str:
    """Return the fingerprint by which an untouched file is known again."""
    return hashlib.sha256(data).hexdigest()
