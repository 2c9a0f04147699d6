"""Started by git: from hooks and aliases it records here, with --git-dir it changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded
from tests.support.repo_builder import RepoBuilder

HOOK = "#!/bin/sh\ncd sub && git timewarp snapshot -m hooked >&2\n"


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Two recorded repositories, `repo` and `other`, each with two commits and work."""
    for name in ("other", "repo"):
        repo = RepoBuilder(tmp_path / name)
        repo.commit("first", {"f": "one\n", "sub/g": "g\n"})
        repo.commit("second", {"f": "two\n"})
        recorded(repo)
        repo.write("f", "work\n")
    return repo


def test_with_git_dir_of_another_repository_nothing_is_done(
    repo: RepoBuilder, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    where = (f"--git-dir={other}/.git", f"--work-tree={other}")
    for words in (("jump", "HEAD~1"), ("undo",), ("snapshot",), ("log",), ("status",)):
        done = repo.run(*where, "timewarp", *words, ok=(1,))
        assert done.stdout == b""
        assert done.stderr.decode() == (
            f"error: GIT_DIR names another repository than that of this folder: '{other}/.git'\n"
            f"hint: env -u GIT_DIR -u GIT_WORK_TREE git -C {other} timewarp status\n"
        )
    assert repo.read("f") == (other / "f").read_bytes() == b"work\n"
    assert len(list(opened(repo).log())) == len(list(opened(other).log())) == 1


def test_with_git_dir_of_this_repository_it_goes_on(repo: RepoBuilder) -> None:
    repo.run("--git-dir=.git", "--work-tree=.", "timewarp", "jump", "HEAD~1")
    assert repo.read("f") == b"one\n"


def summaries(repo: RepoBuilder) -> list[str]:
    """Return what the log of a work tree's repository says of hooks."""
    return [entry.worktree for entry in opened(repo).log() if entry.summary == "hooked"]


def test_a_hook_records_the_work_tree_it_runs_in(repo: RepoBuilder, tmp_path: Path) -> None:
    hook = repo.git_dir() / "hooks/post-commit"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    repo.git("commit", "-qam", "third")
    assert summaries(repo) == ["main-worktree"]
    repo.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    linked = RepoBuilder(tmp_path / "linked", init=False)
    linked.write("f", "linked\n")
    linked.git("commit", "-qm", "fourth", "f")
    assert summaries(repo) == ["worktrees/linked", "main-worktree"]


def test_an_alias_and_a_rebase_run_it_here(repo: RepoBuilder) -> None:
    repo.git("config", "alias.keep", "!git timewarp snapshot -m hooked")
    repo.git("keep")
    repo.git("commit", "-qam", "third")
    repo.git("rebase", "-q", "--exec", "git timewarp snapshot -m hooked", "HEAD~1")
    assert summaries(repo) == ["main-worktree"] * 2
