"""Status: is it recording, since when, and is anything wrong?"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from git_timewarp.errors import TimewarpError
from git_timewarp.git import refs
from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.repo import Repo
from git_timewarp.integrity import losses
from git_timewarp.store.backlog import Backlog
from git_timewarp.store.events import Json
from git_timewarp.store.history import History
from git_timewarp.store.index import Entry
from git_timewarp.store.room import STOP, WARN, Room, Space, megabytes, space
from git_timewarp.timeline import recording
from git_timewarp.timeline.label import log_entry
from git_timewarp.timeline.recording import NotRecordingError
from git_timewarp.timeline.results_look import LogEntry, Problem, StatusResult
from git_timewarp.util import atomic
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import shell

_LOOK_BACK = 200
_WARNED = (95, 85, 70)
"""Percent of the quota at which it is told."""

_AFTER_GAP = 'git timewarp snapshot -m "after a gap"'
"""With a message, because without one nothing is recorded where nothing changed."""


class Around(Frozen):
    """What the status tells of that is not in the history.

    Attributes:
        timeline: the line of snapshots that new ones join.
        watcher: what the watcher tells about itself.
        hooks: how the hooks are.
        room: the ladder on free space; `quota`: bytes that may be ours, 0 to ask nothing.
    """

    timeline: str
    watcher: Json
    hooks: Json
    room: Room = Room()
    quota: int = 0


def status(history: History, around: Around, *, problems: tuple[Problem, ...] = ()) -> StatusResult:
    """Gather the state of the recorder; looks at the journal, our refs and the index only."""
    asked = refs.HeadReading(history.repo.git)
    try:
        newest = next(history.entries(limit=1), None)
        last = history.latest_snapshot(history.repo.worktree)
        commit, branch = asked.result()
    finally:
        asked.stop()
    held = history.journal
    spool = Backlog(history.repo.state_dir)
    found = list(problems)
    if held.damaged:
        found.append(
            Problem(
                "foreign-edit",
                f"{held.damaged} line(s) of the journal are not what was written",
                "git timewarp verify --full",
            )
        )
    if spool.lost:
        found.append(
            Problem(
                "lost-spool",
                f"git hooks could not note {spool.lost} event(s)",
                "git timewarp snapshot",
            )
        )
    found += losses.of_journal(history)
    found += lost_branch(history, commit=commit, branch=branch)
    has_hooks = around.hooks.get("mode") is not None
    found += _of_gaps(history, last, head=commit if has_hooks else None)
    found += _of_hooks(around.hooks)
    found += _of_watcher(around.watcher)
    if around.quota:
        found += of_room(space(history.repo, quota=around.quota, room=around.room), around.room)
    return StatusResult(
        recording=True,
        writer=history.writer,
        timeline=around.timeline,
        head=branch or commit,
        last_event=_shown(history, newest),
        last_snapshot=_shown(history, last),
        last_draft=_shown(history, newest_draft(history)),
        watcher=around.watcher,
        hooks=around.hooks,
        pending={
            "events": len(held.events),
            "snapshots": len(held.snapshots),
            "spool_bytes": spool.size,
        },
        counts={"events": history.count()},
        problems=tuple(found),
    )


def lost_branch(history: History, *, commit: Oid | None, branch: RefName | None) -> list[Problem]:
    """Return that HEAD's branch has no commit, where the latest that is known of it had one.

    A jump brings every branch back, and the files; where commits were made after the latest
    snapshot, only the branch is to come back.
    """
    repo = history.repo
    if commit is not None or branch is None:
        return []
    known: Entry | None = None
    for entry in history.entries(limit=_LOOK_BACK):
        if entry.worktree != repo.worktree or not history.is_own(entry) or entry.branch is None:
            continue
        if entry.branch != branch or entry.head is not None:
            known = entry if entry.branch == branch else None
            break
    if known is None or known.head is None:
        return []
    last = history.latest_snapshot(repo.worktree)
    text = f"branch '{branch.removeprefix('refs/heads/')}' has no commit any more: it was at "
    text += f"{known.head[:7]} in E{known.lamport}"
    broken = os.path.join(repo.common_dir, branch)
    if os.path.isfile(broken):
        hint = f"rm {shell(broken)}"
    elif history.reader.info(known.head) is None:
        hint = "git fsck --full"
    elif last is not None and last.head == known.head:
        hint = f"git timewarp jump --with-refs E{last.lamport}"
    else:
        hint = f"git update-ref {shell(branch)} {known.head}"
    return [Problem("lost-branch", text, hint)]


def newest_draft(history: History) -> Entry | None:
    """Return the newest draft of this work tree, None where none is among its latest snapshots."""
    here = history.repo.worktree
    where = "snapshot IS NOT NULL AND worktree = name(?)"
    for entry in history.entries(where, (here,), limit=_LOOK_BACK):
        if entry.type == "draft" and entry.worktree == here and history.is_own(entry):
            return entry
    return None


def recovered(notices: list[str], since: int = 0) -> tuple[Problem, ...]:
    """Return what was put right on the way as problems, told once: it leaves `notices`.

    The first `since` notices are older, and of something else.
    """
    found = tuple(Problem("recovered", text, "git timewarp recover") for text in notices[since:])
    del notices[since:]
    return found


def finished(
    operation: Callable[[], AbstractContextManager[object]], notices: list[str], since: int
) -> tuple[Problem, ...]:
    """Finish what was cut off, by an operation; return what came of it as problems.

    Raises:
        NotRecordingError: it was the end of the recording.
    """
    try:
        with operation():
            pass
    except NotRecordingError:
        raise
    except TimewarpError as exc:
        return (Problem(exc.reference, exc.message, exc.hint or ""), *recovered(notices, since))
    return recovered(notices, since)


def lost_files(repo: Repo) -> tuple[Problem, ...]:
    """Tell of a recording whose files are gone while its refs are here."""
    if not recording.has_lost_files(repo):
        return ()
    return (Problem("lost-journal", recording.LOST_FILES, recording.REBUILD),)


def not_recording(
    *, hooks: Json, watcher: Json, problems: tuple[Problem, ...] = ()
) -> StatusResult:
    """Return the status of a repository in which nothing records."""
    return StatusResult(
        recording=False,
        writer=None,
        timeline=None,
        head=None,
        last_event=None,
        last_snapshot=None,
        watcher=watcher,
        hooks=hooks,
        pending={},
        counts={},
        problems=(*problems, *_of_hooks(hooks)),
    )


def _of_gaps(history: History, last: Entry | None, *, head: Oid | None) -> list[Problem]:
    """Return what hooks could not tell of since the latest snapshot, which holds it.

    A loss that was counted is an event by now. Where not even the counter could be written,
    HEAD is where no event knows of it, by a command that runs a hook (a reset does not).
    Without `head` there is nothing that a hook would have told of.
    """
    lost, known = 0, head is None or last is None
    for entry in history.entries(limit=_LOOK_BACK):
        is_last = last is not None and entry.id == last.id
        count = entry.data.get("lost") if entry.type == "gap" else None
        if isinstance(count, int) and not is_last:
            lost += count
        elif head in {entry.head, entry.anchor, entry.data.get("to")}:
            known = True
        if is_last:
            break
    else:
        known = True
    found = []
    if lost:
        found.append(Problem("lost-spool", f"git hooks could not note {lost} event(s)", _AFTER_GAP))
    if not known and not lost and _runs_a_hook(history):
        text = f"HEAD moved to {str(head)[:7]} and no git hook told of it"
        found.append(Problem("moved-unseen", text, "git timewarp snapshot"))
    return found


def _runs_a_hook(history: History) -> bool:
    """Tell whether HEAD was moved last by a command that runs a hook of ours, as its log says."""
    data = atomic.read(os.path.join(history.repo.git_dir, "logs", "HEAD")) or b""
    _, _, reason = data.rstrip(b"\n").rpartition(b"\n")[2].partition(b"\t")
    return reason.startswith((b"commit", b"checkout: ", b"merge "))


def _of_hooks(hooks: Json) -> list[Problem]:
    """Return what keeps the user's own hooks from running, if anything."""
    if hooks.get("state") != "lost":
        return []
    said = hooks.get("problems")
    text = "; ".join(map(str, said)) if isinstance(said, list) else ""
    return [Problem("hooks-lost", text, str(hooks.get("hint") or ""))]


