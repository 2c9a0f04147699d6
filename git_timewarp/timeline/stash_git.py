"""git's own stashes through our commands: list, show, apply, and make one of a stash of ours.

We never take one off git's list: `git stash drop` does. `refs/stash@{0}` names one, or its
commit.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import refs as git_refs
from git_timewarp.git import stash_list, trees
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.git.refs import RefUpdate
from git_timewarp.git.stash_list import Content, GitStash, Parts
from git_timewarp.safety.secrets import scrub
from git_timewarp.store.history import History
from git_timewarp.store.snapshots import Snapshot
from git_timewarp.store.view import Head, View
from git_timewarp.timeline import label, merge3, query, selector, snapshot, stash_link, travel
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.results import TravelResult
from git_timewarp.timeline.results_stash import GitStashEntry, StashShow
from git_timewarp.timeline.selector import Target
from git_timewarp.timeline.travel import How, Journey, go
from git_timewarp.util.clock import iso, stored_ns
from git_timewarp.util.text import shell

_SECOND = 1_000_000_000
_NAME = re.compile(r"refs/stash(?:@\{(\d+)\})?\Z")
_COMMIT = re.compile(r"[0-9a-f]{7,64}\Z")


class GitStashNotFoundError(TimewarpError):
    """git's own list has no such entry."""

    kind = Kind.NOT_FOUND
    reference = "not-a-git-stash"


class GitStashOwnedError(TimewarpError):
    """An entry of git's own list is taken off it by git only."""

    kind = Kind.REFUSED
    reference = "git-stash-stays"


class NothingToStashError(TimewarpError):
    """There is no work to put on git's list, or no commit it was made on."""

    kind = Kind.REFUSED
    reference = "nothing-to-stash"


def find(history: History, name: str) -> GitStash | None:
    """Return the entry of git's list that `name` names; None where it has not that form.

    Raises:
        GitStashNotFoundError: `refs/stash@{n}`, and there is none.
    """
    numbered = _NAME.match(name)
    if numbered is None and _COMMIT.match(name) is None:
        return None
    entries = stash_list.listed(history.repo.git)
    if numbered is None:
        return next((item for item in entries if item.commit.startswith(name)), None)
    number = int(numbered.group(1) or 0)
    if number >= len(entries):
        raise GitStashNotFoundError(
            f"git's own list has no 'stash@{{{number}}}'", hint="git stash list"
        )
    return entries[number]


def refusal(item: GitStash) -> GitStashOwnedError:
    """Return the error for who wants us to take an entry off git's list."""
    return GitStashOwnedError(
        f"'{item.name}' is on git's own list, which git alone takes it off",
        hint=f"git stash drop {shell(item.name)}",
    )


def listed(history: History) -> tuple[GitStashEntry, ...]:
    """Return git's list, each entry with what of ours holds the same work."""
    known = stash_link.noted(history)
    return tuple(_shown(history, item, known) for item in stash_list.listed(history.repo.git))


def by_snapshot(history: History) -> dict[SnapshotId, GitStashEntry]:
    """Return git's entries by the snapshot of ours that holds the same work."""
    found = [item for item in listed(history) if item.snapshot is not None]
    return {item.snapshot: item for item in reversed(found) if item.snapshot is not None}


def show(history: History, item: GitStash, *, flags: tuple[str, ...]) -> StashShow:
    """Return what an entry of git's list holds, untracked files included."""
    parts = _parts(history, item)
    found = query.diff(history, parts.base_tree, parts.tree, flags=flags)
    files, patch = list(found.files), found.patch
    if parts.untracked is not None:
        nothing = _empty_tree(history)
        more = query.diff(history, nothing, parts.untracked, flags=flags)
        files += more.files
        patch += more.patch
    return StashShow(tuple(files), patch, _shown(history, item, stash_link.noted(history)))


def apply(op: Operation, item: GitStash, how: How, *, drop: bool) -> TravelResult:
    """Put an entry of git's list on top of what the work tree is now, by a three-way merge.

    Raises:
        GitStashOwnedError: it was to be dropped as well.
        MergeConflictError: it does not fit; no byte changed (exit 4).
    """
    if drop:
        raise refusal(item)
    parts = _parts(op.history, item)
    now = snapshot.capture(op)
    tree = parts.tree
    if parts.untracked is not None:
        index = _scratch(op)
        tree = stash_list.union(op.quarantine.git, tree, parts.untracked, index=index)
        written = trees.new_objects(op.quarantine.reader, tree, [parts.tree, parts.untracked])
        op.quarantine.note_written([oid for oid, _, _ in written if op.quarantine.holds(oid)])
    theirs = travel.revision_view(op, now, tree, head=Head(parts.base, None))
    theirs = theirs._replace(modes=None, nested=None, empty_dirs=())
    merged = merge3.merge_views(op.quarantine, base=parts.base_tree, ours=now, theirs=theirs)
    if merged.conflicts:
        command = f"git stash apply {shell(item.name)}"
        raise merge3.MergeConflictError(merged.conflicts, command=command)
    trip = Journey(
        "stash-apply",
        f"refs/{item.name}",
        merged.view,
        f"applied git stash {item.commit[:7]}",
        data={"git_stash": item.commit},
        is_merged=True,
    )
    return go(op, trip, how._replace(index=False), now=now)


