"""Starting the background process, and what the two say to each other over one pipe.

The child is this interpreter with `watch run`. It forks once more, so that nobody has to
wait for its end, and writes one line of JSON when it is live or knows that it will not be.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping

from git_timewarp.config.load import Scope
from git_timewarp.config.schema import ENVIRONMENT_PREFIX, RESERVED_VARIABLES
from git_timewarp.config.settings import Settings
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import KEPT_VARIABLES
from git_timewarp.util.clock import Clock
from git_timewarp.util.text import compact_json, shell, to_bytes
from git_timewarp.watch.place import Place

READY_VARIABLE = "GIT_TIMEWARP_READY_FD"
"""Environment variable that gives the child the number of the pipe's descriptor."""

_LONGEST_START = 120.0
_MOST_WORDS = 64 * 1024


class WatcherNotStartedError(TimewarpError):
    """The background process did not become live."""

    kind = Kind.EXTERNAL
    reference = "watcher-not-started"


class Ready:
    """The child's end of the pipe."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def tell(self, record: Mapping[str, object]) -> None:
        """Say how the start went, once; nothing of the starter's is open when that is heard."""
        if self._fd < 0:
            return
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        with contextlib.suppress(OSError):
            os.write(self._fd, compact_json(record) + b"\n")
        os.close(self._fd)
        self._fd = -1


def waited_for(environ: Mapping[str, str]) -> Ready | None:
    """Go to the background if `launch` started this process; return whom to tell, else None."""
    given = environ.get(READY_VARIABLE, "")
    if not given.isdigit():
        return None
    fd = int(given)
    os.set_inheritable(fd, False)
    if os.fork():
        os._exit(0)
    os.chdir("/")
    return Ready(fd)


def environment(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Return what the watcher is given of an environment, with the settings of this command.

    Left out is what points at a repository (a hook of git's has such variables) or asks
    for a fault.
    """
    kept = {
        key: value
        for key, value in environ.items()
        if not key.startswith("GIT_")
        or key in KEPT_VARIABLES
        or (key.startswith(ENVIRONMENT_PREFIX) and not key.startswith(RESERVED_VARIABLES))
    }
    said = {
        key.variable: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value, origin in settings.items()
        if origin.scope is Scope.COMMAND
    }
    return kept | said


def launch(repo: Repo, place: Place, *, environ: Mapping[str, str], clock: Clock) -> None:
    """Start the watcher of a work tree with an environment; return when it is live.

    Raises:
        WatcherNotStartedError: it is not; the message says why.
    """
    reading, writing = os.pipe()
    try:
        try:
            _start(repo, place, environ=environ, writing=writing)
        finally:
            os.close(writing)
        answer = _answer(reading, clock=clock)
    finally:
        os.close(reading)
    error = answer.get("error")
    if isinstance(error, dict) and error.get("reference") != "already-watching":
        raise WatcherNotStartedError(
            f"the watcher did not start: {error.get('message')}",
            hint=str(error.get("hint") or f"cat {shell(place.errors)}"),
        )


def verify(repo: Repo, output: str, *, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a full verify that writes its answer, JSON, to the file `output`; OSError if not."""
    line = _program(repo, "verify", "--full", "--json")
    given = {key: value for key, value in environ.items() if key != READY_VARIABLE}
    with open(output, "wb") as answer:
        return subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=answer, stderr=subprocess.DEVNULL, env=given
        )


def _program(repo: Repo, *words: str) -> list[bytes]:
    # -P keeps the user's work tree off the module path.
    line = (sys.executable, "-P", "-m", "git_timewarp", "-C", repo.work_tree, *words)
    return [to_bytes(word) for word in line]


def _start(repo: Repo, place: Place, *, environ: Mapping[str, str], writing: int) -> None:
    if not sys.executable:
        raise WatcherNotStartedError(
            "the watcher did not start: the path of the interpreter is unknown",
            hint="git timewarp watch run",
        )
    os.makedirs(place.folder, exist_ok=True)
    with open(place.errors, "wb") as errors:
        process = subprocess.Popen(
            _program(repo, "watch", "run"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**environ, READY_VARIABLE: str(writing)},
            pass_fds=(writing,),
            start_new_session=True,
        )
    process.wait()


def _answer(reading: int, *, clock: Clock) -> dict[str, object]:
    """Return what the child said.

    Raises:
        WatcherNotStartedError: it ended without a word, or is still not live.
    """
    words = b""
    deadline = clock.monotonic() + _LONGEST_START
    while not words.endswith(b"\n") and len(words) < _MOST_WORDS:
        left = deadline - clock.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            raise WatcherNotStartedError(
                f"the watcher is not live after {_LONGEST_START:g} s",
                hint="git timewarp watch status",
            )
        more = os.read(reading, _MOST_WORDS)
        if not more:
            raise WatcherNotStartedError(
                "the watcher ended before it was live", hint="git timewarp watch run"
            )
        words += more
    answer = json.loads(words)
    return answer if isinstance(answer, dict) else {}
