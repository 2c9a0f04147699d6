"""A process with everything imported that runs commands of ours in forks of itself.

One request a line on standard input, one answer a line on standard output, both JSON. A
fork costs a few milliseconds where a new interpreter costs a hundred, so that a command
can be stopped at each of its steps. Started with `python -m tests.support.crash_worker`.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import pkgutil
import signal
import sys
import time
import traceback
from collections.abc import Callable

import git_timewarp
from git_timewarp.app import repository as app
from git_timewarp.cli.main import Run
from git_timewarp.cli.output.console import Console
from git_timewarp.cli.terminal import Terminal, stream
from git_timewarp.errors import TimewarpError
from git_timewarp.store import layout
from git_timewarp.timeline import snapshot
from git_timewarp.util import faults
from git_timewarp.util.clock import SystemClock
from tests.support import crash_audit

Request = dict[str, object]


def main() -> None:
    """Answer requests until standard input ends."""
    for found in pkgutil.walk_packages(git_timewarp.__path__, "git_timewarp."):
        if found.name != "git_timewarp.__main__":
            importlib.import_module(found.name)
    for line in sys.stdin:
        request: Request = json.loads(line)
        started = [_fork(request, number) for number in range(int(str(request["times"])))]
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in started]
        sys.stdout.write(json.dumps(codes) + "\n")
        sys.stdout.flush()


def _fork(request: Request, number: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = _child(request, number)
    except BaseException:  # noqa: BLE001 - a fork must never go on as its parent
        traceback.print_exc()
    finally:
        os._exit(code)


def _child(request: Request, number: int) -> int:
    os.setsid()
    environ = request["environ"]
    assert isinstance(environ, dict)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(str(request["cwd"]))
    out = str(request["out"])
    _redirect(os.devnull if request["stdin"] is None else str(request["stdin"]), 0)
    _redirect(f"{out}/stdout.{number}", 1)
    _redirect(f"{out}/stderr.{number}", 2)
    words = request["argv"]
    assert isinstance(words, list)
    log = f"{out}/points.{number}"
    point = _stopper(str(request["kind"]), int(str(request["stop"])), request["at"], log)
    if request["kind"] == "audit":
        crash_audit.install(str(request["cwd"]), f"{out}/audit.{number}", point)
    else:
        faults.install(point)
    if words == ["draft"]:
        return _draft(str(request["cwd"]))
    console = Console(out=stream(1), err=stream(2), utf8=True)
    return Run(words, environ=environ, ends=Terminal(), console=console).to_end()


def _draft(cwd: str) -> int:
    """Take a draft as the watcher does, and fail as a command does."""
    try:
        opened = app.open(cwd, environ=dict(os.environ), clock=SystemClock())
        with opened.operation("draft") as op:
            taken = snapshot.take(op, snapshot.Wish("draft", "watch", kind=layout.DRAFTS))
    except KeyboardInterrupt:
        return 130
    except TimewarpError as exc:
        os.write(2, f"error: {exc.message}\nhint: {exc.hint}\n".encode())
        return exc.exit_code
    except OSError as exc:
        os.write(2, f"error: {exc}\nhint: git timewarp doctor\n".encode())
        return 1
    os.write(1, f"{taken.id}\n".encode())
    return 0


def _redirect(path: str, number: int) -> None:
    flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    fd = os.open(path, flags, 0o644)
    os.dup2(fd, number)
    os.close(fd)


def _stopper(kind: str, stop: int, at: object, log: str) -> Callable[[str], None]:
    """Return what happens at each point: it is noted, and the `stop`-th (named `at`) is the end."""
    fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    passed = 0

    def point(name: str) -> None:
        nonlocal passed
        passed += at is None or at == name
        os.write(fd, name.encode("utf-8", "surrogateescape") + b"\n")
        if passed == stop and at in {None, name}:
            _stop(kind, name, passed)

    return point


def _stop(kind: str, name: str, passed: int) -> None:
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "enospc":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
    elif kind == "eio":
        raise OSError(errno.EIO, os.strerror(errno.EIO), name)
    elif kind == "sigint":
        raise KeyboardInterrupt
    elif kind == "power":
        _all_die_after((passed % 7) * 0.0007)


def _all_die_after(seconds: float) -> None:
    """Kill this process and its git children together, a moment from now."""
    group = os.getpid()
    if os.fork() == 0:
        os.setsid()
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        os._exit(0)


if __name__ == "__main__":
    main()
