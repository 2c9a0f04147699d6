"""Which file system a folder lies on, and whether it suits a recorder.

Locks, syncs and renames on network file systems are promises of somebody else's server;
others keep no permissions or are empty after a restart.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from git_timewarp.util import atomic

NETWORK = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "smb", "afs", "afpfs", "ceph", "glusterfs"),
        *("lustre", "beegfs", "gpfs", "ncpfs", "coda", "davfs", "webdav", "ftp"),
    }
)
"""File systems of another machine."""

SHARED = frozenset({"9p", "drvfs", "vboxsf", "prl_fs", "vmhgfs", "fakeowner", "macfuse", "osxfuse"})
"""Folders of a host machine or of a user's program."""

PLAIN = frozenset({"vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "ufsd"})
"""File systems without permissions and (some) without links."""

VOLATILE = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_BEHIND = frozenset({"virtiofs"})
"""Folders that suit a recorder and that another system may change, too."""

_LOCAL_FUSE = frozenset({"fuse.bindfs", "fuse.overlayfs", "fuse.fuse-overlayfs", "fuse.zfs"})
_OCTAL = re.compile(rb"\\([0-7]{3})")
_DARWIN = re.compile(r"(?P<source>.+?) on (?P<point>.+) \((?P<type>[a-z0-9_]+)(?:, .*)?\)\Z")


class Mount(NamedTuple):
    """A mounted file system: where, of what type, with which options."""

    point: str
    type: str
    options: str = ""

    @property
    def unsuited(self) -> str | None:
        """Why a recorder should not work here, or None."""
        if self.type in NETWORK:
            return f"a network file system ({self.type})"
        if self.type == "9p" and "drvfs" in self.options:
            return "a Windows drive under WSL (drvfs)"
        if self.type in SHARED:
            return f"a folder of another system ({self.type})"
        if self.type.startswith("fuse.") and self.type not in _LOCAL_FUSE:
            return f"a file system of a user's program ({self.type})"
        if self.type in PLAIN:
            return f"a file system without permissions ({self.type})"
        if self.type in VOLATILE:
            return f"in memory and gone after a restart ({self.type})"
        return None

    @property
    def is_shared(self) -> bool:
        """Whether others may change files here without this system's knowing."""
        if self.type.startswith("fuse."):
            return self.type not in _LOCAL_FUSE
        return self.type in NETWORK | SHARED | _BEHIND


def here() -> list[Mount] | None:
    """Return what is mounted now; None where the system does not tell."""
    data = atomic.read("/proc/mounts")
    return None if data is None else linux(data)


def linux(text: bytes) -> list[Mount]:
    """Read `/proc/mounts`: source, point, type, options; blanks in octal."""
    found = []
    for line in text.splitlines():
        words = line.split(b" ")
        if len(words) >= 4:
            point, kind, options = (_plain(word) for word in words[1:4])
            found.append(Mount(point, kind, options))
    return found


def darwin(text: str) -> list[Mount]:
    """Read what `mount` of macOS prints: `source on point (type, option, …)`."""
    matches = (_DARWIN.match(line) for line in text.splitlines())
    return [Mount(match["point"], match["type"]) for match in matches if match]


def of(path: str, mounts: list[Mount]) -> Mount | None:
    """Return the mount on which `path` lies, the last one mounted there; None if unknown."""
    real = os.path.realpath(path)
    best: Mount | None = None
    for mount in mounts:
        inside = mount.point in {"/", real} or real.startswith(mount.point + "/")
        if inside and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def _plain(word: bytes) -> str:
    return os.fsdecode(_OCTAL.sub(lambda found: bytes([int(found[1], 8)]), word))
