"""Objects that lie beside every store of git's: removed when what they hold was purged or redacted.

    recovery/<id>/objects, damaged/<mark>/objects    object directories
    recovery/<id>/damaged                            packs and loose objects out of use

Read without git, because packs are among them that git cannot read any more.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from git_timewarp.git.raw import RawStore
from git_timewarp.git.repo import Repo
from git_timewarp.retention.copies import Meant, files
from git_timewarp.store import recovery
from git_timewarp.store.paths import Paths
from git_timewarp.util import directories

_PACK = re.compile(r"(?:pack-[0-9a-f]+\.pack|tmp_pack_.*)\Z")


class Kept:
    """What recoveries, repairs and damaged journals left of one repository."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo

    def drop(self, meant: Meant) -> list[str]:
        """Remove the objects that are meant, and the packs that hold any; return their paths."""
        repo = self._repo
        paths = Paths(repo.state_dir)
        folders, packs = recovery.object_folders(paths), list(_packs(paths))
        length = repo.hex_length // 2
        loose = [path for folder in folders for path in _loose(folder, repo.hex_length)]
        if not (loose or packs):
            return []
        with RawStore(folders, hash_length=length, packs=packs) as store:
            gone = set(meant(store))
        going = [path for path in loose if _name(path) in gone]
        for pack in packs:
            with RawStore([], hash_length=length, packs=[pack]) as store:
                if any(store.has(oid) for oid in gone):
                    going += _parts(pack)
        for path in going:
            directories.remove(path)
        return going


def _packs(paths: Paths) -> Iterator[str]:
    """Yield the packs beside git's store; those of object directories are among them."""
    for root in (paths.recovery, os.path.join(paths.root, "damaged")):
        for folder, _, names in os.walk(root):
            for name in sorted(names):
                if _PACK.match(name):
                    yield os.path.join(folder, name)


def _parts(pack: str) -> list[str]:
    """Return the files of a pack, its indexes first."""
    folder, stem = os.path.dirname(pack), os.path.basename(pack).removesuffix(".pack") + "."
    names = sorted(name for name in os.listdir(folder) if name.startswith(stem))
    rest = [os.path.join(folder, name) for name in names]
    return [*(path for path in rest if path != pack), pack]


def _loose(folder: str, length: int) -> Iterator[str]:
    for path in files(folder):
        if len(_name(path)) == length and len(os.path.basename(os.path.dirname(path))) == 2:
            yield path


def _name(path: str) -> str:
    return os.path.basename(os.path.dirname(path)) + os.path.basename(path)
