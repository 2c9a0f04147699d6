"""Events of others: every line is recorded once, or named with what is wrong (`record`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from git_timewarp.errors import Kind
from git_timewarp.integrity.verify import verify
from git_timewarp.store import journal as journal_file
from git_timewarp.store.events import Json
from git_timewarp.store.paths import Paths
from git_timewarp.store.records import whole_record
from git_timewarp.timeline import ingest
from git_timewarp.timeline.ingest_lines import LINE_LIMIT, InvalidRecordError, read_line
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.world import World
from git_timewarp.util import faults
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def given(tmp_path: Path) -> World:
    """Return a world that records on one commit."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "1\n"})
    return recording.begin(repo, clock=CountingClock(), limits=recording.NEVER)


def send(given: World, *lines: Json | bytes) -> list[Json]:
    """Record lines and return the answers."""
    with Operation(given, "record") as op:
        return list(ingest.record(op, [raw(line) for line in lines]))


def raw(line: Json | bytes) -> bytes:
    return line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"


def stored(given: World) -> list[Json]:
    """Return the records of all events, oldest first."""
    with recording.history(given) as found:
        return [whole_record(found, entry) for entry in found.entries()][::-1]


def test_a_line_becomes_an_event_with_all_its_members(given: World) -> None:
    oid = "3f786850e387550fdab836ed7e6dc881de23001b"
    line: Json = {
        "type": "tool-use",
        "summary": "ran the tests",
        "actor": {"kind": "agent", "id": "claude", "role": "tester"},
        "session": "s-1",
        "ts": "2026-11-20T16:04:05.123+01:00",
        "key": "k-1",
        "data": {"n": 7, "ok": True, "none": None, "list": [1, "two"]},
        "tags": ["ci", "fast"],
        "touches": [{"path": "a/b.py", "op": "M", "before": oid, "after": None}],
        "dur_ms": 1200,
        "exit": -9,
        "milestone": {"kind": "tests-pass", "importance": "high", "name": "green"},
    }
    (answer,) = send(given, line)
    (record,) = stored(given)
    assert answer == {"event": "E1", "id": record["id"], "duplicate": False}
    own = ("hash", "id", "prev", "writer", "op", "head")
    assert {name: value for name, value in record.items() if name not in own} == {
        "v": 1,
        "n": 1,
        "lamport": 1,
        "type": "tool-use",
        "summary": "ran the tests",
        "actor": {"kind": "agent", "id": "claude", "role": "tester"},
        "session": "s-1",
        "ts": "2026-11-20T15:04:05.123Z",
        "key": "record:k-1",
        "data": {
            "n": 7,
            "ok": True,
            "none": None,
            "list": [1, "two"],
            "milestone": {"kind": "tests-pass", "importance": "high", "name": "green"},
        },
        "tags": ["ci", "fast"],
        "touches": [{"path": "a/b.py", "op": "M", "before": oid}],
        "dur_ms": 1200,
        "exit": -9,
        "timeline": "main",
        "worktree": "main-worktree",
        "branch": "refs/heads/main",
    }
    assert verify(given.repo, full=True).problems == ()


def test_a_type_is_enough(given: World) -> None:
    send(given, {"type": "note"})
    (record,) = stored(given)
    assert record["actor"] == recording.ADA.to_json()
    assert "data" not in record


