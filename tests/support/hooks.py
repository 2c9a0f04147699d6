"""Repositories with our hooks in them, hooks of the user's that tell what they were given."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from git_timewarp.git.repo import Repo, discover
from git_timewarp.hooks.install import InstallResult, install
from git_timewarp.hooks.uninstall import UninstallResult, uninstall
from git_timewarp.store.spool import Spool
from git_timewarp.store.spool_lines import HookEvent
from git_timewarp.util.clock import SystemClock
from tests.support.repo_builder import RepoBuilder

CLOCK = SystemClock()

TELLING = """\
#!/bin/sh
{{
	printf '%s\\n' "== $0" "in $PWD"
	for word; do printf 'argument <%s>\\n' "$word"; done
	env | grep -v -e '^_=' -e '^TELL=' -e '^PATH=' | LC_ALL=C sort
	case $0 in *post-rewrite | *pre-push | *reference-transaction) sed 's/^/stdin /' ;; esac
}} >>"$TELL"
exit {code}
"""
"""A hook that writes down its name, folder, arguments, environment and standard input."""


def repo_at(path: Path) -> Repo:
    """Return the repository at `path`, its state directory made."""
    repo = discover(str(path), os.environ)
    os.makedirs(repo.state_dir, exist_ok=True)
    return repo


def put_in(path: Path) -> InstallResult:
    """Install our hooks in the repository at `path`."""
    return install(repo_at(path), clock=CLOCK)


def take_out(path: Path) -> UninstallResult:
    """Take our hooks out again."""
    return uninstall(repo_at(path))


def spool_of(path: Path) -> Spool:
    """Return the spool of the repository at `path`."""
    return Spool(repo_at(path).state_dir, clock=CLOCK)


def drained(path: Path) -> list[HookEvent]:
    """Return what the hooks noted and acknowledge it."""
    spool = spool_of(path)
    batch = spool.take()
    spool.ack(batch)
    return list(batch.events)


def telling_hook(folder: Path, name: str, *, code: int = 0, mode: int = 0o755) -> Path:
    """Write a hook of the user's that tells what it was given in the file `$TELL`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(TELLING.format(code=code))
    path.chmod(mode)
    return path


def told(path: Path, *, root: Path) -> str:
    """Return what telling hooks wrote in `path`, with `root` and process ids made neutral."""
    text = path.read_text() if path.exists() else ""
    return re.sub(r"-pid\d+|\b\d+\.\d+\b", "N", text.replace(str(root), "ROOT"))


def git_files(path: Path) -> dict[str, tuple[int, bytes]]:
    """Return mode and bytes of every file of a git directory that hooks could change."""
    found = {}
    git = RepoBuilder(path, init=False).git_dir()
    common = Path(RepoBuilder(path, init=False).git("rev-parse", "--git-common-dir"))
    for base in {git, path / common}:
        for name in ("config", "config.worktree"):
            if (base / name).exists():
                found[f"{base}/{name}"] = _entry(base / name)
        for file in base.glob("*.lock"):
            found[str(file)] = _entry(file)
        for file in (base / "hooks").iterdir() if (base / "hooks").is_dir() else ():
            found[str(file)] = _entry(file)
        found[f"{base}/hooks"] = (int((base / "hooks").is_dir()), b"")
    return found


def _entry(path: Path) -> tuple[int, bytes]:
    if path.is_symlink():
        return 0, os.fsencode(os.readlink(path))
    if path.is_dir():
        return 1, b""
    return path.stat().st_mode, path.read_bytes()


def noted(repo: RepoBuilder) -> list[str]:
    """Return the hooks in our spool."""
    return [event.hook for event in drained(repo.path)]


class Pair:
    """A repository with our hooks and its twin without, each with the same hooks of the user's.

    Attributes:
        ours: the repository we are installed in.
        twin: the same without us.
    """

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.ours = self._make(tmp_path / "with")
        self.twin = self._make(tmp_path / "without")

    def _make(self, root: Path) -> RepoBuilder:
        repo = RepoBuilder(root / "repo")
        repo.commit("first", {"file": "1\n"})
        RepoBuilder(root / "hub", bare=True)
        repo.git("remote", "add", "origin", "../hub")
        return repo

    def each(self) -> tuple[RepoBuilder, RepoBuilder]:
        """Return both."""
        return self.ours, self.twin

    def hooks(self, folder: str, *names: str, code: int = 0) -> None:
        """Put telling hooks into a folder of both, relative to the work tree."""
        for repo in self.each():
            for name in names:
                telling_hook(repo.path / folder, name, code=code)

    def both(self, *args: str, cwd: str = ".") -> None:
        """Run git in both: the same exit code, the same words."""
        answers = []
        for repo in self.each():
            self._monkeypatch.setenv("TELL", str(repo.path.parent / "told"))
            repo.tick()
            done = repo.run(*args, ok=None, cwd=repo.path / cwd)
            text = (done.stdout + done.stderr).decode().replace(str(repo.path.parent), "ROOT")
            answers.append((done.returncode, text))
        assert answers[0] == answers[1]

    def told(self) -> str:
        """Return what the user's hooks told; it must be the same on both sides."""
        with_us, without = (
            told(repo.path.parent / "told", root=repo.path.parent) for repo in self.each()
        )
        assert with_us == without
        return with_us

    def work(self, linked: Path) -> None:
        """Do what runs every hook, in the main and in a linked work tree."""
        for repo in self.each():
            repo.write("sub/more", "2\n")
        self.both("add", ".")
        self.both("commit", "-q", "-m", "second", cwd="sub")
        self.both("commit", "-q", "--amend", "-m", "amended")
        self.both("checkout", "-q", "-b", "side", "HEAD~1")
        self.both("commit", "-q", "--allow-empty", "-m", "side")
        self.both("merge", "-q", "--no-edit", "main")
        self.both("push", "-q", "origin", "main", "side")
        self.both("worktree", "add", "-q", "-b", "third", str(linked))
        self.both("commit", "-q", "--allow-empty", "-m", "linked", cwd=str(linked))
