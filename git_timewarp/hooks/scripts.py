"""The shell stubs as they are shipped: in the wheel, or in the checkout of an editable install."""

from __future__ import annotations

import os

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util import atomic

MARK = b"# git-timewarp "
"""How the second comment of each script of ours begins; the version follows."""

CHAIN = "chain"
RECORDER = "record.sh"
"""The script the stubs source; in our hooks folder with a dot in front."""

LFS_STUB = "lfs"
"""Also, with a dot in front, the folder in which it lies once for each of its hooks."""

NEXT = ".timewarp-next"
"""In a hooks folder of ours: the shell assignment that names the folder to hand on to."""

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_FOLDERS = (
    os.path.join(_PACKAGE, "_hooks", "git"),
    os.path.join(os.path.dirname(_PACKAGE), "hooks", "git"),
)


class HookScriptsMissingError(TimewarpError):
    """The installation lacks the shell stubs."""

    kind = Kind.EXTERNAL
    reference = "hook-scripts-missing"


def script(name: str) -> bytes:
    """Return the bytes of a stub; HookScriptsMissingError when the installation is damaged."""
    for folder in _FOLDERS:
        data = atomic.read(os.path.join(folder, name))
        if data is not None:
            return data
    raise HookScriptsMissingError(
        f"the hook script '{name}' is missing: git-timewarp has to be installed again",
        hint="git timewarp hooks install",
    )


def is_ours(data: bytes | None) -> bool:
    """Tell whether these are the bytes of a hook of ours, of any version, edited or not."""
    if data is None or not data.startswith(b"#!/bin/sh\n"):
        return False
    return any(line.startswith(MARK) for line in data.split(b"\n", 4)[1:4])


def own_hook(path: str) -> bool:
    """Tell whether the file at `path` is a hook of ours (a link is not, whatever it leads to)."""
    if os.path.islink(path):
        return False
    try:
        return is_ours(atomic.read(path))
    except OSError:
        return False
