"""Replace refs and grafts are the user's: what is kept under an id is the bytes of that id."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.timeline import selector
from tests.support import recording
from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a recorded repository with a branch of two commits."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n"})
    built.git("checkout", "-q", "-b", "side")
    built.commit("second", {"t": "2\n"})
    built.commit("third", {"t": "3\n"})
    built.git("checkout", "-q", "-")
    return recorded(built)


def test_a_lost_commit_that_was_replaced_comes_back_with_its_own_bytes(repo: RepoBuilder) -> None:
    lost = repo.git("rev-list", "side").splitlines()
    repo.git("replace", "--graft", lost[0])
    before = opened(repo).snapshot(message="before").snapshot
    repo.git("branch", "-q", "-D", "side")
    repo.write("a", "2\n")
    opened(repo).snapshot()
    repo.git("replace", "-d", lost[0])
    opened(repo).snapshot()
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    assert repo.run("cat-file", "-e", lost[0], ok=None).returncode
    opened(repo).jump(before, with_refs=True)
    assert repo.git("--no-replace-objects", "rev-list", "side").splitlines() == lost
    repo.git("fsck", "--full", "--no-dangling")


def test_a_revision_is_what_the_user_sees_under_that_name(repo: RepoBuilder) -> None:
    first, side = repo.git("rev-parse", "HEAD"), repo.git("rev-parse", "side")
    repo.git("replace", side, first)
    with recording.history(recording.world(repo)) as found:
        target = selector.resolve(found, "side")
    assert target.files == repo.git("rev-parse", "side^{tree}")
    assert opened(repo).jump("side").restored == ()
    whole(repo)
