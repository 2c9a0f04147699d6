"""A capture that remembers says the same as one that starts from nothing.

Random but repeatable edits; after each, the view of a recorder that has seen all the
edits before is compared whole with a fresh view of a copy of the repository.
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.support.capturing import Recorder, added_tree
from tests.support.repo_builder import RepoBuilder

NAMES = ("a", "b", "d/a", "d/b", "d/e/a", "d/e/b", "f/a", "f/g/h/a", "\udcff", "d/\n")


def prepare(builder: RepoBuilder, name: str) -> None:
    """Make place for a file: nothing at it, no file above it."""
    parts = name.split("/")
    for end in range(1, len(parts) + 1):
        where = builder.location("/".join(parts[:end]))
        if os.path.islink(where) or (os.path.lexists(where) and not os.path.isdir(where)):
            os.unlink(where)
        elif end == len(parts) and os.path.isdir(where):
            shutil.rmtree(where)


def change(builder: RepoBuilder, chance: random.Random) -> None:
    name = chance.choice(NAMES)
    kind = chance.randrange(14)
    where = builder.location(name)
    if kind < 5:
        prepare(builder, name)
        builder.write(name, f"{chance.randrange(100)}\n", mode=chance.choice((0o644, 0o755, 0o600)))
    elif kind == 5:
        prepare(builder, name)
        builder.link(name, chance.choice(("a", "d", "nowhere")))
    elif kind == 6:
        prepare(builder, name)
        builder.mkdir(name)
    elif kind < 9:
        if os.path.lexists(where):
            builder.remove(name)
    elif kind == 9:
        if os.path.lexists(os.path.dirname(where)) and "/" in name:
            builder.remove(name.rpartition("/")[0])
    elif kind == 10:
        builder.git("add", "-A")
    elif kind == 11:
        builder.commit("some")
    elif kind == 12:
        builder.git("reset", "-q")
    else:
        builder.write(".gitignore", chance.choice(("", "b\n", "e/\n", "d/*\n")))


@pytest.mark.parametrize("seed", range(6))
def test_remembering_changes_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    builder = RepoBuilder(tmp_path / "r")
    builder.commit("start", dict.fromkeys(NAMES[:6], "start\n"))
    recorder = Recorder(builder)
    for step in range(25):
        for _ in range(chance.choice((0, 1, 1, 2, 4))):
            change(builder, chance)
        view = recorder.take()
        assert view.tree == added_tree(builder, tmp_path / "twin"), step
        shutil.rmtree(tmp_path / "twin")
        twin = builder.clone_twin(tmp_path / "twin")
        shutil.rmtree(tmp_path / "twin/.git/timewarp")
        assert view == Recorder(twin).take(fresh=True), step
