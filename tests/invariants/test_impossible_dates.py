"""A stored time that no calendar has, and times that cannot be written: never a bug of ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.store import layout
from git_timewarp.store.compose import NewSnapshot, compose
from git_timewarp.store.journal import PendingSnapshot
from git_timewarp.util import clock
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder

NONE = "9999-02-30T10:00:00.000Z"
WHOLE, DRAFT = SnapshotId("kkkkkkkkkkkk"), SnapshotId("llllllllllll")


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A recorded repository in which a snapshot and a draft were taken at no time."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    repo.write("a", "work\n")
    recorded(repo)
    store(repo, WHOLE, "snapshot", layout.SNAPSHOTS)
    store(repo, DRAFT, "draft", layout.DRAFTS)
    repo.write("a", "two\n")
    opened(repo).snapshot()
    return repo


def store(repo: RepoBuilder, name: SnapshotId, type_: str, kind: str) -> None:
    """Store the latest state once more, under another name and with that time."""
    with opened(repo).operation("snapshot") as op:
        latest = op.latest()
        assert latest is not None
        new = NewSnapshot(
            id=name,
            view=latest.view,
            ts=NONE,
            trigger="user",
            timeline="main",
            worktree=repo_name(repo),
            writer=op.recorder.writer,
        )
        entry, meta = compose(op.quarantine, new)
        head = Oid(repo.git("rev-parse", "HEAD"))
        event = op.event(type_, name, anchor=head, head=head, branch=None, snapshot=name)
        sealed = op.recorder.seal([event._replace(ts=NONE)])
        pending = PendingSnapshot(name, kind, entry, (meta,))
        op.recorder.append(sealed, snapshots=[pending], fold=True)
        op.recorded(sealed)


def repo_name(repo: RepoBuilder) -> str:
    return opened(repo).repo.worktree


@pytest.mark.parametrize(
    "line",
    [
        "export --output ../out.tar.zst",
        "export --dry-run --from E2 --to E4",
        "export --dry-run --from 2026-01-01",
        f"export --dry-run --from {WHOLE}",
        "log --all",
        f"show {WHOLE}",
        "show E3",
        f"jump {WHOLE}",
        "status",
        "storage",
        "doctor",
        "verify --full",
        "emergency-restore --list",
        f"stash store {WHOLE}",
    ],
)
def test_no_command_stumbles_over_it(repo: RepoBuilder, line: str) -> None:
    answer = typed(repo, *line.split())
    assert answer.code == 0, answer
    assert "this is a bug" not in answer.err


def test_no_rule_takes_away_what_has_no_age(repo: RepoBuilder) -> None:
    for rule in ("keepWithin", "keepDaily", "keepWeekly", "keepMonthly", "keepLast"):
        repo.git("config", f"timewarp.retention.{rule}", "1" if rule == "keepLast" else "0")
    answer = typed(repo, "compact", "--now", "--force", "--json")
    assert answer.code == 0, answer
    done = json.loads(answer.out)
    assert done["removed"] == 1
    assert {WHOLE, DRAFT}.isdisjoint(item["snapshot"] for item in done["decisions"])
    for name in (WHOLE, DRAFT):
        assert typed(repo, "cat", f"{name}:a").out == "work\n"
    gone = typed(repo, "show", "E1")
    assert gone.code == 3
    assert "was removed by compact" in gone.err
    assert gone.err.splitlines()[1].startswith("hint: git timewarp show ")


@pytest.mark.parametrize(
    "line",
    [
        "export --dry-run --to 9999-12-31T23:59:59-10:00",
        "log --since 0001-01-01T00:00:00+10:00",
        "jump --dry-run 9999-12-31T23:59:59-10:00",
        "emergency-restore --at @99999999999999 --to ../out",
    ],
)
def test_a_time_beyond_the_years_that_can_be_written(repo: RepoBuilder, line: str) -> None:
    answer = typed(repo, *line.split())
    assert answer.code == 0, answer


def test_a_commit_of_a_year_that_cannot_be_written(repo: RepoBuilder) -> None:
    who = "a <a@b> 999999999999 +0000"
    tree = repo.git("rev-parse", "HEAD^{tree}")
    text = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nfar\n"
    oid = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())
    repo.git("update-ref", "refs/heads/far", oid)
    assert "unknown time" in typed(repo, "show", oid).out
    assert typed(repo, "recover", "--from-git").code == 0


def test_times_that_can_be_written_come_back() -> None:
    for ns in (0, 1_700_000_000_123_000_000, -62_135_596_800 * 10**9, 253_402_300_799 * 10**9):
        assert clock.parse_iso(clock.iso(ns)) == ns
    assert clock.iso(10**30) == "9999-12-31T23:59:59.999Z"
    assert clock.iso(-(10**30)) == "0001-01-01T00:00:00.000Z"
    for text in (NONE, "soon", "", "0001-01-01T00:00"):
        assert clock.stored_ns(text) in {0, -62_135_596_800 * 10**9}
