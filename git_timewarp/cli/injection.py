"""Faults on demand, for tests of what a crash or a full disk leaves behind.

`GIT_TIMEWARP_FAULT=N` stops the process at the N-th write, rename or git call (0 only
counts). `GIT_TIMEWARP_FAULT_KIND` says how: `kill` (the default), `enospc` or `eio`.
`GIT_TIMEWARP_FAULT_LOG` names a file that receives the name of each step.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Mapping

from git_timewarp.util import faults

VARIABLE = "GIT_TIMEWARP_FAULT"
_ERRORS = {"enospc": errno.ENOSPC, "eio": errno.EIO}


def install(environ: Mapping[str, str]) -> None:
    """Install the fault the environment asks for, if it asks for one."""
    text = environ.get(VARIABLE)
    if text is None:
        return
    wanted = int(text)
    code = _ERRORS.get(environ.get(f"{VARIABLE}_KIND", "kill"))
    log = environ.get(f"{VARIABLE}_LOG")
    passed = 0

    def hook(name: str) -> None:
        nonlocal passed
        passed += 1
        if log is not None:
            _append(log, f"{passed} {name}\n")
        if passed != wanted:
            return
        if code is not None:
            raise OSError(code, os.strerror(code), name)
        os.kill(os.getpid(), signal.SIGKILL)

    faults.install(hook)


def _append(path: str, line: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        os.write(fd, line.encode("utf-8", "surrogateescape"))
    finally:
        os.close(fd)
