"""The promise of `init --watch`: a script that never calls us loses work, all of it comes back.

Each of the demonstration's eight losses in a repository of its own, all at once. What is
compared is every byte, mode and link, and not only what git says of them.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from git_timewarp.demo import losses
from git_timewarp.demo.losses import Scene
from git_timewarp.demo.sandbox import Sandbox
from git_timewarp.demo.work import Desk
from git_timewarp.git.run import Git, scrubbed
from git_timewarp.util.clock import SystemClock, iso
from tests.support.repo_builder import RepoBuilder, WorkTree
from tests.support.watching import Watched, until

COUNT = 8


@dataclass
class Play:
    """One loss in one repository."""

    user: Watched
    scene: Scene
    worked: str = ""
    target: str = ""
    before: WorkTree | None = None

    def work(self) -> None:
        """Do the work and remember all of it."""
        self.scene.work()
        self.before = self.user.repo.state()
        self.worked = iso(SystemClock().now_ns())

    def await_watcher(self) -> None:
        """Wait for the draft, and look it up as a user would who is about to need it."""
        until(lambda: (self.user.state().last_draft or "") >= self.worked, "a draft")
        self.target = str(self.user.drafts()[0]["event"])

    def lose(self) -> None:
        """Lose it, and prove that."""
        self.scene.lose()
        assert self.scene.is_lost()
        assert self.user.repo.state() != self.before

    def bring_back(self) -> None:
        """Type the command the demonstration prints, and compare."""
        line = self.scene.back.command(self.target)
        subprocess.run(
            shlex.split(line),
            cwd=self.user.repo.path,
            env=self.user.repo.env(),
            check=True,
            capture_output=True,
        )
        assert self.user.repo.state() == self.before
        assert self.scene.is_back()


@pytest.fixture
def plays(tmp_path: Path) -> Iterator[list[Play]]:
    with ExitStack() as stack:
        found = []
        for number in range(COUNT):
            user = Watched(_project(tmp_path / f"{number}" / "repo"))
            user.tw("init --watch")
            stack.callback(user.tw, "watch stop")
            found.append(Play(user, list(losses.scenes(_desk(user.repo)))[number]))
        yield found


def _project(path: Path) -> RepoBuilder:
    repo = RepoBuilder(path)
    files: dict[str, str | bytes] = {
        "README.md": "# a project\n",
        "src/main.py": "print('hello')\n",
        "src/data.bin": b"\0\1\2",
        ".gitignore": "*.log\n",
    }
    repo.write("run.sh", "#!/bin/sh\n", mode=0o755)
    repo.link("link", "src/main.py")
    repo.commit("first", files)
    repo.git("switch", "-q", "-c", "demo")
    return repo


def _desk(repo: RepoBuilder) -> Desk:
    git = Git(scrubbed(repo.env()), work_tree=str(repo.path), as_user=True)
    box = Sandbox(str(repo.path.parent), str(repo.path), repo.env(), git)
    return Desk(box, ("src/main.py", "README.md"), "not-committed")


def test_everything_that_was_there_before_the_loss_comes_back(plays: list[Play]) -> None:
    assert len({play.scene.name for play in plays}) == COUNT
    for play in plays:
        play.work()
    for play in plays:
        play.await_watcher()
    for play in plays:
        play.lose()
    for play in plays:
        play.bring_back()
