"""Repositories to measure on: generated ones of a given size, and a real project's history in steps."""

from __future__ import annotations

import difflib
import os
import random
from collections.abc import Iterator
from pathlib import Path

from tests.bench.place import Place

FILES_A_FOLDER = 50
STEP_LINES = 4
"""How many lines a state of a history in steps has more than the one before, at most."""

State = tuple[tuple[str, bytes | None], ...]
"""One step: paths and what they hold from now on, None where they are removed."""


def generated(place: Place, files: int) -> Path:
    """Make a repository of `files` files of 0.1 to 4 KB, committed; equal at every call."""
    repo = place.folder / f"generated-{files}"
    chance = random.Random(files)
    words = [bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(400)]
    for number in range(files):
        where = repo / name_of(number)
        if number % FILES_A_FOLDER == 0:
            where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(b"%d\n" % number + b"\n".join(chance.choices(words, k=12)) * 4)
    place.run("git", "init", "-q", str(repo))
    place.git(repo, "add", "-A")
    place.git(repo, "commit", "-q", "-m", "everything")
    place.git(repo, "repack", "-adq")
    return repo


def name_of(number: int) -> str:
    """Return the name of the n-th file of a generated repository."""
    folder = number // FILES_A_FOLDER
    return f"area{folder // 40:03d}/part{folder % 40:02d}/file{number % FILES_A_FOLDER:02d}.txt"


def edit(repo: Path, numbers: range, mark: int) -> None:
    """Change these files of a generated repository; another `mark` gives another content."""
    for number in numbers:
        with open(repo / name_of(number), "ab") as file:
            file.write(b"edit %d\n" % mark)


def tracked(place: Place, repo: Path) -> list[str]:
    """Return the names of all regular files git tracks in a repository."""
    out = place.run("git", "ls-files", "-s", "-z", cwd=repo).decode()
    return [line.partition("\t")[2] for line in out.split("\0") if line.startswith("100")]


def history(place: Place, repo: Path) -> Iterator[State]:
    """Yield the states of a project's commits: the first-parent history of HEAD."""
    for changes in _changes(place, repo):
        if changes:
            yield tuple((path, new) for path, _, new in changes)


def history_in_steps(place: Place, repo: Path) -> Iterator[State]:
    """Yield the history of a project as it may have been typed, a few lines at a time.

    As `history`, but every changed file on its own, every change in steps of
    a few lines, top to bottom: states of real text, much closer together than commits.
    """
    for changes in _changes(place, repo):
        for path, old, new in changes:
            if new is None:
                yield ((path, None),)
            else:
                yield from (((path, text),) for text in _typed(old or b"", new))


def _changes(place: Place, repo: Path) -> Iterator[list[tuple[str, bytes | None, bytes | None]]]:
    """Yield for each commit the changed paths, what they held and what they hold."""
    commits = place.git(repo, "rev-list", "--first-parent", "--reverse", "HEAD").split()
    before: dict[str, str] = {}
    for commit in commits:
        now = _files(place, repo, commit)
        yield [
            (
                path,
                _blob(place, repo, before[path]) if path in before else None,
                _blob(place, repo, now[path]) if path in now else None,
            )
            for path in sorted(before.keys() | now.keys())
            if before.get(path) != now.get(path)
        ]
        before = now


def _typed(old: bytes, new: bytes) -> Iterator[bytes]:
    """Yield what a file holds while it goes from `old` to `new`; `new` comes last."""
    a, b = old.splitlines(keepends=True), new.splitlines(keepends=True)
    done: list[bytes] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            done += a[i1:i2]
            continue
        for start in range(j1, max(j2, j1 + 1), STEP_LINES):
            done += b[start : min(start + STEP_LINES, j2)]
            state = b"".join(done + a[i2:])
            if state != new:
                yield state
    yield new


def _files(place: Place, repo: Path, commit: str) -> dict[str, str]:
    out = place.run("git", "ls-tree", "-r", "-z", commit, cwd=repo).decode()
    lines = (line.partition("\t") for line in out.split("\0") if line.startswith("100"))
    return {path: meta.split()[2] for meta, _, path in lines}


def _blob(place: Place, repo: Path, oid: str) -> bytes:
    return place.run("git", "cat-file", "blob", oid, cwd=repo)


def apply(repo: Path, state: State) -> None:
    """Bring the work tree one step on."""
    for path, content in state:
        where = repo / path
        if content is None:
            where.unlink()
            continue
        where.parent.mkdir(parents=True, exist_ok=True)
        temporary = where.with_name(where.name + ".new")
        temporary.write_bytes(content)
        os.replace(temporary, where)
