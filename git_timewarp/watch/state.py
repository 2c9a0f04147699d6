"""What a watcher tells about itself, and whether it is still there.

The lock says whether it runs; the file, one page of JSON rewritten in place so that a full
disk can be told of too, says the rest:

    {"v":1,"pid":…,"start":…,"boot":…,"version":…,"mode":"events"|"polling","reason":…,
     "since":…,"last_draft":…,"problem":…}
"""

import fcntl
import json
import os

from git_timewarp.git.repo import Repo
from git_timewarp.util import faults
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import compact_json, printable
from git_timewarp.watch import identity, place, verified
from git_timewarp.watch.identity import Identity
from git_timewarp.watch.place import Place
from git_timewarp.watch.verified import Verified

FORMAT_VERSION = 1
PAGE = 4096
_TEXT_BYTES = 800
EVENTS = "events"
POLLING = "polling"
_ENDED = "it ended without saying so"
_BOOTED = "the machine was restarted"


class State(Frozen):
    """How a watcher is.

    Attributes:
        running: whether it lives now.
        identity: its process, also when it is gone.
        version: the program it runs.
        mode: `events` or `polling`; None when it does not run.
        since: when it became live, ISO 8601.
        last_draft: when it last recorded something, ISO 8601.
        reason: why it polls or takes no drafts, or why it does not run although nobody stopped it.
        problem: what kept it from recording the last time it tried.
        verified: how the last full verify by a watcher of this repository went.
    """

    running: bool = False
    identity: Identity | None = None
    version: str | None = None
    mode: str | None = None
    since: str | None = None
    last_draft: str | None = None
    reason: str | None = None
    problem: str | None = None
    verified: Verified = Verified()

    @property
    def pid(self) -> int | None:
        """The number of its process."""
        return self.identity.pid if self.identity is not None else None

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form."""
        return {
            "running": self.running,
            "pid": self.pid if self.running else None,
            "since": self.since if self.running else None,
            "mode": self.mode if self.running else None,
            "last_draft": self.last_draft,
            "reason": self.reason,
            "problem": self.problem,
            "verified": self.verified.ended,
            "verify_problems": self.verified.problems,
        }


def read(repo: Repo) -> State:
    """Return how the watcher of this work tree is; looks at two files, starts nothing."""
    where = place.of(repo)
    told = _process(where)
    return told._replace(verified=verified.read(where.folder))


def _process(where: Place) -> State:
    told = load(where)
    if is_locked(where):
        return (told or State(mode=EVENTS))._replace(running=True)
    if told is None:
        return State()
    booted = told.identity is not None and told.identity.boot != identity.boot()
    return told._replace(reason=_BOOTED if booted else _ENDED)


def is_locked(where: Place) -> bool:
    """Tell whether a process holds the watcher's lock."""
    try:
        fd = os.open(where.lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(fd)


def load(where: Place) -> State | None:
    """Return what the file says, or None where there is none or it is not ours."""
    try:
        with open(where.state, "rb") as file:
            record = json.loads(file.read(PAGE))
        return State(
            running=False,
            identity=Identity(int(record["pid"]), record["start"], record["boot"]),
            version=record["version"],
            mode=record["mode"],
            since=record["since"],
            last_draft=record["last_draft"],
            reason=record["reason"],
            problem=record["problem"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def store(where: Place, state: State) -> None:
    """Write the file in place, always one page; OSError when not even that is possible."""
    who = state.identity or identity.own()
    record = {
        "v": FORMAT_VERSION,
        "pid": who.pid,
        "start": who.start,
        "boot": who.boot,
        "version": state.version,
        "mode": state.mode,
        "since": state.since,
        "last_draft": state.last_draft,
        "reason": _cut(state.reason),
        "problem": _cut(state.problem),
    }
    faults.point(f"write {os.path.basename(where.state)}")
    fd = os.open(where.state, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.pwrite(fd, compact_json(record).ljust(PAGE - 1) + b"\n", 0)
    finally:
        os.close(fd)


def _cut(text: str | None) -> str | None:
    """Return `text` short enough that two of them fit into the page, also escaped."""
    if text is None:
        return None
    return printable(text).encode("utf-8", "replace")[:_TEXT_BYTES].decode("utf-8", "ignore")
