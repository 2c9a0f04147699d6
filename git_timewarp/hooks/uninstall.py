"""Taking our hooks out: every file and setting is what it was. The caller holds the store lock."""

from __future__ import annotations

import contextlib
import os
import re

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.hooks import chain, config_file, strays
from git_timewarp.hooks import record as records
from git_timewarp.hooks.catalog import LEGACY, NAMES, RECORDED
from git_timewarp.hooks.fingerprint import digest
from git_timewarp.hooks.folders import git_hooks
from git_timewarp.hooks.record import FOLDER, HooksRecordError, Place, Record
from git_timewarp.hooks.scripts import LFS_STUB, NEXT, RECORDER, own_hook, script
from git_timewarp.util import atomic, faults
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import json_name, shell


class HooksNotRemovedError(TimewarpError):
    """The hooks could not be taken out wholly."""

    kind = Kind.REFUSED
    reference = "hooks-not-removed"


class UninstallResult(Frozen):
    """What was taken out.

    Attributes:
        changed: whether there was anything of ours.
        removed: files of ours that are gone (or would go).
        settings: config files out of which ours were taken.
        left: hooks of ours that somebody edited; they stay, they do nothing harmful.
    """

    changed: bool
    removed: tuple[str, ...]
    settings: tuple[str, ...]
    left: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form."""
        return {
            "changed": self.changed,
            "removed": [json_name(path) for path in self.removed],
            "settings": [json_name(path) for path in self.settings],
            "left": [json_name(path) for path in self.left],
        }


def uninstall(repo: Repo, *, dry_run: bool = False, force: bool = False) -> UninstallResult:
    """Put back exactly what was there before `install`; harmless when nothing is installed.

    Args:
        repo: the repository.
        dry_run: only tell what would happen.
        force: go by what is found where the note of the installation is damaged.

    Raises:
        HooksNotRemovedError: something cannot be written; run it again afterwards.
        ConfigLockedError: another git process is writing the config file.
        HooksRecordError: the note is damaged and `force` was not given.
    """
    try:
        record = records.load(repo)
    except HooksRecordError:
        if not force:
            raise
        record = None
    record = record or strays.found(repo)
    found, left = stubs(repo, record)
    configs = dict.fromkeys(place.config for place in record.places)
    settings = tuple(os.path.join(repo.common_dir, name) for name in configs)
    if not dry_run:
        try:
            remove(repo, record)
        except OSError as exc:
            raise HooksNotRemovedError(
                f"cannot change '{exc.filename or repo.common_dir}': "
                f"{(exc.strerror or 'failed').lower()}",
                hint=f"chmod u+w {shell(str(exc.filename or repo.common_dir))} "
                "&& git timewarp hooks uninstall",
            ) from exc
    return UninstallResult(bool(found or settings), found, settings, left)


def remove(repo: Repo, record: Record) -> None:
    """Take out what `record` describes, whole or half done: settings first, files, the record."""
    if records.exists(repo):
        records.save(repo, record._replace(done=False))
    for place in record.places:
        _give_place(repo, place)
    for path in (*stubs(repo, record)[0], *_unfinished(repo)):
        _unlink(path)
    if record.made_folder:
        with contextlib.suppress(OSError):
            os.rmdir(git_hooks(repo))
    own = [os.path.join(repo.common_dir, place.folder) for place in record.places]
    for base, dot in ((os.path.join(repo.common_dir, FOLDER), "."), (repo.state_dir, "")):
        own += [
            os.path.join(base, f"{dot}{LFS_STUB}"),
            base if dot else os.path.join(base, "hooks"),
        ]
        _unlink(os.path.join(base, f"{dot}{RECORDER}"))
    for folder in dict.fromkeys(own):
        _remove_folder(folder)
    records.forget(repo)


def recover(repo: Repo) -> bool:
    """Finish what a killed `install` or `uninstall` left: nothing is installed afterwards.

    Cheap where there is nothing to do, so that every command may call it under the store
    lock. Tells whether something was put right.

    Raises:
        HooksRecordError: the note of the installation is damaged.
    """
    record = records.load(repo)
    if record is None or record.done:
        return False
    remove(repo, record)
    return True


def _unfinished(repo: Repo) -> list[str]:
    """Return files that a killed installation was about to rename to a stub."""
    names = "|".join(RECORDED)
    pattern = re.compile(rf"\.tmp-[0-9]+-({names})\Z")
    folder = git_hooks(repo)
    found = os.listdir(folder) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in found if pattern.match(name)]


def _give_place(repo: Repo, place: Place) -> None:
    """Give one config file back: the very bytes if nobody wrote it since, else the setting."""
    path = os.path.join(repo.common_dir, place.config)
    if not os.path.exists(path):
        return

    def change(data: bytes) -> bytes:
        if place.after is not None and digest(data) == place.after:
            return place.before
        commands: list[tuple[str, ...]] = []
        if place.previous is None:
            commands.append(("--fixed-value", "--unset-all", config_file.KEY, place.value))
        elif place.value in config_file.values(repo, path):
            key = ("--fixed-value", "--replace-all", config_file.KEY)
            commands.append((*key, place.previous, place.value))
        commands.append(("--unset-all", strays.PREVIOUS))
        if place.condition is not None:
            key = ("--fixed-value", "--unset-all", f"includeIf.{place.condition}.path")
            commands.append((*key, chain.include_path(place)))
        return config_file.edited(repo, data, *commands)

    config_file.rewrite(path, change)


def stubs(repo: Repo, record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return our stubs in git's own hooks folder: (as we wrote them, edited by somebody)."""
    ours: list[str] = []
    edited: list[str] = []
    for name in RECORDED:
        for suffix in ("", LEGACY):
            path = os.path.join(git_hooks(repo), name + suffix)
            if own_hook(path):
                found = digest(atomic.read(path) or b"")
                known = {record.stubs.get(name), digest(script(name))}
                (ours if found in known else edited).append(path)
    return tuple(ours), tuple(edited)


def _remove_folder(folder: str) -> None:
    """Remove a hooks folder of ours; what somebody put there stays."""
    if not os.path.isdir(folder):
        return
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        ours = name in {NEXT, chain.LINKED_CONFIG} or name.startswith(".tmp-")
        if ours or (name in NAMES and own_hook(path)):
            _unlink(path)
    faults.point(f"rmdir {os.path.basename(folder)}")
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        faults.point(f"unlink {os.path.basename(path)}")
        os.unlink(path)
