"""Doctor: is everything around the recorder as it should be? It looks, and records nothing.

A check that fails (`passed` false) says what to do. One that does not apply, or that only
tells something worth knowing, has `passed` None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from git_timewarp.errors import TimewarpError
from git_timewarp.git import config as git_config
from git_timewarp.integrity import doctor_draft, doctor_machine, doctor_repo, doctor_store
from git_timewarp.integrity.doctor_case import Case, Json, Machine, look_around
from git_timewarp.timeline.recording import is_recording
from git_timewarp.timeline.results import Check
from git_timewarp.timeline.world import World

_Checks = Mapping[str, Callable[[Case], Iterator[Check]]]

_ALWAYS: _Checks = {
    "git": doctor_machine.git,
    "python": doctor_machine.python,
    "recording": doctor_repo.recording,
    "root": doctor_repo.root,
    "disk": doctor_machine.disk,
    "file system": doctor_machine.file_system,
    "names": doctor_machine.names,
    "locks": doctor_repo.locks,
}

_RECORDING: _Checks = {
    "state folder": lambda case: doctor_store.folder(case.world),
    "writer": lambda case: doctor_store.identity(case.world),
    "journal": lambda case: doctor_store.journal(case.world),
    "recovery": lambda case: doctor_store.recoveries(case.world),
    "packs": lambda case: doctor_store.packs(case.world),
    "read index": lambda case: doctor_store.read_index(case.world),
    "gc settings": lambda case: doctor_store.gc_settings(case.config),
    "log": lambda case: doctor_store.log(case.world),
    "hooks": doctor_repo.hooks,
    "watcher": doctor_repo.watcher,
    "draft": doctor_draft.draft,
    "autostart": doctor_draft.autostart,
    "index bits": doctor_repo.hidden,
    "submodules": doctor_repo.submodules,
    "skipped": lambda case: doctor_store.skipped(case.world),
    "branch": lambda case: doctor_store.branch(case.world),
}

_NOT_RECORDING: _Checks = {"hooks": doctor_repo.left_hooks}


def doctor(
    world: World,
    *,
    hooks: Json,
    watcher: Json,
    home: str | None,
    quota: int,
    machine: Machine | None = None,
) -> tuple[Check, ...]:
    """Check everything around the recorder; the arguments are those of `Case`."""
    config = git_config.read(world.repo.git)
    case = Case(world, config, machine or look_around(), hooks, watcher, home, quota)
    found: list[Check] = []
    more = _RECORDING if is_recording(world.repo) else _NOT_RECORDING
    for name, check in {**_ALWAYS, **more}.items():
        try:
            found += check(case)
        except (TimewarpError, OSError) as exc:
            hint = exc.hint if isinstance(exc, TimewarpError) else None
            found.append(Check(name, passed=False, text=str(exc), hint=hint))
    return tuple(found)
