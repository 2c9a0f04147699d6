"""What git's own variables in the environment may say, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.git.redirection import OtherRepositoryError
from git_timewarp.git.repo import discover
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"sub/a": "a\n"})
    repo.git("worktree", "add", "-q", "../linked")
    RepoBuilder(tmp_path / "other").commit("other")
    return repo


def found(repo: RepoBuilder, place: str, **variables: str) -> str:
    """Return the work tree that is found from `place`; `{}` in a variable is its parent."""
    top = str(repo.path.parent)
    given = {name: value.format(top) for name, value in variables.items()}
    return discover(f"{top}/{place}", repo.env() | given).work_tree.removeprefix(f"{top}/")


@pytest.mark.parametrize(
    ("place", "variables"),
    [
        ("repo", {"GIT_DIR": ".git"}),
        ("repo/sub", {"GIT_DIR": "../.git"}),
        ("repo", {"GIT_DIR": "{}/repo/.git", "GIT_WORK_TREE": "{}/repo"}),
        ("repo", {"GIT_DIR": "{}/repo/.git/", "GIT_WORK_TREE": "."}),
        ("repo", {"GIT_INDEX_FILE": "{}/other/.git/index", "GIT_PREFIX": "sub/"}),
        ("repo/sub", {"GIT_DIR": ".git", "GIT_WORK_TREE": "."}),
        ("linked", {"GIT_DIR": "{}/repo/.git/worktrees/linked"}),
        ("linked", {"GIT_DIR": "{}/repo/.git"}),
        ("linked", {"GIT_DIR": "{}/linked/.git"}),
        ("repo", {"GIT_DIR": "", "GIT_WORK_TREE": ""}),
    ],
)
def test_what_a_hook_has_is_this_repository(
    repo: RepoBuilder, place: str, variables: dict[str, str]
) -> None:
    assert found(repo, place, **variables) == place.removesuffix("/sub")


@pytest.mark.parametrize(
    ("place", "variables", "named"),
    [
        ("repo", {"GIT_DIR": "{}/other/.git", "GIT_WORK_TREE": "{}/other"}, "other"),
        ("repo", {"GIT_DIR": "{}/other/.git"}, "other"),
        ("repo", {"GIT_DIR": "../other/.git"}, "other"),
        ("repo", {"GIT_DIR": "{}/nowhere"}, "nowhere"),
        ("repo", {"GIT_DIR": ".git", "GIT_WORK_TREE": "{}/other"}, "other"),
        ("repo", {"GIT_WORK_TREE": "../linked"}, "linked"),
        ("repo", {"GIT_DIR": "{}/repo/.git/worktrees/linked"}, "repo/.git/worktrees/linked"),
        (".", {"GIT_DIR": "{}/repo/.git", "GIT_WORK_TREE": "{}/repo"}, "repo"),
        (".", {"GIT_DIR": "repo/.git"}, "repo"),
    ],
)
def test_another_repository_is_refused(
    repo: RepoBuilder, place: str, variables: dict[str, str], named: str
) -> None:
    with pytest.raises(OtherRepositoryError) as caught:
        found(repo, place, **variables)
    assert f"git -C {repo.path.parent / named} timewarp" in str(caught.value.hint)
