"""What a place is that may still have the content of an object we lost: the family `heal_*`.

A source is asked for objects by id and writes what it has into a scratch object directory
(or yields it). It needs no care: whoever asks hashes everything that comes. A new one (a
backup) is a module with a class and a line in `integrity/heal_sources.py`.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MissingObjectError, Object, Reader
from git_timewarp.git.run import Git
from git_timewarp.integrity.verify_look import Look
from git_timewarp.timeline.operation import Operation
from git_timewarp.util import directories, faults

Wanted = Mapping[Oid, Collection[str]]
"""The objects to find, each with the paths of the work tree a snapshot has it at."""


class Source(Protocol):
    """A place that may have what is lost.

    Attributes:
        name: what a report calls it, as in `from the work tree`.
    """

    name: str

    def find(self, need: Need, wanted: Wanted) -> Iterator[Object]:
        """Yield what it has of `wanted`, in any order; also what was not asked for.

        It may write into `need.scratch` and nowhere else.

        Raises:
            TimewarpError, OSError: it cannot be asked now; the next source is.
        """


@dataclass(frozen=True, slots=True)
class Need:
    """What sources are given.

    Attributes:
        op: the operation, for the repository and its journal.
        look: everything that `verify` found.
        folder: a folder of ours for what a source writes; each takes one of its own in it.
    """

    op: Operation
    look: Look
    folder: str

    def room(self, name: str) -> str:
        """Make and return an empty object directory."""
        path = os.path.join(self.folder, name)
        directories.remove(path)
        directories.make(os.path.join(path, "pack"))
        return path

    def only(self, folder: str) -> Git:
        """Return git on one object directory and no other: nothing damaged is in its way."""
        return self.op.world.repo.git.using(objects=folder, alternates=())


def made(kind: str, data: bytes, *, hash_name: str) -> Object:
    """Return an object of some contents, under its id."""
    header = b"%s %d\0" % (kind.encode(), len(data))
    digest = hashlib.new(hash_name, header, usedforsecurity=False)
    digest.update(data)
    return Object(Oid(digest.hexdigest()), kind, data)


class Scratch:
    """The object directory in which what was found is gathered before it is packed."""

    def __init__(self, folder: str, *, hash_name: str) -> None:
        self.folder = folder
        self._hash_name = hash_name
        self.held: dict[Oid, str] = {}
        directories.make(os.path.join(folder, "pack"))

    def take(self, found: Object, source: str) -> bool:
        """Write an object if it is what its id says; tell whether it is."""
        if made(found.type, found.data, hash_name=self._hash_name).oid != found.oid:
            return False
        header = b"%s %d\0" % (found.type.encode(), len(found.data))
        if found.oid not in self.held:
            target = os.path.join(self.folder, found.oid[:2], found.oid[2:])
            directories.make(os.path.dirname(target))
            faults.point("write found object")
            with open(target, "wb") as file:
                file.write(zlib.compress(header + found.data, 1))
            self.held[found.oid] = source
        return True


def read_some(git: Git, oids: Collection[Oid]) -> Iterator[Object]:
    """Yield those of `oids` that git can read; damage ends none of the others."""
    with Reader(git) as reader:
        for oid in oids:
            try:
                found = reader.find(oid)
            except MissingObjectError:
                continue
            if found is not None:
                yield found
