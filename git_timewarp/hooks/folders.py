"""Where git looks for hooks here, and where the config files are that may say so."""

import os
from collections.abc import Mapping

from git_timewarp.git.generation import MAIN_WORKTREE
from git_timewarp.git.repo import Repo
from git_timewarp.hooks import chain, config_file
from git_timewarp.hooks.catalog import HANDED_ON_IF_PRESENT
from git_timewarp.hooks.record import Place


def effective_folder(repo: Repo, settings: Mapping[str, str] | None = None) -> str:
    """Return the absolute folder in which git looks for hooks in this work tree.

    With `settings`, git's as they are now, it is only asked where they name a folder.
    """
    if settings is not None and config_file.KEY.lower() not in settings:
        return git_hooks(repo)
    found = repo.git.text("rev-parse", "--git-path", "hooks")
    return os.path.join(repo.work_tree, found)


def git_hooks(repo: Repo) -> str:
    """Return git's own hooks folder, where hooks live when `core.hooksPath` is not set."""
    return os.path.join(repo.common_dir, "hooks")


def present(repo: Repo, place: Place | None) -> tuple[str, ...]:
    """Return the rare hooks that exist where `place` hands on to (or in git's own folder)."""
    folder = chain.folder_of(repo, None if place is None else place.next)
    return tuple(name for name in HANDED_ON_IF_PRESENT if active(os.path.join(folder, name)))


def active(path: str) -> bool:
    """Tell whether git would run the hook at `path`."""
    return os.path.isfile(path) and os.access(path, os.X_OK)


def worktree_configs(repo: Repo) -> tuple[str, ...]:
    """Return the config files of single work trees, relative to the common directory."""
    asked = repo.git.run("config", "--type=bool", "extensions.worktreeConfig", ok=(0, 1))
    if asked.text != "true":
        return ()
    names = ["config.worktree"]
    folder = os.path.join(repo.common_dir, "worktrees")
    if os.path.isdir(folder):
        names += [f"worktrees/{name}/config.worktree" for name in sorted(os.listdir(folder))]
    return tuple(name for name in names if os.path.isfile(os.path.join(repo.common_dir, name)))


def main_top(repo: Repo) -> str | None:
    """Return the root of the main work tree, or None where there is none or it is unknown."""
    if repo.worktree == MAIN_WORKTREE:
        return repo.work_tree
    config = os.path.join(repo.common_dir, "config")
    bare = repo.git.run("config", "--file", config, "--type=bool", "core.bare", ok=(0, 1))
    top = repo.git.run("config", "--file", config, "--type=path", "core.worktree", ok=(0, 1))
    if bare.text == "true":
        return None
    if top.code == 0:
        return os.path.realpath(os.path.join(repo.common_dir, top.text))
    is_plain = os.path.basename(repo.common_dir) == ".git"
    return os.path.dirname(repo.common_dir) if is_plain else None
