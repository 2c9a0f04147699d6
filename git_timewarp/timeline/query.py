"""Looking: log, show, diff and cat. Nothing here records anything."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RepoPath, SnapshotId
from git_timewarp.git.run import Git
from git_timewarp.store.events import Json
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.paths import Paths
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.store.view import escape
from git_timewarp.timeline.label import label
from git_timewarp.timeline.results import (
    Changes,
    DiffResult,
    FileChange,
    LogEntry,
    Milestone,
    ShowResult,
)
from git_timewarp.util.clock import iso, parse_iso
from git_timewarp.util.text import shell

if TYPE_CHECKING:
    from git_timewarp.timeline.selector import Target

HIDDEN = frozenset({"draft", "safety"})
"""Types that `log` leaves out unless asked for everything or for them."""


class PathNotInSnapshotError(TimewarpError):
    """The snapshot has no such file."""

    kind = Kind.NOT_FOUND
    reference = "path-not-in-snapshot"


class NoEventError(TimewarpError):
    """A snapshot is stored and the event that made it is not."""

    kind = Kind.NOT_FOUND
    reference = "no-event"


class Filter(NamedTuple):
    """What `log` is asked for; times are ISO 8601 UTC as events store them."""

    limit: int | None = None
    types: Sequence[str] = ()
    actors: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    every: bool = False
    paths: Sequence[str] = ()

    def matches(self, entry: Entry, *, history: History, timeline: str) -> bool:
        """Tell whether an entry is wanted."""
        if self.types and entry.type not in self.types:
            return False
        if self.actors and not any(_acts(entry.actor, name) for name in self.actors):
            return False
        if self.since is not None and entry.ts < self.since:
            return False
        if self.until is not None and entry.ts > self.until:
            return False
        if self.every:
            return True
        if entry.timeline != timeline or not history.is_own(entry):
            return False
        return bool(self.types) or entry.type not in HIDDEN


def log(history: History, wanted: Filter, *, timeline: str) -> Iterator[LogEntry]:
    """Yield what matches, newest first."""
    here = history.latest_snapshot(history.repo.worktree)
    position = (here.writer, here.n) if here is not None else None
    shown = 0
    where, args = _where(wanted)
    for entry in history.entries(where, args):
        if wanted.limit is not None and shown >= wanted.limit:
            return
        if wanted.matches(entry, history=history, timeline=timeline):
            if wanted.paths and not _touches(history, entry, wanted.paths):
                continue
            shown += 1
            yield log_entry(history, entry, current=(entry.writer, entry.n) == position)


def log_entry(history: History, entry: Entry, *, current: bool = False) -> LogEntry:
    """Return an entry as `log` shows it."""
    counts = entry.data.get("changes")
    changes = Changes(*counts) if isinstance(counts, list) and len(counts) == 3 else None
    mark = entry.data.get("milestone")
    milestone = None
    if isinstance(mark, dict):
        milestone = Milestone(str(mark["kind"]), str(mark["importance"]), mark.get("name"))
    return LogEntry(
        event=label(history, entry),
        id=entry.id,
        lamport=entry.lamport,
        writer=entry.writer,
        type=entry.type,
        ts=entry.ts,
        actor=entry.actor,
        summary=entry.summary,
        snapshot=entry.snapshot,
        timeline=entry.timeline,
        worktree=entry.worktree,
        changes=changes,
        milestone=milestone,
        current=current,
    )


def show(history: History, target: "Target", *, flags: Sequence[str]) -> ShowResult:
    """Return an event whole: record, snapshot's meta, and what it changed.

    `flags` go to git-diff-tree(1) for the patch (`-p`, `--stat`, `--color=always`); none, no patch.
    """
    if target.entry is not None:
        return _of_entry(history, target.entry, paths=(), flags=flags)
    if target.commit is not None:
        return _of_commit(history, target.commit, flags=flags)
    raise NoEventError(
        f"no event is stored with snapshot '{target.text}'", hint="git timewarp verify --full"
    )


def changed(
    history: History, entry: LogEntry, *, paths: Sequence[str], flags: Sequence[str]
) -> ShowResult:
    """Return what `show` answers for one entry of the log; with `paths`, of these only."""
    named = history.entries("lamport = ?", (entry.lamport,))
    found = next(other for other in named if other.id == entry.id)
    return _of_entry(history, found, paths=paths, flags=flags)


def _of_entry(
    history: History, entry: Entry, *, paths: Sequence[str], flags: Sequence[str]
) -> ShowResult:
    """Return an event and, where it has a snapshot of its own, what that one changed."""
    answer = DiffResult((), b"")
    meta: Json | None = None
    snapshot = history.snapshot(entry.snapshot) if entry.snapshot is not None else None
    if snapshot is not None:
        meta = dict(snapshot.meta)
        before = _before(history, entry, snapshot)
        if before is not None:
            answer = diff(history, before, snapshot.view.tree, paths=paths, flags=flags)
    record = history.record(entry)
    return ShowResult(log_entry(history, entry), record, meta, answer.files, answer.patch)


def _of_commit(history: History, commit: Oid, *, flags: Sequence[str]) -> ShowResult:
    """Return a commit and what it changed against its first parent, as `git show` would."""
    form = "%H%x00%P%x00%an <%ae>%x00%aI%x00%B"
    line = ("show", "-s", "--no-show-signature", f"--format={form}", commit)
    oid, parents, author, date, message = _git(history).run(*line).text.split("\0")
    known = parents.split()
    before = Oid(known[0]) if known else None
    answer = diff(history, before, Oid(oid), flags=flags)
    record: Json = {
        "oid": oid,
        "parents": known,
        "author": author,
        "ts": iso(parse_iso(date)),
        "message": message.strip("\n"),
    }
    return ShowResult(None, record, None, answer.files, answer.patch)


def diff(
    history: History,
    before: Oid | None,
    after: Oid,
    *,
    paths: Sequence[str] = (),
    flags: Sequence[str] = (),
) -> DiffResult:
    """Compare two trees as git does; the patch only when `flags` ask for one.

    Without `before`, `after` is a commit without a parent.
    """
    git = _git(history)
    line = ["diff-tree", "-r", "--no-renames", "--no-ext-diff", "--no-textconv"]
    if before is None:
        line += ["--root", "--no-commit-id"]
    tail = [*([before] if before is not None else []), after, "--", *paths]
    numbers = git.run(*line, "--numstat", "-z", *tail).out
    letters = git.run(*line, "--name-status", "-z", *tail).out
    patch = git.using(config=_quoting(git)).run(*line, *flags, *tail).out if flags else b""
    return DiffResult(_files(numbers, letters), patch)


def cat(history: History, target: "Target", path: RepoPath) -> bytes:
    """Return the bytes of a file at that moment: the exact ones where they are kept, else the blob.

    Raises:
        PathNotInSnapshotError: no such file there.
    """
    reader = history.reader
    if target.snapshot is not None:
        why = next((s.reason for s in target.snapshot.view.skipped if s.path == path), None)
        if why is not None:
            raise PathNotInSnapshotError(
                f"'{path}' was not captured in '{target.text}': {why}",
                hint=f"git timewarp show {target.text}",
            )
    if target.snapshot is not None and target.snapshot.view.raw is not None:
        escaped = "/".join(escape(part) for part in path.split("/"))
        found = reader.find(f"{target.snapshot.view.raw}:{escaped}")
        if found is not None and found.type == "blob":
            return found.data
    tree = target.files
    parts = path.split("/")
    for position, part in enumerate(parts):
        entry = next((item for item in reader.tree(tree) if item.name == part), None)
        if entry is None or (position < len(parts) - 1 and not entry.is_tree):
            break
        if position == len(parts) - 1 and not entry.is_tree:
            return reader.read(entry.oid, kind="blob")
        tree = entry.oid
    raise PathNotInSnapshotError(
        f"'{path}' is not a file in '{target.text}'", hint=f"git timewarp show {shell(target.text)}"
    )


def _acts(actor: str, wanted: str) -> bool:
    return actor == wanted or wanted in actor.split(":", 1)


def _where(wanted: Filter) -> tuple[str, list[object]]:
    clauses, args = ["1"], list[object]()
    if wanted.types:
        clauses.append("type IN (" + ", ".join("name(?)" for _ in wanted.types) + ")")
        args += wanted.types
    if wanted.since is not None:
        clauses.append("ts >= ?")
        args.append(wanted.since)
    if wanted.until is not None:
        clauses.append("ts <= ?")
        args.append(wanted.until)
    return " AND ".join(clauses), args


def _before(history: History, entry: Entry, snapshot: Snapshot) -> Oid | None:
    """Return the tree that the event changed: of a journey, what was there when it began."""
    started = entry.data.get("before")
    known = [SnapshotId(started)] if isinstance(started, str) else list(snapshot.parents)
    found = history.snapshot(known[0]) if known else None
    return found.view.tree if found is not None else None


def _touches(history: History, entry: Entry, paths: Sequence[str]) -> bool:
    """Tell whether the event changed one of the paths."""
    snapshot = history.snapshot(entry.snapshot) if entry.snapshot is not None else None
    if snapshot is None:
        return False
    before, after = _before(history, entry, snapshot), snapshot.view.tree
    return any(_at(history, before, path) != _at(history, after, path) for path in paths)


def _at(history: History, tree: Oid | None, path: str) -> Oid | None:
    if tree is None:
        return None
    found = history.reader.info(tree if path == "." else f"{tree}:{path}")
    return found[0] if found is not None else None


def _quoting(git: Git) -> tuple[str, ...]:
    """Return the user's own core.quotePath, which our guards put aside, for what he reads."""
    asked = ("config", "--type=bool", "--default=true", "core.quotePath")
    return (f"core.quotePath={git._replace(as_user=True).text(*asked)}",)


def _git(history: History) -> Git:
    return history.repo.git.using(alternates=(Paths(history.repo.state_dir).quarantine,))


def flags(*, patch: bool, color: bool, stat: bool) -> tuple[str, ...]:
    """Return the options git takes to show a difference so; none for names only."""
    wanted = (["-p"] if patch else []) + (["--stat"] if stat else [])
    if not wanted:
        return ()
    return (*wanted, "--color=always" if color else "--color=never")


def _files(numbers: bytes, letters: bytes) -> tuple[FileChange, ...]:
    counts: dict[str, tuple[int | None, int | None]] = {}
    for record in numbers.decode("utf-8", "surrogateescape").split("\0"):
        if record:
            added, deleted, path = record.split("\t", 2)
            counts[path] = (
                None if added == "-" else int(added),
                None if deleted == "-" else int(deleted),
            )
    words = letters.decode("utf-8", "surrogateescape").split("\0")
    files = []
    for status, path in zip(words[0::2], words[1::2], strict=False):
        added_, deleted_ = counts.get(path, (None, None))
        files.append(FileChange(RepoPath(path), status[:1], added_, deleted_))
    return tuple(files)
