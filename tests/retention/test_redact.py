"""Redacting: what an event said is nowhere afterwards, and the chain holds."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.objects import MODE_FILE, TreeEntry
from git_timewarp.git.refs import RefUpdate
from git_timewarp.integrity.verify import verify
from git_timewarp.retention.redact import EvidenceError, NothingToRedactError, NotOursError, redact
from git_timewarp.retention.results import RedactResult
from git_timewarp.store import layout, transaction
from git_timewarp.store.chain import hash_is_right
from git_timewarp.store.events import Event
from git_timewarp.store.records import whole_event
from git_timewarp.store.redaction import Stone, place
from git_timewarp.store.stone import made
from git_timewarp.timeline import ingest, publish, travel, undo
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.world import World
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder
from tests.support.traces import beside, places, written

SECRET = b"swallowed-by-mistake-0123456789"
TEXT = SECRET.decode()
NOTE = {
    "type": "note",
    "summary": f"the {TEXT} thing",
    "key": TEXT,
    "session": TEXT,
    "tags": [TEXT],
    "touches": [{"path": TEXT, "op": "M"}],
    "data": {"before": TEXT, "commit": "1" * 40, "deep": {"er": [TEXT] * 2_000}},
    "milestone": {"kind": "tests-pass", "importance": "high", "name": TEXT},
    "exit": 3,
}


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a.txt": "one\n"})
    return built


@pytest.fixture
def given(repo: RepoBuilder) -> World:
    """Return its world: a snapshot, one whose summary is a secret, one after it; all folded."""
    world = recording.begin(repo, clock=CountingClock())
    recording.take(world, "before")
    repo.write("a.txt", "two\n")
    recording.take(world, f"the {TEXT} thing")
    repo.write("a.txt", "three\n")
    recording.take(world, "after")
    return world


def redacted(world: World, name: str, reason: str = "", *, dry_run: bool = False) -> RedactResult:
    """Redact, as the command does."""
    with Operation(world, "redact") as op:
        return redact(op, name, beside(world), reason=reason, dry_run=dry_run)


def events(world: World) -> dict[str, Event]:
    """Return every event by its label, oldest first."""
    with recording.history(world) as history:
        found = [(entry, whole_event(history, entry)) for entry in history.entries()]
    return {f"E{entry.lamport}": event for entry, event in reversed(found) if event is not None}


def problems(world: World) -> list[str]:
    return [f"{item.kind} {item.where}" for item in verify(world.repo, full=True).problems]


def whole(repo: RepoBuilder, world: World) -> None:
    assert problems(world) == []
    done = repo.run("fsck", "--full", "--no-dangling", ok=None)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def record(world: World, *lines: dict[str, object]) -> None:
    """Record events as `git timewarp record` does, and fold them."""
    with Operation(world, "record") as op:
        list(ingest.record(op, [json.dumps(line).encode() for line in lines]))
        op.recorder.fold()


def test_what_it_said_is_nowhere_and_the_chain_holds(repo: RepoBuilder, given: World) -> None:
    before = events(given)
    assert places(repo, SECRET) != []
    result = redacted(given, "E2", "a secret")
    assert places(repo, SECRET) == []
    whole(repo, given)
    after = events(given)
    stone, told = after["E2"], after["E4"]
    assert result.to_dict() == {
        "v": 1,
        "event": "E2",
        "id": stone.record["id"],
        "snapshot": stone.record["snapshot"],
        "reason": "a secret",
        "already": False,
        "archives": [],
        "copies": 0,
        "left": [],
        "frees": result.frees,
        "waits": False,
        "events": ["E4"],
        "dry_run": False,
    }
    was = before["E2"].record
    kept = {name: was[name] for name in was if name not in {"summary", "data", "touches"}}
    assert stone.record == kept | {
        "summary": "redacted (a secret)",
        "redacted": told.record["op"],
        "data": {"changes": [0, 1, 0]},
    }
    assert not hash_is_right(stone.line)
    assert told.record["summary"] == "redacted E2: a secret"
    assert told.data == {
        "reason": "a secret",
        "redacted": [
            {
                "writer": stone.writer,
                "n": 2,
                "id": was["id"],
                "hash": was["hash"],
                "line": hashlib.sha256(stone.line).hexdigest(),
            }
        ],
    }
    assert {name: after[name].line for name in ("E1", "E3")} == {
        name: before[name].line for name in ("E1", "E3")
    }
    assert repo.run("gc", "-q", "--prune=now").stderr == b""
    whole(repo, given)


def test_everything_free_goes_and_what_others_are_read_by_stays(
    repo: RepoBuilder, given: World
) -> None:
    redacted(given, "E2")
    record(given, NOTE, {"type": "note", "summary": "another"})
    redacted(given, "E5")
    assert places(repo, SECRET) == []
    found = events(given)["E5"].record
    assert {name: found[name] for name in ("summary", "exit", "data", "key")} == {
        "summary": "redacted",
        "exit": 3,
        "data": {"milestone": {"kind": "tests-pass", "importance": "high"}},
        "key": f"record:sha256:{hashlib.sha256(SECRET).hexdigest()}",
    }
    assert not found.keys() & {"session", "tags", "touches"}
    count = len(events(given))
    record(given, NOTE)
    assert len(events(given)) == count, "its key is still taken"
    assert places(repo, SECRET) == []
    whole(repo, given)


def test_an_event_that_waits_in_the_journal_is_folded_first(
    repo: RepoBuilder, given: World
) -> None:
    repo.write("a.txt", "four\n")
    recording.take(given, f"{TEXT} again", fold=False)
    redacted(given, "E4")
    redacted(given, "E2")
    assert places(repo, SECRET) == []
    whole(repo, given)


def test_undo_still_finds_its_way_past_a_redacted_journey(repo: RepoBuilder, given: World) -> None:
    with Operation(given, "jump") as op:
        travel.jump(op, "E1", travel.How())
    assert repo.read("a.txt") == b"one\n"
    jump = next(name for name, e in events(given).items() if e.record["type"] == "jump")
    redacted(given, jump)
    with Operation(given, "undo") as op:
        undo.undo(op, 1, travel.How())
    assert repo.read("a.txt") == b"three\n"
    whole(repo, given)


def test_old_notes_that_no_reflog_tells_of_are_found(repo: RepoBuilder, given: World) -> None:
    repo.git("reflog", "expire", "--expire=now", "--all")
    redacted(given, "E2")
    assert places(repo, SECRET) == []
    whole(repo, given)


def test_payloads_go_with_their_event(repo: RepoBuilder, given: World) -> None:
    redacted(given, "E2")
    with Operation(given, "record") as op:
        keep, gone = (op.quarantine.put("blob", text) for text in (b"keep\n", SECRET + b"\n"))
        tree = op.quarantine.put_tree([TreeEntry(MODE_FILE, oid, oid) for oid in (keep, gone)])
        tag = op.quarantine.put("tag", layout.tag_bytes(tree, layout.PAYLOADS))
        name = f"{layout.ROOT}/{op.recorder.writer}/payloads/000001"
        update = RefUpdate(RefName(name), given.repo.zero, tag)
        assert op.recorder.publish([tag, tree, keep, gone], [update])
        held = {"payload": {"stdout": {"oid": str(gone), "size": len(SECRET) + 1}}}
        new = op.event(
            "note",
            "ran",
            anchor=Oid(repo.git("rev-parse", "HEAD")),
            head=None,
            branch=None,
            extra=held,
        )
        op.finish([new], fold=True)
    assert places(repo, SECRET) != []
    redacted(given, "E5")
    assert places(repo, SECRET) == []
    assert repo.git("ls-tree", "--name-only", f"{name}^{{tree}}") == keep
    whole(repo, given)


def test_copies_of_recoveries_and_journals_lose_it(repo: RepoBuilder, given: World) -> None:
    state = repo.git_dir() / "timewarp"
    repo.write("a.txt", "four\n")
    recording.take(given, f"{TEXT} again", fold=False)
    copied = (state / "journal").read_bytes()
    for folder in (state / "recovery/20260101-00000000", state / "damaged/00000000"):
        folder.mkdir(parents=True)
        (folder / "journal").write_bytes(copied)
    objects = state / "recovery/20260101-00000000/objects"
    damaged = state / "recovery/20260101-00000000/damaged"
    damaged.mkdir()
    event = events(given)["E4"].line + b"\n"
    oid, other = (written(repo, objects, text) for text in (event, b"other\n"))
    packed = written(repo, objects, oid.encode(), "pack-objects", str(damaged / "pack"))
    result = redacted(given, "E4")
    assert result.copies >= 5, "two journals, a loose object, a pack and its index"
    assert not (damaged / f"pack-{packed}.pack").exists()
    assert (objects / other[:2] / other[2:]).exists()
    redacted(given, "E2")
    assert places(repo, SECRET) == []
    kept = (state / "damaged/00000000/journal").read_bytes()
    assert b'"summary":"redacted"' in kept
    whole(repo, given)


def test_an_index_that_somebody_filled_meanwhile_is_corrected(
    repo: RepoBuilder, given: World
) -> None:
    path = repo.git_dir() / "timewarp/index.db"
    refs = transaction.current(given.repo)
    with recording.history(given) as history:
        list(history.entries())
    stale = path.read_bytes()
    redacted(given, "E2")
    path.write_bytes(stale)
    with closing(sqlite3.connect(path)) as db:
        assert dict(db.execute("SELECT ref, tag FROM segments")) != refs
    assert events(given)["E2"].record["summary"] == "redacted"
    with recording.history(given) as history:
        assert {e.summary for e in history.entries()} >= {"redacted"}
        assert not any(TEXT in e.summary for e in history.entries())
    assert places(repo, SECRET) == []


def test_published_notes_are_told(repo: RepoBuilder, given: World) -> None:
    with Operation(given, "notes publish") as op:
        publish.publish(op)
    (left,) = redacted(given, "E2").left
    assert left.to_dict() == {
        "oid": "",
        "where": (
            "'refs/notes/timewarp', the published notes: they are yours, and may have been pushed"
        ),
        "hint": "git update-ref -d refs/notes/timewarp",
    }
    assert places(repo, SECRET) != []
    repo.git("update-ref", "-d", "refs/notes/timewarp")
    repo.git("gc", "-q", "--prune=now")
    assert places(repo, SECRET) == []


def test_a_copy_of_our_ref_is_the_users_and_told(repo: RepoBuilder, given: World) -> None:
    (name,) = [name for name in transaction.current(given.repo) if "/events/" in name]
    tag = repo.git("rev-parse", name)
    repo.git("update-ref", "refs/keep/events", tag)
    (left,) = redacted(given, "E2").left
    assert (left.where, left.hint) == (
        "refs of yours",
        f"git for-each-ref --points-at {tag}",
    )
    whole(repo, given)


def test_twice_a_dry_run_and_what_cannot_be(repo: RepoBuilder, given: World) -> None:
    refs = repo.git("for-each-ref")
    assert redacted(given, "E2", dry_run=True).dry_run
    assert repo.git("for-each-ref") == refs
    redacted(given, "E2", "a secret")
    refs = repo.git("for-each-ref")
    again = redacted(given, "E2", "other words")
    assert (again.already, again.reason, again.events) == (True, "a secret", ())
    assert repo.git("for-each-ref") == refs
    with pytest.raises(EvidenceError) as evidence:
        redacted(given, "E4")
    assert evidence.value.to_dict() == {
        "code": 1,
        "reference": "redaction-event",
        "message": "'E4' tells of a redaction, the chain rests on it",
        "hint": "git timewarp show E4",
    }
    with pytest.raises(NothingToRedactError) as nothing:
        redacted(given, "E99")
    assert nothing.value.message == "'E99' names no event"


def test_by_id_and_a_secret_in_the_reason_is_scrubbed(repo: RepoBuilder, given: World) -> None:
    ident = str(events(given)["E2"].record["id"])
    token = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    result = redacted(given, ident, f"held\n{token}")
    assert result.event == "E2"
    assert result.reason == "held ***REDACTED:github-token***"
    assert places(repo, token.encode()) == []


def test_another_clones_event_is_refused(repo: RepoBuilder, given: World) -> None:
    with Operation(given, "record") as op:
        own = op.recorder.writer
    other = WriterId("k" * 16)
    for name, oid in transaction.current(given.repo).items():
        repo.git("update-ref", name.replace(own, other), oid)
        if name.endswith("events/000001"):
            lines = [event.line.replace(own.encode(), other.encode()) for event in _of(given)]
            _rewrite(given, name.replace(own, other), lines)
    with pytest.raises(NotOursError) as caught:
        redacted(given, f"E2.{other[:4]}")
    assert caught.value.to_dict() == {
        "code": 1,
        "reference": "other-writers-event",
        "message": (
            f"'E2.kkkk' was recorded by another clone, '{other}': it has to be redacted there"
        ),
        "hint": "git timewarp redact E2",
    }


def _of(world: World) -> list[Event]:
    return list(events(world).values())


def _rewrite(world: World, name: str, lines: list[bytes]) -> None:
    """Put other lines into a segment, by number, as somebody else's clone might have them."""
    with Operation(world, "record") as op:
        old = RefName(name)
        stones = [Stone(event, line) for event, line in zip(_of(world), lines, strict=True)]
        refs = {n: op.recorder.refs[old] for n in op.recorder.refs if "/events/" in n}
        found = place(op.quarantine, refs, stones)
        (update,) = found.updates
        assert op.recorder.publish(found.objects, [update._replace(name=old)], replaces=True)


