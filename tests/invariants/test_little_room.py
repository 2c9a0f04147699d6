"""Less is free than `timewarp.disk.stop`: events go on, snapshots do not, and nothing is half done."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.support.recorder import typed, whole
from tests.support.repo_builder import RepoBuilder

STOP = ("timewarp.disk.stop", "900000g")
FULL = "are free on the disk, and 900000.0 GB have to be"


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository on a disk that counts as full, in which nothing records."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "one\n"})
    built.git("config", *STOP)
    return built


def test_init_begins_with_hooks_and_watcher_and_without_a_snapshot(repo: RepoBuilder) -> None:
    answer = typed(repo, "init", "--watch")
    try:
        assert answer.code == 0, answer
        assert answer.out.startswith("recording is on; no snapshot holds what is here now\n")
        assert "\nto take a snapshot:        git timewarp snapshot\n" in answer.out
        assert answer.err.startswith("warning: no snapshot is taken: only ")
        assert answer.err.endswith(f"{FULL}; next: git timewarp storage\n")
        told = json.loads(typed(repo, "status", "--json").out)
        assert (told["recording"], told["watcher"]["running"]) == (True, True)
        assert told["hooks"]["state"] == "installed"
    finally:
        typed(repo, "watch", "stop")
    again = json.loads(typed(repo, "init", "--json").out)
    assert (again["created"], again["snapshot"], again["event"]) == (False, None, None)
    repo.commit("second", {"a": "two\n"})
    events = [json.loads(line) for line in typed(repo, "log", "--json").out.splitlines()]
    assert [event["type"] for event in events] == ["commit", "init"]
    repo.git("config", "--unset", STOP[0])
    assert typed(repo, "snapshot").code == 0
    whole(repo)


def test_init_begins_where_the_first_snapshot_would_be_too_large(repo: RepoBuilder) -> None:
    repo.git("config", "--unset", STOP[0])
    repo.git("config", "timewarp.snapshot.maxBytes", "1m")
    repo.write("large", random.Random(1).randbytes(2_000_000))
    answer = typed(repo, "init")
    assert answer.code == 0, answer
    assert answer.err == (
        "warning: this snapshot would add 1.9 MB, 'timewarp.snapshot.maxBytes' allows 1.0 MB; "
        "next: git timewarp -c snapshot.maxBytes=2m snapshot\n"
    )
    assert json.loads(typed(repo, "status", "--json").out)["hooks"]["state"] == "installed"
    assert typed(repo, "-c", "snapshot.maxBytes=2m", "snapshot").code == 0
    whole(repo)


@pytest.mark.parametrize("records", [True, False])
def test_nothing_is_taken_in_from_an_archive_or_from_git(
    tmp_path: Path,
    repo: RepoBuilder,
    records: bool,  # noqa: FBT001
) -> None:
    other = RepoBuilder(tmp_path / "other")
    other.commit("first", {"a": "one\n"})
    assert typed(other, "init").code == 0
    assert typed(other, "export", "--output", "../x.tar.zst").code == 0
    if records:
        assert typed(repo, "init").code == 0
    before = (repo.git("for-each-ref"), typed(repo, "log", "--all", "--json").out)
    next_step = "git timewarp storage" if records else f"df -h {repo.git_dir()}"
    for words, what in (
        (("import", "../x.tar.zst"), "nothing is imported"),
        (("import", "--replace", "--force", "../x.tar.zst"), "nothing is imported"),
        (("recover", "--from-git"), "nothing is derived from git"),
    ):
        answer = typed(repo, *words)
        assert (answer.code, answer.out) == (1, "")
        assert answer.err.startswith(f"error: {what}: only ")
        assert answer.err.endswith(f"{FULL}\nhint: {next_step}\n")
    assert (repo.git("for-each-ref"), typed(repo, "log", "--all", "--json").out) == before
    assert (repo.git_dir() / "timewarp").exists() is records


def test_storage_says_in_words_that_little_is_free(repo: RepoBuilder) -> None:
    typed(repo, "init")
    told = typed(repo, "storage").out
    assert "free on the disk, too little: no snapshots are taken\n" in told
    repo.git("config", "timewarp.disk.stop", "0")
    repo.git("config", "timewarp.disk.warn", "0")
    repo.git("config", "timewarp.disk.notice", "900000g")
    assert "free on the disk, which is not much\n" in typed(repo, "storage").out
