"""The user's git settings, read once with one call (includes and conditions resolved)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import Git
from git_timewarp.util.frozen import NOTHING, Frozen
from git_timewarp.util.text import to_str

_EXTENSION = "extensions.worktreeConfig"
_TRUE = frozenset({"true", "yes", "on"})
_NUMBER = r"(?i)[+-]?(?:0x0*[1-9a-f][0-9a-f]*|0*[1-9][0-9]*)[kmg]?"


class WorktreeConfigError(TimewarpError):
    """Several work trees share one configuration file here."""

    kind = Kind.REFUSED
    reference = "worktree-config"


class GitConfig(Frozen):
    """Settings by name (`section.sub.key`, section and key lower case), last value last."""

    values: Mapping[str, tuple[str, ...]] = NOTHING

    def get(self, name: str) -> str | None:
        """Return the value in force, or None."""
        found = self.values.get(name)
        return found[-1] if found else None

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean setting as git reads it."""
        value = self.get(name)
        return default if value is None else is_true(value)

    def below(self, section: str) -> Iterator[tuple[str, str, str]]:
        """Yield (subsection, key, value in force) of `section.<subsection>.<key>`."""
        prefix = section + "."
        for name, values in self.values.items():
            subsection, dot, key = name.removeprefix(prefix).rpartition(".")
            if name.startswith(prefix) and dot:
                yield subsection, key, values[-1]


def is_true(value: str) -> bool:
    """Tell whether git takes a value for true (git-config(1)): words, and numbers but 0."""
    return value.lower() in _TRUE or re.fullmatch(_NUMBER, value) is not None


def parse(out: bytes) -> GitConfig:
    """Parse what `git config --null --list` prints."""
    values: dict[str, tuple[str, ...]] = {}
    for record in to_str(out).split("\0"):
        name, newline, value = record.partition("\n")
        if name:
            values[name] = (*values.get(name, ()), value if newline else "true")
    return GitConfig(values)


def read(git: Git) -> GitConfig:
    """Return the settings git would use where `git` runs."""
    return parse(git.run("config", "--null", "--list").out)


def read_with_files(repo: Repo) -> tuple[tuple[str, ...], GitConfig]:
    """Return the settings git would use in the work tree, and the files they may come from."""
    words = to_str(repo.git.run("config", "--null", "--list", "--show-origin").out).split("\0")
    origins, records = words[:-1:2], words[1::2]
    files = {
        os.path.join(repo.work_tree, origin.removeprefix("file:"))
        for origin in origins
        if origin.startswith("file:")
    }
    home = repo.git.environ.get("HOME", "")
    above = repo.git.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    files |= {os.path.join(home, ".gitconfig"), os.path.join(above, "git", "config")}
    files |= {
        os.path.join(repo.common_dir, "config"),
        os.path.join(repo.git_dir, "config.worktree"),
    }
    settings = parse(
        "".join(f"{record}\0" for record in records).encode("utf-8", "surrogateescape")
    )
    return tuple(sorted(files)), settings


def write(repo: Repo, name: str, text: str, *, scope: str) -> str:
    """Set a value in `local`, `worktree` or `global` configuration; return where it went.

    Raises:
        WorktreeConfigError: settings of one work tree are not switched on.
    """
    asked = ("config", "--type=bool", "--default=false", _EXTENSION)
    if scope == "worktree" and repo.git.text(*asked) != "true":
        if os.path.isdir(os.path.join(repo.common_dir, "worktrees")):
            raise WorktreeConfigError(
                "settings of one work tree are switched off here",
                hint=f"git config {_EXTENSION} true",
            )
        scope = "local"  # the only work tree: as git does
    repo.git.run("config", f"--{scope}", name, text)
    return scope
