"""Every version of one path, newest first, read from the trees of snapshots and commits.

The trees of some hundred snapshots go down the path together, one level at a time; git is
asked for a difference only where two snapshots in a row do not have the same there.
Nothing here records anything.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import trees
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_TREE, TreeEntry
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import Git
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.paths import Paths
from git_timewarp.store.view import escape
from git_timewarp.timeline import path_moves
from git_timewarp.timeline.label import label
from git_timewarp.timeline.results_path import PathVersion
from git_timewarp.timeline.selector import Target, UnknownTargetError
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import shell, to_str

_AT_ONCE = 256
_TELLING = ("commit", "merge", "checkout", "rewrite")
"""Types of events without a snapshot that say where HEAD was."""

_NUMBERS = re.compile(rb"(?s)(\d+|-)\t(\d+|-)\t[^\0]*\0")

Order = tuple[int, str, int]


class NoVersionsError(TimewarpError):
    """No snapshot ever held the path."""

    kind = Kind.NOT_FOUND
    reference = "no-history-of-path"


class Wanted(Frozen):
    """What `history` is asked for: at most so many, after `since` and up to `until`.

    `at_once` is how many snapshots are looked at together.
    """

    path: RepoPath
    limit: int | None = None
    since: Order | None = None
    until: Order | None = None
    at_once: int = _AT_ONCE


class _State(NamedTuple):
    """What a snapshot has at the path; `raw` is the file's exact bytes where they are kept."""

    item: TreeEntry | None
    raw: Oid | None

    @property
    def key(self) -> tuple[int, Oid, Oid | None] | None:
        return None if self.item is None else (self.item.mode, self.item.oid, self.raw)


class _Moment(NamedTuple):
    """A snapshot, the event that made it, and the commits HEAD was at until the next one."""

    entry: Entry
    stored: Oid
    heads: tuple[Oid, ...]


class _Run:
    """Snapshots in a row with the same at the path, met from the newest to the oldest."""

    def __init__(self, moment: _Moment, state: _State, tree: Oid, *, current: bool) -> None:
        self.moment = moment
        self.state = state
        self.tree = tree
        self.current = current
        self.count = 1
        self.commit: Oid | None = None

    def reach(self, moment: _Moment, tree: Oid) -> None:
        """Take in the next older snapshot, which has the same."""
        self.moment = moment
        self.tree = tree
        self.count += 1


def versions(history: History, wanted: Wanted) -> Iterator[PathVersion]:
    """Yield the versions of a path, newest first, following it where it was renamed.

    Raises:
        NoVersionsError: nothing that was asked for ever held it.
    """
    walk = _Walk(history, wanted)
    found = itertools.islice(walk.run(), wanted.limit)
    yield from found
    if not walk.met:
        name = shell(wanted.path)
        if wanted.until is not None:
            raise NoVersionsError(
                f"no snapshot up to then holds '{wanted.path}'",
                hint=f"git timewarp history {name}",
            )
        raise NoVersionsError(f"no snapshot holds '{wanted.path}'", hint=f"git log --all -- {name}")


def order_of(history: History, target: Target, *, last: bool) -> Order:
    """Return the place of a target among the events; of a commit where HEAD was there.

    Raises:
        UnknownTargetError: nothing was recorded while HEAD was at that commit.
    """
    if target.entry is not None:
        return target.entry.order
    here = history.repo.worktree
    orders = [
        entry.order
        for entry in history.entries("head IS NOT NULL AND worktree = name(?)", (here,))
        if entry.head == target.commit and entry.worktree == here and history.is_own(entry)
    ]
    if target.commit is None or not orders:
        raise UnknownTargetError(
            f"nothing was recorded while HEAD was at '{target.text}'", hint="git timewarp log"
        )
    return orders[0] if last else orders[-1]


def patch(repo: Repo, version: PathVersion, *, color: bool) -> bytes:
    """Return the patch from the version before to this one; nothing for the oldest."""
    before, after = version.trees
    if before is None:
        return b""
    old = version.other if version.status == "R" else None
    names = [version.path] if old is None else [version.path, old]
    flags = ("-p", "--color=always" if color else "--color=never")
    renames = "-M" if version.status == "R" else "--no-renames"
    line = ("diff-tree", "-r", renames, "--no-ext-diff", "--no-textconv", *flags)
    return reading(repo).run(*line, before, after, "--", *names).out


def reading(repo: Repo) -> Git:
    """Return git with what is not folded yet in view."""
    return repo.git.using(alternates=(Paths(repo.state_dir).quarantine,))


