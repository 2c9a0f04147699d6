"""The one restore engine behind jump, restore, undo, redo and stash apply (design 7).

The caller has the lock, has captured `now` durably and has written its intent. Here:
everything that may refuse is asked first, the index is locked as git does, then files,
index, refs and operation state change in that order. `resume=True` runs the same again
after a crash.
"""

import contextlib
import stat
from collections.abc import Callable, Collection
from typing import NamedTuple

from git_timewarp.git import user_index
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import Reader
from git_timewarp.git.repo import Repo
from git_timewarp.git.user_index import IndexLock
from git_timewarp.restore import operation_files
from git_timewarp.restore import plan as planning
from git_timewarp.restore.apply import Applier, Outcome
from git_timewarp.restore.change import Change, parents
from git_timewarp.restore.disk import Disk
from git_timewarp.restore.entries import Contents, Entry, Source, parse_bits
from git_timewarp.restore.leftover import Views
from git_timewarp.restore.plan import Plan
from git_timewarp.restore.refs import RefPlan, move_refs, plan_refs, read_head
from git_timewarp.restore.states import as_stored, blob_id
from git_timewarp.restore.user_index import staged_entries, wanted_index
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import View
from git_timewarp.util import directories
from git_timewarp.util.frozen import Frozen


class Wish(Frozen):
    """What shall come back besides files.

    Attributes:
        with_head: HEAD.
        with_refs: branches, tags, notes, stash.
        index: False leaves the user's index alone (a restore of some paths, a stash).
        operation: False leaves an operation in progress where it is (a restore of some paths).
        message: for the user's reflogs.
    """

    with_head: bool = False
    with_refs: bool = False
    index: bool = True
    operation: bool = True
    message: str = "timewarp: jump"


class Restorer:
    """Brings one work tree back.

    Args:
        quarantine: reads and writes objects beside git's store.
        staging_dir: absolute path of a folder of ours, emptied before and removed after.
        aside_dir: absolute path: what somebody changed meanwhile is kept there.
        ensure_commit: writes a commit or tag back that no longer exists, or raises.
    """

    def __init__(
        self,
        quarantine: Quarantine,
        *,
        staging_dir: str,
        aside_dir: str,
        ensure_commit: Callable[[Oid], None],
        has_commit: Callable[[Oid], bool] = lambda _: True,
    ) -> None:
        self._quarantine = quarantine
        self._repo: Repo = quarantine.repo
        self._reader: Reader = quarantine.reader
        self._staging = staging_dir
        self._aside = aside_dir
        self._ensure_commit = ensure_commit
        self._has_commit = has_commit

    def check(self, *, now: View, target: View, wish: Wish) -> RefPlan:
        """Ask everything that may refuse, and return how the refs will move.

        Raises:
            OperationInProgressError: git is in the middle of something else.
            BranchElsewhereError: a branch that would move is in use in another work tree.
        """
        name = operation_files.check(self._reader, now=now, target=target)
        own = operation_files.OWN_REFS.get(name or "") if wish.operation else None
        return plan_refs(
            self._repo,
            self._reader,
            target=target,
            with_head=wish.with_head,
            with_refs=wish.with_refs,
            own=own,
            has_commit=self._has_commit,
        )

    def sweep(self, plan: Plan) -> None:
        """Remove what a killed run of `plan` left: temporary files, and what it made ready."""
        applier = Applier(self._quarantine, staging_dir=self._staging, aside_dir=self._aside)
        applier.sweep(plan)
        applier.clear()

    def restore(
        self, plan: Plan, *, now: View, target: View, wish: Wish, resume: bool = False
    ) -> Outcome:
        """Carry out `plan`: files, index, refs, operation state.

        Raises:
            IndexLockedError: another git command holds the index; nothing changed.
            OperationInProgressError, BranchElsewhereError: as `check`; nothing changed.
            OSError: the disk is full or fails.
        """
        refs = self.check(now=now, target=target, wish=wish)
        index = wish.index and plan.is_whole
        applier = Applier(self._quarantine, staging_dir=self._staging, aside_dir=self._aside)
        with contextlib.ExitStack() as stack:
            if index:
                lock = stack.enter_context(IndexLock(self._repo))
            outcome = applier.apply(plan, target=target, resume=resume)
            if index:
                self._restore_index(
                    lock, target=target, head=refs.head_after, written=outcome.restored
                )
        move_refs(self._repo, refs, ensure_commit=self._ensure_commit, message=wish.message)
        outcome = outcome._replace(notes=(*outcome.notes, *refs.notes))
        return self._restore_operation(outcome, now=now, target=target, whole=plan.is_whole)

    def _restore_index(
        self, lock: IndexLock, *, target: View, head: Oid | None, written: Collection[str]
    ) -> None:
        directories.make(self._staging)
        try:
            current = user_index.read_flags(self._repo.git)
            wanted = wanted_index(
                self._reader,
                target=target,
                head=head,
                current=current,
                empty_tree=self._quarantine.put_tree([]),
            )
            new = user_index.build(
                self._repo,
                wanted,
                folder=self._staging,
                alternates=(self._quarantine.path,),
                current=current,
                written=staged_entries(
                    self._reader, target=target, tree=wanted.tree, paths=written
                ),
            )
            if new is not None:
                lock.install(new)
        finally:
            Applier(self._quarantine, staging_dir=self._staging, aside_dir=self._aside).clear()

    def _restore_operation(
        self, outcome: Outcome, *, now: View, target: View, whole: bool
    ) -> Outcome:
        restored = False
        if now.operation_name is not None:
            if whole and read_head(self._repo).oid == target.head.oid:
                operation_files.restore_state(self._repo, self._reader, now=now, target=target)
                restored = True
        elif not whole:
            return outcome
        said = operation_files.note(now, target, restored=restored)
        return outcome if said is None else outcome._replace(notes=(*outcome.notes, said))


