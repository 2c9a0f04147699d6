"""The recorder is not seen: 200 commands of a user give the same with it and without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util.text import to_str
from tests.support.recorder import is_step, opened, typed
from tests.support.repo_builder import RepoBuilder, work_tree
from tests.support.script_user import ScriptUser, World

STEPS = int(os.environ.get("TIMEWARP_TEST_TWIN_STEPS", "200"))
LOOKS: tuple[tuple[str, ...], ...] = (
    ("log", "--all", "--format=%H%d%n%N"),
    ("log", "--all", "--reflog", "--format=%H%d"),
    ("reflog", "show", "--all"),
    ("branch", "-avv"),
    ("tag", "-n"),
    ("stash", "list"),
    ("describe", "--all"),
    ("status", "--porcelain=v2", "--branch"),
    ("ls-files", "-s", "-v"),
    ("ls-files", "-u"),
    ("symbolic-ref", "-q", "HEAD"),
    ("notes", "list"),
    ("notes", "--ref=review", "list"),
    ("worktree", "list"),
    ("config", "--local", "--get-regexp", "^(?!gc.refs/timewarp)"),
    ("for-each-ref", "refs/heads", "refs/tags", "refs/notes", "refs/remotes", "refs/stash"),
)


@pytest.fixture
def worlds(tmp_path: Path) -> tuple[World, World]:
    """Two equal worlds; the recorder is in the second one."""
    pair = World(tmp_path / "sans"), World(tmp_path / "with")
    opened(pair[1].repo).init()
    return pair


def files_below(world: World, inside: str, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Return name -> text of every file below a folder, but objects and indexes."""
    folder = world.repo.path / inside
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        kept = path.is_file() and path.name != "index" and "objects" not in path.parts
        if kept and not name.startswith(without):
            found[name] = world.plain(to_str(path.read_bytes()))
    return found


def compare(sans: World, recorded: World, typed_so_far: list[str]) -> None:
    """Check that both worlds look the same through git."""
    story = "\n".join(typed_so_far[-12:])
    for args in LOOKS:
        answers = [world.answer(world.repo.run(*args, ok=None)) for world in (sans, recorded)]
        assert answers[1] == answers[0], (args, story)
    logs = [
        files_below(world, ".git/logs", without=("refs/timewarp",)) for world in (sans, recorded)
    ]
    assert logs[1] == logs[0], story
    hooks = [world.plain(to_str(world.log.read_bytes())) for world in (sans, recorded)]
    assert hooks[1] == hooks[0], story
    assert recorded.repo.state() == sans.repo.state(), story


def ours(repo: RepoBuilder, choice: int) -> None:
    """Use the recorder, without changing what the user sees."""
    index = repo.index_bytes()
    app = opened(repo)
    if choice == 0:
        app.snapshot()
    elif choice == 1:
        list(app.log(limit=20))
        app.status()
        app.diff()
    elif choice == 2:
        app.verify()
        app.show("@")
        app.snapshot(dry_run=True)
    elif choice == 3:
        app.snapshot(message="by hand")
        opened(repo).verify(full=True)
    assert repo.index_bytes() == index, choice


def there_and_back(repo: RepoBuilder) -> bool:
    """Jump somewhere and undo; return whether it was possible (not in the middle of a merge)."""
    before = repo.state(), repo.index_state(), repo.view()
    moved = True
    try:
        result = opened(repo).jump("@-2")
    except TimewarpError as exc:
        if exc.kind not in {Kind.REFUSED, Kind.NOT_FOUND}:
            raise
        moved = False
    if moved and is_step(repo, result):
        opened(repo).undo()
    assert (repo.state(), repo.index_state(), repo.view()) == before
    return moved


@pytest.mark.parametrize("seed", range(int(os.environ.get("TIMEWARP_TEST_TWIN_SEEDS", "1"))))
def test_two_hundred_commands_give_the_same_with_and_without_us(
    worlds: tuple[World, World], seed: int
) -> None:
    sans, recorded = worlds
    user = ScriptUser(worlds, seed=seed)
    done, jumps = 0, 0
    while len([line for line in user.typed if ": git " in line]) < STEPS:
        user.step()
        done += 1
        if done % 3 == 0:
            ours(recorded.repo, user.random.randrange(4))
        if done % 13 == 0:
            jumps += there_and_back(recorded.repo)
        if done % 8 == 0:
            compare(sans, recorded, user.typed)
    compare(sans, recorded, user.typed)
    assert jumps >= 3
    assert opened(recorded.repo).verify(full=True).problems == ()
    for world in worlds:
        world.answer(world.repo.run("reflog", "expire", "--expire=90.days", "--all"))
    purged_leaves_nothing(sans, recorded)


def purged_leaves_nothing(sans: World, recorded: World) -> None:
    """Check that after `deinit --purge` only the user's own things are left."""
    needed = reachable(sans.repo)
    answer = typed(recorded.repo, "deinit", "--purge", "--force")
    assert answer.code == 0, answer
    inside = [files_below(world, ".git") for world in (sans, recorded)]
    assert inside[1] == inside[0]
    assert recorded.repo.index_state() == sans.repo.index_state()
    assert work_tree(recorded.repo.path) == work_tree(sans.repo.path)
    assert reachable(recorded.repo) == needed
    assert folders(recorded) == folders(sans)
    left = [path.name for path in (recorded.repo.path / ".git/objects").rglob("*")]
    assert not [name for name in left if name.endswith(".keep") or name.startswith(("tmp", ".tmp"))]
    every = []
    for world in (sans, recorded):
        world.repo.git("gc", "-q", "--prune=now")
        assert world.repo.git("fsck", "--no-progress") == ""
        out = world.repo.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
        every.append(set(out.split()))
    assert every[1] == every[0]


def folders(world: World) -> list[str]:
    """Return every folder in the git directory, those of objects aside."""
    inside = world.repo.path / ".git"
    found = [path for path in inside.rglob("*") if path.is_dir() and "objects" not in path.parts]
    return sorted(str(path.relative_to(inside)) for path in found)


def reachable(repo: RepoBuilder) -> list[str]:
    """Return every object the user's repository needs."""
    words = ("--objects", "--no-object-names", "--all", "--reflog", "--indexed-objects")
    return sorted(repo.git("rev-list", *words).split())
