"""What of us lies beside every object store: what recoveries, repairs and restores kept.

    recovery/<id>/objects, damaged/<mark>/objects    object directories
    recovery/<id>/damaged                            packs and loose objects out of use
    recovery/<id>/journal, damaged/<mark>/journal    copies of the journal
    aside, scratch                                   files
    replaced/<id>.tar.zst                            archives of what an import replaced

Content that is taken out of the history has to leave these too. Archives and objects are read
by who can (`archive/replaced.py`, `rescue/beside.py`), passed in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple, Protocol

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Object, TreeEntry
from git_timewarp.git.repo import Repo
from git_timewarp.retention.results import Left
from git_timewarp.store import journal
from git_timewarp.store.excise import Matches
from git_timewarp.store.paths import Paths
from git_timewarp.util import atomic, directories
from git_timewarp.util.text import shell

_AT_ONCE = 100
_NUMBERED = r"\.[0-9]+\Z"


class Store(Protocol):
    """Objects read without git (`git/raw.py`)."""

    def has(self, oid: str) -> bool:
        """Tell whether some copy of an object is there."""

    def every(self, kinds: Collection[str], *, most: int) -> Iterator[Object]:
        """Yield each whole object of some types, of at most so many bytes."""

    def tree(self, oid: str) -> tuple[TreeEntry, ...] | None:
        """Return the entries of a tree."""


Meant = Callable[[Store], Collection[Oid]]
"""Finds the objects that are to go among those of a store."""


class Hits(NamedTuple):
    """Archives by their paths: those that hold it, and those that cannot be read."""

    hold: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


class Archives(Protocol):
    """Looks into the archives of what imports replaced."""

    def with_content(self, matches: Matches) -> Hits:
        """Find those with a file that is meant in any snapshot or kept object."""

    def with_event(self, event: str) -> Hits:
        """Find those with the event of an id, not redacted."""


class Objects(Protocol):
    """Reads the objects and packs that recoveries, repairs and damaged journals left."""

    def drop(self, meant: Meant) -> list[str]:
        """Remove the objects that are meant, and the packs that hold any; return their paths."""


class Beside(NamedTuple):
    """Who can read what lies beside the stores; passed in, because that loads a lot."""

    archives: Archives
    objects: Objects


def drop_files(repo: Repo, matches: Matches) -> list[str]:
    """Remove files that are meant, by content or path, where restores and drills left them."""
    paths = Paths(repo.state_dir)
    going = []
    for root in (paths.aside, paths.scratch):
        found = list(files(root))
        for at in range(0, len(found), _AT_ONCE):
            part = found[at : at + _AT_ONCE]
            oids = repo.git.run("hash-object", "--no-filters", "--", *part).text.splitlines()
            for path, oid in zip(part, oids, strict=True):
                _, _, inside = os.path.relpath(path, root).partition(os.sep)
                names = {inside, re.sub(_NUMBERED, "", inside)}
                if any(matches(name, Oid(oid)) for name in names):
                    going.append(path)
    for path in going:
        directories.remove(path)
    return going


def rewrite_journals(repo: Repo, replaced: Callable[[bytes], bytes | None]) -> list[str]:
    """Replace event lines in copies of the journal; return those that were written again.

    `replaced` is given what stands behind the checksum (a damaged line has it, too), and
    answers what shall, empty for nothing, or None where the line stays.
    """
    paths = Paths(repo.state_dir)
    written = []
    for root in (paths.recovery, os.path.join(paths.root, "damaged")):
        for path in files(root):
            if os.path.basename(path) != "journal":
                continue
            lines = (atomic.read(path) or b"").split(b"\n")
            answers = [replaced(line) for line in lines]
            if any(answer is not None for answer in answers):
                both = zip(lines, answers, strict=True)
                new = [old if answer is None else answer for old, answer in both]
                atomic.write(path, b"\n".join(new))
                written.append(path)
    return written


def journal_line(anchor: str, line: bytes) -> bytes:
    """Return the line of a journal for an event's line, no newline."""
    return journal.line("E", anchor.encode() + b" " + line)[:-1]


def unreadable(repo: Repo, path: str) -> Left:
    """Return what to tell of an archive that nobody can look into."""
    name = os.path.relpath(path, repo.common_dir)
    return Left("", f"perhaps '{name}', which cannot be read", f"rm {shell(path)}")


def files(folder: str) -> Iterator[str]:
    """Yield the plain files below a folder."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(place, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path
