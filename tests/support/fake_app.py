"""An app that answers what a test puts into it: for drawings, never for behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from git_timewarp.cli import registry
from git_timewarp.cli.context import Context
from git_timewarp.cli.main import parse
from git_timewarp.cli.output.console import Console
from git_timewarp.cli.spec import Command
from git_timewarp.cli.terminal import Terminal
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import RepoPath, SnapshotId
from git_timewarp.rescue.results import Derived, Moment, Rebuilt
from git_timewarp.restore.outcome import Refused
from git_timewarp.timeline.results import (
    Check,
    DiffResult,
    FileChange,
    InitResult,
    RecoveryReport,
    RepairReport,
    ShowResult,
    SnapshotResult,
    StashEntry,
    TravelResult,
    VerifyReport,
)
from git_timewarp.timeline.results_look import (
    Changes,
    Json,
    LogEntry,
    Problem,
    StatusResult,
)
from git_timewarp.timeline.results_path import PathVersion
from git_timewarp.timeline.results_stash import StashShow
from tests.support.fake_disk import FakeDisk
from tests.support.fake_facets import (
    NOW,
    TREE,
    FakeLog,
    FakeStashes,
    FakeVersions,
    ago,
    entry,
    version,
)

if TYPE_CHECKING:
    from tests.support.fake_archives import FakeArchives

__all__ = ["NOW", "TREE", "ago", "entry", "version"]


class UnknownKeyError(TimewarpError):
    """What an app answers for a key nobody knows."""

    kind = Kind.NOT_FOUND
    reference = "unknown-key"


def watcher(
    *,
    running: bool = False,
    mode: str = "events",
    last_draft: str | None = None,
    reason: str | None = None,
    problem: str | None = None,
) -> Json:
    """Return what an app says of its watcher."""
    return {
        "running": running,
        "pid": 4711 if running else None,
        "since": ago(3600) if running else None,
        "mode": mode if running else None,
        "last_draft": last_draft,
        "reason": reason,
        "problem": problem,
        "verified": None,
        "verify_problems": 0,
    }


class FakeRecovery:
    """Answers what the app was given."""

    def __init__(self, app: FakeApp) -> None:
        self._app = app

    def report(self) -> RecoveryReport:
        """Answer this app's recovery, and everything as `verify` finds it."""
        now = VerifyReport("quick", 47, 12, 0, self._app.problems)
        last = self._app.recovered
        pinned = ({"oid": str(TREE), "type": "tree", "size": 0, "objects": "/r/objects"},)
        return RecoveryReport(last, int(last is not None), pinned if last else (), now)

    def repair(self, *, dry_run: bool, progress: Callable[[int, int], None]) -> RepairReport:
        """Answer one object healed, and this app's problems as left."""
        self._app.asked.append(("repair", {"dry_run": dry_run}))
        progress(1, 2)
        healed: Json = {"oid": str(TREE), "from": "the work tree", "paths": ["src/a.py"]}
        problems = self._app.problems
        folder = None if dry_run else "/r"
        return RepairReport((healed,), ("pack-1",), (), False, 0, 2, problems, folder, dry_run)


class FakeRescue:
    """Answers a disaster that was not too bad."""

    def rebuild(self, *, dry_run: bool) -> Rebuilt:
        """Answer what came back."""
        return Rebuilt(
            snapshots=3,
            drafts=1,
            kept=0,
            events=47,
            refs=() if dry_run else ("refs/timewarp/klmnopqrstuvwxyz/events/000001",),
            copied=2,
            writers=("klmnopqrstuvwxyz",),
            partial=(Moment(SnapshotId("kkkkkkkkkkkk"), ago(60), "user", "main-worktree", 2),),
            gone=(SnapshotId("llllllllllll"),),
            missing_events=(("klmnopqrstuvwxyz", 4, 6),),
            unlisted=(),
            event=None if dry_run else "E48",
            dry_run=dry_run,
        )

    def from_git(self, *, since: str | None, limit: int, dry_run: bool) -> Derived:
        """Answer what was derived."""
        return Derived(
            commits=limit,
            moves=7,
            known=2,
            lost=(TREE,),
            since=since or ago(3600),
            event=None if dry_run else "E48",
            dry_run=dry_run,
        )


