"""Which hooks folder would be in effect without us, and how our folder hands on to it."""

import os

from git_timewarp.git.repo import Repo
from git_timewarp.hooks import config_file
from git_timewarp.hooks.record import FOLDER, Place, Record
from git_timewarp.util.frozen import Frozen

LINKED_CONFIG = ".linked-config"
"""In our folder: the config file that linked work trees include."""

_WHOLE_REPOSITORY = frozenset({"system", "global", "local"})


class Setting(Frozen):
    """One `core.hooksPath`: its scope (git config --show-scope), its file, its raw value."""

    scope: str
    origin: str
    value: str


def settings(repo: Repo) -> tuple[Setting, ...]:
    """Return every `core.hooksPath` that git reads here, the strongest last."""
    found = repo.git.run(
        "config",
        "--show-scope",
        "--show-origin",
        "-z",
        "--get-all",
        config_file.KEY,
        ok=config_file.NOT_SET,
    )
    words = found.text.split("\0")[:-1]
    triples = zip(words[::3], words[1::3], words[2::3], strict=True)
    return tuple(
        Setting(scope, os.path.join(repo.work_tree, origin.removeprefix("file:")), value)
        for scope, origin, value in triples
    )


def before_us(repo: Repo, record: Record | None) -> str | None:
    """Return the `core.hooksPath` that would be in effect for the repository without ours.

    Settings of single work trees and of one command line are left out. None is git's
    own folder.
    """
    base = base_place(record)
    theirs = [
        setting
        for setting in settings(repo)
        if setting.scope in _WHOLE_REPOSITORY and not _is_ours(repo, setting, base)
    ]
    if base is not None and base.previous is not None and stands(repo, base):
        return base.previous
    return theirs[-1].value if theirs else None


def base_place(record: Record | None) -> Place | None:
    """Return the place in the repository's own config file, if there is one."""
    for place in record.places if record is not None else ():
        if place.config == "config":
            return place
    return None


def stands(repo: Repo, place: Place) -> bool:
    """Tell whether the config file still holds our value."""
    path = os.path.join(repo.common_dir, place.config)
    return place.value in config_file.values(repo, path)


def folder_of(repo: Repo, value: str | None) -> str:
    """Return the absolute folder a `core.hooksPath` means, None being git's own.

    A relative one is taken from the work tree we stand in, as git does for its hooks.
    """
    if value is None:
        return os.path.join(repo.common_dir, "hooks")
    return os.path.join(repo.work_tree, expanded(repo, value))


def expanded(repo: Repo, value: str) -> str:
    """Return `value` with `~` and `%(prefix)` replaced as git does for paths."""
    if not value.startswith(("~", "%(prefix)/")):
        return value
    found = repo.git.using(config=(f"timewarp.expand={value}",)).run(
        "config", "--type=path", "-z", "timewarp.expand", ok=(0, 1, 128)
    )
    return found.text.removesuffix("\0") if found.code == 0 else value


def next_script(repo: Repo, place: Place) -> str:
    """Return the shell assignment that tells our stubs which folder to hand on to.

    A relative folder is taken from where the hook runs, but `git worktree add` runs a hook
    of one work tree in another and makes the path absolute before; so what `$0` has before
    our own relative value goes before theirs.
    """
    if place.next is None:
        return "_tw_next=${_tw_dir%/*}\n_tw_next=${_tw_next%/.}/hooks\n"
    if place.next.startswith("~/"):
        return f"_tw_next=$HOME{_shell_quoted(place.next[1:])}\n"
    plain = expanded(repo, place.next)
    if plain.startswith("/") or place.value.startswith("/"):
        return f"_tw_next={_shell_quoted(plain)}\n"
    own, theirs = _shell_quoted(place.value), _shell_quoted(plain)
    return (
        f"_tw_next=${{_tw_dir%{own}}}\n"
        f'[ "$_tw_next" != "$_tw_dir" ] || _tw_next=\n'
        f"_tw_next=$_tw_next{theirs}\n"
    )


def linked_value(folder: str) -> str:
    """Return our hooks folder as linked work trees have it, spelt so that `$0` tells it apart."""
    parent, name = os.path.split(folder)
    return f"{parent}/./{name}"


def is_own_folder(repo: Repo, value: str | None) -> bool:
    """Tell whether a `core.hooksPath` leads to a folder of ours: handing on would never end."""
    return value is not None and is_own(repo, folder_of(repo, value))


def is_own(repo: Repo, folder: str) -> bool:
    """Tell whether a folder is one of ours, there or not."""
    found = os.path.realpath(folder)
    above, name = os.path.split(found)
    if above == os.path.realpath(repo.common_dir) and is_own_name(name):
        return True
    return found.startswith(os.path.realpath(repo.state_dir) + "/")


def is_own_name(name: str) -> bool:
    """Tell whether a folder in a common directory has a name that only ours have."""
    return name == FOLDER or name.startswith(f"{FOLDER}-")


def include_path(place: Place) -> str:
    """Return what the config file's `includeIf` names, relative to the common directory."""
    return f"{place.folder}/{LINKED_CONFIG}"


def _is_ours(repo: Repo, setting: Setting, base: Place | None) -> bool:
    if is_own_folder(repo, setting.value):
        return True
    if base is None:
        return False
    config = os.path.realpath(os.path.join(repo.common_dir, base.config))
    return setting.value == base.value and os.path.realpath(setting.origin) == config


def _shell_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
