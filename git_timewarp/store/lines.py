"""Reading event lines many at a time: what lists need of them, by one regular expression.

Nearly every line has the plain form that `chain.seal` writes: known members in their
order, no escapes, nothing nested deeper than two levels. A note of such lines is read at
once, without a record for each; any other note is left to the JSON parser.
"""

import re
from functools import cache
from typing import NamedTuple

from git_timewarp.store.events import FORMAT_VERSION

# No class leaves out the backslash: `read` looks for one first, in the whole note at once.
# A class of all but one character is three times as fast as one of all but two.
_PLAIN = r'"([^"]*)"'
_FLAT = r'[^{}\[\]"]*(?:"[^"]*"[^{}\[\]"]*)*'
_DEEP = rf"{_FLAT}(?:[{{\[]{_FLAT}[}}\]]{_FLAT})*"


def _maybe(member: str, value: str) -> str:
    return rf'(?:,"{member}":{value})?'


_LINE = (
    r'\{("actor":\{"id":"[^"]*","kind":"[^"]*"(?:,"role":"[^"]*")?\}'
    + _maybe("branch", '"[^"]*"')
    + ")"
    + _maybe("data", rf"(\{{{_DEEP}\}})")
    + _maybe("dur_ms", "[0-9]+")
    + _maybe("exit", "-?[0-9]+")
    + _maybe("head", _PLAIN)
    + rf',"id":{_PLAIN}'
    + _maybe("key", _PLAIN)
    + ',"lamport":([0-9]{1,15}),"n":([0-9]{1,12})'
    + _maybe("op", _PLAIN)
    + _maybe("origin", rf"\{{{_FLAT}\}}")
    + _maybe("payload", rf"\{{{_DEEP}\}}")
    + r',"prev":"[^"]*"'
    + _maybe("refs", rf"[{{\[]{_DEEP}[}}\]]")
    + _maybe("session", _PLAIN)
    + _maybe("snapshot", _PLAIN)
    + rf',"summary":{_PLAIN}'
    + _maybe("tags", rf"\[{_FLAT}\]")
    + rf',"timeline":{_PLAIN}'
    + _maybe("touches", rf"\[{_DEEP}\]")
    + rf',"ts":{_PLAIN},("type":"[^"]*","v":{FORMAT_VERSION},"worktree":"[^"]*","writer":"[^"]*")'
    + r',"hash":"[^"]*"\}\n'
)


class Line(NamedTuple):
    """What lists need of one event; an absent member is empty, `data` is JSON.

    `begin` and `end` are members as they stand there, because neighbours mostly have the
    same: `actor` and `branch`, and `type`, `v`, `worktree` and `writer`.
    """

    begin: str
    data: str
    head: str
    id: str
    key: str
    lamport: str
    n: str
    op: str
    session: str
    snapshot: str
    summary: str
    timeline: str
    ts: str
    end: str


@cache
def _pattern() -> re.Pattern[str]:
    """Return the expression; compiling it takes a while and most looks read no note."""
    return re.compile(_LINE)


def read(note: bytes) -> list[tuple[str, ...]] | None:
    """Return the members (in the order of `Line`) of every line of a note.

    None where a line is not of the plain form: then each has to be parsed.
    """
    try:
        text = note.decode()
    except UnicodeDecodeError:
        return None
    if "\\" in text:
        return None
    found: list[tuple[str, ...]] = _pattern().findall(text)
    # A line that matches ends with the newline it holds, so no more matches than newlines;
    # as many mean that each line matched, whole.
    return found if len(found) == text.count("\n") and text.endswith("\n") else None