@dataclass
class FakeApp:
    """Answers from its fields and remembers what it was asked."""

    entries: list[LogEntry] = field(default_factory=list)
    draft: LogEntry | None = None
    problems: tuple[Problem, ...] = ()
    checks: tuple[Check, ...] = ()
    travel: TravelResult | None = None
    past: list[PathVersion] = field(default_factory=list)
    patch: bytes = b""
    files: tuple[FileChange, ...] = ()
    taken: SnapshotResult | None = None
    recording: bool = True
    recovered: Json | None = None
    notices: Sequence[str] = ()
    state_dir: str = ""
    mistakes: Sequence[Json] = ()
    git_config: Mapping[str, str] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    disk: FakeDisk = field(default_factory=FakeDisk)

    @property
    def recovery(self) -> FakeRecovery:
        """What recoveries left, and repairs."""
        return FakeRecovery(self)

    @property
    def rescue(self) -> FakeRescue:
        """Answer for the records made again."""
        return FakeRescue()

    def init(self, *, hooks: bool, watch: bool) -> InitResult:
        """Answer an init that has just been done."""
        self.asked.append(("init", {"hooks": hooks, "watch": watch}))
        return InitResult(
            writer="klmnopqrstuvwxyz",
            created=True,
            first=self.snapshot(message="", milestone=None, dry_run=False, patient=True),
            hooks={},
            watching=watch,
            protected=("tracked and untracked files", "branches and tags"),
            not_protected=("ignored files",),
        )

    def deinit(self, *, purge: bool, dry_run: bool) -> Json:
        """Answer what went."""
        self.asked.append(("deinit", {"purge": purge, "dry_run": dry_run}))
        refs = ["refs/timewarp/klmnopqrstuvwxyz/events/1"] if purge else []
        return {"purged": purge, "refs_removed": refs, "packs": 1, "left": [], "dry_run": dry_run}

    def status(self) -> StatusResult:
        """Answer a healthy recording."""
        last = self.entries[0] if self.entries else None
        return StatusResult(
            recording=self.recording,
            writer="klmnopqrstuvwxyz" if self.recording else None,
            timeline="main",
            head="refs/heads/main",
            last_event=last,
            last_snapshot=last,
            watcher=watcher(running=True, last_draft=ago(5)),
            hooks={
                "state": "installed",
                "mode": "beside",
                "path": ".git/hooks",
                "problems": [],
                "hint": None,
                "hooks": [
                    {
                        "name": "post-commit",
                        "installed": True,
                        "fires": True,
                        "chained_to": None,
                        "behind": None,
                    },
                    {
                        "name": "pre-push",
                        "installed": True,
                        "fires": True,
                        "chained_to": "x",
                        "behind": None,
                    },
                ],
            },
            pending={"events": 3, "snapshots": 1, "spool_bytes": 739},
            counts={"events": 47},
            problems=self.problems,
            last_draft=self.draft,
        )

    def doctor(self) -> tuple[Check, ...]:
        """Answer the checks."""
        return self.checks

    def snapshot(
        self, *, message: str, milestone: str | None, dry_run: bool, patient: bool
    ) -> SnapshotResult:
        """Answer a snapshot."""
        del patient
        self.asked.append(
            ("snapshot", {"message": message, "milestone": milestone, "dry_run": dry_run})
        )
        return self.taken or SnapshotResult(
            snapshot=SnapshotId("klmnopqrstuv"),
            event="E48",
            tree=TREE,
            created=True,
            changes=Changes(2, 3, 1),
        )

    def log(
        self,
        *,
        limit: int | None,
        types: Sequence[str],
        actors: Sequence[str],
        since: str | None,
        until: str | None,
        all_writers: bool,
        paths: Sequence[str] = (),
    ) -> Iterator[LogEntry]:
        """Answer the entries."""
        asked = {
            "limit": limit,
            "types": types,
            "actors": actors,
            "since": since,
            "until": until,
            "all_writers": all_writers,
            "paths": paths,
        }
        self.asked.append(("log", asked))
        return iter(self.entries[:limit])

    def show(self, target: str, *, patch: bool, color: bool, stat: bool) -> ShowResult:
        """Answer the first entry."""
        asked = {"target": target, "patch": patch, "color": color, "stat": stat}
        self.asked.append(("show", asked))
        given = self.patch if patch else b""
        return ShowResult(self.entries[0], {"id": "x"}, {"skipped": []}, self.files, given)

    def entry_files(
        self,
        entry: LogEntry,
        *,
        paths: Sequence[str] = (),
        patch: bool,
        color: bool,
        stat: bool,
    ) -> ShowResult:
        """Answer what an entry changed."""
        self.asked.append(("entry_files", {"color": color, "stat": stat, "paths": paths}))
        return ShowResult(entry, {}, None, self.files, self.patch if patch else b"")

    def diff(
        self,
        a: str | None,
        b: str | None,
        *,
        paths: Sequence[str],
        color: bool,
        stat: bool,
        name_only: bool,
    ) -> DiffResult:
        """Answer the files."""
        asked = {"a": a, "b": b, "paths": paths, "stat": stat, "name_only": name_only}
        self.asked.append(("diff", asked | {"color": color}))
        return DiffResult(self.files, b"" if stat or name_only else self.patch)

    @property
    def versions(self) -> FakeVersions:
        """Answer the versions of a path."""
        return FakeVersions(self.past, self.patch, self.asked)

    def cat(self, target: str, path: str) -> bytes:
        """Answer the patch as a file's bytes."""
        self.asked.append(("cat", {"target": target, "path": path}))
        return self.patch

    def jump(
        self, target: str, *, with_head: bool, with_refs: bool, force: bool, dry_run: bool
    ) -> TravelResult:
        """Answer the journey."""
        asked = {"with_head": with_head, "with_refs": with_refs, "force": force}
        self.asked.append(("jump", {"target": target, "dry_run": dry_run} | asked))
        return self._journey("jump")

    def restore(
        self, paths: Sequence[str], *, source: str | None, force: bool, dry_run: bool
    ) -> TravelResult:
        """Answer the journey."""
        asked = {"paths": paths, "source": source, "force": force, "dry_run": dry_run}
        self.asked.append(("restore", asked))
        return self._journey("restore")

    def undo(self, steps: int, *, event: str | None, force: bool, dry_run: bool) -> TravelResult:
        """Answer the journey."""
        asked = {"steps": steps, "event": event, "force": force, "dry_run": dry_run}
        self.asked.append(("undo", asked))
        return self._journey("undo")

    def redo(self, steps: int, *, event: str | None, force: bool, dry_run: bool) -> TravelResult:
        """Answer the journey."""
        asked = {"steps": steps, "event": event, "force": force, "dry_run": dry_run}
        self.asked.append(("redo", asked))
        return self._journey("redo")

    def stash_list(self) -> tuple[StashEntry, ...]:
        """Answer two stashes."""
        made = SnapshotId("klmnopqrstuv")
        return (
            StashEntry("stash@{0}", "E9", made, ago(120), "main", "half a parser", Changes(1, 2)),
            StashEntry("stash@{1}", "E3", made, ago(90000), None, "日本語の作業", Changes(0, 1)),
        )

    @property
    def stashes(self) -> FakeStashes:
        """Answer both lists of stashes."""
        return FakeStashes(self)

    def stash_show(self, name: str, *, patch: bool, color: bool) -> StashShow:
        """Answer the files."""
        self.asked.append(("stash_show", {"name": name, "patch": patch, "color": color}))
        return StashShow(self.files, self.patch)

    def stash_apply(self, name: str, *, dry_run: bool, force: bool, drop: bool) -> TravelResult:
        """Answer the journey."""
        asked = {"name": name, "drop": drop, "force": force, "dry_run": dry_run}
        self.asked.append(("stash_apply", asked))
        return self._journey("stash apply")

    def stash_drop(self, name: str, *, dry_run: bool) -> StashEntry:
        """Answer the first stash."""
        self.asked.append(("stash_drop", {"name": name, "dry_run": dry_run}))
        return self.stash_list()[0]

    def verify(
        self,
        *,
        full: bool,
        subset: str | None,
        drills: int,
        progress: Callable[[int, int], None],
    ) -> VerifyReport:
        """Answer a report with this app's problems."""
        self.asked.append(("verify", {"full": full, "subset": subset, "drills": drills}))
        progress(1, 2)
        return VerifyReport("full" if full else "quick", 47, 12, 300, self.problems)

    @property
    def system_log(self) -> FakeLog:
        """Answer the program's own log."""
        return FakeLog(self)

    def watch_start(self) -> Json:
        """Answer a running watcher."""
        self.asked.append(("watch_start", {}))
        return watcher(running=True, mode="polling", reason="no inotify watch left")

    def watch_stop(self) -> Json:
        """Answer a stopped watcher."""
        self.asked.append(("watch_stop", {}))
        return watcher()

    def watch_status(self) -> Json:
        """Answer a stopped watcher."""
        return watcher(reason="it was killed", problem="a draft failed: no space left")

    def watch_run(self) -> None:
        """Remember."""
        self.asked.append(("watch_run", {}))

    def hooks_install(self) -> Json:
        """Answer the hooks."""
        self.asked.append(("hooks_install", {}))
        return {
            "changed": True,
            "mode": "beside",
            "path": ".git/hooks",
            "hooks": ["post-commit", "pre-push"],
            "handed_on": ["pre-push"],
        }

    def hooks_uninstall(self) -> Json:
        """Answer what went."""
        self.asked.append(("hooks_uninstall", {}))
        return {
            "changed": True,
            "removed": [".git/hooks/post-commit"],
            "settings": [".git/config"],
            "left": [{"bytes": "/w=="}],
        }

    def hooks_status(self) -> Json:
        """Answer the hooks."""
        return self.status().hooks

    @property
    def archive(self) -> FakeArchives:
        """Answer the verbs of archives; imported late, as the app does."""
        from tests.support.fake_archives import FakeArchives  # noqa: PLC0415

        return FakeArchives(self.asked)

    def notes_publish(self, *, dry_run: bool) -> Json:
        """Answer a count."""
        self.asked.append(("notes_publish", {"dry_run": dry_run}))
        return {"ref": "refs/notes/timewarp", "notes": 3, "dry_run": dry_run}

    def record(self, lines: Iterable[bytes]) -> Iterator[Json]:
        """Answer each line."""
        for number, line in enumerate(lines, 1):
            yield {"event": f"E{number}", "id": line.decode().strip(), "duplicate": number > 1}

    def config_list(self) -> Sequence[Json]:
        """Answer one changed setting and one default."""
        key = "timewarp.autosave.intervalSeconds"
        local = {"scope": "local", "place": ".git/config", "spelling": key.lower()}
        default = {"scope": "default", "place": "default", "spelling": "timewarp.ui.ascii"}
        return (
            {"key": key, "value": 30, "origin": local, "doc": "longest time between two drafts"},
            {"key": "timewarp.ui.ascii", "value": "auto", "origin": default, "doc": "ASCII only"},
        )

    def config_get(self, key: str) -> Json:
        """Answer the setting of that name."""
        for record in self.config_list():
            if record["key"] == key:
                return record
        raise UnknownKeyError(f"'{key}' is not a setting", hint="git timewarp config list")

    def config_set(self, key: str, value: str, scope: str, *, dry_run: bool) -> Json:
        """Answer the setting changed."""
        asked = {"key": key, "value": value, "scope": scope, "dry_run": dry_run}
        self.asked.append(("config_set", asked))
        return {"key": key, "value": value, "scope": scope, "dry_run": dry_run}

    def config_validate(self) -> Sequence[Json]:
        """Answer what is wrong."""
        return self.mistakes

    def _journey(self, verb: str) -> TravelResult:
        return self.travel or TravelResult(
            verb=verb,
            event="E49",
            from_snapshot=SnapshotId("kkkkkkkkkkkk"),
            to_snapshot=SnapshotId("llllllllllll"),
            safety_snapshot=SnapshotId("mmmmmmmmmmmm"),
            restored=(RepoPath("src/a.py"),),
            removed=(RepoPath("new.txt"),),
            unchanged=12,
            refused=(Refused(RepoPath("big\tfile.bin"), "too-large"),),
            stashed="stash@{0}",
            target="E42",
        )


