"""What an installation would do here: pure reading, so that `--dry-run` is the plan printed."""

from __future__ import annotations

import os

from git_timewarp.git.repo import Repo
from git_timewarp.hooks import chain, config_file
from git_timewarp.hooks.catalog import RECORDED
from git_timewarp.hooks.fingerprint import digest
from git_timewarp.hooks.folders import git_hooks, main_top, worktree_configs
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
