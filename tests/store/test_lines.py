"""Lines read by an expression say what the JSON parser says, or are left to it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from git_timewarp.git.names import Oid, SnapshotId, WriterId
from git_timewarp.store import lines
from git_timewarp.store.chain import Actor, NewEvent, seal
from git_timewarp.store.events import ChainHead
from git_timewarp.store.lines import Line

TEXT = st.text(max_size=12) | st.sampled_from(["", '"n":7', "{", "}]", '\\","n":9', "a\nb", "\0"])
SCALAR = TEXT | st.integers() | st.booleans() | st.none()
FREE = st.dictionaries(
    TEXT, st.recursive(SCALAR, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXT, v))
)
EXTRA = st.fixed_dictionaries(
    {},
    optional={
        "session": TEXT,
        "dur_ms": st.integers(min_value=0),
        "exit": st.integers(),
        "tags": st.lists(TEXT, max_size=2),
        "touches": st.lists(st.fixed_dictionaries({"path": TEXT, "op": TEXT}), max_size=2),
        "payload": FREE,
        "refs": FREE,
        "zebra": SCALAR,
    },
)
NEW = st.builds(
    NewEvent,
    type=TEXT,
    summary=TEXT,
    actor=st.builds(Actor, TEXT, TEXT, TEXT),
    anchor=st.just(Oid("1" * 40)),
    worktree=TEXT,
    timeline=TEXT,
    head=st.none() | st.just(Oid("a" * 40)),
    branch=st.none() | TEXT,
    snapshot=st.none() | st.just(SnapshotId("klmnopqrstuv")),
    op=st.none() | TEXT,
    key=st.none() | TEXT,
    data=FREE,
    extra=EXTRA,
)


def stored(new: NewEvent, n: int = 1) -> bytes:
    head = ChainHead(n - 1, "0" * 64, n - 1)
    event, _ = seal(new, head=head, writer=WriterId("k" * 16), event_id="an-id", ts="2026-01-01")
    return event.line + b"\n"


def told(line: bytes) -> Line:
    """Return what the JSON parser says."""
    record: dict[str, Any] = json.loads(line)
    members = {name: str(record.get(name, "")) for name in Line._fields}
    members |= {"data": "", "begin": "", "end": ""}
    return Line(**members)


def shared(record: dict[str, Any]) -> dict[str, Any]:
    """Return the members that lines mostly share with their neighbours."""
    names = ("actor", "branch", "type", "v", "worktree", "writer")
    return {name: record[name] for name in names if name in record}


def read(note: bytes) -> list[Line] | None:
    found = lines.read(note)
    return None if found is None else [Line(*members) for members in found]


@given(st.lists(NEW, min_size=1, max_size=4))
def test_what_is_read_is_what_json_says(news: list[NewEvent]) -> None:
    note = [stored(new, n) for n, new in enumerate(news, 1)]
    found = read(b"".join(note))
    if found is None:
        return
    short = [line._replace(data="", begin="", end="") for line in found]
    assert short == [told(line) for line in note]
    for line, raw in zip(found, note, strict=True):
        record = json.loads(raw)
        assert json.loads(line.data or "{}") == record.get("data", {})
        assert json.loads(f"{{{line.begin},{line.end}}}") == shared(record)


def test_ordinary_lines_are_read_at_once() -> None:
    new = NewEvent(
        type="snapshot",
        summary="edit a/ü, add b",
        actor=Actor("agent", "builder", "worker"),
        anchor=Oid("1" * 40),
        worktree="main-worktree",
        timeline="main",
        head=Oid("a" * 40),
        branch="refs/heads/main",
        snapshot=SnapshotId("klmnopqrstuv"),
        op="an-operation",
        key="a-key",
        data={"changes": [1, 2, 3], "milestone": {"kind": "user", "name": "x"}},
        extra={"touches": [{"path": "a", "op": "M", "before": None}], "dur_ms": 12, "exit": -1},
    )
    first = told(stored(new))._replace(data=DATA, begin=BEGIN, end=END)
    assert read(stored(new) + stored(new, 2)) == [first, LAST]


DATA = '{"changes":[1,2,3],"milestone":{"kind":"user","name":"x"}}'
BEGIN = '"actor":{"id":"builder","kind":"agent","role":"worker"},"branch":"refs/heads/main"'
END = '"type":"snapshot","v":1,"worktree":"main-worktree","writer":"kkkkkkkkkkkkkkkk"'
LAST = Line(
    begin=BEGIN,
    data=DATA,
    head="a" * 40,
    id="an-id",
    key="a-key",
    lamport="2",
    n="2",
    op="an-operation",
    session="",
    snapshot="klmnopqrstuv",
    summary="edit a/ü, add b",
    timeline="main",
    ts="2026-01-01",
    end=END,
)


def test_any_other_line_is_left_to_the_parser() -> None:
    plain = stored(NewEvent("note", "x", Actor("person", "a"), Oid("1" * 40), "main", "main"))
    assert read(plain) is not None
    for other in (
        plain[:-1],
        plain.replace(b'"v":1', b'"v":2'),
        plain.replace(b'"x"', b'"\\u0001"'),
        plain.replace(b'"x"', b'"\xff"'),
        plain + b"not a line\n",
        plain + b"\n",
        plain.replace(b'"lamport":1,', b'"lamport":1000000000000000,'),
        plain.replace(b'"n":1,', b'"n":1000000000000,'),
        plain.replace(b'"prev":"0', b'"prev":"\\'),
        plain.replace(b'"n":1,', b'"n":1,"new":2,'),
    ):
        assert read(other) is None, other
