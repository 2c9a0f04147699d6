"""Installing our hooks beside what is there (docs/design/0003-hooks.md).

Where git's own hooks folder is in effect and our names are free in it, our stubs lie there.
Otherwise `core.hooksPath` becomes a folder of ours that hands every hook on to the folder
that was in effect, of which not a byte changes. The caller holds the store lock.
"""

from __future__ import annotations

import contextlib
import os

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.hooks import chain, config_file, strays, uninstall
from git_timewarp.hooks import record as records
from git_timewarp.hooks.catalog import HANDED_ON, LFS, NAMES, RECORDED
from git_timewarp.hooks.fingerprint import digest
from git_timewarp.hooks.folders import active, git_hooks, present
from git_timewarp.hooks.plan import plan
from git_timewarp.hooks.record import BESIDE, FOLDER, Place, Record
from git_timewarp.hooks.scripts import CHAIN, LFS_STUB, NEXT, RECORDER, own_hook, script
from git_timewarp.store.spool import Spool
from git_timewarp.util import atomic
from git_timewarp.util.clock import Clock
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import json_name, shell, to_bytes

_SHARED = frozenset({"group", "true", "1", "all", "world", "everybody", "2"})


class HooksNotInstalledError(TimewarpError):
    """The hooks could not be installed; everything is as it was."""

    kind = Kind.REFUSED
    reference = "hooks-not-installed"


