"""What servers refuse: names and contents that `git fsck --strict` rejects.

One such entry in a tree makes a server with `transfer.fsckObjects` refuse the whole
push, and `update-index` skips such names without a word. Callers keep these files
elsewhere. The checks are wider than git's own where that costs nothing: a name that
is a file system's alias of `.git` or `.gitmodules` is refused whatever it holds.
Sources: git's fsck.c, path.c (NTFS), utf8.c (HFS+), read-cache.c (`verify_path`).
"""

from __future__ import annotations

import re

from git_timewarp.git.run import Git

MODULES = ".gitmodules"
ATTRIBUTES = ".gitattributes"
_SPECIAL = (MODULES, ATTRIBUTES)
_LONGEST_LINE = 2047
_LARGEST_ATTRIBUTES = 100 * 1024 * 1024
_HFS_IGNORED = "[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]"
_NTFS_TAIL = r"(?s)[ .]*(?::.*)?\Z"
_NTFS_SHORT = r"(?i)(?:gitmod|gitatt|gitign|gi7eba|gi7d29|gi250a|mailma|maba30)~\d"
_ADDRESS = r"(?i)(?:\A-)|[\r\n]|%0[ad]|(?:\A|/)\.\.(?:/|\Z)"


def name_refused(path: str) -> bool:
    """Tell whether git or a strict server refuses a tree entry because of its name."""
    if not _suspicious(path):
        return False
    return any(
        _component_refused(part) for name in path.split("/") for part in [name, *name.split("\\")]
    )


def is_special(path: str) -> bool:
    """Tell whether the contents of the file decide if a server takes it."""
    return path.rpartition("/")[2] in _SPECIAL


def contents_refused(git: Git, path: str, data: bytes) -> bool:
    """Tell whether a strict server refuses `data` as the contents of the special file `path`."""
    if path.rpartition("/")[2] == ATTRIBUTES:
        return len(data) > _LARGEST_ATTRIBUTES or any(
            len(line) > _LONGEST_LINE for line in data.split(b"\n")
        )
    return _modules_refused(git, data)


def _suspicious(path: str) -> bool:
    """Rule out nearly every path at the price of one search."""
    return "git" in path.lower() or "~" in path or not path.isascii()


def _component_refused(name: str) -> bool:
    plain = re.sub(_HFS_IGNORED, "", name).lower()
    ntfs = re.sub(_NTFS_TAIL, "", name).lower()
    if plain in {".git", "git~1"} or ntfs in {".git", "git~1"}:
        return True
    if name in _SPECIAL:
        return False
    return plain in _SPECIAL or ntfs in _SPECIAL or bool(re.match(_NTFS_SHORT, name))


def _modules_refused(git: Git, data: bytes) -> bool:
    listed = git.run("config", "--file", "-", "--null", "--list", stdin=data, ok=range(256))
    if listed.code != 0:
        return bool(data.strip())
    for record in listed.out.split(b"\0"):
        key, _, value = record.partition(b"\n")
        section, _, rest = key.partition(b".")
        name, _, variable = rest.rpartition(b".")
        if section == b"submodule" and _setting_refused(name, variable, value):
            return True
    return False


def _setting_refused(name: bytes, variable: bytes, value: bytes) -> bool:
    text = value.decode("utf-8", "replace")
    if not name or b".." in re.split(rb"[/\\]", name):
        return True
    if variable == b"url":
        return bool(re.search(_ADDRESS, text.removeprefix("../").removeprefix("./")))
    return (variable == b"path" and text.startswith("-")) or (
        variable == b"update" and text.startswith("!")
    )
