"""The read index is a cache: whatever happens to it, it says what the notes say."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.store import index as index_module
from git_timewarp.store.events import NewerFormatError
from git_timewarp.store.index import Entry, ReadIndex, Tables
from git_timewarp.store.index_fill import fill
from git_timewarp.store.paths import Paths
from git_timewarp.store.records import whole_record
from git_timewarp.timeline.world import World
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n"})
    return built


def entries(given: World) -> list[Entry]:
    with recording.history(given) as found:
        return [entry._replace(pending=False) for entry in found.entries()]


def path_of(given: World) -> Path:
    return Path(Paths(given.repo.state_dir).index)


def large(number: int) -> str:
    """Return a summary that fills a third of a note."""
    return f"{number} " + "x" * 24_000


def test_built_at_once_or_step_by_step_it_is_the_same(repo: RepoBuilder) -> None:
    """Also where a note overflowed: before the fold, after it, and built again."""
    given = recording.begin(repo, clock=CountingClock())
    commits = [Oid(repo.commit(f"{number}")) for number in range(3)]
    before: list[Entry] = []
    for number in range(20):
        anchor = commits[0] if number % 3 else commits[number % 7 % 3]
        recording.record(given, [recording.note(anchor, large(number))])
        before = entries(given)
        recording.record(given, [], fold=False)
        with recording.recorder(given) as rec:
            rec.fold()
        assert entries(given) == before
    path_of(given).unlink(missing_ok=True)
    assert entries(given) == before
    assert {entry.anchor for entry in before} == set(commits)
    with recording.history(given) as found:
        for entry in before:
            assert whole_record(found, entry)["summary"] == entry.summary


@pytest.mark.parametrize(
    "wreck",
    [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5000],
    ids=["empty", "text", "header"],
)
def test_a_corrupt_file_is_built_again(repo: RepoBuilder, wreck: bytes) -> None:
    given = recording.begin(repo)
    recording.record(given, [recording.note(Oid("1" * 40), f"{n}") for n in range(9)], fold=True)
    expected = entries(given)
    path_of(given).write_bytes(wreck)
    assert entries(given) == expected
    assert path_of(given).stat().st_size > 5000


def test_a_page_that_went_bad_is_noticed_while_reading(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    new = [recording.note(Oid("1" * 40), f"{n} " + "x" * 500) for n in range(400)]
    recording.record(given, new, fold=True)
    expected = entries(given)
    data = bytearray(path_of(given).read_bytes())
    for page in range(20, len(data) // 4096, 3):
        data[page * 4096 : page * 4096 + 64] = os.urandom(64)
    path_of(given).write_bytes(data)
    assert entries(given) == expected


def test_another_version_of_itself_is_built_again(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    recording.record(given, [recording.note(Oid("1" * 40))], fold=True)
    expected = entries(given)
    path_of(given).unlink(missing_ok=True)
    with sqlite3.connect(path_of(given)) as db:
        db.execute("CREATE TABLE events (place INTEGER, other TEXT)")
        db.execute("INSERT INTO events VALUES (1, 'old')")
        db.execute("PRAGMA user_version=7001")
    db.close()
    assert entries(given) == expected


def test_a_read_only_state_folder_is_read_from_memory(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    recording.record(given, [recording.note(Oid("1" * 40))], fold=True)
    expected = entries(given)
    path_of(given).unlink(missing_ok=True)
    path_of(given).mkdir()
    assert entries(given) == expected


def test_a_file_somebody_holds_locked_is_read_from_memory(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    recording.record(given, [recording.note(Oid("1" * 40), "one")], fold=True)
    db = sqlite3.connect(path_of(given), isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    try:
        with recording.history(given) as found:
            index = _impatient(path_of(given))
            index.update(found.reader, found.refs)
            assert [entry.summary for entry in index.select()] == ["one"]
            index.close()
    finally:
        db.close()


def _impatient(path: Path) -> ReadIndex:
    """Return an index that does not wait ten seconds for a lock."""

    class Impatient(ReadIndex):
        def _connect(self) -> Tables:
            if self._path != index_module._MEMORY:
                raise sqlite3.OperationalError("database is locked")
            return super()._connect()

    return Impatient(str(path), fill=fill)


def rewrite_note(repo: RepoBuilder, given: World, old: bytes, new: bytes) -> None:
    """Change the bytes of the only note, as somebody with git could."""
    with recording.history(given) as found:
        (name,) = found.refs
    place, note = repo.git(
        "ls-tree", "-r", "--format=%(path) %(objectname)", f"{name}^{{tree}}"
    ).split()
    data = repo.run("cat-file", "blob", note).stdout.replace(old, new)
    blob = repo.git("hash-object", "-w", "--stdin", stdin=data)
    a, b, leaf = place.split("/")
    tree = repo.git("mktree", stdin=f"100644 blob {blob}\t{leaf}\n".encode())
    for part in (b, a):
        tree = repo.git("mktree", stdin=f"040000 tree {tree}\t{part}\n".encode())
    text = repo.git("cat-file", "tag", name).split("\n")
    tag = repo.git("mktag", stdin="\n".join([f"object {tree}", *text[1:], ""]).encode())
    repo.git("update-ref", name, tag)


def test_lines_that_are_no_events_are_passed_over(repo: RepoBuilder) -> None:
    """`verify` tells of them; the log goes on."""
    given = recording.begin(repo)
    new = [recording.note(Oid("1" * 40), text) for text in ("one", "two", "three")]
    recording.record(given, new, fold=True)
    for old, bad in [
        (b'"summary":"two"', b'"summary":two'),
        (b'"summary":"three"', b'"sum":"\\ud800"'),
    ]:
        rewrite_note(repo, given, old, bad)
    assert [entry.summary for entry in entries(given)] == ["one"]


@pytest.mark.parametrize(
    ("old", "bad", "shown"),
    [
        (b'"summary":"two"', b'"summary":["two"]', ["one", "['two']"]),
        (b'"summary":"two"', b'"session":{"a":1},"summary":"two"', ["one", "two"]),
        (b'"timeline":"main"', b'"timeline":"ma\x01n"', ["one", "two"]),
        (b'"type":"', b'"type":"\x01', ["one", "two"]),
        (b',"id":"', b',"data":{a},"id":"', ["one", "two"]),
        (b',"id":"', b',"data":{"a":1,},"id":"', ["one", "two"]),
        (b'"lamport":2,"n":2', b'"lamport":9223372036854775808,"n":2', ["one"]),
        (b'"lamport":2,"n":2', b'"lamport":2,"n":1099511627777', ["one"]),
    ],
    ids=["list", "object", "control", "control in a shared one", "data", "comma", "lamport", "n"],
)
def test_a_value_no_event_has_does_not_end_the_log(
    repo: RepoBuilder, old: bytes, bad: bytes, shown: list[str]
) -> None:
    """Nor is it taken for an event of another writer, whose number is next to this one's."""
    given = recording.begin(repo)
    new = [recording.note(Oid("1" * 40), text) for text in ("one", "two")]
    recording.record(given, new, fold=True)
    rewrite_note(repo, given, old, bad)
    assert [entry.summary for entry in reversed(entries(given))] == shown