def _of_watcher(watcher: Json) -> list[Problem]:
    """Return what keeps the watcher from its work, if anything."""
    if watcher.get("running"):
        what, hint = watcher.get("problem"), "git timewarp watch status"
        text = f"the watcher cannot record: {what}"
    else:
        what, hint = watcher.get("reason"), "git timewarp watch start"
        text = f"the watcher is gone: {what}"
    found = [Problem("watcher", text, hint)] if what else []
    if watcher.get("verify_problems"):
        text = f"the full verify of {watcher['verified']} found {watcher['verify_problems']} problem(s)"
        found.append(Problem("verify", text, "git timewarp verify --full"))
    return found


def of_room(found: Space, room: Room) -> list[Problem]:
    """Return what is wrong with the room there is, if anything."""
    told = []
    if found.level == STOP:
        text = f"only {megabytes(found.free)} are free, below {megabytes(room.stop)} no snapshots"
        told.append(Problem("disk", f"{text} are taken", "git timewarp compact --now"))
    elif found.level == WARN:
        text = f"only {megabytes(found.free)} are free on the disk"
        told.append(Problem("disk", text, "git timewarp compact --dry-run"))
    step = next((percent for percent in _WARNED if found.percent >= percent), None)
    if step is not None:
        used = megabytes(found.share - found.leaving)
        text = f"{used} are {found.percent} % of the quota of {megabytes(found.quota)}"
        told.append(Problem("quota", text, "git timewarp storage"))
    return told


def _shown(history: History, entry: Entry | None) -> LogEntry | None:
    return None if entry is None else log_entry(history, entry)
