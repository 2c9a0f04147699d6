"""What `doctor` looks at in our own store: can it be written, and is everything in its place?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice

from git_timewarp.git import refs
from git_timewarp.git.config import GitConfig
from git_timewarp.integrity import status
from git_timewarp.safety import log as system_log
from git_timewarp.store import journal as journal_file
from git_timewarp.store import recovery, transaction, writer
from git_timewarp.store.history import History
from git_timewarp.store.index_fill import fill
from git_timewarp.store.packs import Packs
from git_timewarp.store.paths import Paths
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.timeline.recording import GC_SETTINGS
from git_timewarp.timeline.results import Check
from git_timewarp.timeline.world import World
from git_timewarp.util import faults
from git_timewarp.util.text import counted, printable, shell, some

_NAMES = 3


def folder(world: World) -> Iterator[Check]:
    """Prove that the state folder and git's store take a new file."""
    repo = world.repo
    for path in (repo.state_dir, os.path.join(repo.objects_dir, "pack")):
        probe = os.path.join(path, f".tmp-doctor-{os.getpid()}")
        try:
            os.makedirs(path, exist_ok=True)
            faults.point("write probe")
            fd = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            os.write(fd, b"\n")
            os.close(fd)
            os.unlink(probe)
        except OSError as exc:
            why = exc.strerror or str(exc)
            text = f"'{path}' cannot be written: {why[:1].lower()}{why[1:]}"
            yield Check("state folder", passed=False, text=text, hint=f"ls -ld {shell(path)}")
            return
    yield Check("state folder", passed=True, text=repo.state_dir)


def identity(world: World) -> Iterator[Check]:
    """Tell whether the writer id is this clone's own."""
    held = journal_file.load(Paths(world.repo.state_dir).journal)
    found = writer.check(world.repo.state_dir, world.around, last_n=held.head.n)
    if not found.is_ours or found.writer != held.writer:
        reason = found.reason or "the journal is another writer's"
        text = f"{reason}: the next command takes a new id, nothing is lost"
        yield Check("writer", passed=None, text=text, hint="git timewarp status")
    elif world.around.outside is None:
        text = f"{found.writer}; without a home folder a copy in its place cannot be noticed"
        yield Check("writer", passed=None, text=text)
    else:
        yield Check("writer", passed=True, text=str(found.writer))


def journal(world: World) -> Iterator[Check]:
    """Tell what waits in the journal, and what is wrong with it."""
    paths = Paths(world.repo.state_dir)
    held = journal_file.load(paths.journal)
    waiting = f"{len(held.events)} event(s) and {len(held.snapshots)} snapshot(s) wait to be folded"
    if not held.exists:
        text = "the journal is gone; what was not folded yet went with it"
        yield Check("journal", passed=False, text=text, hint="git timewarp verify")
    elif held.damaged:
        text = f"{held.damaged} line(s) are not what was written"
        yield Check("journal", passed=False, text=text, hint="git timewarp verify --full")
    elif held.intents or held.fold is not None or held.ends_torn:
        text = "an operation was cut off; the next command finishes it"
        yield Check("journal", passed=False, text=text, hint="git timewarp status")
    else:
        yield Check("journal", passed=True, text=waiting if held.events else "nothing waits")
    kept = os.path.dirname(paths.damaged(b""))
    if os.path.isdir(kept):
        text = f"copies of a damaged journal are kept in '{kept}'"
        yield Check("journal", passed=None, text=text)


def recoveries(world: World) -> Iterator[Check]:
    """Tell what recoveries and repairs have kept."""
    found = recovery.reports(Paths(world.repo.state_dir))
    if not found:
        return
    pinned = sum(len(item["pinned"]) for item in found if isinstance(item["pinned"], list))
    text = f"{counted(len(found), 'report')} of recoveries, the last of {found[-1]['ts']}"
    more = f"; {pinned} object(s) that nothing names are kept" if pinned else ""
    yield Check("recovery", passed=None, text=text + more, hint="git timewarp recover")


