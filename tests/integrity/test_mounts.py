"""Which file systems suit a recorder."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.integrity import mounts
from git_timewarp.integrity.mounts import Mount

LINUX = rb"""
overlay / overlay rw,relatime 0 0
proc /proc proc rw,nosuid 0 0
server:/export /srv/nfs nfs4 rw,vers=4.2 0 0
//server/share /mnt/my\040share cifs rw 0 0
C:\134 /mnt/c 9p rw,dirsync,aname=drvfs;path=C:\;uid=1000 0 0
/dev/sda1 /home ext4 rw 0 0
/dev/sda1 /home ext4 rw 0 0
tmpfs /home/ada/ram tmpfs rw 0 0
ada@host: /home/ada/remote fuse.sshfs rw 0 0
short line
"""

DARWIN = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
//ada@server/share on /Volumes/my share (smbfs, nodev, nosuid, mounted by ada)
server:/x on /Volumes/nfs (nfs)
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", None),
        ("/home/ada/x", None),
        ("/srv/nfs/x", "a network file system (nfs4)"),
        ("/srv/nfsx", None),
        ("/mnt/my share/x", "a network file system (cifs)"),
        ("/mnt/c/code", "a Windows drive under WSL (drvfs)"),
        ("/home/ada/ram/x", "in memory and gone after a restart (tmpfs)"),
        ("/home/ada/remote", "a file system of a user's program (fuse.sshfs)"),
    ],
)
def test_linux(path: str, expected: str | None) -> None:
    found = mounts.of(path, mounts.linux(LINUX))
    assert found is not None
    assert found.unsuited == expected


def test_darwin() -> None:
    listed = mounts.darwin(DARWIN)
    assert [mount.type for mount in listed] == ["apfs", "devfs", "apfs", "smbfs", "nfs"]
    assert mounts.of("/Users/ada", listed) == Mount("/", "apfs")
    found = mounts.of("/Volumes/my share/x", listed)
    assert found is not None
    assert found.unsuited == "a network file system (smbfs)"


@pytest.mark.parametrize(
    ("kind", "fine"),
    [
        *(
            ("ext4", True),
            ("btrfs", True),
            ("apfs", True),
            ("overlay", True),
            ("fuse.bindfs", True),
        ),
        *(("vfat", False), ("exfat", False), ("drvfs", False), ("9p", False), ("vboxsf", False)),
    ],
)
def test_types(kind: str, fine: bool) -> None:  # noqa: FBT001
    assert (Mount("/", kind).unsuited is None) is fine


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/srv/nfs")
    found = mounts.of(str(tmp_path / "link" / "x"), mounts.linux(LINUX))
    assert found is not None
    assert found.type == "nfs4"


def test_nothing_mounted_is_nothing_known() -> None:
    assert mounts.of("/x", []) is None
