"""The table of every setting: name, type, default, range, one line of documentation.

A name is written as git writes it, `timewarp.<section>.<camelName>`; git lowers
the last part when it lists, so look-ups do not mind its case. The same name is
`GIT_TIMEWARP_<SECTION>_<NAME>` in the environment and `name = …` or
`snake_name = …` under `[section]` in `.timewarp.toml`. Rows S2-10a to S2-10g.
Add, change and remove settings here and nowhere else; `make docs` writes the page.
"""

import re
from enum import Enum
from functools import cache

from git_timewarp.util.frozen import Frozen

PREFIX = "timewarp."
ENVIRONMENT_PREFIX = "GIT_TIMEWARP_"
TRACKED_FILE = ".timewarp.toml"
PROFILE = "timewarp.profile"

Value = int | bool | str


class Type(Enum):
    """What a value may be."""

    INT = "integer"
    SIZE = "size in bytes (k, m, g accepted)"
    DURATION = "time in seconds (m, h, d, w accepted)"
    BOOL = "true or false"
    TEXT = "text"
    CHOICE = "one of the choices"


class Key(Frozen):
    """One setting.

    Attributes:
        name: full name as documented, `timewarp.fold.events`.
        type: what a value may be.
        default: the value without any configuration (C25: each has one).
        doc: one line for people.
        low: smallest number allowed, INT, SIZE and DURATION only.
        high: largest number allowed, None for no limit.
        choices: the words allowed, CHOICE only.
        personal: it is about this person or machine; a tracked file may not set it.
        aliases: other spellings accepted in the tracked file, dotted.
    """

    name: str
    type: Type
    default: Value
    doc: str
    low: int = 0
    high: int | None = None
    choices: tuple[str, ...] = ()
    personal: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The name without `timewarp.`."""
        return self.name.removeprefix(PREFIX)

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return ENVIRONMENT_PREFIX + snake(self.short).replace(".", "_").upper()


KEYS: tuple[Key, ...] = (
    Key(
        "timewarp.autosave.debounceSeconds",
        Type.INT,
        2,
        "quiet time after the last change before a draft is taken",
        low=1,
        high=60,
    ),
    Key(
        "timewarp.autosave.idleMinutes",
        Type.INT,
        5,
        "time without a change after which the watcher only waits for the next one",
        low=1,
        high=1440,
    ),
    Key(
        "timewarp.autosave.intervalSeconds",
        Type.INT,
        60,
        "longest time between two drafts while there is activity",
        low=10,
        high=600,
        aliases=("auto_save_interval_seconds", "autosave.auto_save_interval_seconds"),
    ),
    Key(
        "timewarp.autosave.mode",
        Type.CHOICE,
        "auto",
        "how the watcher notices changes: auto asks the system, polling looks every few seconds",
        choices=("auto", "polling"),
    ),
    Key(
        "timewarp.disk.notice",
        Type.SIZE,
        10 * 1024**3,
        "free space below which storage says so",
    ),
    Key(
        "timewarp.disk.stop",
        Type.SIZE,
        500 * 1024**2,
        "free space below which no snapshots are taken; events are recorded all the same",
    ),
    Key(
        "timewarp.disk.warn",
        Type.SIZE,
        2 * 1024**3,
        "free space below which status warns and the watcher compacts",
    ),
    Key(
        "timewarp.fold.drafts",
        Type.INT,
        64,
        "drafts and safety snapshots that wait before they are folded together",
        low=1,
        high=10_000,
    ),
    Key(
        "timewarp.fold.events",
        Type.INT,
        100,
        "events that wait in the journal before they are folded together",
        low=1,
        high=10_000,
    ),
    Key(
        "timewarp.fold.seconds",
        Type.INT,
        600,
        "longest time an event or draft waits before it is folded",
        low=1,
        high=86_400,
    ),
    Key(
        "timewarp.lock.timeoutSeconds",
        Type.INT,
        30,
        "how long a command waits for another one to finish writing",
        high=3_600,
    ),
    Key(
        "timewarp.log.level",
        Type.CHOICE,
        "info",
        "the least that is written to the log of what the program does by itself",
        choices=("debug", "info", "warn", "error", "fatal"),
    ),
    Key(
        "timewarp.notes.publish",
        Type.BOOL,
        False,
        "also write a readable line per event to refs/notes/timewarp",
    ),
    Key(
        "timewarp.packs.graceHours",
        Type.INT,
        24,
        "how long a merged pack stays, for git commands that still read it",
        high=8_760,
    ),
    Key(
        "timewarp.packs.limit",
        Type.INT,
        8,
        "packs of ours before they are merged into one",
        low=2,
        high=1_000,
    ),
    Key(
        PROFILE,
        Type.TEXT,
        "",
        "name of the profile whose timewarp.profile.<name>.* settings apply (dev, staging, …)",
    ),
    Key(
        "timewarp.quota.size",
        Type.SIZE,
        10 * 1024**3,
        "what git-timewarp may take of the disk; status warns at 70, 85 and 95 percent",
        low=1024**2,
    ),
    Key(
        "timewarp.retention.auto",
        Type.BOOL,
        True,
        "let the watcher compact when the quota nears or the disk fills",
    ),
    Key(
        "timewarp.retention.burst",
        Type.DURATION,
        5,
        "snapshots that follow each other faster are a burst: compact keeps first and last",
        high=3_600,
    ),
    Key(
        "timewarp.retention.drafts",
        Type.DURATION,
        86_400,
        "how long compact keeps every draft",
        low=86_400,
    ),
    Key(
        "timewarp.retention.draftsDaily",
        Type.DURATION,
        30 * 86_400,
        "how long compact keeps the newest draft of each day",
    ),
    Key(
        "timewarp.retention.draftsHourly",
        Type.DURATION,
        7 * 86_400,
        "how long compact keeps the newest draft of each hour",
    ),
    Key(
        "timewarp.retention.important",
        Type.DURATION,
        30 * 86_400,
        "how long compact keeps a snapshot for each event that came back to it",
    ),
    Key(
        "timewarp.retention.keepDaily",
        Type.INT,
        30,
        "days of which compact keeps the newest snapshot; -1 for all",
        low=-1,
    ),
    Key(
        "timewarp.retention.keepHourly",
        Type.INT,
        0,
        "hours of which compact keeps the newest snapshot; -1 for all",
        low=-1,
    ),
    Key(
        "timewarp.retention.keepLast",
        Type.INT,
        20,
        "newest snapshots that compact keeps; -1 for all",
        low=-1,
    ),
    Key(
        "timewarp.retention.keepMonthly",
        Type.INT,
        -1,
        "months of which compact keeps the newest snapshot; -1 for all",
        low=-1,
    ),
    Key(
        "timewarp.retention.keepWeekly",
        Type.INT,
        13,
        "weeks of which compact keeps the newest snapshot; -1 for all",
        low=-1,
    ),
    Key(
        "timewarp.retention.keepWithin",
        Type.DURATION,
        7 * 86_400,
        "how long compact keeps every snapshot",
    ),
    Key(
        "timewarp.snapshot.everyNthWrite",
        Type.INT,
        5,
        "how many changes make a draft where timewarp.snapshot.frequency is every_n_events",
        low=1,
        high=1000,
    ),
    Key(
        "timewarp.snapshot.frequency",
        Type.CHOICE,
        "on_change",
        "what the watcher takes a draft for: a change, the interval, some changes, or nothing",
        choices=("on_change", "timed", "every_n_events", "manual"),
        aliases=("snapshot_frequency",),
    ),
    Key(
        "timewarp.snapshot.maxBytes",
        Type.SIZE,
        500 * 1024**2,
        "most that one snapshot may add; what a restore overwrites is kept whatever its size",
        low=1024**2,
    ),
    Key(
        "timewarp.snapshot.maxUntrackedBytes",
        Type.SIZE,
        10 * 1024 * 1024,
        "untracked files larger than this are recorded by size and hash, not by content",
    ),
    Key(
        "timewarp.timeline",
        Type.TEXT,
        "main",
        "the timeline that new snapshots go to",
    ),
    Key(
        "timewarp.ui.ascii",
        Type.CHOICE,
        "auto",
        "draw with ASCII characters only; auto asks the locale",
        choices=("auto", "true", "false"),
        personal=True,
    ),
    Key(
        "timewarp.user.actor",
        Type.TEXT,
        "",
        "id of the actor that events name; empty means git's user.email",
        personal=True,
    ),
    Key(
        "timewarp.user.name",
        Type.TEXT,
        "",
        "name shown for the actor; empty means git's user.name",
        personal=True,
    ),
    Key(
        "timewarp.verify.intervalHours",
        Type.INT,
        24,
        "time between two full verifies by the watcher; 0 for none",
        low=0,
        high=8760,
    ),
    Key(
        "timewarp.verify.startupEvents",
        Type.INT,
        100,
        "events a command checks before it writes, of those nobody checked yet; 0 for none",
        high=100_000,
    ),
)
"""Every setting, sorted by name."""

IGNORED: dict[str, str] = {
    "full_snapshot_interval": "every snapshot is whole, packs store the difference",
}
"""Spellings of other designs that the tracked file may hold and that change nothing (C4)."""

RESERVED_VARIABLES = ("GIT_TIMEWARP_FAULT", "GIT_TIMEWARP_READY_FD")
"""Beginnings of our environment variables that are not settings: of tests, of the watcher."""

_CAMEL = r"(?<=[a-z0-9])(?=[A-Z])"


def snake(name: str) -> str:
    """Return `intervalSeconds` as `interval_seconds`; dots stay."""
    return re.sub(_CAMEL, "_", name).lower()


_BY_FOLDED = {key.name.lower(): key for key in KEYS}


def find(name: str) -> Key | None:
    """Return the setting with this full name, or None.

    git lowers the first and the last part of a name and keeps the middle: so do we.
    """
    key = _BY_FOLDED.get(name.lower())
    if key is None or name.split(".")[1:-1] != key.name.split(".")[1:-1]:
        return None
    return key


def find_variable(variable: str) -> Key | None:
    """Return the setting an environment variable sets, or None."""
    return _by_variable().get(variable)


def find_spelling(dotted: str) -> Key | None:
    """Return the setting that `dotted` names in the tracked file, or None."""
    return _by_spelling().get(dotted)


@cache
def _by_variable() -> dict[str, Key]:
    return {key.variable: key for key in KEYS}


@cache
def _by_spelling() -> dict[str, Key]:
    return {
        spelling: key for key in KEYS for spelling in (key.short, snake(key.short), *key.aliases)
    }
