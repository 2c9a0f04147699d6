"""Former values in the reflogs of our refs that lead to what is lost.

Nothing needs them; git all the same follows every reflog, and its gc ends at one that leads
to an object that is not there. They are told, and `repair` takes them out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import absent
from git_timewarp.git.run import Git
from git_timewarp.integrity.verify_look import Look
from git_timewarp.store import transaction
from git_timewarp.util.text import counted

_ID = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b")


def former(look: Look) -> list[Oid]:
    """Return every value that our refs had and have no more."""
    now = set(look.history.refs.values())
    values = transaction.logged(look.repo).values()
    return sorted({oid for line in values for oid in line} - now)


def check(look: Look, values: Sequence[Oid]) -> None:
    """Tell of those of the former `values` that do not lead to whole things any more.

    What a value now needs and lacks as well is told already, and ends with that.
    """
    look.dead |= _dead(look.repo.git, values, told=look.broken.keys())
    for name, line in sorted(transaction.logged(look.repo).items()) if look.dead else ():
        count = len(look.dead.intersection(line))
        if count:
            what = counted(count, "former value")
            text = (
                f"{what} of '{name}' in its reflog: git gc ends where {_it(count)} to what is lost"
            )
            look.wrong("missing-object", text, "git timewarp repair", (str(name),))


def _it(count: int) -> str:
    return "it leads" if count == 1 else "they lead"


def _dead(git: Git, values: Sequence[Oid], *, told: Collection[Oid]) -> set[Oid]:
    gone = set(absent(git, values))
    left = [oid for oid in values if oid not in gone]
    if left and _lacks(git, left, told=told):
        gone |= {oid for oid in left if _lacks(git, [oid], told=told)}
    return gone


def _lacks(git: Git, values: Sequence[Oid], *, told: Collection[Oid]) -> bool:
    """Tell whether values lead to anything that is lost and was not `told` of."""
    flags = ("--objects", "--no-object-names", "--missing=print", "--stdin")
    done = git.run("rev-list", *flags, stdin="\n".join(values).encode() + b"\n", ok=range(256))
    lost = {line[1:] for line in done.out.decode().splitlines() if line.startswith("?")}
    if done.code:
        said = set(_ID.findall(done.err.decode("utf-8", "replace")))
        return bool(lost - set(told)) or not said & set(told)
    return bool(lost - set(told))
