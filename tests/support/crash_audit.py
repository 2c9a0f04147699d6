"""Which changes on the disk does a command make, and was each announced by a fault point?

An audit hook of the interpreter sees every call that changes a name or opens a file for
writing. Between two of them there has to be a point, or a test could never stop there.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

from git_timewarp.util import faults

CHANGES = frozenset(
    {
        "os.rename",
        "os.remove",
        "os.rmdir",
        "os.link",
        "os.symlink",
        "os.mkdir",
        "os.chmod",
        "os.truncate",
        "subprocess.Popen",
    }
)
"""Audit events that change something; `open` counts when it is for writing."""


def install(cwd: str, log: str, point: Callable[[str], None]) -> None:
    """Write each unannounced change of this process to the file `log`.

    Args:
        cwd: changes outside the folder above it are not looked at.
        log: one line a change: what, where, and the line of ours that did it.
        point: called at each fault point besides.
    """
    fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    root = os.path.dirname(cwd)
    announced = False

    def passed(name: str) -> None:
        nonlocal announced
        point(name)
        announced = True

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal announced
        what = _change(event, args, root)
        if what is None:
            return
        if not announced:
            os.write(fd, f"{event} {what} {_where()}\n".encode("utf-8", "surrogateescape"))
        announced = False

    faults.install(passed)
    sys.addaudithook(hook)


def _change(event: str, args: tuple[object, ...], root: str) -> str | None:
    """Return the name that changes, or None when nothing of interest does."""
    if event == "open":
        flags = args[2]
        if not isinstance(flags, int) or not flags & (os.O_CREAT | os.O_TRUNC):
            return None
    elif event not in CHANGES:
        return None
    name = args[0]
    if event == "subprocess.Popen":
        return "process"
    if not isinstance(name, str | bytes):
        return None
    text = os.fsdecode(name)
    if os.path.isabs(text) and not text.startswith(root + os.sep):
        return None
    if os.path.isabs(text):
        there = os.path.lexists(text)
        if os.path.basename(text) == "lock" or there is (event == "os.mkdir"):
            return None
        if event == "os.chmod" and os.path.basename(text).startswith("index"):
            return None  # the mode of a copy, before it gets its name
        if not there and event in {"os.remove", "os.rmdir"}:
            return None
    return text


def _where() -> str:
    """Return the innermost lines of ours on the stack."""
    found = [
        f"{os.path.basename(frame.filename)}:{frame.name}"
        for frame in traceback.extract_stack()
        if "git_timewarp" in frame.filename
    ]
    return " < ".join(reversed(found[-3:]))
