"""What the watcher costs, and what commands save by asking it."""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from git_timewarp.store.paths import Paths
from git_timewarp.watch import state
from tests.bench import projects
from tests.bench.measure import Budget, Pair, Row, Side, alternate, at_most, row, timed, within
from tests.bench.place import Place

QUIET = 1
"""Seconds of the debounce while drafts are measured: the shortest there is."""

LARGE = 100_000
"""Files of the repository that the budgets speak of."""

CHANGED = 6
STEP = 0.001
TICK = 1.0 / os.sysconf("SC_CLK_TCK")
PATIENCE = 300.0


def rows(place: Place) -> Iterator[Row]:
    """Drafts at every size, idling, and the commands that ask."""
    for size in place.scale.watched:
        repo = projects.generated(place, size)
        twin = place.copy(repo, "twin")
        place.ours(repo, "init", "--no-hooks")
        place.ours(twin, "init", "--no-hooks")
        with watched(place, repo, debounceSeconds=QUIET, intervalSeconds=600):
            yield from _drafts(place, repo, twin, size=f"{size:,} files", files=size)
        with watched(place, repo, debounceSeconds=60, intervalSeconds=600):
            yield from _commands(place, repo, twin, size=f"{size:,} files", files=size)
        if size == min(place.scale.watched):
            with watched(place, repo, intervalSeconds=10):
                yield _idle(place, repo, size=f"{size:,} files")
        place.remove(repo, twin)


@contextlib.contextmanager
def watched(place: Place, repo: Path, **pace: int) -> Iterator[None]:
    """Have a watcher with this pace while what is inside happens."""
    said = [
        word for key, value in pace.items() for word in ("-c", f"timewarp.autosave.{key}={value}")
    ]
    place.ours(repo, *said, "watch", "start")
    try:
        yield
    finally:
        place.ours(repo, "watch", "stop")


def watcher(place: Place, repo: Path) -> int:
    """Return the watcher's process."""
    found = state.read(place.opened(repo)).pid
    if found is None:
        raise RuntimeError(f"nobody watches {repo}")
    return found


def spent(pid: int) -> float:
    """Return the processor seconds of a process and its children.

    Those of the living to the nanosecond, those of children that ended in ticks.
    """
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    alive = sum(_scheduled(Path(f"/proc/{number}")) for number in (pid, *children))
    return alive / 1e9 + sum(_fields(pid)[13:15]) * TICK


def _scheduled(process: Path) -> int:
    """Return the nanoseconds the threads of a process ran; 0 when it has just ended."""
    with contextlib.suppress(OSError):
        told = [task.read_text(encoding="ascii") for task in process.glob("task/*/schedstat")]
        return sum(int(text.split()[0]) for text in told)
    return 0


def ticks(pid: int) -> float:
    """Return the processor seconds of a process and its ended children as whole ticks."""
    return sum(_fields(pid)[11:15]) * TICK


def _fields(pid: int) -> list[int]:
    """Return what /proc/PID/stat tells after the state, numbers from the fourth field on."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return [0, *map(int, fields[1:])]


def resident(pid: int) -> int:
    """Return the bytes of memory a process has."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _drafts(place: Place, repo: Path, twin: Path, *, size: str, files: int) -> Iterator[Row]:
    """Edit one file a draft; in turns git tells the status of a twin that was edited alike."""
    pid, turns = watcher(place, repo), place.scale.count
    journal = Paths(place.opened(repo).state_dir).journal
    waits, theirs, costs, git_costs = [], [], [], []
    for turn in range(turns + 1):
        size_before = os.stat(journal).st_size
        projects.edit(repo, range(turn, turn + 1), turn)
        start = time.perf_counter()
        time.sleep(QUIET * 0.7)
        began = spent(pid)
        _await(partial(_is_longer, journal, size_before))
        waits.append(time.perf_counter() - start - QUIET)
        # What the draft does after it is durable belongs to it; a fold comes later.
        time.sleep(QUIET / 2)
        costs.append(spent(pid) - began)
        projects.edit(twin, range(turn, turn + 1), turn)
        git_began = _children()
        theirs.append(timed(Side(partial(place.git, twin, "status"))))
        git_costs.append(_children() - git_began)
    yield row(
        "a draft of one changed file, processor time",
        size=size,
        against="`git status`, processor time",
        pair=Pair(median(costs[1:]), median(git_costs[1:]), turns),
        budget=within(0.010, "≤ 10 ms") if files <= LARGE else None,
        why="the watcher and its children, from the end of the debounce until it rests again",
    )
    yield row(
        "a draft of one changed file, after the debounce",
        size=size,
        against="`git status`",
        pair=Pair(median(waits[1:]), median(theirs[1:]), turns),
    )
    yield Row(
        "memory of the watcher",
        size,
        "the bare interpreter",
        resident(pid),
        _bare_memory(place),
        1,
        Budget("≤ 60 MB", size=60 * 2**20) if files <= LARGE else None,
        unit="B",
    )


def _is_longer(path: str, size: int) -> bool:
    return os.stat(path).st_size != size


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _bare_memory(place: Place) -> int:
    words = "import os; print(open('/proc/self/statm').read().split()[1])"
    pages = place.run(sys.executable, "-I", "-c", words)
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _await(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > deadline:
            raise RuntimeError("no draft came")
        time.sleep(STEP)


def _commands(place: Place, repo: Path, twin: Path, *, size: str, files: int) -> Iterator[Row]:
    """Commands that ask the watcher, against git and against the same without a watcher."""
    change, change_twin = _editor(repo), _editor(twin)
    yield row(
        f"`snapshot` with a watcher, {CHANGED} files changed",
        size=size,
        against="`git status`",
        pair=alternate(
            Side(partial(place.ours, repo, "snapshot"), before=change),
            Side(partial(place.git, twin, "status"), before=change_twin),
            count=place.scale.count,
        ),
        budget=at_most(0.3) if files == LARGE else None,
        why="most of it is our start and one process of git's, equal at every size",
    )
    for words in (("snapshot",), ("diff", "--stat"), ("status",)):
        yield row(
            f"`{words[0]}` with a watcher, {CHANGED} files changed",
            size=size,
            against="without a watcher",
            pair=alternate(
                Side(partial(place.ours, repo, *words), before=change),
                Side(partial(place.ours, twin, *words), before=change_twin),
                count=place.scale.count,
            ),
        )


def _idle(place: Place, repo: Path, *, size: str) -> Row:
    """Let nothing happen; the looks that come by themselves after a draft are over before."""
    pid = watcher(place, repo)
    time.sleep(place.scale.idle / 4)
    began, used = time.monotonic(), ticks(pid)
    time.sleep(place.scale.idle)
    return Row(
        "the watcher while nothing happens, processor time",
        size,
        f"{place.scale.idle:.0f} s that pass",
        ticks(pid) - used,
        time.monotonic() - began,
        1,
        within(0.0, "0 ticks of 10 ms"),
    )


def _editor(repo: Path) -> Callable[[], None]:
    marks = itertools.count(1_000)
    return lambda: projects.edit(repo, range(CHANGED), next(marks))
