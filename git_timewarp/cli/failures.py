"""From any exception to a failure with an exit code, a message and the next step."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import tempfile
import traceback

from git_timewarp import __version__
from git_timewarp.cli.output import color, machine, names
from git_timewarp.cli.terminal import Manner
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.safety.log import DEFAULT, Log
from git_timewarp.util.clock import SystemClock
from git_timewarp.util.text import json_name, octal, printable, to_str

_MOST_NAMED = 10
_MOST_REPORTS = 20
_REPORT = "timewarp-bug-"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_LEVEL = "timewarp.log.level"
_LOGGED = frozenset({Kind.BUG, Kind.CORRUPT, Kind.EXTERNAL})
_LOGGED_TOO = frozenset({"cannot-write", "input-output"})
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class InputOutputError(TimewarpError):
    """The operating system refused to read or write."""

    kind = Kind.REFUSED
    reference = "input-output"


class StoppedError(TimewarpError):
    """The user stopped us."""

    kind = Kind.INTERRUPTED
    reference = "interrupted"


class BugError(TimewarpError):
    """Something happened that must not."""

    kind = Kind.BUG
    reference = "unexpected"


def known(exc: BaseException) -> TimewarpError | None:
    """Return what a user should be told, or None when it is a bug of ours."""
    if isinstance(exc, TimewarpError):
        return exc
    if isinstance(exc, KeyboardInterrupt):
        return StoppedError("interrupted", hint="git timewarp status")
    if isinstance(exc, OSError) and exc.errno is not None:
        return _system(exc)
    return None


def bug(exc: BaseException, *, folder: str | None, words: list[str]) -> TimewarpError:
    """Write down what is needed to find a bug, and return what to tell the user.

    Args:
        exc: what was raised.
        folder: where to write the report; None for the folder of temporary files.
        words: the command line.
    """
    report = "".join(
        [
            f"git-timewarp {__version__}\n",
            f"python {platform.python_version()} on {platform.platform()}\n",
            f"arguments: {words!r}\n\n",
            *traceback.format_exception(exc),
        ]
    )
    path = _write(report.encode("utf-8", "backslashreplace"), folder)
    where = f"; please open an issue with the file '{path}'" if path else ""
    what = " ".join(f"{type(exc).__name__}: {exc}".split())
    return BugError(f"this is a bug: {what}{where}", hint="git timewarp doctor")


def _system(exc: OSError) -> TimewarpError:
    name = exc.filename
    named = isinstance(name, str | bytes)
    where = f" '{to_str(name) if isinstance(name, bytes) else name}'" if named else ""
    reason = (os.strerror(exc.errno) if exc.errno else str(exc)).lower()
    full = exc.errno in _FULL
    hint = "df -h ." if full else "git timewarp doctor"
    verb = "write" if full or exc.errno in _READ_ONLY else "use"
    return InputOutputError(f"cannot {verb}{where}: {reason}", hint=hint)


def _write(report: bytes, folder: str | None) -> str | None:
    for place in (folder, tempfile.gettempdir()):
        if place is None:
            continue
        with contextlib.suppress(OSError):
            if not os.path.isdir(place):
                os.mkdir(place)
            fd, path = tempfile.mkstemp(prefix=_REPORT, suffix=".log", dir=place)
            with open(fd, "wb") as file:
                file.write(report)
            if place == folder:
                _keep_newest(place)
            return path
    return None


def _keep_newest(folder: str) -> None:
    """Remove the oldest reports; a bug that comes back every minute shall not fill the disk."""
    with os.scandir(folder) as found:
        reports = [item for item in found if item.name.startswith(_REPORT)]
    reports.sort(key=lambda item: item.stat().st_mtime_ns, reverse=True)
    for item in reports[_MOST_REPORTS:]:
        os.unlink(item.path)


def explain(
    exc: BaseException, *, folder: str | None, words: list[str], manner: Manner
) -> tuple[int, list[str]]:
    """Return the exit code of a failure and the lines that tell it.

    The lines are one JSON object, or `error:`, the paths it is about, and `hint:`.
    """
    error = known(exc) or bug(exc, folder=folder, words=words)
    if folder is not None and os.path.isabs(folder):
        _log(error, exc, folder=folder, words=words, manner=manner)
    if manner.json:
        told = error.to_dict()
        told |= {key: octal(text) for key, text in told.items() if isinstance(text, str)}
        if error.paths:
            told["context"] = {"paths": [json_name(path) for path in error.paths]}
        record = machine.versioned({"error": told})
        return error.exit_code, [machine.text(record)]
    painted = color.wanted(
        None, settings=manner.settings, environ=manner.environ, terminal=manner.terminal
    )
    palette = color.palette(manner.settings) if painted else color.PLAIN
    lines = [palette.paint("error", "error:") + " " + _line(error.message)]
    if len(error.paths) > 1:
        quoting = manner.settings.get("core.quotepath", "true").lower() != "false"
        shown = [names.quote(path, quote_path=quoting) for path in error.paths[:_MOST_NAMED]]
        lines += [f"  {_line(name)}" for name in shown]
        if len(error.paths) > _MOST_NAMED:
            lines.append(f"  and {len(error.paths) - _MOST_NAMED} more, all with --json")
    if error.hint:
        lines.append(palette.paint("hint", "hint:") + " " + _line(error.hint))
    return error.exit_code, lines


def _log(
    error: TimewarpError, exc: BaseException, *, folder: str, words: list[str], manner: Manner
) -> None:
    """Write down what a user may ask about later: bugs, damage, what the machine refused."""
    if error.kind not in _LOGGED and error.reference not in _LOGGED_TOO:
        return
    level = manner.environ.get("GIT_TIMEWARP_LOG_LEVEL") or manner.settings.get(_LEVEL, DEFAULT)
    log = Log(os.path.dirname(folder), "command", clock=SystemClock(), level=level)
    fields: dict[str, object] = {"reference": error.reference, "arguments": list(words)}
    if error.kind is Kind.BUG:
        fields["traceback"] = "".join(traceback.format_exception(exc))
        log.write("fatal", error.message, fields)
    else:
        log.write("error", error.message, fields)


def _line(text: str) -> str:
    return printable(" ".join(text.split("\n")))
