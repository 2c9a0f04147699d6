"""Former values in the reflogs of our refs that lead to what is lost.

Nothing needs them; git all the same follows every reflog, and its gc ends at one that leads
to an object that is not there. They are told, and `repair` takes them out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Reader
from git_timewarp.integrity.damage import Search, find, is_sound
from git_timewarp.integrity.verify_look import Look
from git_timewarp.store import layout, transaction
from git_timewarp.util.text import counted


def former(look: Look) -> list[Oid]:
    """Return every value that our refs had and have no more."""
    now = set(look.history.refs.values())
    return sorted(set().union(*transaction.logged(look.repo).values()) - now)


def check(look: Look, values: Sequence[Oid], *, named: Collection[Oid]) -> None:
    """Tell of those of the former `values` that do not lead to whole things any more.

    `named` is what git's fsck spoke of, which followed them. What a value now needs and lacks
    as well is told already, and ends with that.
    """
    with contextlib.closing(Reader(look.repo.git)) as reader:
        bad = {oid for oid in named if oid not in look.broken and not is_sound(reader, oid)}
        look.dead |= set(_dead(reader, values, bad)) if bad else set()
    for name, line in sorted(transaction.logged(look.repo).items()) if look.dead else ():
        count = len(look.dead.intersection(line))
        if count:
            what = counted(count, "former value")
            text = (
                f"{what} of '{name}' in its reflog: git gc ends where {_it(count)} to what is lost"
            )
            look.wrong("missing-object", text, "git timewarp repair", (str(name),))


def _dead(reader: Reader, values: Sequence[Oid], bad: AbstractSet[Oid]) -> Iterator[Oid]:
    search = Search(reader, bad)
    for oid in values:
        tag = find(reader, oid) if oid not in bad else None
        if tag is None or search.below(layout.tree_in(tag.data)):
            yield oid


def _it(count: int) -> str:
    return "it leads" if count == 1 else "they lead"
