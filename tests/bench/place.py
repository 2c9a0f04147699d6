"""The place of one benchmark run: a throw-away folder, a home of its own, and how to call things."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from git_timewarp.git.repo import Repo, discover
from git_timewarp.store.chain import Actor
from git_timewarp.store.limits import Limits
from git_timewarp.store.writer import surroundings
from git_timewarp.timeline.world import World
from git_timewarp.util.clock import SystemClock

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """\
[user]
	name = Ada Lovelace
	email = ada@example.com
[init]
	defaultBranch = main
[gc]
	auto = 0
[advice]
	detachedHead = false
[protocol "file"]
	allow = always
"""
CONSOLE = """\
#!{python}
import sys
from git_timewarp.__main__ import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Scale:
    """How big a run is.

    Attributes:
        files: sizes of the generated repositories.
        watched: sizes of those that are watched.
        idle: seconds for which nothing happens in one of them.
        count: how often each side of a pair runs.
        events: events in the long history; `some_events` in the shorter one.
        snapshots: snapshots of a real history.
        refs: refs a fetch brings.
        jump: files a jump touches.
    """

    files: tuple[int, ...] = (1_000, 10_000, 100_000)
    watched: tuple[int, ...] = (1_000, 100_000, 500_000)
    idle: float = 60.0
    count: int = 9
    events: int = 1_000_000
    some_events: int = 100_000
    snapshots: int = 10_000
    refs: int = 200
    jump: int = 500


SMOKE = Scale(
    files=(60,),
    watched=(60,),
    idle=1.0,
    count=1,
    events=1_200,
    some_events=300,
    snapshots=12,
    refs=5,
    jump=20,
)


@dataclass(frozen=True)
class Place:
    """Where a run happens.

    Attributes:
        folder: everything of the run is in it.
        scale: how big it is.
        source: a real project's repository, to be cloned.
    """

    folder: Path
    scale: Scale
    source: Path
    env: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the home, the executable and the environment."""
        home, programs = self.folder / "home", self.folder / "bin"
        home.mkdir(parents=True)
        programs.mkdir()
        (home / ".gitconfig").write_text(CONFIG)
        script = programs / "git-timewarp"
        script.write_text(CONSOLE.format(python=sys.executable))
        script.chmod(0o755)
        compileall.compile_dir(ROOT / "git_timewarp", quiet=2)
        path = os.environ.get("PATH", os.defpath)
        env = {
            "HOME": str(home),
            "PATH": f"{programs}{os.pathsep}{path}",
            "PYTHONPATH": str(ROOT),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }
        object.__setattr__(self, "env", env)

    def run(self, *args: str, cwd: Path | None = None, stdin: bytes | None = None) -> bytes:
        """Run a program and return its output; it has to end with 0."""
        done = subprocess.run(
            args,
            cwd=cwd or self.folder,
            env=self.env,
            input=b"" if stdin is None else stdin,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{args} ended with {done.returncode}: {done.stderr.decode()}")
        return done.stdout

    def git(self, repo: Path, *args: str, stdin: bytes | None = None) -> str:
        """Run git in a repository."""
        return self.run("git", *args, cwd=repo, stdin=stdin).decode().strip()

    def ours(self, repo: Path, *args: str) -> bytes:
        """Run a command of ours in a repository, as its executable."""
        return self.run("git-timewarp", *args, cwd=repo)

    def bare_interpreter(self) -> None:
        """Start and end the interpreter, nothing else."""
        self.run(sys.executable, "-c", "pass")

    def copy(self, repo: Path, name: str) -> Path:
        """Copy a repository, times too, so that its index still fits; return the twin."""
        target = self.folder / name
        self.run("cp", "-a", str(repo), str(target))
        return target

    def clone(self, name: str) -> Path:
        """Clone the real project."""
        self.run("git", "clone", "-q", "--no-local", str(self.source), name)
        target = self.folder / name
        self.git(target, "checkout", "-q", "-B", "main")
        return target

    def remove(self, *repos: Path) -> None:
        """Remove what is not needed any more."""
        for repo in repos:
            shutil.rmtree(repo)

    def opened(self, repo: Path) -> Repo:
        """Return a repository as the program sees it."""
        return discover(str(repo), self.env)

    def world(self, repo: Path, *, limits: Limits | None = None) -> World:
        """Return what operations in this process are given."""
        return World(
            repo=self.opened(repo),
            clock=SystemClock(),
            around=surroundings(self.env),
            limits=limits or Limits(),
            actor=Actor("person", "ada@example.com"),
        )
