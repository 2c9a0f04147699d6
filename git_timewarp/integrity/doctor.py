"""Doctor: is everything around the recorder as it should be? It looks, and records nothing.

A check that fails (`passed` false) says what to do. One that does not apply, or that only
tells something worth knowing, has `passed` None.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from git_timewarp.errors import TimewarpError
from git_timewarp.git import config as git_config
from git_timewarp.git.config import GitConfig
from git_timewarp.git.user_index import read_flags
from git_timewarp.git.versions import MINIMUM
from git_timewarp.integrity import doctor_store, mounts
from git_timewarp.safety import roots
from git_timewarp.timeline.results import Check
from git_timewarp.timeline.start import is_recording
from git_timewarp.timeline.world import World
from git_timewarp.util import atomic

PYTHON = (3, 11)
LEAST_FREE = 500 * 1024 * 1024
"""Bytes that should be free on the disk of the repository (row S0-4.4c)."""

STALE_SECONDS = 600
"""Age after which a lock file of git is taken for forgotten."""

Json = Mapping[str, object]


class Machine(NamedTuple):
    """What is mounted; None where that is not known."""

    mounts: list[mounts.Mount] | None


def look_around() -> Machine:
    """Return the machine we run on."""
    data = atomic.read("/proc/mounts")
    return Machine(None if data is None else mounts.linux(data))


class _Case(NamedTuple):
    world: World
    config: GitConfig
    machine: Machine
    hooks: Json
    watcher: Json
    home: str | None


def doctor(
    world: World,
    *,
    hooks: Json,
    watcher: Json,
    home: str | None,
    machine: Machine | None = None,
) -> tuple[Check, ...]:
    """Check everything around the recorder.

    Args:
        world: the surroundings of an operation.
        hooks: the state of the hooks, each of which was made to fire.
        watcher: the state of the watcher.
        home: the user's home, or None.
        machine: what is mounted; by default what the kernel says.
    """
    config = git_config.read(world.repo.git)
    case = _Case(world, config, machine or look_around(), hooks, watcher, home)
    found: list[Check] = []
    checks = [*_ALWAYS, *(_RECORDING if is_recording(world.repo) else ())]
    for name, check in checks:
        try:
            found += check(case)
        except (TimewarpError, OSError) as exc:
            hint = exc.hint if isinstance(exc, TimewarpError) else None
            found.append(Check(name, passed=False, text=str(exc), hint=hint))
    return tuple(found)


def _git(case: _Case) -> Iterator[Check]:
    text = case.world.repo.git.run("version").text
    numbers = re.search(r"(\d+)\.(\d+)", text)
    version = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    wanted = ".".join(str(part) for part in MINIMUM)
    yield Check(
        "git",
        passed=version >= MINIMUM,
        text=text.removeprefix("git version "),
        hint=None if version >= MINIMUM else f"install git {wanted} or newer",
    )


def _python(case: _Case) -> Iterator[Check]:
    del case
    new_enough = sys.version_info[:2] >= PYTHON
    yield Check(
        "python",
        passed=new_enough,
        text=f"{'.'.join(str(part) for part in sys.version_info[:3])} ({sys.executable})",
        hint=None if new_enough else "install python 3.11 or newer",
    )


def _recording(case: _Case) -> Iterator[Check]:
    if is_recording(case.world.repo):
        yield Check("recording", passed=True, text=f"timeline '{case.world.timeline}'")
    else:
        yield Check("recording", passed=False, text="nothing records", hint="git timewarp init")


def _root(case: _Case) -> Iterator[Check]:
    top = case.world.repo.work_tree
    try:
        roots.check(top, home=case.home)
    except roots.RefusedRootError as exc:
        yield Check("root", passed=False, text=exc.message, hint=exc.hint)
    else:
        yield Check("root", passed=True, text=top)


def _disk(case: _Case) -> Iterator[Check]:
    stat = os.statvfs(case.world.repo.common_dir)
    free = stat.f_bavail * stat.f_frsize
    enough = free >= LEAST_FREE
    yield Check(
        "disk",
        passed=enough,
        text=f"{free / 1024**3:.1f} GB free",
        hint=None if enough else "free some space: below 0.5 GB a snapshot may not fit",
    )


def _file_system(case: _Case) -> Iterator[Check]:
    if case.machine.mounts is None:
        yield Check("file system", passed=None, text="this system does not tell what is mounted")
        return
    places = {"git directory": case.world.repo.common_dir, "work tree": case.world.repo.work_tree}
    told: set[str] = set()
    for name, path in places.items():
        mount = mounts.of(path, case.machine.mounts)
        if mount is None or mount.point in told:
            continue
        told.add(mount.point)
        unsuited = mount.unsuited
        yield Check(
            "file system",
            passed=unsuited is None,
            text=f"{name}: {mount.type}" if unsuited is None else f"the {name} is on {unsuited}",
            hint=None if unsuited is None else "clone to a local disk and record there",
        )


def _names(case: _Case) -> Iterator[Check]:
    """Compare what git believes about names with what the disk does."""
    inside = case.world.repo.git_dir
    blind = os.path.exists(os.path.join(inside, "hEaD"))
    believed = case.config.flag("core.ignorecase", default=False)
    if blind != believed:
        text = (
            "the disk takes upper and lower case for the same"
            if blind
            else ("git was told that the disk takes upper and lower case for the same; it does not")
        )
        yield Check(
            "names",
            passed=False,
            text=text,
            hint=f"git config core.ignoreCase {str(blind).lower()}",
        )
        return
    composed = case.config.get("core.precomposeunicode")
    if sys.platform == "darwin" and composed != "true":
        yield Check(
            "names",
            passed=False,
            text="accented names may be stored decomposed",
            hint="git config core.precomposeUnicode true",
        )
        return
    text = "upper and lower case are the same" if blind else "upper and lower case differ"
    yield Check("names", passed=True, text=text)


def _hooks(case: _Case) -> Iterator[Check]:
    state = str(case.hooks.get("state", "absent"))
    listed = case.hooks.get("hooks")
    hooks = [hook for hook in listed if isinstance(hook, dict)] if isinstance(listed, list) else []
    silent = [str(hook.get("name")) for hook in hooks if hook.get("fires") is False]
    problems = case.hooks.get("problems")
    said = [str(item) for item in problems] if isinstance(problems, list) else []
    if state == "absent":
        text = "not installed: what git does is seen at the next snapshot only"
        yield Check("hooks", passed=None, text=text, hint="git timewarp hooks install")
    elif state == "installed" and not silent and not said:
        chained = sum(1 for hook in hooks if hook.get("chained_to"))
        more = f", {chained} hand on to hooks of yours" if chained else ""
        yield Check("hooks", passed=True, text=f"{len(hooks)} installed, each fires{more}")
    else:
        text = "; ".join(said) or (
            f"{', '.join(silent)} did not fire" if silent else f"they are {state}"
        )
        yield Check("hooks", passed=False, text=text, hint="git timewarp hooks install")


def _watcher(case: _Case) -> Iterator[Check]:
    told = case.watcher
    reason = str(told.get("problem") or told.get("reason") or "")
    if told.get("problem"):
        yield Check("watcher", passed=False, text=reason, hint="git timewarp watch start")
    elif not told.get("running"):
        text = "not running" + (f": {reason}" if reason else ": drafts are not taken")
        passed = False if reason else None
        yield Check("watcher", passed=passed, text=text, hint="git timewarp watch start")
    elif told.get("mode") == "polling":
        text = "it looks for changes now and then" + (f": {reason}" if reason else "")
        yield Check("watcher", passed=None, text=text)
    else:
        yield Check("watcher", passed=True, text="running")


def _locks(case: _Case) -> Iterator[Check]:
    """Tell of lock files that stay: git stops at them, and so do we."""
    repo, now = case.world.repo, case.world.clock.now_ns() / 1_000_000_000
    places = [os.path.join(repo.git_dir, name) for name in ("index.lock", "HEAD.lock")]
    places += [os.path.join(repo.common_dir, n) for n in ("packed-refs.lock", "config.lock")]
    for folder, _, files in os.walk(os.path.join(repo.common_dir, "refs")):
        places += [os.path.join(folder, name) for name in files if name.endswith(".lock")]
    stale = [
        path
        for path in dict.fromkeys(places)
        if os.path.lexists(path) and now - os.lstat(path).st_mtime > STALE_SECONDS
    ]
    if not stale:
        yield Check("locks", passed=True, text="none forgotten")
    for path in stale:
        yield Check(
            "locks",
            passed=False,
            text=f"'{path}' is there for more than {STALE_SECONDS // 60} minutes",
            hint=f"if no git command is running: rm '{path}'",
        )


def _hidden(case: _Case) -> Iterator[Check]:
    """Tell of index bits that hide edits from git (not from a snapshot)."""
    flags = read_flags(case.world.repo.git)
    told = {"assume-unchanged": flags.assume_unchanged, "skip-worktree": flags.skip_worktree}
    for name, paths in told.items():
        if paths:
            text = (
                f"{len(paths)} path(s) are marked {name}: git does not look at them, snapshots do"
            )
            yield Check("index bits", passed=None, text=text, hint="git ls-files -v")


def _submodules(case: _Case) -> Iterator[Check]:
    out = case.world.repo.git.run("ls-files", "-s", "-z").out
    count = sum(1 for record in out.split(b"\0") if record.startswith(b"160000 "))
    if count:
        text = f"{count} submodule(s): their commit is recorded, not what is in them"
        yield Check("submodules", passed=None, text=text, hint="git timewarp init in each of them")


_Checks = tuple[tuple[str, Callable[[_Case], Iterator[Check]]], ...]

_ALWAYS: _Checks = (
    ("git", _git),
    ("python", _python),
    ("recording", _recording),
    ("root", _root),
    ("disk", _disk),
    ("file system", _file_system),
    ("names", _names),
    ("locks", _locks),
)

_RECORDING: _Checks = (
    ("state folder", lambda case: doctor_store.folder(case.world)),
    ("writer", lambda case: doctor_store.identity(case.world)),
    ("journal", lambda case: doctor_store.journal(case.world)),
    ("packs", lambda case: doctor_store.packs(case.world)),
    ("read index", lambda case: doctor_store.read_index(case.world)),
    ("gc settings", lambda case: doctor_store.gc_settings(case.config)),
    ("hooks", _hooks),
    ("watcher", _watcher),
    ("index bits", _hidden),
    ("submodules", _submodules),
    ("skipped", lambda case: doctor_store.skipped(case.world)),
)