def store(op: Operation, target: Target, *, message: str, dry_run: bool) -> GitStashEntry:
    """Put a snapshot's work on git's own list, as `git stash store` would; answer its entry.

    The same snapshot gives the same commits: they are dated as it is. They are written first and the ref moves last; a crash in between leaves a list that
    is as it was, or one that the next snapshot links. Index and work tree are not touched.

    Raises:
        NothingToStashError: there is no work, or no commit it was made on.
        RefConflictError: somebody stashed meanwhile; nothing happened.
    """
    entry, stored = target.entry, target.snapshot
    if entry is None or stored is None:
        raise NothingToStashError(f"'{target.text}' is no snapshot", hint="git timewarp stash list")
    there = by_snapshot(op.history).get(stored.id)
    if there is not None:
        return there
    content = _content(op, stored, message or f"timewarp {op.label(entry)}: {entry.summary}")
    told = f"On {content.branch}: {content.message}"
    mine = _ours(op.history, stored.id)
    shown = GitStashEntry(
        "stash@{0}", None, content.date, told, op.label(entry), stored.id, stash=mine
    )
    if dry_run:
        return shown
    # What is not folded is out of git's sight, and its trees are to be named by git's refs.
    op.recorder.fold()
    op.changed()
    travel.ensure_commit(op, content.base)
    entries = stash_list.listed(op.repo.git)
    commit = stash_list.make(op.repo.git, content, index=_scratch(op))
    old = entries[0].commit if entries else op.repo.zero
    git_refs.move_users(op.repo.git, [RefUpdate(git_refs.STASH, old, commit)], message=told)
    op.finish([stash_link.grown(op, commit, told, entry, stored.view)])
    return shown._replace(commit=commit)


def _content(op: Operation, stored: Snapshot, message: str) -> Content:
    """Sort what a snapshot holds as git's stashes do."""
    view, reader = stored.view, op.quarantine.reader
    base = view.head.oid
    if base is None:
        raise NothingToStashError(
            "git's stashes are made on a commit, and there was none yet",
            hint=f"git timewarp jump {stored.id}",
        )
    found = reader.info(f"{base}^{{tree}}")
    if found is None:
        raise MissingObjectError(base)
    if found[0] == view.tree == view.index_tree:
        raise NothingToStashError(
            f"'{stored.id}' holds nothing that its commit does not",
            hint="git timewarp stash list",
        )
    branch = (view.head.branch or "(no branch)").removeprefix("refs/heads/")
    return Content(
        base=base,
        tree=view.tree,
        index_tree=view.index_tree,
        untracked=_untracked(reader, view, found[0]),
        branch=branch,
        message=" ".join(scrub(message).text.split()),
        date=iso(stored_ns(stored.ts) // _SECOND * _SECOND),
    )


def _untracked(reader: Reader, view: View, base_tree: Oid) -> list[tuple[int, Oid, str]]:
    """Return the files of a view that neither its index nor its commit has."""
    new = trees.differences(reader, view.index_tree, view.tree)
    found = [(one.path, one.after) for one in new if one.before is None and one.after is not None]
    changed = trees.differences(reader, base_tree, view.tree)
    unknown = {one.path for one in changed if one.before is None}
    return sorted((item.mode, item.oid, path) for path, item in found if path in unknown)


def _ours(history: History, snapshot_id: SnapshotId) -> str | None:
    """Return the name of our stash that is a snapshot, if one is."""
    for number, entry in enumerate(selector.stashes(history)):
        if entry.snapshot == snapshot_id:
            return f"stash@{{{number}}}"
    return None


def _shown(history: History, item: GitStash, known: Mapping[Oid, stash_link.Link]) -> GitStashEntry:
    if item.commit in known:
        held = known[item.commit].held
    else:
        entry = stash_link.holding(history, item.commit)
        held = entry.snapshot if entry is not None else None
    if held is not None and history.catalog.entry(held) is None:
        held = None
    return GitStashEntry(
        name=item.name,
        commit=item.commit,
        ts=iso(item.seconds * _SECOND),
        message=item.message,
        event=(label.of_snapshot(history, held) or None) if held is not None else None,
        snapshot=held,
        stash=_ours(history, held) if held is not None else None,
    )


def _parts(history: History, item: GitStash) -> Parts:
    found = stash_list.parts(history.reader, item.commit)
    if found is None:
        raise GitStashNotFoundError(
            f"'{item.name}' of git's own list is no stash", hint=f"git show {item.commit}"
        )
    return found


def _empty_tree(history: History) -> Oid:
    return Oid(history.repo.git.run("hash-object", "-t", "tree", "--stdin", stdin=b"").text)


def _scratch(op: Operation) -> str:
    return os.path.join(op.repo.state_dir, f".tmp-{os.getpid()}-stash-index")
