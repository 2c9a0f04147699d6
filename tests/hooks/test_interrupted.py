"""Full disk or kill at any step of install and uninstall: all or nothing is there afterwards."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from git_timewarp.errors import TimewarpError
from git_timewarp.hooks.catalog import NAMES
from git_timewarp.hooks.install import install
from git_timewarp.hooks.uninstall import recover, uninstall
from git_timewarp.util import faults
from tests.support.hooks import CLOCK, Pair, git_files, noted, put_in, repo_at


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Return a repository and its twin."""
    return Pair(tmp_path, monkeypatch)


def steps_of(action: Callable[[], object], undo: Callable[[], object]) -> list[int]:
    """Return the steps of `action` worth stopping at: of those alike, the first and the last."""
    names: list[str] = []
    action()  # folders that stay are made the first time only
    undo()
    faults.install(names.append)
    action()
    faults.install(None)
    undo()
    alike: dict[str, list[int]] = {}
    for number, name in enumerate(names, 1):
        kind = re.sub("|".join(NAMES), "HOOK", name)
        alike.setdefault(kind, []).append(number)
    return sorted({number for found in alike.values() for number in (found[0], found[-1])})


def stopped_at(action: Callable[[], object], step: int) -> bool:
    """Let the given step of `action` fail as on a full disk; tell whether it failed."""
    left = step

    def stop(name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(28, "no space left on device", name)

    faults.install(stop)
    try:
        action()
    except (OSError, TimewarpError):
        return True
    finally:
        faults.install(None)
    return False


def killed_at(action: Callable[[], object], step: int) -> bool:
    """Kill a child at the given step of `action`; tell whether it came to that."""
    child = os.fork()
    if child == 0:
        left = step

        def kill(_name: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os._exit(9)

        faults.install(kill)
        action()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("mode", ["beside", "path"])
def test_stopped_at_every_step(pair: Pair, mode: str) -> None:
    """Whatever write fails, install leaves all as before, and uninstall can be repeated."""
    if mode == "path":
        pair.hooks(".husky", "post-commit")
        pair.ours.git("config", "core.hooksPath", ".husky")
    before = git_files(pair.ours.path)
    repo = repo_at(pair.ours.path)

    def put() -> object:
        return install(repo, clock=CLOCK)

    for step in steps_of(put, lambda: uninstall(repo)):
        assert stopped_at(put, step)
        assert git_files(pair.ours.path) == before, step
    put()
    for step in steps_of(lambda: uninstall(repo), put):
        if stopped_at(lambda: uninstall(repo), step):
            uninstall(repo)
        assert git_files(pair.ours.path) == before, step
        put()
    pair.ours.commit("x")
    assert noted(pair.ours) == ["post-commit"]


@pytest.mark.parametrize("mode", ["beside", "path"])
def test_killed_at_every_step(pair: Pair, mode: str) -> None:
    """Killed at any write, link, rename or git call, recovery leaves all or nothing."""
    if mode == "path":
        pair.hooks(".husky", "post-commit")
        pair.ours.git("config", "core.hooksPath", ".husky")
    before = git_files(pair.ours.path)
    repo = repo_at(pair.ours.path)

    def put() -> object:
        return install(repo, clock=CLOCK)

    for step in steps_of(put, lambda: uninstall(repo)):
        assert killed_at(put, step)
        if not recover(repo) and (pair.ours.path / ".git/timewarp-hooks/.record.json").exists():
            assert not put_in(pair.ours.path).changed
            uninstall(repo)
        assert git_files(pair.ours.path) == before, step
        assert not recover(repo)
    put()
    for step in steps_of(lambda: uninstall(repo), put):
        assert killed_at(lambda: uninstall(repo), step)
        if recover(repo):
            assert git_files(pair.ours.path) == before, step
        put()
    uninstall(repo)
    assert git_files(pair.ours.path) == before
