"""Roots that are never recorded: a home, the file system, the system's own folders (design 6).

A recorder on `$HOME` has filled disks with hundreds of gigabytes, and a jump there would
rewrite the user's whole life. What was refused can always be recorded one folder below.
"""

from __future__ import annotations

import os
import re

from git_timewarp.errors import Kind, TimewarpError

SYSTEM = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/opt"),
    *("/proc", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib"),  # noqa: S108
    *("/usr/local", "/usr/share", "/usr/src", "/var", "/var/lib", "/var/log", "/var/tmp"),  # noqa: S108
    *("/home", "/root", "/nix", "/nix/store", "/snap"),
    *("/Applications", "/Library", "/Network", "/System", "/Users", "/Users/Shared", "/Volumes"),
    *("/cores", "/opt/homebrew", "/private", "/private/etc", "/private/tmp", "/private/var"),
    *("/mnt/host", "/mnt/wsl"),
)
"""Folders of the system on Linux and macOS; none is anybody's project."""

_DRIVE = re.compile(
    r"/(?:mnt|media|run/desktop/mnt/host|mnt/host)/[a-z]"
    r"(?:/(?:windows|users|users/[^/]+|program files(?: \(x86\))?|programdata))?\Z",
    re.IGNORECASE,
)
"""A Windows drive under WSL, its system folders, and a Windows home."""


class RefusedRootError(TimewarpError):
    """The work tree is a home or a folder of the system, which is never recorded."""

    kind = Kind.REFUSED
    reference = "refused-root"


def check(work_tree: str, *, home: str | None) -> None:
    """Refuse to record at `work_tree` when it is `home`, above it, or the system's.

    Both are absolute; links are followed, and a folder reached under another name (a bind
    mount, another case on a case-insensitive disk) is still that folder.

    Raises:
        RefusedRootError: it must not be recorded; the message says why.
    """
    reason = _reason(work_tree, home)
    if reason is not None:
        raise RefusedRootError(
            f"'{work_tree}' is {reason} and is not recorded: go to the project's own folder",
            hint="git timewarp help init",
        )


def _reason(work_tree: str, home: str | None) -> str | None:
    real = os.path.realpath(work_tree)
    if real == os.path.dirname(real):
        return "the root of the file system"
    if home and os.path.isabs(home):
        if _same(real, home):
            return "the home folder"
        if any(_same(real, above) for above in _parents(os.path.realpath(home))):
            return "a folder above the home folder"
    if any(_same(real, folder) for folder in SYSTEM):
        return "a folder of the system"
    if _DRIVE.match(real):
        return "a Windows drive, home or system folder"
    return None


def _parents(path: str) -> list[str]:
    found = []
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        found.append(path)
    return found


def _same(one: str, two: str) -> bool:
    try:
        return os.path.samestat(os.stat(one), os.stat(two))
    except OSError:
        return one == os.path.realpath(two)
