"""The throw-away clone: its own home, its own git settings, nothing of the user's is touched."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

import git_timewarp
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.git.run import Git, GitError, scrubbed

BRANCH = "demo"
_SETTINGS = b"""\
[user]
	name = Demo
	email = demo@example.com
[core]
	editor = true
[gc]
	auto = 0
[maintenance]
	auto = false
[advice]
	detachedHead = false
[init]
	defaultBranch = main
"""


class NoSourceError(TimewarpError):
    """There is no repository to clone."""

    kind = Kind.REFUSED
    reference = "no-demo-source"


class NoHistoryError(TimewarpError):
    """The repository has no commits to replay."""

    kind = Kind.REFUSED
    reference = "no-history"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A clone nobody will miss.

    Attributes:
        folder: holds everything, to be removed afterwards.
        work_tree: the clone.
        environ: what commands in it are given.
        git: git as its user would run it there.
    """

    folder: str
    work_tree: str
    environ: Mapping[str, str]
    git: Git

    def run(self, *args: str) -> str:
        """Run a git command of the user's and return what it printed."""
        return self.git.run(*args).text

    def has(self, revision: str) -> bool:
        """Tell whether git knows a commit by this name."""
        asked = ("rev-parse", "-q", "--verify", f"{revision}^{{commit}}")
        return self.git.run(*asked, ok=(0, 1)).code == 0

    def tree_now(self, *, index: str | None = None) -> Oid:
        """Return the tree git makes of the work tree as it is, asked without any help of ours.

        A new index and an object directory for nobody: every file is read again.

        Args:
            index: an index whose tracked names to begin with; those of HEAD by default.
        """
        scratch = tempfile.mkdtemp(dir=self.folder)
        objects = os.path.join(scratch, "objects")
        os.mkdir(objects)
        try:
            git = self.git.using(
                index=os.path.join(scratch, "index"),
                objects=objects,
                alternates=(os.path.join(self.work_tree, ".git", "objects"),),
            )
            if index is None:
                git.run("read-tree", "HEAD")
            else:
                listed = self.git.using(index=index).run("ls-files", "-s", "-z").out
                git.run("update-index", "-z", "--index-info", stdin=listed)
            git.run("add", "-A")
            return Oid.parse(git.run("write-tree").text)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def remove(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def source_of(start: str, environ: Mapping[str, str]) -> str:
    """Return the repository around a folder, or that of this program where there is none.

    Raises:
        NoSourceError: neither is in a repository.
    """
    git = Git(scrubbed(environ))
    reason = ""
    for folder in (start, os.path.dirname(git_timewarp.__file__)):
        for question in ("--show-toplevel", "--absolute-git-dir"):
            try:
                found = git.run("rev-parse", question, cwd=folder).text
            except GitError as exc:
                reason = reason or exc.message
            else:
                if found:
                    return found
    raise NoSourceError(
        f"'{start}' is in no repository that git opens: {reason}",
        hint="git timewarp help demo",
    )


def clone(source: str, *, environ: Mapping[str, str], commits: int) -> Sandbox:
    """Clone a repository into a new folder, without its files.

    A local one whole and without hard links, so that nothing is shared with it; a remote
    one only as deep as needed.

    Raises:
        GitError: git cannot clone it.
        NoHistoryError: it has no commit.
    """
    folder = tempfile.mkdtemp(prefix="git-timewarp-demo-")
    try:
        box = _clone(source, folder, environ=environ, commits=commits)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return box


def _clone(source: str, folder: str, *, environ: Mapping[str, str], commits: int) -> Sandbox:
    name = os.path.basename(source.rstrip("/")).removesuffix(".git") or "repository"
    work_tree = os.path.join(folder, name)
    how = ["--no-hardlinks"] if os.path.isdir(source) else [f"--depth={commits + 1}"]
    line = ["clone", "-q", "--no-checkout", *how, "--", source, work_tree]
    Git(scrubbed(environ), as_user=True).run(*line, cwd=folder)
    box = _box(folder, work_tree, environ)
    if not box.has("HEAD"):
        raise NoHistoryError(f"'{source}' has no commits to replay", hint="git timewarp help demo")
    return box


def _box(folder: str, work_tree: str, environ: Mapping[str, str]) -> Sandbox:
    home = os.path.join(folder, "home")
    os.mkdir(home)
    settings = os.path.join(home, ".gitconfig")
    with open(settings, "wb") as file:
        file.write(_SETTINGS)
    own = {
        **scrubbed(environ),
        "HOME": home,
        "XDG_CONFIG_HOME": os.path.join(home, ".config"),
        "XDG_STATE_HOME": os.path.join(home, ".local", "state"),
        "GIT_CONFIG_GLOBAL": settings,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    git = Git(own, work_tree=work_tree, as_user=True)
    return Sandbox(folder, work_tree, own, git)
