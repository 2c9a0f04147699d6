"""The prompt tells the age of the latest snapshot and starts no process for it."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.support.repo_builder import RepoBuilder
from tests.support.source import ROOT

SCRIPT = ROOT / "contrib/prompt/git-timewarp-prompt.sh"


def shown(folder: Path, *, before: str = ":") -> str:
    """Return the prompt's part in a folder, with nothing on the PATH."""
    script = f'. "{SCRIPT}"; {before}; PATH=/nowhere; __git_timewarp_ps1; printf "%s" "$GIT_TIMEWARP_PS1"'
    done = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=folder, capture_output=True, check=True
    )
    assert done.stderr == b""
    return done.stdout.decode()


def record(repo: RepoBuilder, seconds: int) -> None:
    """Leave behind what a snapshot of so many seconds ago leaves behind."""
    folder = repo.path / ".git" / "timewarp"
    folder.mkdir(exist_ok=True)
    (folder / "last").write_text(f"{int(time.time()) - seconds} E47 kmnopqrstuvw\n")


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    made = RepoBuilder(tmp_path / "repo")
    made.commit("one", {"sub/a": "x"})
    return made


def test_outside_a_repository_it_is_silent(tmp_path: Path) -> None:
    assert shown(tmp_path) == ""


def test_where_nothing_is_recorded_it_says_off(repo: RepoBuilder) -> None:
    assert shown(repo.path / "sub") == " tw:off"
    assert shown(repo.path, before="GIT_TIMEWARP_PS1_OFF=") == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(330, " tw:5m"), (3 * 3600 + 60, " tw:3h"), (2 * 86400 + 60, " tw:2d"), (-500, " tw:0s")],
)
def test_the_age_of_the_latest_snapshot(repo: RepoBuilder, seconds: int, text: str) -> None:
    record(repo, seconds)
    assert shown(repo.path / "sub") == text


def test_linked_work_trees_and_submodules_share_what_they_share(
    repo: RepoBuilder, tmp_path: Path
) -> None:
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    record(repo, 330)
    assert shown(tmp_path / "linked" / "sub") == " tw:5m"
    other = RepoBuilder(tmp_path / "other")
    other.commit("two", {"b": "x"})
    repo.git("submodule", "add", "-q", str(other.path), "inner")
    assert shown(repo.path / "inner") == " tw:off"


def test_a_file_that_makes_no_sense_is_ignored(repo: RepoBuilder) -> None:
    record(repo, 0)
    (repo.path / ".git" / "timewarp" / "last").write_text("a[$(touch pwned)] x\n")
    assert shown(repo.path) == ""
    assert not (repo.path / "pwned").exists()
