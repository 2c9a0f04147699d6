"""Compacting a clone that was moved: it has a new id, and its old snapshots are still its own."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder

RULES = ("keepWithin", "keepDaily", "keepWeekly", "keepMonthly")


def begun(path: Path) -> RepoBuilder:
    """Return a repository with three snapshots of which the rules keep the last."""
    repo = RepoBuilder(path)
    repo.commit("first", {"a": "one\n"})
    recorded(repo)
    repo.git("config", "timewarp.retention.keepLast", "1")
    for rule in RULES:
        repo.git("config", f"timewarp.retention.{rule}", "0")
    for number in range(3):
        repo.write("a", f"{number}\n")
        assert typed(repo, "snapshot").code == 0
    return repo


def removed(repo: RepoBuilder, *words: str) -> set[str]:
    """Compact; return the snapshots that went, or would."""
    answer = json.loads(typed(repo, "compact", "--json", *words).out)
    return {str(item["snapshot"]) for item in answer["decisions"] if not item["keep"]}


def snapshots(repo: RepoBuilder) -> list[str]:
    """Return the snapshots of the log, newest first."""
    entries = opened(repo).log(all_writers=True)
    return list(dict.fromkeys(str(entry.snapshot) for entry in entries if entry.snapshot))


def test_a_moved_clone_gets_smaller(tmp_path: Path) -> None:
    before = snapshots(begun(tmp_path / "repo"))
    (tmp_path / "repo").rename(tmp_path / "moved")
    repo = RepoBuilder(tmp_path / "moved", init=False)
    repo.write("a", "after the move\n")
    assert "the path changed" in typed(repo, "snapshot").err
    newest = snapshots(repo)[0]
    # The newest of a time line stays, and what was there before it can go.
    assert removed(repo, "--dry-run") == set(before) - {newest}
    assert removed(repo, "--force", "--now") == set(before) - {newest}
    assert typed(repo, "jump", newest).code == 0
    assert typed(repo, "jump", before[0]).code != 0
    assert opened(repo).verify(full=True).problems == ()


def test_what_the_original_records_under_the_id_stays(tmp_path: Path) -> None:
    original = begun(tmp_path / "repo")
    twin = original.clone_twin(tmp_path / "twin")
    twin.write("a", "the copy\n")
    assert typed(twin, "snapshot").code == 0
    original.write("a", "the original goes on\n")
    assert typed(original, "snapshot").code == 0
    theirs = snapshots(original)[0]
    twin.git("fetch", "-q", str(original.path), "+refs/timewarp/*:refs/timewarp/*")
    gone = removed(twin, "--force", "--now")
    assert gone
    assert theirs not in gone
    assert typed(twin, "cat", theirs, "a").out == "the original goes on\n"
    assert opened(twin).verify(full=True).problems == ()
