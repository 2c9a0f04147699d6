"""Real repositories in one line each, and what a user can see of them, for comparisons.

Dates come from a counter, so two builders that do the same have the same
commit ids. Names are `str` with surrogate escapes, as in the product.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

from git_timewarp.util.text import to_bytes, to_str

EPOCH = 1_700_000_000
TICK = 60

WorkTree = dict[str, tuple[int, bytes]]
"""Path -> (mode, content): file bytes, a link's target, nothing for an empty directory."""


class RepoBuilder:
    """A repository under `path` and its work tree.

    Attributes:
        path: the work tree's root (the repository itself when bare).
        ticks: how many minutes the builder's clock has moved.
    """

    def __init__(
        self, path: Path, *, init: bool = True, bare: bool = False, object_format: str = "sha1"
    ) -> None:
        self.path = path
        self.ticks = 0
        if init:
            path.mkdir(parents=True, exist_ok=True)
            kind = ["--bare"] if bare else []
            self.git("init", "-q", f"--object-format={object_format}", *kind)

    def tick(self, count: int = 1) -> None:
        """Move the builder's clock by `count` minutes."""
        self.ticks += count

    def env(self) -> dict[str, str]:
        """Return the test's environment with author and committer date of this tick."""
        date = f"{EPOCH + TICK * self.ticks} +0000"
        return dict(os.environ) | {
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_DATE": date,
            # How far git has come is told when it takes long: other words on a busy machine.
            "GIT_PROGRESS_DELAY": "3600",
        }

    def run(
        self,
        *args: str,
        stdin: bytes | None = None,
        ok: Iterable[int] | None = (0,),
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git here; `ok` None accepts every exit code."""
        done = subprocess.run(
            [b"git", *map(to_bytes, args)],
            input=b"" if stdin is None else stdin,
            capture_output=True,
            cwd=cwd or self.path,
            env=self.env(),
            check=False,
        )
        if ok is not None and done.returncode not in tuple(ok):
            told = to_str(done.stdout + done.stderr)
            raise AssertionError(f"git {' '.join(args)} ended with {done.returncode}:\n{told}")
        return done

    def git(self, *args: str, stdin: bytes | None = None, ok: Iterable[int] | None = (0,)) -> str:
        """Run git here and return its output without the last newline."""
        return to_str(self.run(*args, stdin=stdin, ok=ok).stdout).removesuffix("\n")

    def location(self, name: str) -> bytes:
        """Return where `name` is, as bytes for calls of `os`."""
        return os.path.join(os.fsencode(self.path), to_bytes(name))

    def write(self, name: str, content: str | bytes = b"", *, mode: int | None = None) -> None:
        """Write a file, making its directories."""
        where = self.location(name)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, "wb") as file:
            file.write(to_bytes(content) if isinstance(content, str) else content)
        if mode is not None:
            os.chmod(where, mode)

    def link(self, name: str, target: str) -> None:
        """Make `name` a symbolic link to `target`."""
        where = self.location(name)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        os.symlink(to_bytes(target), where)

    def mkdir(self, name: str) -> None:
        """Make a directory and its parents."""
        os.makedirs(self.location(name), exist_ok=True)

    def remove(self, name: str) -> None:
        """Remove a file, a link or a whole directory."""
        where = self.location(name)
        if os.path.isdir(where) and not os.path.islink(where):
            shutil.rmtree(where)
        else:
            os.unlink(where)

    def read(self, name: str) -> bytes:
        """Return the bytes of a file."""
        with open(self.location(name), "rb") as file:
            return file.read()

    def commit(self, message: str = "change", files: dict[str, str | bytes] | None = None) -> str:
        """Write `files`, add everything, commit (empty if need be); return the commit's id."""
        for name, content in (files or {}).items():
            self.write(name, content)
        self.tick()
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def state(self) -> WorkTree:
        """Return every file, link and empty directory of the work tree, `.git` left out."""
        return work_tree(self.path)

    def index_state(self) -> bytes:
        """Return every index entry with its stage and bits (`ls-files -s -v -z`)."""
        return self.run("ls-files", "-s", "-v", "-z").stdout

    def index_bytes(self) -> bytes | None:
        """Return the bytes of the user's index file, None where there is none."""
        where = self.git_dir() / "index"
        return where.read_bytes() if where.exists() else None

    def git_dir(self) -> Path:
        """Return this work tree's git directory."""
        return Path(self.git("rev-parse", "--absolute-git-dir"))

    def view(self) -> dict[str, str]:
        """Return what the user sees through git; equal for twins, with or without us.

        Asked without optional locks: a look must not write the user's index again.
        """
        asked = {
            "log": ("log", "--all", "--decorate", "--format=%H %D %s"),
            "branch": ("branch", "-a", "-vv"),
            "tag": ("tag", "-n"),
            "stash": ("stash", "list"),
            "describe": ("describe", "--all"),
            "status": ("--no-optional-locks", "status", "-b", "--porcelain=v2"),
            "index": ("ls-files", "-s", "-v"),
            "symbolic": ("symbolic-ref", "-q", "HEAD"),
            "head": ("rev-parse", "-q", "--verify", "HEAD"),
        }
        answers = {}
        for name, args in asked.items():
            done = self.run(*args, ok=None)
            answers[name] = f"{done.returncode}\n{to_str(done.stdout)}{to_str(done.stderr)}"
        return answers

    def clone_twin(self, path: Path) -> RepoBuilder:
        """Copy the repository byte for byte, times too, to `path`; the clock goes on as here."""
        shutil.copytree(self.path, path, symlinks=True)
        twin = RepoBuilder(path, init=False)
        twin.ticks = self.ticks
        return twin


def work_tree(root: Path) -> WorkTree:
    """Return path -> (mode, content) of everything under `root` but `.git` at its top."""
    found: WorkTree = {}
    base = os.fsencode(root)
    for folder, folders, files in os.walk(base):
        if folder == base and b".git" in (*folders, *files):
            folders[:] = [name for name in folders if name != b".git"]
            files = [name for name in files if name != b".git"]  # noqa: PLW2901
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*files, *links):
            where = os.path.join(folder, name)
            found[to_str(os.path.relpath(where, base))] = _entry(where)
        if not files and not folders and folder != base:
            mode = stat.S_IMODE(os.lstat(folder).st_mode)
            found[to_str(os.path.relpath(folder, base))] = (stat.S_IFDIR | mode, b"")
    return found


def _entry(where: bytes) -> tuple[int, bytes]:
    """Return mode and content of a file or link; nothing is read from a socket or FIFO."""
    mode = os.lstat(where).st_mode
    if stat.S_ISLNK(mode):
        return stat.S_IFLNK, os.readlink(where)
    if not stat.S_ISREG(mode):
        return mode, b""
    with open(where, "rb") as file:
        return mode, file.read()