class _Walk:
    """Goes back over the snapshots of one work tree."""

    def __init__(self, history: History, wanted: Wanted) -> None:
        self.history = history
        self.wanted = wanted
        self.met = False
        self._path = wanted.path
        self._git = reading(history.repo)
        self._trees: dict[Oid, Oid | None] = {}
        self._committed: dict[Oid, TreeEntry | None] = {}
        self._introduced: dict[tuple[Oid, str], Oid] = {}

    def run(self) -> Iterator[PathVersion]:
        """Yield the versions; they are made some hundred snapshots at a time."""
        run: _Run | None = None
        moments = self._moments()
        while chunk := list(itertools.islice(moments, self.wanted.at_once)):
            found: list[PathVersion] = []
            roots = [item.oid if item else None for item in self._at(chunk, "tree")]
            states = self._states(chunk)
            for at, moment in enumerate(chunk):
                tree = roots[at]
                if tree is None:
                    continue
                state = states[at]
                self.met = self.met or state.item is not None
                if run is None:
                    run = _Run(moment, state, tree, current=self.wanted.until is None)
                elif state.key == run.state.key:
                    if self._is_before(moment):
                        yield from self._counted(found)
                        return
                    run.reach(moment, tree)
                else:
                    if self._is_before(run.moment):
                        yield from self._counted(found)
                        return
                    version = self._version(run, tree)
                    found.append(version)
                    if version.status == "R" and version.other is not None:
                        self._path = version.other
                        self._committed.clear()
                        states[at:] = self._states(chunk[at:])
                        state = states[at]
                    run = _Run(moment, state, tree, current=False)
                self._note_commit(run, moment)
            yield from self._counted(found)
        if run is not None and run.state.item is not None and not self._is_before(run.moment):
            yield self._version(run, None)

    def _is_before(self, moment: _Moment) -> bool:
        since = self.wanted.since
        return since is not None and moment.entry.order <= since

    def _moments(self) -> Iterator[_Moment]:
        """Yield the snapshots of this work tree, newest first, each with its oldest event."""
        history, here = self.history, self.history.repo.worktree
        where = " OR ".join(["snapshot IS NOT NULL", *("type = name(?)" for _ in _TELLING)])
        made: Entry | None = None
        heads: list[Oid] = []
        loose: list[Oid] = []
        for entry in history.entries(f"worktree = name(?) AND ({where})", (here, *_TELLING)):
            if not self._counts(entry):
                continue
            if entry.head is not None:
                loose.append(entry.head)
            if entry.snapshot is None:
                continue
            if made is not None and made.snapshot != entry.snapshot:
                yield from self._moment(made, heads)
                heads = []
            heads, loose, made = heads + loose, [], entry
        if made is not None:
            yield from self._moment(made, heads)

    def _counts(self, entry: Entry) -> bool:
        """Tell whether an entry is of this work tree, in the range, and says anything here."""
        history, until = self.history, self.wanted.until
        if entry.worktree != history.repo.worktree or not history.is_own(entry):
            return False
        says = entry.snapshot is not None or entry.type in _TELLING
        return says and (until is None or entry.order <= until)

    def _moment(self, made: Entry, heads: Sequence[Oid]) -> Iterator[_Moment]:
        assert made.snapshot is not None  # noqa: S101 - only such are gathered
        stored = self.history.catalog.entry(made.snapshot)
        if stored is not None:
            yield _Moment(made, stored, tuple(dict.fromkeys(heads)))

    def _at(self, chunk: Sequence[_Moment], path: str) -> list[TreeEntry | None]:
        return trees.entries_at(self.history.reader, [item.stored for item in chunk], path)

    def _states(self, chunk: Sequence[_Moment]) -> list[_State]:
        self._look_at_commits(chunk)
        if self._path == ".":
            return [_State(item, None) for item in self._at(chunk, "tree")]
        items = self._at(chunk, f"tree/{self._path}")
        escaped = "/".join(escape(part) for part in self._path.split("/"))
        exact = self._at(chunk, f"raw/{escaped}")
        pairs = zip(items, exact, strict=True)
        return [_State(item, raw.oid if raw is not None else None) for item, raw in pairs]

    def _look_at_commits(self, chunk: Iterable[_Moment]) -> None:
        """Learn what the commits HEAD was at have at the path."""
        heads = list(dict.fromkeys(head for moment in chunk for head in moment.heads))
        unknown = [head for head in heads if head not in self._trees]
        for head, found in zip(unknown, self.history.reader.read_all(unknown), strict=True):
            is_commit = found is not None and found.type == "commit"
            self._trees[head] = (
                Oid(found.data[5:].split(b"\n", 1)[0].decode())
                if found is not None and is_commit
                else None
            )
        heads = [head for head in heads if head not in self._committed]
        roots = [self._trees[head] for head in heads]
        if self._path == ".":
            items = [TreeEntry(MODE_TREE, ".", root) if root else None for root in roots]
        else:
            items = trees.entries_at(self.history.reader, roots, self._path)
        self._committed.update(zip(heads, items, strict=True))

    def _note_commit(self, run: _Run, moment: _Moment) -> None:
        """Remember the oldest commit of a run that has what the snapshots of the run have."""
        item = run.state.item
        for head in moment.heads:
            held = self._committed.get(head)
            if item is not None and held is not None and held[::2] == item[::2]:
                run.commit = head

    def _commit(self, run: _Run) -> Oid | None:
        """Return the commit that brought the version, as far as that can be known."""
        commit = run.commit
        if commit is None or commit != run.moment.entry.head:
            return commit
        # HEAD was there already: the commit that brought it is this one or one before.
        key = (commit, self._path)
        if key not in self._introduced:
            line = ("log", "-1", "--format=%H", commit, "--", self._path)
            told = self._git.run(*line, ok=(0, 128)).text
            self._introduced[key] = Oid(told) if told else commit
        return self._introduced[key]

    def _version(self, run: _Run, before: Oid | None) -> PathVersion:
        """Describe the version a run holds; `before` is the work tree one snapshot earlier."""
        entry, item = run.moment.entry, run.state.item
        status, other = self._change(run, before)
        assert entry.snapshot is not None  # noqa: S101 - only such are gathered
        return PathVersion(
            event=label(self.history, entry),
            id=entry.id,
            ts=entry.ts,
            type=entry.type,
            actor=entry.actor,
            summary=entry.summary,
            snapshot=entry.snapshot,
            path=self._path,
            status=status,
            other=other,
            blob=item.oid if item is not None else None,
            mode=item.mode if item is not None else 0,
            additions=None,
            deletions=None,
            commit=self._commit(run),
            snapshots=run.count,
            current=run.current,
            trees=(before, run.tree),
        )

    def _change(self, run: _Run, before: Oid | None) -> tuple[str, RepoPath | None]:
        item = run.state.item
        if before is None:
            return "F", None
        (old,) = trees.entries_at(self.history.reader, [before], self._path)
        if self._path == ".":
            return "M", None
        if item is not None and old is not None:
            same = item.mode & 0o170000 == old.mode & 0o170000
            return ("M" if same else "T"), None
        moves = path_moves.Moves(self.history.reader, self._git, before=before, after=run.tree)
        if item is not None:
            source = moves.source(self._path, item)
            return ("A", None) if source is None else ("R", source)
        assert old is not None  # noqa: S101 - one of the two is there
        return "D", moves.destination(self._path, old)

    def _counted(self, found: Sequence[PathVersion]) -> Iterator[PathVersion]:
        """Yield the versions with their lines counted, those of one name by one git."""
        numbers: dict[tuple[Oid | None, Oid], tuple[int | None, int | None]] = {}
        for path, group in itertools.groupby(found, lambda item: item.path):
            plain = [item.trees for item in group if item.status != "R"]
            numbers.update(_numbers(self._git, plain, path))
        for item in found:
            if item.status == "R" and item.other is not None:
                pair = _renamed_numbers(self._git, item)
            else:
                pair = numbers.get(item.trees, (0, 0))
            yield item._replace(additions=pair[0], deletions=pair[1])


