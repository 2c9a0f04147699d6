"""`emergency-restore` on real damage: what is left comes out, what is not is listed."""

from __future__ import annotations

import json
import shutil
from itertools import combinations
from pathlib import Path

import pytest

from tests.support import disasters
from tests.support.recorder import Answer, typed
from tests.support.repo_builder import RepoBuilder

LATEST = ("emergency-restore", "--latest", "--to", "../out")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return where repositories that were built once are, by object format."""
    del tmp_path_factory
    return {}


def repository(tmp_path: Path, form: str = "sha1") -> RepoBuilder:
    """Return a repository with a life behind it."""
    return disasters.lived_in(tmp_path / "repo", object_format=form)


def rescued(repo: RepoBuilder, *words: str, **env: str) -> tuple[Answer, Path]:
    """Run `emergency-restore --latest` into a new folder."""
    return typed(repo, *LATEST, *words, **env), repo.path.parent / "out"


@pytest.mark.parametrize("form", ["sha1", "sha256"])
@pytest.mark.parametrize("name", sorted(disasters.WHOLE))
def test_the_last_draft_comes_back_whole(tmp_path: Path, name: str, form: str) -> None:
    repo = repository(tmp_path, form)
    before = disasters.state(repo.path)
    disasters.WHOLE[name](repo)
    answer, out = rescued(repo)
    assert disasters.state(out) == before
    assert (answer.code, answer.out) == (0, ""), answer.err
    assert answer.err.endswith("it is whole\n"), answer.err