WRONG: list[tuple[bytes, str]] = [
    (b'{"summary": "x"}', "'type': it is missing"),
    (b'{"type": "Note"}', "'type': it is not words in lower case joined by '-' (and '.')"),
    (b'{"type": 7}', "'type': it is not text"),
    (b'{"type": ""}', "'type': it is not words in lower case joined by '-' (and '.')"),
    (b'{"type": "a", "extra": 1}', "'extra': there is no such member"),
    (b'{"type": "a", "type": "b"}', "'type': it is given twice"),
    (b'{"type": "a", "data": {"x": {"y": 1, "y": 2}}}', "'y': it is given twice"),
    (b'{"type": "a", "data": {"x": 1.5}}', "the number 1.5 is not an integer: give it as text"),
    (b'{"type": "a", "data": {"x": 1e3}}', "the number 1e3 is not an integer: give it as text"),
    (b'{"type": "a", "data": {"x": NaN}}', "the number NaN is not an integer: give it as text"),
    (
        b'{"type": "a", "data": {"x": 9007199254740992}}',
        "the number 9007199254740992 is too large: give it as text",
    ),
    (b'{"type": "a", "data": []}', "'data': it is not an object"),
    (b'{"type": "a", "data": {"milestone": 1}}', "'data.milestone': git-timewarp uses this name"),
    (b'{"type": "a", "data": {"changes": 1}}', "'data.changes': git-timewarp uses this name"),
    (b'{"type": "a", "data": ' + b'{"x":' * 40 + b"1" + b"}" * 41, "nested deeper than 32"),
    (b'{"type": "a", "data": ' + b'{"x":' * 9999 + b"1" + b"}" * 10000, "nested deeper than 32"),
    (b'{"type": "a", "summary": null}', "'summary': it is not text"),
    (b'{"type": "a", "summary": "' + b"x" * 1001 + b'"}', "longer than 1000 characters"),
    (b'{"type": "a", "actor": "me"}', "'actor': it is not an object"),
    (b'{"type": "a", "actor": {"kind": "person"}}', "'actor.id': it is missing"),
    (b'{"type": "a", "actor": {"kind": "god", "id": "x"}}', "'actor.kind': it is not one of"),
    (b'{"type": "a", "actor": {"kind": "person", "id": "x", "z": 1}}', "'actor.z': there is no"),
    (b'{"type": "a", "actor": {"kind": "person", "id": " "}}', "'actor.id': it is empty"),
    (b'{"type": "a", "session": "a\\nb"}', "'session': it is empty or holds control"),
    (b'{"type": "a", "ts": "yesterday"}', "'ts': it is not an ISO 8601 time with its zone"),
    (b'{"type": "a", "ts": "2026-11-20T15:04:05"}', "'ts': it is not an ISO 8601 time with its"),
    (b'{"type": "a", "ts": "2026-99-20T15:04:05Z"}', "'ts': it is not an ISO 8601 time"),
    (b'{"type": "a", "ts": 1700000000}', "'ts': it is not text"),
    (b'{"type": "a", "key": ""}', "'key': it is empty"),
    (b'{"type": "a", "tags": "x"}', "'tags': it is not a list"),
    (b'{"type": "a", "tags": [1]}', "'tags[0]': it is not text"),
    (b'{"type": "a", "dur_ms": -1}', "'dur_ms': it is negative"),
    (b'{"type": "a", "dur_ms": true}', "'dur_ms': it is not an integer"),
    (b'{"type": "a", "exit": "0"}', "'exit': it is not an integer"),
    (b'{"type": "a", "touches": {}}', "'touches': it is not a list"),
    (b'{"type": "a", "touches": [{}]}', "'touches[0].path': it is missing"),
    (b'{"type": "a", "touches": [{"path": "../x"}]}', "'touches[0].path': it is not a path below"),
    (b'{"type": "a", "touches": [{"path": "/x"}]}', "'touches[0].path': it is not a path below"),
    (b'{"type": "a", "touches": [{"path": 7}]}', "'touches[0].path': it is not a path below"),
    (b'{"type": "a", "touches": [{"path": "x", "op": "Z"}]}', "'touches[0].op': it is not one of"),
    (b'{"type": "a", "touches": [{"path": "x", "after": "1"}]}', "'touches[0].after': it is not a"),
    (b'{"type": "a", "milestone": {"kind": "party"}}', "'milestone.kind': it is not one of"),
    (b'{"type": "a", "milestone": {"kind": "user", "importance": 9}}', "'milestone.importance':"),
    (b"[]", "it is not a JSON object"),
    (b'"x"', "it is not a JSON object"),
    (b"{", "it is not JSON:"),
    (b"type=note", "it is not JSON:"),
    (b'\xef\xbb\xbf{"type": "a"}', "it is not JSON:"),
    (b'{"type": "a", "summary": "\xff"}', "it is not UTF-8 at byte 27"),
    (b'{"type": "a", "summary": "' + b"x" * LINE_LIMIT + b'"}', "it is longer than 256 KiB"),
]


@pytest.mark.parametrize(("line", "why"), WRONG)
def test_a_wrong_line_is_named(line: bytes, why: str) -> None:
    with pytest.raises(InvalidRecordError) as caught:
        read_line(line, 12)
    assert caught.value.message.startswith(f"line 12: {why}") or why in caught.value.message
    assert caught.value.kind is Kind.USAGE
    assert caught.value.hint


@pytest.mark.parametrize(
    "name",
    [
        *(
            "snapshot",
            "draft",
            "safety",
            "jump",
            "restore",
            "undo",
            "redo",
            "gap",
            "commit",
            "init",
        ),
        *("git-stash", "git-stash-drop", "stash-drop", "import", "rebuild", "derive", "repair"),
        *("reset", "rebase", "clone", "compact", "purge", "redact"),
    ],
)
def test_our_own_types_cannot_be_forged_but_named(name: str) -> None:
    for forged in (name, "stash-apply", "timewarp-x"):
        with pytest.raises(InvalidRecordError):
            read_line(raw({"type": forged}), 1)
    read = read_line(raw({"type": f"claude.{name}"}), 1)
    assert read is not None
    assert read.type == f"claude.{name}"


def test_lines_before_a_wrong_one_stay_and_are_answered(given: World) -> None:
    lines = [raw({"type": "one"}), b"\n", raw({"type": "two"}), b"{}\n", raw({"type": "three"})]
    with Operation(given, "record") as op:
        answers = ingest.record(op, lines)
        assert [next(answers)["event"], next(answers)["event"]] == ["E1", "E2"]
        with pytest.raises(InvalidRecordError) as caught:
            next(answers)
    assert "line 4: 'type'" in caught.value.message
    assert [record["type"] for record in stored(given)] == ["one", "two"]