class Arrival(NamedTuple):
    """Where a restore ended.

    Attributes:
        wrong: paths that are not as the target has them, reported ones aside; sorted.
        appeared: paths that neither the target nor the state before holds: ignored until now,
            or made meanwhile. Nobody asked for them to go.
    """

    wrong: tuple[RepoPath, ...]
    appeared: tuple[RepoPath, ...]


def differences(
    reader: Reader,
    repo: Repo,
    *,
    plan: Plan,
    outcome: Outcome,
    views: Views,
    spare: Collection[str] = (),
) -> Arrival:
    """Compare what is there after a restore with what should be.

    Nothing wrong proves the restore: tree, bytes, permissions and empty folders captured
    afterwards are the target's wherever `plan` reached.
    """
    target, now_after = views.target, views.after
    again = planning.make(reader, now=now_after, target=target, spare=spare, count=False)
    said = {item.path for item in (*outcome.refused, *outcome.left, *again.left)}
    said |= {item.path for item in plan.writes if item.when}
    scope = None if plan.is_whole else set(plan.touched)
    sparse = parse_bits(reader, target.index).skip_worktree
    # What stands in the way of a path that was refused stays, too.
    in_the_way = {above for item in outcome.refused for above in parents(item.path)}
    passed = said | in_the_way | sparse
    hidden = parse_bits(reader, now_after.index).skip_worktree
    contents, after = Contents(reader, target), Contents(reader, now_after)
    before = Contents(reader, views.before)
    found, literal, appeared = [], list[Change](), list[RepoPath]()
    with Disk(repo.work_tree, git_dir=repo.git_dir) as disk:
        for path in again.touched:
            if contents.entry(path) is None and not _had(before, path):
                appeared.append(path)
                continue
            if path in passed or (scope is not None and path not in scope):
                continue
            if any(above in said for above in parents(path)):
                continue
            entry = contents.entry(path)
            seen = disk.stat(path)
            if entry is None and seen is None and path in hidden:
                continue  # HEAD has it, a sparse checkout keeps it off the disk, as the target does
            raw = entry is not None and entry.source is Source.RAW
            unseen = raw or _in_submodule(after, path)
            if entry is not None and unseen and seen is not None:
                # A file that was captured only because it stood in the way, or one in a
                # submodule that holds just its commit, which no capture copies: look at it.
                same = stat.S_ISLNK(seen.st_mode) is entry.is_link
                if same and blob_id(repo, disk, path, seen) == entry.oid:
                    continue
            if entry is not None and _is_filtered(entry, after.entry(path)):
                literal.append(Change(path, entry, None))
                continue
            found.append(path)
    # The index is not the target's, so the capture took these as they are: ask their filter.
    answers = zip(literal, as_stored(repo, literal), strict=True)
    wrong = sorted([*found, *(change.path for change, same in answers if not same)])
    return Arrival(tuple(wrong), tuple(appeared))


def _had(view: Contents, path: RepoPath) -> bool:
    """Tell whether a view has a file or folder at `path`, also below, also an empty one."""
    folders = view.view.empty_dirs
    if path in folders or any(name.startswith(f"{path}/") for name in folders):
        return True
    return view.entry(path) is not None or view.has_folder(path)


def _is_filtered(entry: Entry, now: Entry | None) -> bool:
    """Tell whether a path holds what a filter made of the target's blob, captured literally."""
    is_git = entry.is_file and entry.source is Source.GIT
    return is_git and now is not None and now.source is Source.LITERAL


def _in_submodule(view: Contents, path: RepoPath) -> bool:
    """Tell whether `path` lies in a submodule whose files the view does not hold."""
    for above in parents(path):
        entry = view.main.entry(above)
        if entry is not None and entry.is_gitlink:
            return above not in view.nested
    return False
