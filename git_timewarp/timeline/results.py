"""What the operations answer: frozen records, one `to_dict` for `--json` and any API alike.

Field names are the stable contract of design 8; `docs/reference/json.md` lists them.
"""

from typing import NamedTuple

from git_timewarp.git.names import Oid, RepoPath, SnapshotId
from git_timewarp.restore.outcome import RefMove, Refused
from git_timewarp.store.view import Skipped
from git_timewarp.timeline.results_look import VERSION, Changes, Json, LogEntry, Problem
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import json_name


def _names(paths: tuple[RepoPath, ...]) -> list[object]:
    return [json_name(path) for path in paths]


class SnapshotResult(Frozen):
    """Answer of `snapshot`; `created` is false when the existing id was answered.

    `snapshot` and `event` are empty, in JSON null, for a dry run that would make a new one.
    `marked`: nothing had changed, and a message or milestone was recorded about that id.
    """

    snapshot: SnapshotId
    event: str
    tree: Oid
    created: bool
    changes: Changes
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    marked: bool = False

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "snapshot": self.snapshot or None,
            "event": self.event or None,
            "tree": self.tree,
            "created": self.created,
            "skipped": [item.to_json() for item in self.skipped],
        }


class TravelResult(Frozen):
    """Answer of `jump`, `restore`, `undo`, `redo` and `stash apply`.

    `event` is None for a dry run. `stashed` names the stash entry a jump over
    uncommitted work made, `kept_aside` files somebody changed while we wrote,
    with where they are now. `is_step` tells whether anything changed, the index
    and HEAD too, so that an undo takes it back.
    """

    verb: str
    event: str | None
    from_snapshot: SnapshotId | None
    to_snapshot: SnapshotId | None
    safety_snapshot: SnapshotId | None
    restored: tuple[RepoPath, ...]
    removed: tuple[RepoPath, ...]
    unchanged: int
    refused: tuple[Refused, ...] = ()
    kept_aside: tuple[tuple[RepoPath, str], ...] = ()
    stashed: str | None = None
    target: str = ""
    dry_run: bool = False
    notes: tuple[str, ...] = ()
    refs: tuple[RefMove, ...] = ()
    is_step: bool = True

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "event": self.event,
            "from": self.from_snapshot,
            "to": self.to_snapshot,
            "safety_snapshot": self.safety_snapshot,
            "restored": _names(self.restored),
            "removed": _names(self.removed),
            "unchanged": self.unchanged,
            "refused": [{"path": json_name(r.path), "reason": r.reason} for r in self.refused],
            "kept_aside": [
                {"path": json_name(p), "at": json_name(at)} for p, at in self.kept_aside
            ],
            "refs": [item.to_dict() for item in self.refs],
            "stash": self.stashed,
            "dry_run": self.dry_run,
            "notes": list(self.notes),
        }


class FileChange(NamedTuple):
    """One path that differs between two snapshots; status A, M, D, T (type) as git's.

    `additions` and `deletions` are lines, None for binary files.
    """

    path: RepoPath
    status: str
    additions: int | None
    deletions: int | None

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "path": json_name(self.path),
            "status": self.status,
            "additions": self.additions,
            "deletions": self.deletions,
        }


class DiffResult(Frozen):
    """Answer of `diff`: files, and the patch as git prints it (bytes, maybe coloured)."""

    files: tuple[FileChange, ...]
    patch: bytes

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {"v": VERSION, "files": [item.to_dict() for item in self.files]}


class ShowResult(Frozen):
    """Answer of `show`: the event whole, its snapshot's meta and what it changed.

    For a revision of git `entry` is None and `record` the commit: oid, parents, author,
    ts, message.
    """

    entry: LogEntry | None
    record: Json
    meta: Json | None
    files: tuple[FileChange, ...]
    patch: bytes = b""

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        files = [item.to_dict() for item in self.files]
        if self.entry is None:
            return {"v": VERSION, "event": None, "commit": self.record, "files": files}
        return {
            "v": VERSION,
            "event": self.record,
            "label": self.entry.event,
            "snapshot": self.meta,
            "files": files,
        }