class InstallResult(Frozen):
    """What an installation did, or would do.

    Attributes:
        changed: whether anything had to be written.
        mode: `beside` (in git's own hooks folder) or `path` (`core.hooksPath` is ours).
        path: the folder our stubs are in.
        hooks: names of the hooks we note.
        handed_on: hooks that were active before and run after ours.
    """

    changed: bool
    mode: str
    path: str
    hooks: tuple[str, ...]
    handed_on: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form."""
        return {
            "changed": self.changed,
            "mode": self.mode,
            "path": json_name(self.path),
            "hooks": list(self.hooks),
            "handed_on": list(self.handed_on),
        }


def install(repo: Repo, *, clock: Clock, dry_run: bool = False) -> InstallResult:
    """Install the hooks; twice is once, and a newer version replaces an older one.

    Args:
        repo: the repository; its state directory exists.
        clock: for the spool.
        dry_run: only tell what would happen.

    Raises:
        HooksNotInstalledError: something cannot be written; everything is as it was.
        ConfigLockedError: another git process is writing the config file.
        HooksRecordError: the note of an earlier installation is damaged.
    """
    current = records.load(repo)
    stray = strays.found(repo) if current is None else None
    if stray is not None and stray.places and not dry_run:
        uninstall.remove(repo, stray)
    wanted = plan(repo, current)
    kept = current is not None and _same(repo, current, wanted)
    pending = not kept or any(
        atomic.read(path) != data or mode & 0o100 > _mode(path) & 0o100
        for path, data, mode in _files(repo, wanted)
    )
    if pending and not dry_run:
        for folder in {os.path.dirname(path) for path, _, _ in _files(repo, wanted)}:
            atomic.sweep(folder)
        try:
            if kept:
                _write_files(repo, wanted)
            else:
                _replace(repo, current, wanted, clock=clock)
        except OSError as exc:
            where = exc.filename or repo.common_dir
            raise HooksNotInstalledError(
                f"cannot write '{where}': {(exc.strerror or 'failed').lower()}",
                hint=f"chmod u+w {shell(str(where))} && git timewarp hooks install",
            ) from exc
    return _result(repo, wanted, changed=pending)


def _result(repo: Repo, wanted: Record, *, changed: bool) -> InstallResult:
    base = chain.base_place(wanted)
    folder = git_hooks(repo) if base is None else os.path.join(repo.common_dir, base.folder)
    before = chain.folder_of(repo, None if base is None else base.next)
    paths = [(name, os.path.join(before, name)) for name in NAMES]
    handed_on = tuple(name for name, path in paths if active(path) and not own_hook(path))
    return InstallResult(changed, wanted.mode, folder, RECORDED, handed_on)


def _same(repo: Repo, current: Record, wanted: Record) -> bool:
    """Tell whether the installation stands as wanted (its files aside)."""

    def shape(record: Record) -> object:
        places = [place._replace(before=b"", after=None) for place in record.places]
        return record.mode, record.common_dir, record.stubs, places

    return (
        current.done
        and shape(current) == shape(wanted)
        and all(place.after is not None and chain.stands(repo, place) for place in current.places)
    )


def _replace(repo: Repo, current: Record | None, wanted: Record, *, clock: Clock) -> None:
    """Take out what is installed and install `wanted`; on any failure nothing is installed."""
    if current is not None:
        uninstall.remove(repo, current)
        wanted = plan(repo, None)
    Spool(repo.state_dir, clock=clock).create(shared=_is_shared(repo))
    planned = tuple(
        place._replace(after=digest(_taken(repo, place, place.before))) for place in wanted.places
    )
    wanted = wanted._replace(places=planned)
    try:
        records.save(repo, wanted)
        _write_files(repo, wanted)
        taken = tuple(_take_place(repo, place) for place in planned)
        records.save(repo, wanted._replace(places=taken, done=True))
    except BaseException:
        with contextlib.suppress(OSError, TimewarpError):
            uninstall.remove(repo, wanted)
        raise


def _files(repo: Repo, wanted: Record) -> list[tuple[str, bytes, int]]:
    """Return path, content and mode of every file of ours, in the order they are written."""
    own = os.path.join(repo.common_dir, FOLDER)
    found = [(os.path.join(own, f".{RECORDER}"), script(RECORDER), 0o644)]
    lfs = os.path.join(own, f".{LFS_STUB}")
    found += [(os.path.join(lfs, name), script(LFS_STUB), 0o755) for name in LFS]
    if wanted.mode == BESIDE:
        folder = git_hooks(repo)
        found += [(os.path.join(folder, name), script(name), 0o755) for name in wanted.stubs]
    for place in wanted.places:
        folder = os.path.join(repo.common_dir, place.folder)
        handed_on = chain.next_script(repo, place)
        found.append((os.path.join(folder, NEXT), to_bytes(handed_on), 0o644))
        if place.condition is not None:
            text = config_file.section("core", "hooksPath", chain.linked_value(folder))
            found.append((os.path.join(folder, chain.LINKED_CONFIG), to_bytes(text), 0o644))
        for name in (*RECORDED, *HANDED_ON, *present(repo, place)):
            data = script(name if name in RECORDED else CHAIN)
            found.append((os.path.join(folder, name), data, 0o755))
    return found


def _write_files(repo: Repo, wanted: Record) -> None:
    edited = uninstall.stubs(repo, wanted)[1]
    if edited and wanted.mode == BESIDE:
        raise HooksNotInstalledError(
            f"'{edited[0]}' is a hook of ours that somebody edited",
            hint=f"mv {shell(edited[0])} {shell(edited[0] + '.edited')}",
        )
    for path, data, mode in _files(repo, wanted):
        if atomic.read(path) != data or mode & 0o100 > _mode(path) & 0o100:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            atomic.write(path, data, mode=mode)


def _take_place(repo: Repo, place: Place) -> Place:
    """Make `core.hooksPath` in one config file ours; return the place with both versions."""
    before, after = config_file.rewrite(
        os.path.join(repo.common_dir, place.config), lambda data: _taken(repo, place, data)
    )
    return place._replace(before=before, after=digest(after))


def _taken(repo: Repo, place: Place, data: bytes) -> bytes:
    """Return a config file's bytes with `core.hooksPath` made ours."""
    if place.previous is not None:
        command = ("--replace-all", config_file.KEY, place.value)
        data = _ended(config_file.edited(repo, data, command))
        section, _, key = strays.PREVIOUS.partition(".")
        data += to_bytes(config_file.section(section, key, place.previous))
    else:
        data = _ended(data) + to_bytes(config_file.section("core", "hooksPath", place.value))
    if place.condition is not None:
        name = f"includeIf {config_file.quoted(place.condition)}"
        data = _ended(data) + to_bytes(config_file.section(name, "path", chain.include_path(place)))
    return data


def _ended(data: bytes) -> bytes:
    return data if not data or data.endswith(b"\n") else data + b"\n"


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return 0


def _is_shared(repo: Repo) -> bool:
    found = repo.git.run("config", "core.sharedRepository", ok=(0, 1)).text.lower()
    return found in _SHARED or found.startswith("0")
