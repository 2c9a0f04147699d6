"""Moving the user's HEAD and refs back, only when asked in so many words.

`--with-refs` moves branches, tags, notes and the stash to where they were; refs created
since are deleted (the safety snapshot names them and keeps their commits). Refs that only
mirror another repository (`refs/remotes/`) stay, and so does a list of several git stashes.
Those of one work tree's operation (`refs/bisect/`, `refs/rewritten/`) come back with its
state files and only then. `--with-head` alone moves no branch: HEAD goes to its branch if
that still is where it was, else it is detached at the commit.
The user's reflogs are written as he has configured them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import refs as git_refs
from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.objects import Reader
from git_timewarp.git.refs import RefUpdate
from git_timewarp.git.repo import Repo
from git_timewarp.restore.outcome import RefMove
from git_timewarp.store.view import Head, View
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import shell, to_str

HEAD = RefName("HEAD")
STAYING = (
    "refs/timewarp/",
    "refs/remotes/",
    "refs/bisect/",
    "refs/rewritten/",
    "refs/worktree/",
    "refs/prefetch/",
)
"""Refs that `--with-refs` never moves."""


class BranchElsewhereError(TimewarpError):
    """A branch that would move is checked out in another work tree."""

    kind = Kind.REFUSED
    reference = "branch-checked-out"


class RefPlan(Frozen):
    """How refs and HEAD will move.

    Attributes:
        updates: refs that move, are created or deleted.
        head: where HEAD will point, or None when it stays.
        head_now: where it points.
        lost: commits and tags that some ref names now and none will.
        needed: commits and tags that must exist for it.
        notes: what stays although the target did not have it, in words.
    """

    updates: tuple[RefUpdate, ...]
    head: Head | None
    head_now: Head
    lost: tuple[Oid, ...] = ()
    needed: tuple[Oid, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing moves."""
        return not self.updates and self.head is None

    @property
    def head_after(self) -> Oid | None:
        """The commit HEAD names afterwards; None while its branch is unborn."""
        if self.head is not None:
            return self.head.oid
        for change in self.updates:
            if change.name == self.head_now.branch:
                return None if change.new.is_zero else change.new
        return self.head_now.oid

    @property
    def names(self) -> frozenset[str]:
        """The refs that move, with HEAD the branch it is on."""
        branches = [self.head_now.branch, self.head.branch] if self.head is not None else []
        moving = [HEAD, *branches] if self.head is not None else []
        return frozenset([*(item.name for item in self.updates), *filter(None, moving)])

    @property
    def moves(self) -> tuple[RefMove, ...]:
        """What moves, HEAD first, as it is told."""
        found = []
        if self.head is not None:
            now, then = self.head_now, self.head
            if now.branch is None or now.branch != then.branch:
                found.append(RefMove(HEAD, now.branch or now.oid, then.branch or then.oid))
        for item in self.updates:
            ends = [None if oid.is_zero else str(oid) for oid in (item.old, item.new)]
            found.append(RefMove(item.name, *ends))
        return tuple(found)


class LostCommitError(TimewarpError):
    """HEAD or a ref cannot go to a commit that is nowhere any more, or not whole."""

    kind = Kind.REFUSED
    reference = "lost-commit"


def plan_refs(
    repo: Repo,
    reader: Reader,
    *,
    target: View,
    with_head: bool,
    with_refs: bool,
    has_commit: Callable[[Oid], bool],
    own: str | None = None,
) -> RefPlan:
    """Plan how HEAD and the refs move to where the target had them.

    A ref whose object git has lost since (`has_commit` says so) stays as it is, and is told.
    Refs below `own`, those of the operation in progress, come along where its state files
    do: if HEAD is where the target had it.

    Raises:
        BranchElsewhereError: a branch that would move is checked out in another work tree.
        LostCommitError: HEAD would go to such an object.
    """
    current = {ref.name: ref.oid for ref in git_refs.listed(repo.git) if ref.symref is None}
    head_now = read_head(repo)
    then = parse_refs(reader.read(target.refs, kind="blob")) if with_refs or own else {}
    changes = _Changes(current, then, has_commit, repo.zero)
    if with_refs:
        # Without its ref the list of stashes is gone, and nobody else names the older ones.
        stashes_stay = git_refs.STASH not in then and git_refs.stash_entries(repo.git) > 1
        if stashes_stay:
            changes.notes.append("the list of git stashes stays as it is")
        for name in sorted(set(current) | set(then)):
            if not (name.startswith(STAYING) or (name == git_refs.STASH and stashes_stay)):
                changes.add(name)
    _refuse_elsewhere(repo, changes.updates)
    elsewhere = _checked_out(repo)
    head = _head(target.head, changes.after(), elsewhere=elsewhere) if with_head else None
    if head is not None and head.branch == head_now.branch and head.oid == head_now.oid:
        head = None
    if head is not None and head.oid is not None and not has_commit(head.oid):
        raise LostCommitError(
            f"git has lost commit {head.oid[:12]}, where HEAD was; the files come back without HEAD",
            hint="git timewarp help jump",
        )
    found = RefPlan(tuple(changes.updates), head, head_now)
    if own is not None and found.head_after == target.head.oid:
        for name in sorted(name for name in {*current, *then} if name.startswith(own)):
            changes.add(name)
    tips = set(changes.after().values()) | ({head.oid} if head is not None and head.oid else set())
    gone = [oid for oid in dict.fromkeys(current.values()) if oid not in tips]
    if head is not None and head_now.is_detached and head_now.oid and head_now.oid not in tips:
        gone.append(head_now.oid)
    needed = [item.new for item in changes.updates if not item.new.is_zero]
    if head is not None and head.oid is not None:
        needed.append(head.oid)
    return found._replace(
        updates=tuple(changes.updates),
        lost=tuple(gone),
        needed=tuple(dict.fromkeys(needed)),
        notes=tuple(changes.notes),
    )


