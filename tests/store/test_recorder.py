"""The recorder: durable first, folded later, nothing lost in between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.integrity.verify import verify
from git_timewarp.store import journal as journal_file
from git_timewarp.store.paths import Paths
from git_timewarp.store.recorder import Limits
from git_timewarp.timeline.world import World
from git_timewarp.util import faults
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n"})
    return built


def head(repo: RepoBuilder) -> Oid:
    return Oid(repo.git("rev-parse", "HEAD"))


class StoppedError(Exception):
    """The process ended at a fault point."""


def stop_at(name: str) -> None:
    """Stop at the first point of this name."""

    def hook(point: str) -> None:
        if point == name:
            raise StoppedError(name)

    faults.install(hook)


def test_a_failed_fold_calls_nothing_superseded(repo: RepoBuilder) -> None:
    """What a fold replaces is garbage only when the refs have moved."""
    given = recording.begin(repo)
    recording.record(given, [recording.note(head(repo))], fold=True)
    superseded = Path(Paths(given.repo.state_dir).superseded)
    before = superseded.read_bytes() if superseded.exists() else b""
    stop_at("append journal")
    try:
        with pytest.raises(StoppedError):
            recording.record(given, [recording.note(head(repo))], fold=True)
    finally:
        faults.install(None)
    assert (superseded.read_bytes() if superseded.exists() else b"") == before
    recording.record(given, [recording.note(head(repo))], fold=True)
    assert superseded.read_bytes() != before
    assert verify(given.repo, full=True).problems == ()


def planned_refs(given: World) -> dict[str, tuple[str, str]]:
    """Return name -> (old, new) of the fold the journal says began."""
    fold = journal_file.load(Paths(given.repo.state_dir).journal).fold
    assert fold is not None
    refs = fold["refs"]
    assert isinstance(refs, list)
    return {item["name"]: (item["old"], item["new"]) for item in refs}


def test_a_fold_given_up_half_way_breaks_no_ref(repo: RepoBuilder) -> None:
    """The pack stays as long as a ref that moved needs it, and no event is told twice."""
    given = recording.begin(repo)
    recording.record(given, [recording.note(head(repo), "one")], fold=True)
    stop_at("git update-ref")
    try:
        with pytest.raises(StoppedError):
            recording.take(given)
    finally:
        faults.install(None)
    planned = planned_refs(given)
    assert len(planned) == 2
    for name, (_, new) in planned.items():
        repo.git("update-ref", name, new)
    events = next(name for name in planned if "/events/" in name)
    snapshots = next(name for name in planned if "/snapshots/" in name)
    repo.git("update-ref", "-d", snapshots)
    repo.git("update-ref", snapshots, repo.git("rev-parse", "HEAD^{tree}"))
    with recording.recorder(given) as rec:
        assert rec.journal.fold is None
    assert repo.run("fsck", "--connectivity-only", ok=None).stderr == b""
    repo.git("update-ref", "-d", snapshots)
    with recording.recorder(given) as rec:
        rec.fold()
    note = repo.git("ls-tree", "-r", f"{events}^{{tree}}").split()[2]
    lines = repo.git("cat-file", "blob", note).splitlines()
    assert len(lines) == len(set(lines)) == 2
    assert verify(given.repo, full=True).problems == ()
