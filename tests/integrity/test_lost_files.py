"""Files of ours that are gone while what was recorded is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.loose import loosen
from tests.support.recorder import typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with three snapshots in git's store."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a.txt": "one\n"})
    typed(built, "init")
    for number in range(2):
        built.write("a.txt", f"{number}\n")
        typed(built, "snapshot")
    return built


def test_our_folder_removed_is_no_deinit(repo: RepoBuilder) -> None:
    shutil.rmtree(repo.path / ".git/timewarp")
    told = json.loads(typed(repo, "status", "--json").out)
    hints = [problem["hint"] for problem in told["problems"] if problem["kind"] == "lost-journal"]
    assert (told["recording"], hints) == (False, ["git timewarp recover --rebuild"])
    assert "hint: git timewarp init" not in typed(repo, "status").out
    done = typed(repo, "log")
    assert done.err.endswith("hint: git timewarp recover --rebuild\n")
    assert typed(repo, "recover", "--rebuild").code == 0
    assert json.loads(typed(repo, "status", "--json").out)["recording"]
    assert typed(repo, "cat", "E2:a.txt").out == "0\n"


def test_after_a_deinit_nothing_is_lost(repo: RepoBuilder) -> None:
    typed(repo, "deinit")
    told = json.loads(typed(repo, "status", "--json").out)
    assert [problem["kind"] for problem in told["problems"]] == []
    assert typed(repo, "log").err.endswith("hint: git timewarp init\n")


def test_a_segment_that_cannot_be_read_names_the_events(repo: RepoBuilder) -> None:
    """What was in it can only be told by what names it."""
    ref = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*").split()[-1]
    tree = repo.git("rev-parse", f"{ref}^{{tree}}")
    loosen(repo)
    (repo.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    told = json.loads(typed(repo, "verify", "--json").out)
    (lost,) = [item for item in told["problems"] if "a segment of snapshots" in item["where"]]
    assert [name.split(" ")[0] for name in lost["affects"]] == ["E1", "E2", "E3"]


def test_an_index_of_a_pack_that_was_removed_is_told_of(repo: RepoBuilder) -> None:
    packs = repo.path / ".git/objects/pack"
    for index in packs.glob("*.idx"):
        index.unlink()
    done = typed(repo, "snapshot")
    assert "was damaged and is mended" in done.err
    assert len(list(packs.glob("*.idx"))) == len(list(packs.glob("*.pack")))


def test_the_status_counts_the_events_that_are_there(repo: RepoBuilder, tmp_path: Path) -> None:
    other = RepoBuilder(tmp_path / "other")
    other.commit("other", {"b.txt": "one\n"})
    typed(other, "init")
    typed(other, "export", "--output", str(tmp_path / "other.tar.zst"))
    typed(repo, "import", "--replace", "--force", str(tmp_path / "other.tar.zst"))
    counted = json.loads(typed(repo, "status", "--json").out)["counts"]["events"]
    assert counted == json.loads(typed(repo, "verify", "--json").out)["events"]
