"""Taking a snapshot and going back, whole processes, against what git needs for the like."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import projects
from tests.bench.measure import Row, Side, alternate, at_most, row
from tests.bench.place import Place

CHANGED = 6


def rows(place: Place) -> Iterator[Row]:
    """Snapshot and jump at every size, and a snapshot on a real project."""
    for size in place.scale.files:
        repo = projects.generated(place, size)
        twin = place.copy(repo, "twin")
        place.ours(repo, "init", "--no-hooks")
        yield from _snapshot(place, repo, twin, size=f"{size:,} files")
        place.git(twin, "checkout", "-q", "--", ".")
        place.ours(twin, "init", "--no-hooks")
        yield _jump(place, repo, twin, size=f"{size:,} files")
        place.remove(repo, twin)
    repo = place.clone("real")
    twin = place.copy(repo, "twin")
    place.ours(repo, "init", "--no-hooks")
    yield from _snapshot(place, repo, twin, size="a real project")
    place.remove(repo, twin)


def _editor(place: Place, repo: Path) -> Callable[[], None]:
    """Return what changes six files, another way each time."""
    marks = itertools.count(1)
    names = projects.tracked(place, repo)
    chosen = names[:: max(1, len(names) // CHANGED)][:CHANGED]

    def change() -> None:
        mark = next(marks)
        for name in chosen:
            with open(repo / name, "ab") as file:
                file.write(b"edit %d\n" % mark)

    return change


def _snapshot(place: Place, repo: Path, twin: Path, *, size: str) -> Iterator[Row]:
    def git_stash() -> None:
        place.git(twin, "status", "-uall", "--porcelain")
        place.git(twin, "stash", "create")

    change, change_twin = _editor(place, repo), _editor(place, twin)
    ours = Side(lambda: place.ours(repo, "snapshot"), before=change)
    theirs = Side(git_stash, before=change_twin)
    against = "`git status -uall` and `git stash create`"
    yield row(
        f"`snapshot`, {CHANGED} files changed",
        size=size,
        against=against,
        pair=alternate(ours, theirs, count=place.scale.count),
        budget=at_most(1.0),
        why="starting the interpreter and about 20 calls of git cost the same at every size; "
        "git's own two commands take no longer than that on a small repository",
    )

    def change_and_add() -> None:
        change()
        place.git(repo, "add", "-u")

    def change_and_add_twin() -> None:
        change_twin()
        place.git(twin, "add", "-u")

    ours = Side(lambda: place.ours(repo, "snapshot"), before=change_and_add)
    theirs = Side(git_stash, before=change_and_add_twin)
    yield row(
        f"the same after `git add` of the {CHANGED}",
        size=size,
        against=against,
        pair=alternate(ours, theirs, count=place.scale.count),
    )


def _jump(place: Place, repo: Path, twin: Path, *, size: str) -> Row:
    touched = range(place.scale.jump)
    moments: list[str] = []
    for mark in (1, 2):
        projects.edit(repo, touched, mark)
        place.ours(repo, "snapshot", "-m", f"moment {mark}")
        moments.append(str(json.loads(place.ours(repo, "log", "-1", "--json"))["event"]))
    commits = [place.git(twin, "rev-parse", "HEAD")]
    projects.edit(twin, touched, 1)
    place.git(twin, "commit", "-q", "-a", "-m", "moment")
    commits.append(place.git(twin, "rev-parse", "HEAD"))
    there, here = itertools.cycle(moments), itertools.cycle(commits)

    def git_and_snapshot() -> None:
        place.git(twin, "checkout", "-q", next(here))
        place.ours(twin, "snapshot")

    return row(
        f"`jump` over {place.scale.jump} changed files",
        size=size,
        against="`git checkout` of the same change and one `snapshot`",
        pair=alternate(
            Side(lambda: place.ours(repo, "jump", next(there))),
            Side(git_and_snapshot),
            count=place.scale.count + 1,
        ),
        budget=at_most(1.5),
        why="a jump captures twice (before it writes and after, to compare) and syncs what it "
        "writes; git syncs nothing",
    )
