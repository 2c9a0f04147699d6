"""A laboratory for crashes: put a repository into a state, stop a command at a step, look.

`Lab` keeps one world of folders at one path (a writer's identity is bound to path and
inode), photographs it, and puts it back before each experiment. Commands run in forks of
one process that has everything imported (`tests/support/crash_worker.py`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from git_timewarp.git.names import SnapshotId
from git_timewarp.git.repo import discover
from git_timewarp.store.history import History
from git_timewarp.store.index_fill import fill
from tests.support import power_log
from tests.support.power import Disk
from tests.support.repo_builder import RepoBuilder, WorkTree

TRACED = frozenset({"power", "traced"})
"""Kinds of a run whose calls are recorded."""

STATE = frozenset(
    {
        *("lock", "journal", "acknowledged", "writer.json", "refs.json", "superseded"),
        *("packs.json", "unended", "index.db", "last", "watch", "log"),
        *("quarantine", "index", "spool", "staging", "aside", "damaged", "replaced"),
        *("recovery", "checked", "scratch"),
    }
)
"""What may be in our state folder when nobody runs."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did: exit code (negative: killed by that signal), output, steps."""

    code: int
    out: str
    err: str
    points: tuple[str, ...]

    @property
    def json(self) -> dict[str, object]:
        """Its one JSON object."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True, slots=True)
class State:
    """What the user has: files, index entries, HEAD and refs (ours left out)."""

    files: WorkTree
    index: bytes
    refs: str

    @classmethod
    def of(cls, repo: RepoBuilder) -> State:
        """Look at the work tree of `repo`."""
        listed = repo.git("for-each-ref", "--format=%(refname) %(objectname) %(symref)")
        refs = [line for line in listed.splitlines() if not line.startswith("refs/timewarp/")]
        head = repo.git("symbolic-ref", "-q", "HEAD", ok=(0, 1)) or repo.git("rev-parse", "HEAD")
        return cls(repo.state(), repo.index_state(), "\n".join([head, *refs]))


class Worker:
    """The process that runs commands in forks."""

    def __init__(self, log: Path | None = None) -> None:
        """With `log`, what its forks do to files is written there."""
        traced = [*power_log.COMMAND, "-o", str(log)] if log else []
        self.log = log
        self._process = subprocess.Popen(
            [*traced, sys.executable, "-m", "tests.support.crash_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent.parent,
        )

    def run(self, request: dict[str, object]) -> list[int]:
        """Run a request and return the exit codes."""
        if self.log:
            self.log.touch()
            os.truncate(self.log, 0)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the worker died"
        codes: list[int] = json.loads(line)
        return codes

    def seen(self) -> str:
        """Return what strace saw of the last request, when all of its processes have ended."""
        assert self.log is not None
        for _ in range(150):
            log = self.log.read_text()
            if len(power_log.running(log)) <= 1:
                return log
            time.sleep(0.01)
        raise AssertionError(f"still running: {power_log.running(log)}")

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Lab:
    """A world with a repository (`repo`), room for linked work trees, and a home of its own.

    Attributes:
        root: everything that is photographed and put back.
        repo: the main work tree.
    """

    def __init__(self, folder: Path, worker: Worker, traced: Worker | None = None) -> None:
        self.root = folder / "world"
        self.root.mkdir(parents=True)
        self.repo = RepoBuilder(self.root / "repo")
        self._out = folder / "out"
        self._out.mkdir()
        self._photos = folder / "photos"
        self._photos.mkdir()
        self._worker = worker
        self._traced = traced

    def environ(self) -> dict[str, str]:
        """Return the environment of commands: what we keep outside the repository is inside."""
        # A folder in memory may be smaller than what a disk has to have free.
        room = {"GIT_TIMEWARP_DISK_STOP": "0", "GIT_TIMEWARP_DISK_WARN": "0"}
        return {**self.repo.env(), **room, "XDG_STATE_HOME": str(self.root / "outside")}

    def run(
        self,
        *argv: str,
        stop: int = 0,
        at: str | None = None,
        kind: str = "count",
        stdin: str | None = None,
        cwd: Path | None = None,
    ) -> Ran:
        """Run a command; `kind` says what happens at its `stop`-th step (of those named `at`)."""
        return self.many(*argv, stop=stop, at=at, kind=kind, stdin=stdin, cwd=cwd)[0]

    def many(
        self,
        *argv: str,
        times: int = 1,
        stop: int = 0,
        at: str | None = None,
        kind: str = "count",
        stdin: str | None = None,
        cwd: Path | None = None,
    ) -> list[Ran]:
        """Run a command several times at once."""
        request: dict[str, object] = {
            "argv": list(argv),
            "at": at,
            "cwd": str(cwd or self.repo.path),
            "environ": self.environ(),
            "kind": kind,
            "out": str(self._out),
            "stdin": stdin,
            "stop": stop,
            "times": times,
        }
        worker = self._traced if kind in TRACED else self._worker
        assert worker is not None
        codes = worker.run(request)
        return [self._ran(code, number) for number, code in enumerate(codes)]

    def _ran(self, code: int, number: int) -> Ran:
        def read(name: str) -> str:
            path = self._out / f"{name}.{number}"
            return path.read_text(errors="surrogateescape") if path.exists() else ""

        return Ran(code, read("stdout"), read("stderr"), tuple(read("points").splitlines()))

    def disk(self) -> Disk:
        """Return what the last command whose calls were traced did to the world's photo."""
        assert self._traced is not None
        disk = Disk(self.root, self._photos / "start")
        disk.replay(self._traced.seen())
        return disk

    def cut_power(self, seed: int) -> None:
        """Leave of the world what a power cut leaves: what was not synced is lost."""
        disk = self.disk()
        left = disk.cut(seed)
        self.put_back("start")
        disk.write(left)

    def unannounced(self) -> list[str]:
        """Return the changes the last `audit` run made without a point before them."""
        return (self._out / "audit.0").read_text(errors="surrogateescape").splitlines()

    def ok(self, *argv: str, stdin: str | None = None, cwd: Path | None = None) -> Ran:
        """Run a command that has to succeed."""
        done = self.run(*argv, stdin=stdin, cwd=cwd)
        assert done.code == 0, (argv, done.code, done.out, done.err)
        return done

    def photograph(self, name: str) -> None:
        """Remember the whole world as it is."""
        target = self._photos / name
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-a", str(self.root), str(target)], check=True)

    def put_back(self, name: str) -> None:
        """Make the world what it was when it was photographed; git directories stay themselves."""
        kept = {self.root, *(path.parent for path in self.root.glob("*/.git/HEAD"))}
        for folder in sorted(kept, key=lambda path: len(path.parts), reverse=True):
            for entry in os.scandir(folder):
                path = Path(entry.path)
                if any(path == held or path in held.parents for held in kept):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(path)
                else:
                    path.unlink()
        for held in kept - {self.root}:
            for entry in os.scandir(held.parent):
                path = Path(entry.path)
                if path in kept:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(path)
                else:
                    path.unlink()
        subprocess.run(["cp", "-a", f"{self._photos / name}/.", str(self.root)], check=True)

    def wait_for_children(self) -> None:
        """Wait until the lock is free: git children of a killed command hold it to their end."""
        lock = self.repo.path / ".git/timewarp/lock"
        if lock.exists():
            subprocess.run(["flock", "-w", "20", str(lock), "true"], check=True)

    # -- what is there ------------------------------------------------------------------

    def event_ids(self) -> set[str]:
        """Return the id of every event recorded."""
        if not (self.repo.path / ".git/timewarp/writer.json").exists():
            return set()
        out = self.ok("log", "--all", "--json").out
        return {str(json.loads(line)["id"]) for line in out.splitlines()}

    def last_before(self) -> SnapshotId | None:
        """Return the safety snapshot of the latest operation that brought something back."""
        repo = discover(str(self.repo.path), self.environ())
        history = History(repo, fill=fill)
        try:
            for entry in history.entries():
                if entry.data.get("before"):
                    return SnapshotId(str(entry.data["before"]))
        finally:
            history.close()
        return None

    def litter(self) -> list[str]:
        """Return files of ours that should not be there when nobody runs."""
        git = self.repo.path / ".git"
        found = [
            str(path.relative_to(git))
            for path in git.rglob("*")
            if path.name.endswith(".lock")
            or path.name.startswith(("tmp_", ".tmp-", ".timewarp-tmp-"))
            or path.name == "index.timewarp"
        ]
        state = git / "timewarp"
        if state.exists():
            found += [f"timewarp/{item.name}" for item in state.iterdir() if item.name not in STATE]
        found += [str(path.relative_to(git)) for path in state.glob("staging/*")]
        found += [str(path.relative_to(git)) for path in state.glob("index/*/staging")]
        packs = git / "objects/pack"
        for keep in packs.glob("*.keep"):
            if not keep.with_suffix(".idx").exists():
                found.append(f"{keep.name} without .idx")
        return sorted(set(found))

    def git_says(self, *, dangling: bool = True) -> list[str]:
        """Run git's own commands and return what they say that they would not without us.

        Without `dangling` objects that nothing names are not spoken of at all.
        """
        asked: list[tuple[str, ...]] = [
            ("status", "--porcelain"),
            ("fsck", "--no-dangling"),
            ("gc", "--prune=now", "--quiet"),
            ("pack-refs", "--all"),
            ("fsck",) if dangling else ("fsck", "--no-dangling"),
            ("add", "-A"),
            ("commit", "-q", "--allow-empty", "-m", "after"),
        ]
        said = []
        for args in asked:
            done = self.repo.run(*args, ok=None)
            noise = b"" if args[0] == "status" else done.stdout
            if done.returncode or done.stderr or noise:
                said.append(f"git {' '.join(args)}: {done.returncode} {noise!r} {done.stderr!r}")
        return said