def test_a_stone_that_no_event_names_is_a_foreign_edit(given: World) -> None:
    event = events(given)["E2"]
    line = made(event, op="0" * 8, reason="in the way", is_own=True)
    (name,) = [name for name in transaction.current(given.repo) if "/events/" in name]
    lines = [line if e.n == 2 else e.line for e in _of(given)]
    _rewrite(given, name, lines)
    where = f"refs/timewarp/{event.writer}/events/000001"
    assert problems(given) == [
        f"foreign-edit {where}: event 2 was redacted and no event tells of it"
    ]


def test_a_stone_that_was_changed_is_a_foreign_edit(given: World) -> None:
    redacted(given, "E2", "a secret")
    (name,) = [name for name in transaction.current(given.repo) if "/events/" in name]
    lines = [
        e.line.replace(b"(a secret)", b"(a mishap)") if e.n == 2 else e.line for e in _of(given)
    ]
    _rewrite(given, name, lines)
    assert [text.split(":")[0].split(" ")[0] for text in problems(given)] == ["foreign-edit"]


def test_it_waits_for_a_gc_that_runs_and_says_so(repo: RepoBuilder, given: World) -> None:
    (repo.git_dir() / "gc.pid").write_text(f"{os.getpid()} {os.uname().nodename}")
    assert redacted(given, "E2").waits
    (repo.git_dir() / "gc.pid").unlink()
    whole(repo, given)
    given.clock.sleep(8 * 24 * 3600)
    repo.write("a.txt", "later\n")
    recording.take(given)
    assert places(repo, SECRET) == []
    whole(repo, given)
