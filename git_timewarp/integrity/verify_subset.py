"""A part of `verify --full` at a time: `n/t` reads the n-th of t parts of all objects of ours.

An object belongs to a part by its id, so t runs, one for each n, read everything once; `p%`
reads a part of that size chosen by chance. That every object is there is looked at each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import absent
from git_timewarp.integrity import damage, verify_objects
from git_timewarp.integrity.verify_look import Look
from git_timewarp.util.clock import Clock

_FORM = r"(\d+)/(\d+)|(\d+(?:\.\d+)?)%"
_SCALE = 1 << 32
_BATCH = 2_000


class SubsetError(TimewarpError):
    """What was asked for is no part of a whole."""

    kind = Kind.USAGE
    reference = "data-subset"


class Subset(NamedTuple):
    """The objects whose id begins with a number in `start` to `end` of 2**32, and how to say it."""

    start: int
    end: int
    text: str

    def has(self, oid: Oid) -> bool:
        """Tell whether an object belongs to this part."""
        return self.start <= int(oid[:8], 16) < self.end


def parse(text: str, *, clock: Clock) -> Subset:
    """Read `n/t` or `p%`.

    Raises:
        SubsetError: it is neither, or no part of a whole.
    """
    found = re.fullmatch(_FORM, text.strip())
    if found is not None and found[1] is not None:
        n, t = int(found[1]), int(found[2])
        if 1 <= n <= t <= _SCALE:
            return Subset((n - 1) * _SCALE // t, n * _SCALE // t, f"{n}/{t}")
    elif found is not None and 0 < float(found[3]) <= 100:
        size = max(int(_SCALE * float(found[3]) / 100), 1)
        chance = int.from_bytes(clock.random_bytes(8), "big")
        start = chance % (_SCALE - size + 1)
        return Subset(start, start + size, f"{found[3]}%")
    raise SubsetError(
        f"'{text}' is no part of the data: 'n/t' with n from 1 to t, or a percentage",
        hint="git timewarp verify --read-data-subset 1/5",
    )


def objects(look: Look, snapshots: Mapping[SnapshotId, Oid], subset: Subset) -> None:
    """Read and hash the part, tell who lost what; all the rest has to be there."""
    git, heads = verify_objects.asked(look)
    needed = verify_objects.needed(git, heads) if heads else set()
    if needed is None:
        look.wrong(
            "missing-object",
            "not even a list of our objects can be made",
            look.remedy("git timewarp verify --full"),
        )
        return
    some = [oid for oid in sorted(map(Oid, needed)) if subset.has(oid)]
    gone = set(absent(git, [Oid(oid) for oid in needed]))
    look.objects = len(some)
    bad = gone | set(_unsound(look, [oid for oid in some if oid not in gone]))
    verify_objects.tell(look, bad, snapshots)


def _unsound(look: Look, some: Sequence[Oid]) -> list[Oid]:
    found = []
    for at in range(0, len(some), _BATCH):
        look.progress(at, len(some))
        part = some[at : at + _BATCH]
        found += [oid for oid in part if not damage.is_sound(look.history.reader, oid)]
    return found
