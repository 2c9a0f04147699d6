"""Files under external filters, whose bytes git does not hold: none of ours may lose them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded, typed, whole
from tests.support.repo_builder import RepoBuilder

COMPUTED = b"code\nmore\nOUT two days of computing\n"


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Two commits of a notebook whose filter drops what was computed."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.git("config", "filter.strip.clean", "grep -v ^OUT || true")
    repo.git("config", "filter.strip.smudge", "cat")
    repo.write(".gitattributes", "*.nb filter=strip\n")
    repo.commit("first", {"a.nb": b"code\nOUT 1\n", "b": "b\n"})
    repo.commit("second", {"a.nb": COMPUTED, "late.nb": COMPUTED})
    return recorded(repo)


def test_what_a_filter_drops_comes_back_after_a_jump(repo: RepoBuilder) -> None:
    assert repo.git("status", "--porcelain") == ""
    result = opened(repo).jump("HEAD~1")
    assert (result.restored, result.removed) == (("a.nb",), ("late.nb",))
    assert repo.read("a.nb") == b"code\n"
    opened(repo).undo()
    assert (repo.read("a.nb"), repo.read("late.nb")) == (COMPUTED, COMPUTED)
    assert repo.git("status", "--porcelain") == ""
    whole(repo)


def test_what_a_filter_drops_comes_back_after_a_restore(repo: RepoBuilder) -> None:
    opened(repo).restore(["a.nb"], source="HEAD~1")
    assert repo.read("a.nb") == b"code\n"
    opened(repo).undo()
    assert repo.read("a.nb") == COMPUTED


def test_rules_that_change_lose_nothing(repo: RepoBuilder) -> None:
    """Files that are written again only because their attributes change."""
    repo.write(".gitattributes", "*.nb filter=strip eol=crlf\n")
    taken = str(opened(repo).snapshot().snapshot)
    repo.write(".gitattributes", "*.nb filter=strip\n")
    opened(repo).jump(taken)
    opened(repo).undo()
    assert (repo.read("a.nb"), repo.read("late.nb")) == (COMPUTED, COMPUTED)


@pytest.fixture
def large(tmp_path: Path) -> RepoBuilder:
    """Two commits of a file that git-lfs holds."""
    repo = RepoBuilder(tmp_path / "large")
    repo.git("lfs", "install", "--local")
    repo.git("lfs", "track", "*.bin")
    repo.commit("first", {"a.bin": b"\x001" * 5000})
    repo.commit("second", {"a.bin": b"\x002" * 5000})
    time.sleep(1.1)  # a file of this very second is read again, whatever git says of it
    repo.git("update-index", "--really-refresh")
    return recorded(repo)


def test_a_jump_to_a_revision_of_a_file_in_lfs_arrives(large: RepoBuilder) -> None:
    answer = typed(large, "jump", "HEAD~1")
    assert answer.code == 0, answer
    assert large.read("a.bin") == b"\x001" * 5000
    assert typed(large, "undo").code == 0
    assert large.read("a.bin") == b"\x002" * 5000
    assert large.git("status", "--porcelain") == ""
    blobs = large.git("cat-file", "--batch-all-objects", "--batch-check")
    assert not any(line.endswith("blob 10000") for line in blobs.splitlines()), "lfs has it already"