class _Changes:
    """Gathers how refs move from `current` to `then`."""

    def __init__(
        self,
        current: Mapping[RefName, Oid],
        then: Mapping[RefName, Oid],
        has_commit: Callable[[Oid], bool],
        zero: Oid,
    ) -> None:
        self.current = current
        self.then = then
        self.has_commit = has_commit
        self.zero = zero
        self.updates: list[RefUpdate] = []
        self.notes: list[str] = []

    def add(self, name: RefName) -> None:
        """Have one ref move, if it has to and can."""
        old, new = self.current.get(name, self.zero), self.then.get(name, self.zero)
        if old != new and not new.is_zero and not self.has_commit(new):
            self.notes.append(f"'{name}' stays: git has lost {new[:12]}, which it named")
        elif old != new:
            self.updates.append(RefUpdate(name, old, new))

    def after(self) -> dict[RefName, Oid]:
        """Return the refs as they will be."""
        moved = {item.name for item in self.updates}
        found = {name: oid for name, oid in self.current.items() if name not in moved}
        return found | {item.name: item.new for item in self.updates if not item.new.is_zero}


def move_refs(
    repo: Repo, plan: RefPlan, *, ensure_commit: Callable[[Oid], None], message: str
) -> None:
    """Carry out `plan`: refs in one transaction, then HEAD.

    Run again after a crash, with a plan made anew, it finishes what is left.

    Args:
        repo: whose refs move.
        plan: from `plan_refs`.
        ensure_commit: called with each id that must exist; writes it back or raises.
        message: for the user's reflogs.

    Raises:
        RefConflictError: somebody moved a ref meanwhile; none moved.
    """
    for oid in plan.needed:
        ensure_commit(oid)
    git_refs.move_users(repo.git, plan.updates, message=message)
    if plan.head is None:
        return
    if plan.head.branch is not None:
        git_refs.attach_head(repo.git, repo.git_dir, plan.head.branch, message=message)
    elif plan.head.oid is not None:
        now = read_head(repo).oid or repo.zero
        git_refs.move_users(repo.git, [RefUpdate(HEAD, now, plan.head.oid)], message=message)


def read_head(repo: Repo) -> Head:
    """Return where HEAD points now."""
    branch = repo.git.run("symbolic-ref", "-q", "HEAD", ok=(0, 1)).text
    commit = repo.git.run("rev-parse", "-q", "--verify", "HEAD", ok=(0, 1)).text
    return Head(Oid(commit) if commit else None, RefName(branch) if branch else None)


def parse_refs(blob: bytes) -> dict[RefName, Oid]:
    """Return name -> id of a `refs` part; HEAD and symbolic refs left out."""
    found = {}
    for line in to_str(blob).split("\n"):
        words = line.split(" ")
        if len(words) == 2 and words[1] != HEAD and words[0].strip("0"):
            found[RefName(words[1])] = Oid(words[0])
    return found


def _head(then: Head, after: Mapping[RefName, Oid], *, elsewhere: Mapping[str, str]) -> Head:
    """Attach HEAD to its branch if that is where it was, else detach it at the commit."""
    if then.branch is None or then.branch in elsewhere:
        return Head(then.oid, None) if then.oid is not None else then
    if then.oid is None:
        # It was unborn: attach to it, whatever it has become.
        return Head(after.get(then.branch), then.branch)
    if after.get(then.branch) == then.oid:
        return then
    return Head(then.oid, None)


def _checked_out(repo: Repo) -> dict[str, str]:
    """Return branch -> path of the other work trees that have a branch checked out."""
    found: dict[str, str] = {}
    path = ""
    out = repo.git.run("worktree", "list", "--porcelain", "-z").out
    for line in to_str(out).split("\0"):
        word, _, value = line.partition(" ")
        if word == "worktree":
            path = value
        elif word == "branch" and path != repo.work_tree:
            found[value] = path
    return found


def _refuse_elsewhere(repo: Repo, updates: list[RefUpdate]) -> None:
    if not updates:
        return
    others = _checked_out(repo)
    for item in updates:
        if item.name in others:
            raise BranchElsewhereError(
                f"'{item.name.removeprefix('refs/heads/')}' would move and is checked out "
                f"in '{others[item.name]}'",
                hint=f"git -C {shell(others[item.name])} switch --detach",
            )
