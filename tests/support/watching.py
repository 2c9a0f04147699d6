"""Watched repositories: commands as a user types them, and waiting for what a watcher does."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from git_timewarp.watch import place, state
from git_timewarp.watch.source import Batch, Source, Stop
from git_timewarp.watch.state import State
from tests.support import recording
from tests.support.repo_builder import RepoBuilder

PATIENCE = 60.0
"""Seconds after which something is not slow but wrong."""


def until(happened: Callable[[], bool], what: str) -> None:
    """Wait until something happened; fail when it does not."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)


def noticed(source: Source, seconds: float, stop: Stop) -> Batch:
    """Wait for changes, `seconds` at most, and return them."""
    source.wait(seconds, stop)
    return source.take()


class Watched:
    """A repository, with or without a watcher.

    Attributes:
        repo: it.
    """

    def __init__(self, repo: RepoBuilder) -> None:
        self.repo = repo

    def tw(self, line: str, *, ok: bool = True, cwd: Path | None = None) -> str:
        """Run `git timewarp` with the words of a line and return its standard output."""
        done = subprocess.run(
            ["git", "timewarp", *line.split()],
            cwd=cwd or self.repo.path,
            env=self.repo.env(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert not ok or done.returncode == 0, done.stderr
        return done.stdout

    def state(self) -> State:
        """Return how the watcher is."""
        return state.read(recording.opened(self.repo))

    @property
    def place(self) -> place.Place:
        """Where the watcher's files are."""
        return place.of(recording.opened(self.repo))

    def pid(self) -> int:
        """Return the watcher's process."""
        found = self.state().pid
        assert found is not None
        return found

    def drafts(self) -> list[dict[str, object]]:
        """Return the drafts recorded so far, newest first."""
        told = [json.loads(line) for line in self.tw("log --all --json").splitlines()]
        return [entry for entry in told if entry["type"] == "draft"]

    def await_draft(self, after: str | None) -> None:
        """Wait for a draft that is newer than the one `state` told of before."""
        until(lambda: self.state().last_draft not in {None, after}, "a draft")

    @contextmanager
    def drafted(self) -> Iterator[None]:
        """Do what is inside and wait until the watcher has put it into a draft."""
        before = self.state().last_draft
        yield
        self.await_draft(before)

    def cat(self, name: str) -> str:
        """Return a file's content in the newest draft."""
        return self.tw(f"cat {self.drafts()[0]['event']} {name}")


@contextmanager
def watched(path: Path, *, watch: bool = True) -> Iterator[Watched]:
    """Give a repository with one commit that records, and end its watcher afterwards."""
    repo = RepoBuilder(path)
    repo.commit(
        "first", {"a.txt": "one\n", "src/b.txt": "two\n", ".gitignore": "ignored/\n*.log\n"}
    )
    found = Watched(repo)
    found.tw("init --watch" if watch else "init")
    try:
        yield found
    finally:
        if os.path.isdir(repo.path / ".git"):
            found.tw("watch stop")