Prepare = Callable[[Lab], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command that is going to be stopped.

    Attributes:
        name: for people.
        prepare: makes the state it starts from.
        argv: the command.
        stdin: text for its standard input.
        begins: whether recording begins (`init`) or ends (`deinit`) with it.
        back: the command that brings the state before it back, `{before}` filled in.
        again: whether it starts from damage, which nothing but the command itself ends.
    """

    name: str
    prepare: Prepare
    argv: tuple[str, ...]
    stdin: str = ""
    back: tuple[str, ...] = ()
    begins: bool = False
    ends: bool = False
    again: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Photo:
    """A scenario's start, and what the command makes of it when nothing stops it.

    Attributes:
        unannounced: changes on the disk that no fault point came before.
    """

    scenario: Scenario
    old: State
    new: State
    events: frozenset[str]
    points: tuple[str, ...]
    unannounced: list[str]


def prepared(lab: Lab, scenario: Scenario) -> Photo:
    """Make the start of a scenario, run its command once to the end, and put it back."""
    scenario.prepare(lab)
    old = State.of(lab.repo)
    events = lab.event_ids()
    lab.photograph("start")
    done = run(lab, scenario, kind="audit")
    assert done.code == 0, (scenario.name, done.out, done.err)
    new, unannounced = State.of(lab.repo), lab.unannounced()
    # Once more, as in the experiments: git looks closer at files that were put back.
    lab.put_back("start")
    points = run(lab, scenario).points
    return Photo(scenario, old, new, frozenset(events), points, unannounced)


def run(
    lab: Lab, scenario: Scenario, *, stop: int = 0, at: str | None = None, kind: str = "count"
) -> Ran:
    """Run a scenario's command."""
    stdin = None
    if scenario.stdin:
        path = lab.root.parent / "stdin"
        path.write_text(scenario.stdin)
        stdin = str(path)
    return lab.run(*scenario.argv, stop=stop, at=at, kind=kind, stdin=stdin)


def chosen(count: int, *, every: bool, want: int, seed: int) -> list[int]:
    """Return the steps to stop at, from 1: all, or `want` spread evenly by a seed."""
    if every or 0 < count <= want:
        return list(range(1, count + 1))
    if not want:
        return []
    step = count / want
    shift = seed % max(1, int(step))
    return sorted({min(count, int(number * step) + 1 + shift) for number in range(want)})
