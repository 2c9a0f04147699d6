"""Packs that are damaged: whatever of them git can still unpack, object by object."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Object
from git_timewarp.integrity.heal_source import Need, Wanted, read_some
from git_timewarp.util import atomic


class Packs:
    """The rest of every damaged pack of ours, those that were taken out of use before as well."""

    name = "what is left of a damaged pack"

    def find(self, need: Need, wanted: Wanted) -> Iterator[Object]:
        """Yield what can be unpacked and is wanted."""
        folder = os.path.join(need.op.world.repo.objects_dir, "pack")
        found = [os.path.join(folder, name + ".pack") for name in need.look.bad_packs]
        room = unpacked(need, found, name="packs")
        yield from read_some(need.only(room), sorted(wanted))


def unpacked(need: Need, packs: Sequence[str], *, name: str) -> str:
    """Unpack what can be read of some packs into an object directory; return it.

    `unpack-objects -r` goes on behind an object that it cannot read, as far as it finds
    where the next one begins.
    """
    room = need.room(name)
    git = need.only(room)
    for path in packs:
        data = atomic.read(path)
        if data is not None:
            git.run("unpack-objects", "-r", "-q", stdin=data, ok=range(256))
    return room


def listed(folder: str) -> set[Oid]:
    """Return the loose objects in an object directory."""
    return {
        Oid(first + name)
        for first in os.listdir(folder)
        if len(first) == 2
        for name in os.listdir(os.path.join(folder, first))
    }
