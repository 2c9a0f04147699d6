"""Repositories with our hooks in them, hooks of the user's that tell what they were given."""

from __future__ import annotations

import os
import re
from pathlib import Path

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
