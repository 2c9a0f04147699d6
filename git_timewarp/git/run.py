"""The one place that starts git.

Every call gets the same environment (all inherited `GIT_*` dropped, optional
locks off, no prompts, C locale) and the same guards. Callers say which index
and which object directory they mean; nothing is taken from the surroundings.
"""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Self

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util import faults
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes, to_str

Process = subprocess.Popen[bytes]
"""A git that was started and whose answer is still to be read."""

PIPE = subprocess.PIPE
"""For `Git.start(stdin=…)`: the caller writes to the process."""

KEPT_VARIABLES = frozenset(
    {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"}
)
"""Inherited `GIT_*` variables that describe the machine, not the repository."""

GUARDS = (
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.quotePath=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "submodule.recurse=false",
    "core.logAllRefUpdates=false",
    "core.useReplaceRefs=false",
)
"""Settings on every call: nothing of the user's starts a daemon, a gc or a reflog for us.

Replace refs are off: what is kept under an id must be the bytes of that id.
"""

DURABLE = ("core.fsync=all", "core.fsyncMethod=batch")
"""Settings for calls that write objects or refs: git's own default syncs nothing."""

NEVER_LITERAL = frozenset({"check-ignore"})
"""Commands that end with 128 under `--literal-pathspecs`; their callers write `./` first."""


class GitError(TimewarpError):
    """A git command failed in a way we did not expect."""

    kind = Kind.EXTERNAL
    reference = "git-failed"

    def __init__(self, args: Sequence[str], code: int, stderr: str) -> None:
        last = stderr.strip().splitlines()[-1] if stderr.strip() else f"exit code {code}"
        super().__init__(
            f"'git {args[0] if args else ''}' failed: {last}", hint="git timewarp doctor"
        )
        self.command = args[0] if args else ""
        self.code = code
        self.stderr = stderr


class GitMissingError(TimewarpError):
    """There is no git to run."""

    kind = Kind.EXTERNAL
    reference = "git-missing"


class Result(NamedTuple):
    """What a git call gave: exit code, output and messages as bytes."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """Standard output as text, without the last newline."""
        return to_str(self.out).removesuffix("\n")


class Git(Frozen):
    """How to call git for one repository; immutable, vary it with `using`.

    Attributes:
        environ: the process environment, already scrubbed (see `scrubbed`).
        git_dir: the per-work-tree git directory (`.git` or `.git/worktrees/x`).
        work_tree: the work tree's root, or None in a bare repository.
        index: path of the index file to use, or None for the user's own.
        objects: object directory that receives new objects, or None for git's store.
        alternates: object directories that are read besides it.
        config: extra `key=value` settings.
        pass_fds: descriptors that children inherit (the lock).
        as_user: run git as the user would, without our guards (the demo does).
    """

    environ: Mapping[str, str]
    git_dir: str | None = None
    work_tree: str | None = None
    index: str | None = None
    objects: str | None = None
    alternates: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    pass_fds: tuple[int, ...] = ()
    extra: Mapping[str, str] = MappingProxyType({})
    as_user: bool = False

    def using(
        self,
        *,
        index: str | None = None,
        objects: str | None = None,
        alternates: tuple[str, ...] | None = None,
        config: Iterable[str] = (),
        work_tree: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a copy with these settings replaced (`config` and `extra` are added)."""
        return self._replace(
            index=self.index if index is None else index,
            objects=self.objects if objects is None else objects,
            alternates=self.alternates if alternates is None else alternates,
            config=(*self.config, *config),
            work_tree=self.work_tree if work_tree is None else work_tree,
            extra={**self.extra, **(extra or {})},
        )

    def env(self) -> dict[str, str]:
        """Return the environment git is started with."""
        env = dict(self.environ)
        env |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        if not self.as_user:
            env["GIT_OPTIONAL_LOCKS"] = "0"
        if self.git_dir is not None:
            env["GIT_DIR"] = self.git_dir
        if self.work_tree is not None and not self.as_user:
            env["GIT_WORK_TREE"] = self.work_tree
        if self.index is not None:
            env["GIT_INDEX_FILE"] = self.index
        if self.objects is not None:
            env["GIT_OBJECT_DIRECTORY"] = self.objects
        if self.alternates:
            env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = ":".join(
                _quote_alternate(path) for path in self.alternates
            )
        return env | dict(self.extra)

    def argv(self, args: Sequence[str]) -> list[bytes]:
        """Return the whole command line as bytes."""
        line = ["git", "--no-pager"]
        if args[0] not in NEVER_LITERAL and not self.as_user:
            line.append("--literal-pathspecs")
        for setting in (*(() if self.as_user else GUARDS), *self.config):
            line += ["-c", setting]
        return [to_bytes(word) for word in (*line, *args)]

    def start(
        self, *args: str, stdin: int | None = subprocess.DEVNULL, cwd: str | None = None
    ) -> subprocess.Popen[bytes]:
        """Start git with pipes for output; the caller waits (parallel or kept-open calls)."""
        faults.point(f"git {args[0]}")
        try:
            return subprocess.Popen(
                self.argv(args),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.env(),
                cwd=cwd or self.work_tree or self.git_dir,
                pass_fds=self.pass_fds,
            )
        except FileNotFoundError as exc:
            if cwd is not None or self.work_tree is not None:
                folder = cwd or self.work_tree or ""
                if not os.path.isdir(folder):
                    raise
            raise GitMissingError(
                "'git' is not on the PATH: 2.39 or newer is needed", hint="printenv PATH"
            ) from exc

    def run(
        self,
        *args: str,
        stdin: bytes | None = None,
        ok: Iterable[int] = (0,),
        cwd: str | None = None,
    ) -> Result:
        """Run git to its end.

        Args:
            args: the command and its arguments.
            stdin: bytes for standard input; None means no input.
            ok: exit codes that are answers, not failures.
            cwd: where to run; the work tree's root by default.

        Raises:
            GitError: any other exit code.
        """
        pipe = subprocess.DEVNULL if stdin is None else subprocess.PIPE
        process = self.start(*args, stdin=pipe, cwd=cwd)
        return finish(process, args, stdin=stdin, ok=ok)

    def text(self, *args: str, stdin: bytes | None = None) -> str:
        """Run git and return its output as text without the last newline."""
        return self.run(*args, stdin=stdin).text


def finish(
    process: subprocess.Popen[bytes],
    args: Sequence[str],
    *,
    stdin: bytes | None = None,
    ok: Iterable[int] = (0,),
) -> Result:
    """Wait for a process from `Git.start` and check its exit code."""
    out, err = process.communicate(stdin)
    result = Result(process.returncode, out, err)
    if result.code not in tuple(ok):
        raise GitError(args, result.code, to_str(err))
    return result


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process from `Git.start` whose answer is not wanted; harmless when it is over."""
    if process.returncode is None:
        process.kill()
        process.communicate()


def scrubbed(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` without the `GIT_*` variables that point at a repository.

    git exports them inside hooks; inherited, they would send our calls to the
    wrong index or repository (pitfalls 3.7).
    """
    return {
        key: value
        for key, value in environ.items()
        if not key.startswith("GIT_") or key in KEPT_VARIABLES
    }


def _quote_alternate(path: str) -> str:
    """Quote a path for GIT_ALTERNATE_OBJECT_DIRECTORIES (git(1): C style in double quotes)."""
    if ":" not in path and not path.startswith('"'):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
