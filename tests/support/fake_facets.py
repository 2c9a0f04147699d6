"""What a fake app answers for what stands beside its daily verbs, and the values it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from git_timewarp.git.names import Oid, RepoPath, SnapshotId
from git_timewarp.safety.log import Record
from git_timewarp.timeline.results_look import Changes, LogEntry, Milestone
from git_timewarp.timeline.results_path import PathVersion
from git_timewarp.timeline.results_stash import GitStashEntry, StashLists
from git_timewarp.util.clock import iso

if TYPE_CHECKING:
    from tests.support.fake_app import FakeApp

NOW = 1_700_000_000
TREE = Oid("4b825dc642cb6eb9a060e54bf8d69288fbee4904")


def ago(seconds: int) -> str:
    """Return the time so many seconds before the tests' now."""
    return iso((NOW - seconds) * 1_000_000_000)


def entry(
    number: int,
    *,
    seconds: int = 60,
    type_: str = "snapshot",
    summary: str = "",
    actor: str = "person:ada@example.com",
    changes: Changes | None = None,
    milestone: Milestone | None = None,
    current: bool = False,
    kept: bool = True,
    worktree: str = "main-worktree",
) -> LogEntry:
    """Return one entry of a log."""
    return LogEntry(
        event=f"E{number}",
        id=f"00000000-0000-7000-8000-{number:012}",
        lamport=number,
        writer="klmnopqrstuvwxyz",
        type=type_,
        ts=ago(seconds),
        actor=actor,
        summary=summary,
        snapshot=SnapshotId("klmnopqrstuv") if kept else None,
        timeline="main",
        worktree=worktree,
        changes=changes,
        milestone=milestone,
        current=current,
    )


def version(
    number: int,
    status: str,
    *,
    other: str | None = None,
    lines: tuple[int | None, int | None] = (3, 1),
    commit: str | None = None,
    current: bool = False,
) -> PathVersion:
    """Return one version of a path."""
    made = entry(number, seconds=600 - number, summary=f"step {number}")
    assert made.snapshot is not None
    return PathVersion(
        event=made.event,
        id=made.id,
        ts=made.ts,
        type=made.type,
        actor=made.actor,
        summary=made.summary,
        snapshot=made.snapshot,
        path=RepoPath("new.py"),
        status=status,
        other=None if other is None else RepoPath(other),
        blob=None if status == "D" else TREE,
        mode=0 if status == "D" else 0o100644,
        additions=lines[0],
        deletions=lines[1],
        commit=None if commit is None else Oid(commit),
        snapshots=2,
        current=current,
        trees=(None, TREE),
    )


@dataclass
class FakeVersions:
    """Answers the versions of a path."""

    past: list[PathVersion]
    drawn: bytes
    asked: list[tuple[str, Mapping[str, object]]]

    def history(self, path: str, *, span: str | None, limit: int | None) -> Iterator[PathVersion]:
        """Answer the versions."""
        self.asked.append(("history", {"path": path, "span": span, "limit": limit}))
        return iter(self.past)

    def patch(self, version: PathVersion, *, color: bool) -> bytes:
        """Answer the patch, but for the oldest."""
        self.asked.append(("patch", {"event": version.event, "color": color}))
        return b"" if version.status == "F" else self.drawn


@dataclass
class FakeStashes:
    """Answers our stashes and git's."""

    app: FakeApp

    def lists(self) -> StashLists:
        """Answer two of ours, and two of git's of which one is the like of one of ours."""
        first, second = self.app.stash_list()
        theirs = (
            GitStashEntry("stash@{0}", TREE, ago(60), "WIP on main: 1234567 one"),
            GitStashEntry("stash@{1}", TREE, ago(9000), "On main: a", "E9", None, "stash@{0}"),
            GitStashEntry("stash@{2}", TREE, ago(9999), "On main: b", "E4"),
        )
        return StashLists((first._replace(git=("stash@{1}", TREE)), second), theirs)

    def store(self, name: str, *, message: str, dry_run: bool) -> GitStashEntry:
        """Answer the entry."""
        asked = {"name": name, "message": message, "dry_run": dry_run}
        self.app.asked.append(("stash_store", asked))
        commit = None if dry_run else TREE
        return GitStashEntry("stash@{0}", commit, ago(0), f"On main: {message}", "E9")


@dataclass
class FakeLog:
    """Answers two records."""

    app: FakeApp

    def records(
        self,
        *,
        limit: int | None,
        components: Sequence[str],
        since: str | None,
        until: str | None,
    ) -> Iterator[Record]:
        """Answer them, the newest first."""
        asked = {"limit": limit, "components": components, "since": since, "until": until}
        self.app.asked.append(("system_log", asked))
        yield Record(ago(5), "error", "watcher", "no draft:\nthe disk is full", 12, {"ms": 3})
        yield Record(ago(90), "info", "watcher", "watching '/a'", 12)
