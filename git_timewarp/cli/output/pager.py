"""The pager, chosen and started as git does it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Mapping
from typing import IO

_TRUE = {"true", "yes", "on", "1", ""}
_FALSE = {"false", "no", "off", "0"}


def command(
    *, choice: bool | None, settings: Mapping[str, str], environ: Mapping[str, str]
) -> str | None:
    """Return the pager's command line, or None for no pager (git(1), core.pager).

    Args:
        choice: `--paginate` or `--no-pager` on the command line, None for neither.
        settings: git's settings (`pager.timewarp`, `core.pager`).
        environ: `GIT_PAGER`, `PAGER`, `TERM`.
    """
    configured = settings.get("pager.timewarp")
    if choice is False:
        return None
    named = None
    if configured is not None and choice is None and configured.lower() in _FALSE:
        return None
    if configured is not None and configured.lower() not in _TRUE | _FALSE:
        named = configured
    for text in (
        environ.get("GIT_PAGER"),
        named,
        settings.get("core.pager"),
        environ.get("PAGER"),
        "less",
    ):
        if text is not None:
            return None if text in {"", "cat"} else text
    return None


class Pager:
    """A running pager: takes what standard output would have taken."""

    def __init__(self, line: str, environ: Mapping[str, str]) -> None:
        """Start the command line `line`.

        `less` gets `FRX`: a short answer is printed and the pager ends, colours pass,
        the screen stays as it is.
        """
        env = dict(environ)
        env.setdefault("LESS", "FRX")
        env.setdefault("LV", "-c")
        env["GIT_PAGER_IN_USE"] = "true"
        self._process = subprocess.Popen(["/bin/sh", "-c", line], stdin=subprocess.PIPE, env=env)

    def write(self, data: bytes) -> object:
        """Hand it more; BrokenPipeError when its user has left."""
        return self._input.write(data)

    def flush(self) -> None:
        """Send on what was written."""
        self._input.flush()

    def close(self) -> None:
        """Close its input and wait until its user is done with it."""
        with contextlib.suppress(BrokenPipeError):
            self._input.close()
        while self._process.returncode is None:
            # The pager has the terminal; ^C is its business.
            with contextlib.suppress(KeyboardInterrupt):
                self._process.wait()

    @property
    def _input(self) -> IO[bytes]:
        if self._process.stdin is None:
            raise BrokenPipeError
        return self._process.stdin
