"""Looking closely: show, diff and cat. Nothing here records anything."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.run import Git
from git_timewarp.restore.pathspec import PathFilter
from git_timewarp.store.events import Json
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.paths import Paths
from git_timewarp.store.records import whole_record
from git_timewarp.store.view import escape
from git_timewarp.timeline import log_paths
from git_timewarp.timeline.label import log_entry
from git_timewarp.timeline.log_paths import before
from git_timewarp.timeline.results import DiffResult, FileChange, ShowResult
from git_timewarp.timeline.results_look import LogEntry
from git_timewarp.util.clock import is_readable, iso, parse_iso
from git_timewarp.util.text import shell

if TYPE_CHECKING:
    from git_timewarp.timeline.selector import Target


class PathNotInSnapshotError(TimewarpError):
    """The snapshot has no such file."""

    kind = Kind.NOT_FOUND
    reference = "path-not-in-snapshot"


class NoEventError(TimewarpError):
    """A snapshot is stored and the event that made it is not."""

    kind = Kind.NOT_FOUND
    reference = "no-event"


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
    history: History, entry: LogEntry, *, paths: PathFilter | None, flags: Sequence[str]
) -> ShowResult:
    """Return what `show` answers for one entry of the log; with `paths`, of these only."""
    named = history.entries("lamport = ?", (entry.lamport,))
    found = next(other for other in named if other.id == entry.id)
    if paths is None:
        return _of_entry(history, found, paths=(), flags=flags)
    chosen = paths.plain if paths.plain is not None else log_paths.names(history, found, paths)
    if not chosen:
        return ShowResult(log_entry(history, found), whole_record(history, found), None, ())
    return _of_entry(history, found, paths=chosen, flags=flags)


def _of_entry(
    history: History, entry: Entry, *, paths: Sequence[str], flags: Sequence[str]
) -> ShowResult:
    """Return an event and, where it has a snapshot of its own, what that one changed."""
    answer = DiffResult((), b"")
    meta: Json | None = None
    snapshot = history.snapshot(entry.snapshot) if entry.snapshot is not None else None
    if snapshot is not None:
        meta = dict(snapshot.meta)
        old = before(history, entry, snapshot)
        if old is not None:
            answer = diff(history, old, snapshot.view.tree, paths=paths, flags=flags)
    record = whole_record(history, entry)
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
        "ts": iso(parse_iso(date)) if is_readable(date) else date,
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