def test_empty_lines_and_a_missing_last_newline_are_fine(given: World) -> None:
    answers = send(given, b"\n", b"  \r\n", b'{"type": "a"}\r\n', b"", b'{"type": "b"}')
    assert [answer["event"] for answer in answers] == ["E1", "E2"]


def test_a_key_is_recorded_once(given: World) -> None:
    """Within a batch, in the journal, in git, and without meeting keys of our own."""
    first = send(given, {"type": "a", "key": "x"}, {"type": "b", "key": "x"}, {"type": "c"})
    assert [answer["event"] for answer in first] == ["E1", "E1", "E2"]
    assert [answer["duplicate"] for answer in first] == [False, True, False]
    assert send(given, {"type": "d", "key": "x"}) == [{**first[0], "duplicate": True}]
    with Operation(given, "fold") as op:
        op.recorder.fold()
    assert send(given, {"type": "d", "key": "x"}) == [{**first[0], "duplicate": True}]
    assert [record["type"] for record in stored(given)] == ["a", "c"]
    with recording.history(given) as found:
        assert found.find_key("x") is None


def test_secrets_are_gone_before_they_are_hashed(given: World) -> None:
    secret = "ghp_" + "a1B2c3D4" * 5
    escaped = json.dumps({"type": "esc", "data": {"token": "abcdef12"}}).replace(
        "token", "tok\\u0065n"
    )
    send(
        given,
        {
            "type": "leak",
            "summary": f"used {secret}",
            "actor": {"kind": "agent", "id": secret},
            "session": secret,
            "tags": [secret],
            "touches": [{"path": f"dir/{secret}"}, {"path": {"bytes": "/2E="}}],
            "data": {"password": "hunter2", "env": {"HOME": "/home/ada"}, "deep": [secret]},
            "key": f"token={secret}",
        },
        {"type": "leak", "key": "password=one"},
        {"type": "leak", "key": "password=two"},
        escaped.encode(),
    )
    kept = Path(Paths(given.repo.state_dir).journal).read_text()
    for gone in (secret, "hunter2", "/home/ada", "abcdef12", "password=one"):
        assert gone not in kept
    assert len(stored(given)) == 4
    answers = send(given, {"type": "leak", "key": "password=one"})
    assert answers[0]["event"] == "E2"
    assert answers[0]["duplicate"] is True


def test_a_batch_is_one_synced_write(given: World) -> None:
    seen: list[str] = []
    lines = [raw({"type": "a", "key": f"{n}"}) for n in range(2_500)]
    with Operation(given, "record") as op:
        faults.install(seen.append)
        try:
            answers = list(ingest.record(op, lines))
        finally:
            faults.install(None)
    assert seen.count("append journal") == 3
    assert [answer["event"] for answer in answers] == [f"E{n}" for n in range(1, 2_501)]
    assert verify(given.repo, full=True).problems == ()


def test_a_long_run_folds_on_its_way(given: World) -> None:
    lines = (raw({"type": "a", "summary": f"{n}"}) for n in range(12_000))
    with Operation(given, "record") as op:
        count = sum(1 for _ in ingest.record(op, lines))
        assert op.recorder.folded_events >= ingest.FOLD
    assert count == 12_000
    held = journal_file.load(Paths(given.repo.state_dir).journal)
    assert len(held.events) < ingest.FOLD
    with recording.history(given) as found:
        assert sum(1 for _ in found.entries()) == 12_000
    assert verify(given.repo, full=False).problems == ()


def test_a_stream_is_durable_whenever_it_pauses(given: World) -> None:
    """The store is locked only while a batch is written."""
    opened = 0
    path = Path(Paths(given.repo.state_dir).journal)

    @contextmanager
    def begin() -> Iterator[Operation]:
        nonlocal opened
        opened += 1
        with Operation(given, "record") as op:
            yield op

    def lines() -> Iterator[bytes | None]:
        yield raw({"type": "one"})
        yield None
        assert b'"type":"one"' in path.read_bytes()
        yield None
        recording.record(given, [])
        yield raw({"type": "two"})

    answers = list(ingest.stream(begin, lines()))
    assert [answer["event"] for answer in answers] == ["E1", "E2"]
    assert opened == 2


def test_labels_name_the_writer_where_two_share_a_number(given: World, tmp_path: Path) -> None:
    repo = RepoBuilder(Path(given.repo.work_tree), init=False)
    send(given, {"type": "mine"})
    other = RepoBuilder(tmp_path / "other")
    other.commit("theirs")
    theirs = recording.begin(other)
    send(theirs, raw({"type": "a"}), raw({"type": "b"}), raw({"type": "c"}))
    with Operation(theirs, "fold") as op:
        op.recorder.fold()
    repo.git("fetch", "-q", str(other.path), "refs/timewarp/*:refs/timewarp/*")
    with Operation(given, "x") as op:
        again = list(ingest.record(op, [raw({"type": "mine", "key": "k"})]))
        label = next(e for e in op.history.entries("1") if e.id == again[0]["id"])
        assert again[0]["event"] == op.label(label) == "E4"