def test_a_line_with_an_escape_is_read_as_well(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    texts = ["plain", 'say "hi"', "a\\b", "plain too", "\x01"]
    new = [recording.note(Oid("1" * 40), text) for text in texts]
    recording.record(given, new)
    before = entries(given)
    recording.record(given, [], fold=True)
    assert entries(given) == before
    assert [entry.summary for entry in reversed(before)] == texts


def test_an_event_of_a_newer_version_is_refused(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    recording.record(given, [recording.note(Oid("1" * 40))], fold=True)
    rewrite_note(repo, given, b'"v":1', b'"v":2')
    with pytest.raises(NewerFormatError):
        entries(given)


def test_a_note_that_is_missing_is_read_when_it_is_back(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    recording.record(given, [recording.note(Oid("1" * 40), "one")], fold=True)
    recording.record(given, [recording.note(Oid("2" * 40), "two")], fold=True)
    path_of(given).unlink(missing_ok=True)
    with recording.history(given) as found:
        (name,) = found.refs
    places = repo.git("ls-tree", "-r", "--format=%(path) %(objectname)", f"{name}^{{tree}}")
    note = next(line.split()[1] for line in places.splitlines() if line.startswith("11/"))
    _explode(repo)
    gone = repo.git_dir() / "objects" / note[:2] / note[2:]
    data = gone.read_bytes()
    gone.unlink()
    assert [entry.summary for entry in entries(given)] == ["two"]
    gone.write_bytes(data)
    assert [entry.summary for entry in entries(given)] == ["two", "one"]


def _explode(repo: RepoBuilder) -> None:
    """Turn every pack into loose objects."""
    folder = repo.git_dir() / "objects/pack"
    aside = repo.path.parent / "aside"
    aside.mkdir()
    for path in list(folder.iterdir()):
        path.rename(aside / path.name)
    for path in aside.glob("*.pack"):
        repo.git("unpack-objects", "-q", stdin=path.read_bytes())


def test_a_look_up_that_fails_half_way_loses_no_entry(repo: RepoBuilder) -> None:
    """As when somebody removes the file under a reader: the entry at hand was not given yet."""
    given = recording.begin(repo)
    new = [recording.note(Oid(f"{n:040x}"), f"{n}") for n in range(9)]
    recording.record(given, new, fold=True)
    calls = iter(range(99))

    class Failing(ReadIndex):
        def _entry(self, row: tuple[object, ...]) -> Entry:
            if next(calls) == 5:
                raise sqlite3.OperationalError("disk I/O error")
            return super()._entry(row)

    with recording.history(given) as found:
        index = Failing(str(path_of(given)), fill=fill)
        index.update(found.reader, found.refs)
        assert [entry.summary for entry in index.select()] == [f"{n}" for n in range(8, -1, -1)]
        index.close()


PROGRAM = """
import sys
from pathlib import Path
from tests.support import recording
from tests.support.repo_builder import RepoBuilder
given = recording.world(RepoBuilder(Path(sys.argv[1]), init=False))
for _ in range(10):
    path = Path(given.repo.state_dir, "index.db")
    if sys.argv[2] == "wreck":
        path.unlink(missing_ok=True)
    with recording.history(given) as found:
        print(sum(1 for _ in found.entries()))
"""


def test_many_readers_at_once_all_see_everything(repo: RepoBuilder) -> None:
    """Also while one of them keeps deleting the file."""
    given = recording.begin(repo)
    new = [recording.note(Oid(f"{n:040x}"), f"{n}") for n in range(300)]
    recording.record(given, new, fold=True)
    path_of(given).unlink(missing_ok=True)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(repo.path), how],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=repo.env(),
        )
        for how in ("read", "read", "wreck")
    ]
    for process in running:
        out, err = process.communicate()
        assert (process.returncode, err) == (0, b"")
        assert out.split() == [b"300"] * 10
