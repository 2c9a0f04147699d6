"""Captures of a builder's work tree, each checked to have left the user's things alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from git_timewarp.capture.work_tree import Capture, CaptureLimits
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import Reader
from git_timewarp.git.repo import discover
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import View, unescape
from git_timewarp.util.clock import SystemClock
from tests.support.repo_builder import RepoBuilder, WorkTree

Files = dict[str, tuple[int, bytes]]
"""Path -> (mode as git has it, contents); a submodule's contents are its commit id."""


class Recorder:
    """Captures one work tree, as the product does while it holds the lock."""

    def __init__(self, builder: RepoBuilder, *, start: Path | None = None) -> None:
        self.builder = builder
        self.repo = discover(str(start or builder.path), os.environ)
        self.quarantine = Quarantine(self.repo)

    def take(
        self,
        *,
        whole: tuple[str, ...] = (),
        fresh: bool = False,
        max_untracked: int = 10 * 1024 * 1024,
    ) -> View:
        """Capture; fail when a byte of the user's index, files or store changed meanwhile."""
        before = self._users()
        capture = Capture(
            self.repo,
            self.quarantine,
            limits=CaptureLimits(max_untracked=max_untracked),
            clock=SystemClock(),
        )
        try:
            view = capture.take(whole=tuple(map(RepoPath, whole)), fresh=fresh)
            self.quarantine.sync()
        finally:
            self.quarantine.close()
        assert self._users() == before
        return view

    def files(self, tree: Oid | None) -> Files:
        """Return all files of a tree in the quarantine or in git."""
        found: Files = {}
        if tree is not None:
            with Reader(self.repo.git.using(alternates=(self.quarantine.path,))) as reader:
                _collect(reader, tree, "", found)
        return found

    def raw(self, view: View) -> Files:
        """Return the `raw` part with its names as they are on disk."""
        found = self.files(view.raw)
        return {"/".join(map(unescape, path.split("/"))): file for path, file in found.items()}

    def blob(self, oid: Oid | None) -> bytes:
        """Return the contents of a blob, nothing for None."""
        if oid is None:
            return b""
        with Reader(self.repo.git.using(alternates=(self.quarantine.path,))) as reader:
            return reader.read(oid, kind="blob")

    def _users(self) -> tuple[bytes | None, WorkTree, list[str]]:
        objects = Path(self.repo.objects_dir)
        loose = sorted(
            str(path.relative_to(objects)) for path in objects.rglob("*") if path.is_file()
        )
        index = Path(self.repo.git_dir) / "index"
        return index.read_bytes() if index.exists() else None, self.builder.state(), loose


def added_tree(builder: RepoBuilder, where: Path) -> str:
    """Return the tree `git add -A` makes of this state, in a copy of the repository."""
    shutil.rmtree(where, ignore_errors=True)
    twin = builder.clone_twin(where)
    twin.git("add", "-A")
    return twin.git("write-tree")


def reasons(view: View) -> dict[str, str]:
    """Return path -> reason of what was not captured."""
    return {item.path: item.reason for item in view.skipped}


def _collect(reader: Reader, tree: Oid, folder: str, found: Files) -> None:
    for entry in reader.tree(tree):
        path = f"{folder}{entry.name}"
        if entry.is_tree:
            _collect(reader, entry.oid, path + "/", found)
        elif entry.mode == 0o160000:
            found[path] = entry.mode, entry.oid.encode()
        else:
            found[path] = entry.mode, reader.read(entry.oid, kind="blob")
