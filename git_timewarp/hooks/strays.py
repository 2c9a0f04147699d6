"""Settings of ours that stayed behind without the note of their installation.

Somebody deleted our folders: `core.hooksPath` may lead to one that is gone, and then git runs
no hook at all, the user's neither.
"""

from __future__ import annotations

import os

from git_timewarp.git.repo import Repo
from git_timewarp.hooks import chain, config_file
from git_timewarp.hooks.folders import main_top, worktree_configs
from git_timewarp.hooks.record import FOLDER, PATH, Place, Record

PREVIOUS = "timewarp-hooks.previous"
"""Beside a `core.hooksPath` of ours: the user's value that stood there before."""

_INCLUDES = ("--get-regexp", r"^includeif\..*\.path$")


def found(repo: Repo) -> Record:
    """Return an installation as the config files show it."""
    places: list[Place] = []
    for config in ("config", *worktree_configs(repo)):
        path = os.path.join(repo.common_dir, config)
        written = [text for text in config_file.values(repo, path) if _leads_to_us(repo, text)]
        previous = _one(repo, path, "--get", PREVIOUS) if written else None
        places += [Place(config, FOLDER, text, previous, None, None, b"") for text in written]
        places += [
            Place(config, folder, FOLDER, None, None, condition, b"")
            for condition, folder in _includes(repo, path)
        ]
    return Record(PATH, repo.common_dir, places=tuple(places))


def dead(repo: Repo) -> str | None:
    """Return the missing folder to which a `core.hooksPath` of ours leads, if one does."""
    for place in found(repo).places:
        folder = _folder(repo, place.value)
        if place.condition is None and not os.path.isdir(folder):
            return folder
    return None


def _leads_to_us(repo: Repo, value: str) -> bool:
    folder = _folder(repo, value)
    if chain.is_own(repo, folder):
        return True
    # An absolute value of a repository that was moved: only the name tells.
    return chain.is_own_name(os.path.basename(folder)) and not os.path.isdir(folder)


def _folder(repo: Repo, value: str) -> str:
    """Return what a `core.hooksPath` means in the main work tree, whose it is."""
    top = main_top(repo) or repo.work_tree
    return os.path.normpath(os.path.join(top, chain.expanded(repo, value)))


def _includes(repo: Repo, path: str) -> list[tuple[str, str]]:
    """Return (condition, folder of ours) of each include of ours in a config file."""
    if not os.path.exists(path):
        return []
    asked = ("config", "--file", path, "-z", *_INCLUDES)
    listed = repo.git.run(*asked, ok=config_file.NOT_SET).text
    pairs = [item.partition("\n")[::2] for item in listed.split("\0") if item]
    ours = {f"{name}/{chain.LINKED_CONFIG}": name for name in (FOLDER, "timewarp/hooks")}
    return [
        (name[len("includeif.") : -len(".path")], ours[value])
        for name, value in pairs
        if value in ours
    ]


def _one(repo: Repo, path: str, *words: str) -> str | None:
    asked = repo.git.run("config", "--file", path, "-z", *words, ok=config_file.NOT_SET)
    return asked.text.removesuffix("\0") if asked.code == 0 else None