def packs(world: World) -> Iterator[Check]:
    """Look whether what our refs name lies in packs of ours that git leaves alone."""
    refs = transaction.current(world.repo)
    if not refs:
        yield Check("packs", passed=None, text="nothing is folded yet")
        return
    quarantine = Quarantine(world.repo)
    try:
        ours = Packs(quarantine, clock=world.clock)
        names = ours.live()
        left = set(refs.values())
        for name in names:
            left -= ours.held_by(name, left)
        missing = [oid for oid in left if quarantine.reader.info(oid) is None]
    finally:
        quarantine.close()
    if missing:
        text = f"{len(missing)} of {len(refs)} refs name objects that are gone"
        yield Check("packs", passed=False, text=text, hint="git timewarp verify --full")
    elif left:
        text = (
            f"{len(left)} of {len(refs)} refs lie outside of our kept packs "
            "(a '.keep' file is gone): safe, but git gc rewrites them each time"
        )
        yield Check("packs", passed=None, text=text, hint="git timewarp verify --full")
    else:
        yield Check("packs", passed=True, text=f"{len(names)}, each with its '.keep'")


def read_index(world: World) -> Iterator[Check]:
    """Open the read index, which builds it again where it is not readable."""
    history = History(world.repo, fill=fill)
    try:
        count = history.index.count()
    finally:
        history.close()
    yield Check("read index", passed=True, text=f"{count} event(s)")


def gc_settings(config: GitConfig) -> Iterator[Check]:
    """Look whether the settings are there that keep `git gc` silent about our refs."""
    gone = [name for name in GC_SETTINGS if config.get(_folded(name)) != "never"]
    if not gone:
        yield Check("gc settings", passed=True, text="git gc leaves the reflogs of our refs alone")
        return
    text = f"{' and '.join(gone)} is not set: git gc will print errors"
    yield Check("gc settings", passed=False, text=text, hint="git timewarp init")


def skipped(world: World) -> Iterator[Check]:
    """Tell what the latest snapshot could not hold."""
    history = History(world.repo, fill=fill)
    try:
        entry = history.latest_snapshot(world.repo.worktree)
        held = history.snapshot(entry.snapshot) if entry and entry.snapshot else None
    finally:
        history.close()
    if held is None or not held.view.skipped:
        return
    by_reason: dict[str, list[str]] = {}
    for item in held.view.skipped:
        by_reason.setdefault(item.reason, []).append(item.path)
    for reason, paths in sorted(by_reason.items()):
        hint = f"git timewarp show E{entry.lamport if entry else 0}"
        if reason == "too-large":
            hint = "git timewarp config set timewarp.snapshot.maxUntrackedBytes 100m"
        passed = None if reason in {"too-large", "special", "purged"} else False
        text = f"{reason}: {some(paths, most=_NAMES)} {'are' if len(paths) > 1 else 'is'} not in snapshots"
        yield Check("skipped", passed=passed, text=text, hint=hint)


def branch(world: World) -> Iterator[Check]:
    """Tell where HEAD's branch has lost its commit since the latest snapshot."""
    asked = refs.HeadReading(world.repo.git)
    history = History(world.repo, fill=fill)
    try:
        commit, name = asked.result()
        found = status.lost_branch(history, commit=commit, branch=name)
    finally:
        asked.stop()
        history.close()
    for item in found:
        yield Check("branch", passed=False, text=item.where, hint=item.hint)


def log(world: World) -> Iterator[Check]:
    """Tell where the log is, and the last things in it that went wrong."""
    where = system_log.path_in(world.repo.state_dir)
    wrong = islice(system_log.records(world.repo.state_dir, least="warn"), _NAMES)
    told = list(wrong)
    text = f"'{where}', nothing went wrong" if not told else f"'{where}'; what went wrong last:"
    yield Check("log", passed=True if not told else None, text=text)
    for record in told:
        text = f"{record.ts} {record.level} {record.component}: {printable(record.message)}"
        yield Check("log", passed=None, text=text, hint="git timewarp log --system")


def _folded(name: str) -> str:
    """Return a setting's name as git lists it: the last part in lower case."""
    section, _, key = name.rpartition(".")
    return f"{section}.{key.lower()}"
