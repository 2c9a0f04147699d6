"""What is installed, whether it is still in effect, and what runs after it."""

import os
from collections.abc import Mapping
from types import MappingProxyType

from git_timewarp.git.repo import Repo
from git_timewarp.hooks import chain, strays
from git_timewarp.hooks import record as records
from git_timewarp.hooks.catalog import LEGACY, LFS, RECORDED
from git_timewarp.hooks.folders import active, effective_folder, git_hooks, present
from git_timewarp.hooks.record import BESIDE, FOLDER, Place, Record
from git_timewarp.hooks.scripts import LFS_STUB, RECORDER, own_hook, script
from git_timewarp.timeline.recording import is_recording
from git_timewarp.util import atomic
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import json_name

ABSENT = "absent"
INSTALLED = "installed"
RESET = "reset"
MOVED = "moved"
CHANGED = "changed"
PARTIAL = "partial"
OUTDATED = "outdated"
LOST = "lost"


class HookStatus(Frozen):
    """One hook: is our stub where git looks, did it fire when asked to, what runs after it.

    Attributes:
        behind: another tool's hook that runs ours, which it moved aside (`<name>.legacy`).
    """

    name: str
    installed: bool
    fires: bool | None
    chained_to: str | None
    behind: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form; `fires` is null where nobody asked."""
        chained_to = None if self.chained_to is None else json_name(self.chained_to)
        return {
            "name": self.name,
            "installed": self.installed,
            "fires": self.fires,
            "chained_to": chained_to,
            "behind": None if self.behind is None else json_name(self.behind),
        }


class HooksStatus(Frozen):
    """All hooks.

    Attributes:
        state: `installed`; `absent`; `reset` (`core.hooksPath` is no longer ours or was set
            beside us); `moved` (the repository is elsewhere now); `changed` (what we hand on
            to is no longer what is configured); `partial` (stubs are missing or were
            replaced); `outdated` (stubs of another version); `lost` (`core.hooksPath` is ours
            and its folder is gone, so git runs no hook, the user's neither).
        mode: `beside`, `path` or None.
        path: the folder in which git looks for hooks.
        hooks: one by one.
        problems: what is wrong, one sentence each.
        hint: the command that mends it, where hooks of the user's do not run.
    """

    state: str
    mode: str | None
    path: str
    hooks: tuple[HookStatus, ...]
    problems: tuple[str, ...]
    hint: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form."""
        return {
            "state": self.state,
            "mode": self.mode,
            "path": json_name(self.path),
            "hooks": [hook.to_dict() for hook in self.hooks],
            "problems": list(self.problems),
            "hint": self.hint,
        }


def status(
    repo: Repo,
    *,
    settings: Mapping[str, str] | None = None,
    fired: Mapping[str, bool | None] = MappingProxyType({}),
) -> HooksStatus:
    """Look at the hooks of this work tree; nothing changes.

    Args:
        repo: the repository.
        settings: git's, where they were read just now.
        fired: what `probe.probe` found out, where each hook is to be proven to fire.

    Raises:
        HooksRecordError: the note of the installation is damaged.
    """
    record = records.load(repo)
    folder = effective_folder(repo, settings)
    fires = {} if record is None else fired
    place = None if record is None else _place_here(repo, record)
    hooks = tuple(
        HookStatus(
            name,
            _where(folder, name) is not None,
            fires.get(name),
            _chained_to(repo, place, name),
            _behind(folder, name),
        )
        for name in RECORDED
    )
    # Only a setting leads elsewhere, and a setting of ours only to where nothing is.
    led = record is None and folder != os.path.join(repo.common_dir, "hooks")
    dead = strays.dead(repo) if led or not os.path.isdir(folder) else None
    if dead is not None:
        return _lost(repo, record, dead, hooks=hooks)
    if record is None:
        stray = any(hook.installed for hook in hooks)
        state = PARTIAL if stray else ABSENT
        problem = "hooks of ours are there, the note of their installation is not" if stray else ""
        return _answer(state, None, problem, folder=folder, hooks=hooks)
    state, problem = _judge(repo, record, folder, hooks)
    silent = [name for name, fired in fires.items() if fired is False]
    if silent and not problem:
        state, problem = PARTIAL, f"hooks that did not fire when git ran them: {', '.join(silent)}"
    return _answer(state, record.mode, problem, folder=folder, hooks=hooks)


def _answer(
    state: str, mode: str | None, problem: str, *, folder: str, hooks: tuple[HookStatus, ...]
) -> HooksStatus:
    told = (problem,) if problem else ()
    return HooksStatus(state, mode, _plain(folder), hooks, told)


def _lost(
    repo: Repo, record: Record | None, folder: str, *, hooks: tuple[HookStatus, ...]
) -> HooksStatus:
    problem = (
        f"core.hooksPath leads to '{folder}', which is gone: git runs no hook, not yours either"
    )
    verb = "install" if is_recording(repo) else "uninstall"
    mode = None if record is None else record.mode
    return HooksStatus(LOST, mode, folder, hooks, (problem,), f"git timewarp hooks {verb}")


def _plain(folder: str) -> str:
    """Return a folder as people write it: linked work trees have ours with `/./` in it."""
    return folder.replace("/./", "/")


def _judge(
    repo: Repo, record: Record, folder: str, hooks: tuple[HookStatus, ...]
) -> tuple[str, str]:
    """Return the state and what is wrong, the most telling first."""
    if not any(hook.installed for hook in hooks) or not _leads_to_us(repo, record, folder):
        if record.common_dir != repo.common_dir:
            return MOVED, f"the repository was at '{record.common_dir}' when hooks were installed"
        return RESET, f"git now looks for hooks in '{folder}', which is not where ours are"
    missing = [hook.name for hook in hooks if not hook.installed]
    if missing:
        return PARTIAL, f"no hook of ours any more: {', '.join(missing)}"
    base = chain.base_place(record)
    if base is not None and chain.before_us(repo, record) != base.next:
        return CHANGED, "core.hooksPath was changed elsewhere; other hooks than before are meant"
    absent = _not_handed_on(repo, record)
    if absent:
        return CHANGED, f"hooks were added that are not handed on to yet: {', '.join(absent)}"
    if not _is_current(repo, folder):
        return OUTDATED, "the hooks are of another version of git-timewarp"
    return INSTALLED, ""


def _leads_to_us(repo: Repo, record: Record, folder: str) -> bool:
    found = os.path.realpath(folder)
    ours = [os.path.join(repo.common_dir, place.folder) for place in record.places]
    if record.mode == BESIDE:
        ours.append(git_hooks(repo))
    return found in {os.path.realpath(path) for path in ours}


def _place_here(repo: Repo, record: Record) -> Place | None:
    """Return the place in effect in this work tree, or None for git's own folder."""
    own = os.path.relpath(os.path.join(repo.git_dir, "config.worktree"), repo.common_dir)
    for place in record.places:
        if place.config == own:
            return place
    return chain.base_place(record)


def _where(folder: str, name: str) -> str | None:
    """Return where our stub is: under its own name, or put behind another tool's."""
    for suffix in ("", LEGACY):
        path = os.path.join(folder, name + suffix)
        if own_hook(path) and active(path):
            return path
    return None


def _behind(folder: str, name: str) -> str | None:
    found = _where(folder, name)
    path = os.path.join(folder, name)
    return path if found is not None and found != path and active(path) else None


def _chained_to(repo: Repo, place: Place | None, name: str) -> str | None:
    if place is not None:
        path = os.path.join(chain.folder_of(repo, place.next), name)
        if active(path):
            return path
    has_lfs = name in LFS and os.path.isdir(os.path.join(repo.common_dir, "lfs"))
    return os.path.join(repo.common_dir, FOLDER, f".{LFS_STUB}", name) if has_lfs else None


def _not_handed_on(repo: Repo, record: Record) -> list[str]:
    return [
        name
        for place in record.places
        for name in present(repo, place)
        if not own_hook(os.path.join(repo.common_dir, place.folder, name))
    ]


def _is_current(repo: Repo, folder: str) -> bool:
    stubs = [_where(folder, name) for name in RECORDED]
    same = all(
        path is None or atomic.read(path) == script(name)
        for name, path in zip(RECORDED, stubs, strict=True)
    )
    recorder = atomic.read(os.path.join(repo.common_dir, FOLDER, f".{RECORDER}"))
    return same and recorder == script(RECORDER)