def _numbers(
    git: Git, pairs: Sequence[tuple[Oid | None, Oid]], path: str
) -> dict[tuple[Oid | None, Oid], tuple[int | None, int | None]]:
    """Count lines added and deleted at a path between many pairs of trees."""
    if not pairs:
        return {}
    line = ("diff-tree", "--stdin", "-r", "--no-renames", "--numstat", "-z")
    stdin = "".join(f"{before} {after}\n" for before, after in pairs).encode()
    words = () if path == "." else ("--", path)
    out = git.run(*line, "--no-ext-diff", "--no-textconv", *words, stdin=stdin).out
    found: dict[tuple[Oid | None, Oid], tuple[int | None, int | None]] = {}
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        before, after = to_str(out[at:end]).split(" ")
        at = end + 1
        counts = []
        while (record := _NUMBERS.match(out, at)) is not None:
            counts.append(record.groups())
            at = record.end()
        found[Oid(before), Oid(after)] = _sum(counts)
    return found


def _renamed_numbers(git: Git, item: PathVersion) -> tuple[int | None, int | None]:
    assert item.other is not None  # noqa: S101 - it was renamed
    line = ("diff-tree", "-r", "-M", "--numstat", "-z", "--no-ext-diff", "--no-textconv")
    before, after = item.trees
    out = git.run(*line, before or after, after, "--", item.other, item.path).out
    record = re.match(rb"(\d+|-)\t(\d+|-)\t", out)
    return _sum([record.groups()]) if record is not None else (0, 0)


def _sum(counts: Sequence[tuple[bytes, ...]]) -> tuple[int | None, int | None]:
    known = [pair for pair in counts if b"-" not in pair]
    if counts and not known:
        return None, None
    return sum(int(pair[0]) for pair in known), sum(int(pair[1]) for pair in known)
