"""Where the system does not learn of every change, the watcher looks for itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.config.settings import Settings
from git_timewarp.integrity import mounts
from git_timewarp.integrity.mounts import Mount
from git_timewarp.watch import roots, rules
from tests.support.recorder import opened, recorded
from tests.support.repo_builder import RepoBuilder


@pytest.mark.parametrize(
    ("kind", "shared"),
    [
        ("ext4", False),
        ("overlay", False),
        ("tmpfs", False),
        ("ntfs3", False),
        ("fuse.bindfs", False),
        ("nfs4", True),
        ("9p", True),
        ("virtiofs", True),
        ("fuse.sshfs", True),
    ],
)
def test_who_else_changes_files(tmp_path: Path, kind: str, shared: bool) -> None:  # noqa: FBT001
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    found = opened(recorded(repo)).repo
    here = [Mount("/", "ext4"), Mount(str(tmp_path), kind)]
    said = f"the work tree is on {kind}, where others change files unseen"
    assert roots.unseen(found, here) == (said if shared else None)
    assert roots.unseen(found, None) is None


def test_the_git_directory_counts_too(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    repo.git("worktree", "add", "-q", "../linked")
    found = opened(tmp_path / "linked").repo
    here = [Mount("/", "ext4"), Mount(str(tmp_path / "repo"), "cifs")]
    said = "the git directory is on cifs, where others change files unseen"
    assert roots.unseen(found, here) == said


def test_a_watcher_there_looks_by_turns(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    found = opened(recorded(repo)).repo
    assert rules.manner(Settings({}), found, mounts.here()).polling is None
    said = "the work tree is on nfs, where others change files unseen"
    assert rules.manner(Settings({}), found, [Mount("/", "nfs")]).polling == said
