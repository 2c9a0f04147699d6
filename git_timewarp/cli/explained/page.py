"""Errors explained: `git timewarp help errors`, and the page of the reference."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from git_timewarp.cli.explained import archives, commands, disk, git, rescue, store, travel
from git_timewarp.cli.explained.explanation import Explanation, Sort

TABLE: dict[str, Explanation] = {
    **store.TABLE,
    **disk.TABLE,
    **git.TABLE,
    **rescue.TABLE,
    **travel.TABLE,
    **commands.TABLE,
    **archives.TABLE,
}
"""Reference -> explanation, of every error there is."""

SORTS = {
    Sort.TRANSIENT: "the same command works later",
    Sort.PERMANENT: "somebody has to do something",
    Sort.DEGRADED: "the rest goes on with less",
}
"""What each sort says."""

_LABEL = 10


def listed() -> Iterator[str]:
    """Draw every reference with its sort, and how to ask on."""
    wide = max(len(reference) for reference in TABLE)
    for reference, explanation in sorted(TABLE.items()):
        yield f"   {reference:{wide}}  {explanation.sort.value}"
    yield ""
    for sort, text in SORTS.items():
        yield f"{sort.value}: {text}"
    yield ""
    yield "'git timewarp help errors <reference>' explains one; '--json' shows the reference of a"
    yield "failure."


def explained(reference: str, *, columns: int) -> Iterator[str]:
    """Draw one error: what it is, how it comes, what is safe, what to do."""
    explanation = TABLE[reference]
    yield f"{reference} ({explanation.sort.value}: {SORTS[explanation.sort]})"
    for label, text in (
        ("cause", explanation.cause),
        ("safe", explanation.safe),
        ("what to do", explanation.recovery),
    ):
        yield ""
        yield from textwrap.wrap(
            text,
            width=max(min(columns, 100), 30),
            initial_indent=f"{label + ':':{_LABEL + 2}}",
            subsequent_indent=" " * (_LABEL + 2),
            break_on_hyphens=False,
        )


def to_dict(reference: str) -> dict[str, object]:
    """Return the stable JSON form of one."""
    explanation = TABLE[reference]
    return {
        "reference": reference,
        "class": explanation.sort.value,
        "cause": explanation.cause,
        "safe": explanation.safe,
        "recovery": explanation.recovery,
    }