class Stopped:
    """A clock that stands at the tests' now."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now_ns(self) -> int:
        """Return the tests' now."""
        return NOW * 1_000_000_000

    def monotonic(self) -> float:
        """Return five seconds more at each look."""
        self.seconds += 5
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.seconds += seconds

    def random_bytes(self, size: int) -> bytes:
        """Return the same bytes always."""
        return bytes(size)


class Desk:
    """A context on a fake app, and what was written to it.

    Attributes:
        context: what a command is given.
        app: the fake.
    """

    def __init__(
        self,
        app: FakeApp | None = None,
        *,
        columns: int | None = None,
        json: bool = False,
        utf8: bool = True,
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, str] | None = None,
        terminal: bool = False,
    ) -> None:
        self.app = app or FakeApp()
        self._out = BytesIO()
        self._err = BytesIO()
        self.context = Context(
            environ=environ or {},
            start="/",
            console=Console(out=self._out, err=self._err, utf8=utf8),
            terminal=Terminal(columns=columns, utf8=utf8, stdout=terminal),
            overrides=overrides or {},
            paginate=False,
            json=json,
            app=self.app,
            clock=Stopped(),
        )

    def run(self, command: Command | str, words: list[str] | None = None) -> int:
        """Run a command on these words and return its exit code."""
        if isinstance(command, str):
            name, words = registry.split(command.split() + list(words or ()))
            assert name is not None, command
            command = registry.load(name)
        params = parse(command, words=list(words or ()))
        self.context.json = bool(params.pop("json", False)) or self.context.json
        code = command.run(self.context, **params)
        self.context.console.close()
        return code

    @property
    def raw(self) -> bytes:
        """Standard output so far, byte for byte."""
        return self._out.getvalue()

    @property
    def out(self) -> str:
        """Standard output so far; bytes that are not UTF-8 escaped, for reports of failures."""
        return self._out.getvalue().decode("utf-8", "backslashreplace")

    @property
    def err(self) -> str:
        """Standard error so far, the same way."""
        return self._err.getvalue().decode("utf-8", "backslashreplace")
