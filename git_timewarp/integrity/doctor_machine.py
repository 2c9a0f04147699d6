"""What `doctor` looks at around the repository: programs, disk, file system, names."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

from git_timewarp.git.versions import MINIMUM
from git_timewarp.integrity import mounts
from git_timewarp.integrity.doctor_case import Case
from git_timewarp.integrity.status import of_room
from git_timewarp.store.room import space
from git_timewarp.timeline.results import Check
from git_timewarp.util.text import shell

PYTHON = (3, 11)


def git(case: Case) -> Iterator[Check]:
    """Tell git's version."""
    text = case.world.repo.git.run("version").text
    numbers = re.search(r"(\d+)\.(\d+)", text)
    version = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    wanted = ".".join(str(part) for part in MINIMUM)
    yield Check(
        "git",
        passed=version >= MINIMUM,
        text=text.removeprefix("git version ")
        + ("" if version >= MINIMUM else f": {wanted} or newer is needed"),
        hint=None if version >= MINIMUM else "git --exec-path",
    )


def python(case: Case) -> Iterator[Check]:
    """Tell the interpreter's version."""
    del case
    new_enough = sys.version_info[:2] >= PYTHON
    yield Check(
        "python",
        passed=new_enough,
        text=f"{'.'.join(str(part) for part in sys.version_info[:3])} ({sys.executable})"
        + ("" if new_enough else ": 3.11 or newer is needed"),
        hint=None if new_enough else "python3 --version",
    )


def disk(case: Case) -> Iterator[Check]:
    """Tell how much room is left."""
    repo, room = case.world.repo, case.world.room
    found = space(repo, quota=case.quota, room=room)
    wrong = of_room(found, room)
    for problem in wrong:
        yield Check(problem.kind, passed=False, text=problem.where, hint=problem.hint)
    if not any(problem.kind == "disk" for problem in wrong):
        yield Check("disk", passed=True, text=f"{found.free / 1024**3:.1f} GB free")


def file_system(case: Case) -> Iterator[Check]:
    """Tell what the git directory and the work tree lie on."""
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
            text=f"{name}: {mount.type}"
            if unsuited is None
            else f"the {name} is on {unsuited}: a clone on a local disk can be recorded",
            hint=None if unsuited is None else f"df -T {shell(path)}",
        )


def names(case: Case) -> Iterator[Check]:
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
