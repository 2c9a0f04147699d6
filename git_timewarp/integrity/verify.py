"""Verify: is everything we recorded still there and still what we recorded? It only looks.

`quick`: the journal, our refs, the hash chain of every writer, and whether each snapshot
and its parts (not what is in them) and our packs are in their places.
`full`: besides, every object a snapshot needs is present and re-hashed, by git's own
fsck with our refs (and unfolded snapshots) as heads, and our packs are checked whole; the
read index is compared with the notes, and git has to show the notes as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, RefName, SnapshotId
from git_timewarp.git.repo import Repo
from git_timewarp.integrity import (
    losses,
    verify_caches,
    verify_chains,
    verify_objects,
    verify_refs,
    verify_snapshots,
    verify_subset,
)
from git_timewarp.integrity.verify_look import Look, Progress
from git_timewarp.integrity.verify_subset import Subset
from git_timewarp.store import lineage, transaction
from git_timewarp.store.history import History
from git_timewarp.store.index_fill import fill
from git_timewarp.store.paths import Paths
from git_timewarp.timeline.results import VerifyReport

Trial = Callable[[Look, Mapping[SnapshotId, Oid]], None]
"""Restores snapshots for a trial. Passed in: a look without one need not import the engine."""


class Depth(NamedTuple):
    """How closely to look.

    Attributes:
        full: read and hash every object.
        subset: read a part of them; None for none (`full` reads all).
        trial: restores some snapshots into a scratch folder (`drill.drill`); None for none.
    """

    full: bool = False
    subset: Subset | None = None
    trial: Trial | None = None

    @property
    def level(self) -> str:
        """How a report calls it."""
        if self.full:
            return "full"
        return "quick" if self.subset is None else f"subset {self.subset.text}"


def verify(
    repo: Repo,
    *,
    full: bool = False,
    depth: Depth | None = None,
    progress: Progress = lambda _done, _all: None,
) -> VerifyReport:
    """Look at everything of ours in the repository; never changes, folds or records anything."""
    depth = depth or Depth(full=full)
    look = look_at(repo, depth=depth, progress=progress)
    return VerifyReport(
        depth.level,
        look.events,
        look.snapshots,
        look.objects,
        tuple(look.problems),
        tuple(look.remarks),
        look.drilled,
    )


def look_at(
    repo: Repo,
    *,
    depth: Depth,
    repaired: bool = False,
    progress: Progress = lambda _done, _all: None,
) -> Look:
    """Do what `verify` does; return all that was found. `repaired`: that was just tried."""
    history = History(repo, fill=fill)
    look = Look(repo, history, progress, repaired=repaired)
    try:
        _journal(look)
        # A `deinit --purge` was cut off: what it has removed already is not missing.
        if not any(item.get("purge") for item in history.journal.intents.values()):
            _refs(look)
            found = _stored(look, depth)
            if depth.full:
                _guarded(look, "the read index", lambda: verify_caches.caches(look))
                _guarded(look, "the notes", lambda: verify_caches.plain_notes(look))
            if depth.trial is not None:
                depth.trial(look, found)
        verify_caches.spool(look)
    finally:
        history.close()
    return look


def _stored(look: Look, depth: Depth) -> dict[SnapshotId, Oid]:
    found: dict[SnapshotId, Oid] = {}
    fsck = verify_objects.Fsck(look) if depth.full else None
    try:
        _guarded(look, "the events", lambda: verify_chains.chains(look))

        def snapshots() -> None:
            found.update(verify_snapshots.snapshots(look, full=depth.full))
            if fsck is not None:
                _guarded(look, "the objects", lambda: verify_objects.objects(look, found, fsck))
                _guarded(look, "the lists of refs", lambda: verify_refs.refs(look))
                _guarded(look, "what is kept", lambda: verify_refs.kept_commits(look))
            elif (subset := depth.subset) is not None:
                _guarded(look, "the objects", lambda: verify_subset.objects(look, found, subset))

        _guarded(look, "the snapshots", snapshots)
        if not depth.full:
            _guarded(look, "the packs", lambda: verify_objects.packs(look, full=False))
    finally:
        if fsck is not None:
            fsck.end()
    return found


def _guarded(look: Look, what: str, step: Callable[[], object]) -> None:
    """Take a step; damage that ends it is told like any other."""
    try:
        step()
    except (TimewarpError, ValueError) as exc:
        reason = exc.message if isinstance(exc, TimewarpError) else str(exc)
        look.wrong(
            "missing-object", f"{what} cannot be read: {reason}", look.remedy("git fsck --full")
        )


def _journal(look: Look) -> None:
    held = look.history.journal
    path = Paths(look.repo.state_dir).journal
    if not held.exists and look.history.lost is None:
        # With nothing recorded yet, it is an `init` that was cut off.
        kind = "missing-object" if look.history.refs else "torn-write"
        look.wrong(kind, path, "git timewarp status", ("journal",))
    look.problems += losses.of_journal(look.history)
    if held.exists and held.writer is None and look.history.lost is None:
        look.wrong(
            "lost-journal", f"{path}: it has no beginning", "git timewarp status", ("journal",)
        )
    recorded = lineage.recorded(look.repo.state_dir)
    if recorded is None:
        path_ = Paths(look.repo.state_dir).writer
        look.wrong("foreign-edit", f"{path_}: it is not what was written", "git timewarp status")
    elif held.writer is not None and held.writer != recorded:
        # `writer.json` is written first where a clone takes a new id, and names only such
        # former ones under which anything was recorded.
        torn = not held.head.n or held.writer in lineage.former(look.repo.state_dir)
        text = f"{path}: it is writer '{held.writer}'s, this clone is '{recorded}'"
        kind = "torn-write" if torn else "foreign-edit"
        look.wrong(kind, text, "git timewarp status", ("journal",))
    if held.ends_torn:
        look.wrong("torn-write", path, "git timewarp status", ("journal",))
    if held.damaged:
        look.wrong(
            "foreign-edit",
            f"{path}: {held.damaged} line(s) are not what was written",
            "git timewarp status",
            ("journal",),
        )
    if held.intents or held.fold is not None:
        verbs = tuple(str(item.get("verb")) for item in held.intents.values()) or ("fold",)
        look.wrong("torn-write", "an operation was cut off", "git timewarp status", verbs)


def _refs(look: Look) -> None:
    held = look.history.journal
    known = transaction.known(Paths(look.repo.state_dir).known_refs)
    for name, oid in sorted(known.items()):
        now = look.history.refs.get(RefName(name))
        if now is None:
            look.wrong("missing-object", f"ref {name}", "git timewarp status", (name,))
        elif now != oid and held.fold is None and transaction.is_of(held.writer, name):
            look.wrong("foreign-edit", f"ref {name}", "git timewarp status", (name,))