class StashEntry(Frozen):
    """One stash: uncommitted work a jump put away; `name` is `stash@{n}` of ours, newest 0.

    `git` is the name and the commit of the entry of git's own list with the same work.
    """

    name: str
    event: str
    snapshot: SnapshotId
    ts: str
    branch: str | None
    summary: str
    changes: Changes
    git: tuple[str, Oid] | None = None

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        named = {"name": self.git[0], "commit": self.git[1]} if self.git is not None else None
        return {
            "name": self.name,
            "event": self.event,
            "snapshot": self.snapshot,
            "ts": self.ts,
            "branch": self.branch,
            "summary": self.summary,
            "changes": self.changes.total,
            "git": named,
        }


class VerifyReport(Frozen):
    """Answer of `verify`; `level` is `quick`, `full` or `subset <part>`.

    `drilled` counts the snapshots that were restored into a scratch folder. `remarks` are worth knowing and no damage of ours: what a snapshot names and this repository does not have.
    """

    level: str
    events: int
    snapshots: int
    objects: int
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Problem, ...] = ()
    drilled: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "ok": self.is_clean,
            "level": self.level,
            "events": self.events,
            "snapshots": self.snapshots,
            "objects": self.objects,
            "problems": [item.to_dict() for item in self.problems],
            "remarks": [item.to_dict() for item in self.remarks],
            "drilled": self.drilled,
        }


RECOVERY_TEXTS = ("came_back", "lost", "left")


class RecoveryReport(Frozen):
    """Answer of `recover`.

    Attributes:
        last: the newest report (`store/recovery.py`); None where there never was a recovery.
        count: how many recoveries are kept.
        pinned: objects that nothing names, of all of them, each with its object directory.
        now: what a quick look at everything says.
    """

    last: Json | None
    count: int
    pinned: tuple[Json, ...]
    now: VerifyReport

    def texts(self, member: str) -> list[str]:
        """Return what the last report says of `came_back`, `lost` or `left`."""
        found = self.last.get(member) if self.last is not None else None
        return [str(text) for text in found] if isinstance(found, list) else []

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        last: Json | None = None
        if self.last is not None:
            told = {member: self.texts(member) for member in RECOVERY_TEXTS}
            last = {"ts": self.last["ts"], "verb": self.last["verb"], **told}
            last["copy"] = self.last["folder"]
        return {
            "v": VERSION,
            "recovery": last,
            "kept": self.count,
            "pinned": list(self.pinned),
            "now": self.now.to_dict(),
        }


class RepairReport(Frozen):
    """Answer of `repair`.

    Attributes:
        healed: objects that were found: `{oid, from, paths}`.
        packs: packs of ours that were written anew.
        refs: refs of ours that were put back.
        index_rebuilt: whether the read index was made again.
        former: how many former values of our refs, which led to what is lost, were forgotten.
        found: how many problems there were.
        problems: those that are left, as `verify` tells them.
        copy: the folder with what was there before; None where nothing was done.
        dry_run: nothing was changed; `healed` is what could be.
    """

    healed: tuple[Json, ...]
    packs: tuple[str, ...]
    refs: tuple[str, ...]
    index_rebuilt: bool
    former: int
    found: int
    problems: tuple[Problem, ...]
    copy: str | None
    dry_run: bool

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "ok": not self.problems,
            "dry_run": self.dry_run,
            "healed": list(self.healed),
            "packs": list(self.packs),
            "refs": list(self.refs),
            "index_rebuilt": self.index_rebuilt,
            "former": self.former,
            "found": self.found,
            "problems": [item.to_dict() for item in self.problems],
            "copy": self.copy,
        }


class Check(Frozen):
    """One line of `doctor`: a check, whether it passed (None: not applicable), what to do."""

    name: str
    passed: bool | None
    text: str
    hint: str | None = None

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {"name": self.name, "ok": self.passed, "text": self.text, "hint": self.hint}


class InitResult(Frozen):
    """Answer of `init`: the writer, the snapshot, and what is protected from now on.

    `first` is None, in JSON `snapshot` and `event` null, where no snapshot may be taken now.
    """

    writer: str
    created: bool
    first: SnapshotResult | None
    hooks: Json
    watching: bool
    protected: tuple[str, ...]
    not_protected: tuple[str, ...]

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        return {
            "v": VERSION,
            "writer": self.writer,
            "created": self.created,
            "snapshot": self.first and self.first.snapshot,
            "event": self.first and self.first.event,
            "hooks": self.hooks,
            "watching": self.watching,
            "protected": list(self.protected),
            "not_protected": list(self.not_protected),
            "skipped": [item.to_json() for item in self.first.skipped] if self.first else [],
        }
