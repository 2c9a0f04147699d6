"""What an installation would do here: pure reading, so that `--dry-run` is the plan printed."""

from __future__ import annotations

import os
from collections.abc import Mapping

from git_timewarp.git.generation import MAIN_WORKTREE
from git_timewarp.git.repo import Repo
from git_timewarp.hooks import chain, config_file
from git_timewarp.hooks.catalog import HANDED_ON_IF_PRESENT, RECORDED
from git_timewarp.hooks.config_file import digest
from git_timewarp.hooks.record import BESIDE, FOLDER, PATH, Place, Record
from git_timewarp.hooks.scripts import own_hook, script
from git_timewarp.util import atomic


def plan(repo: Repo, current: Record | None) -> Record:
    """Return the installation that suits this repository.

    Args:
        repo: the repository.
        current: what is installed now; its settings and stubs do not count as the user's.
    """
    before = chain.before_us(repo, current)
    places = _worktree_places(repo, current)
    if before is None and _own_folder_is_free(repo):
        made = not os.path.isdir(git_hooks(repo)) or (current is not None and current.made_folder)
        stubs = {name: digest(script(name)) for name in RECORDED}
        return Record(BESIDE, repo.common_dir, stubs, made_folder=made, places=places)
    return Record(PATH, repo.common_dir, places=(_base(repo, before, current), *places))


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


def _own_folder_is_free(repo: Repo) -> bool:
    """Tell whether our stubs can lie in git's own hooks folder beside what is there."""
    folder = git_hooks(repo)
    if os.path.islink(folder) or (os.path.lexists(folder) and not os.path.isdir(folder)):
        return False
    taken = [os.path.join(folder, name) for name in RECORDED]
    return all(own_hook(path) or not os.path.lexists(path) for path in taken)


def _base(repo: Repo, before: str | None, current: Record | None) -> Place:
    """Return the place in the repository's own config file."""
    top = main_top(repo)
    folder = os.path.join(repo.common_dir, FOLDER)
    value = folder if top is None else os.path.relpath(folder, top)
    condition = None if top is None else _condition(repo)
    known = chain.base_place(current)
    previous = known.previous if known is not None and chain.stands(repo, known) else None
    if known is None or not chain.stands(repo, known):
        written = config_file.values(repo, os.path.join(repo.common_dir, "config"))
        previous = next(
            (text for text in reversed(written) if not chain.is_own_folder(repo, text)), None
        )
    return Place("config", FOLDER, value, previous, before, condition, _bytes(repo, "config"))


def _condition(repo: Repo) -> str:
    """Return the `includeIf` condition that holds in linked work trees while nothing was moved."""
    text = "".join(f"\\{char}" if char in "*?[\\" else char for char in repo.common_dir)
    found = repo.git.run("config", "--type=bool", "core.ignoreCase", ok=(0, 1))
    kind = "gitdir/i" if found.text == "true" else "gitdir"
    return f"{kind}:{text}/worktrees/"


def _worktree_places(repo: Repo, current: Record | None) -> tuple[Place, ...]:
    """Return a place for each work tree with a `core.hooksPath` of its own, which beats ours."""
    found = []
    known = {place.config: place for place in (current.places if current is not None else ())}
    for config in worktree_configs(repo):
        place = known.get(config)
        written = config_file.values(repo, os.path.join(repo.common_dir, config))
        if not written:
            continue
        theirs = place.previous if place is not None and place.value in written else written[-1]
        worktree = os.path.basename(os.path.dirname(config)) or "main"
        folder = f"{FOLDER}-{worktree}"
        value = os.path.join(repo.common_dir, folder)
        top = main_top(repo)
        if worktree == "main" and top is not None:
            value = os.path.relpath(value, top)
        found.append(Place(config, folder, value, theirs, theirs, None, _bytes(repo, config)))
    return tuple(found)


def _bytes(repo: Repo, config: str) -> bytes:
    return atomic.read(os.path.join(repo.common_dir, config)) or b""
