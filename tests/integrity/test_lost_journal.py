"""A journal that has less than was acknowledged: told, put on record, and mended where it can be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from git_timewarp.app.repository import App
from git_timewarp.store import acknowledged
from git_timewarp.store.paths import Paths
from tests.support import recording
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a recorded repository: two folded snapshots, and two drafts in the journal."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "one\n"})
    recorded(built)
    built.write("a", "two\n")
    opened(built).snapshot()
    draft(built, "draft\n")
    built.write("dir/b", "precious too\n")
    draft(built, "precious\n")
    return built


def draft(repo: RepoBuilder, text: str) -> None:
    """Take a draft that waits in the journal."""
    repo.write("a", text)
    recording.take(opened(repo).world, kind="draft", fold=False)


def journal(repo: RepoBuilder) -> Path:
    """Return the journal's path."""
    return Path(Paths(str(repo.git_dir() / "timewarp")).journal)


def emptied(path: Path) -> None:
    """Leave a journal of no bytes, as a power cut does."""
    path.write_bytes(b"")


def shortened(path: Path) -> None:
    """Leave only the first line."""
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")


def zeroed(path: Path) -> None:
    """Leave zeros where the end was."""
    data = path.read_bytes()
    head = data.split(b"\n")[0] + b"\n"
    path.write_bytes(head + b"\0" * (len(data) - len(head)))


def kinds(app: App, *, full: bool = False) -> list[str]:
    """Return the kinds of problems `verify` finds."""
    return [problem.kind for problem in app.verify(full=full).problems]


@pytest.mark.parametrize("harm", [emptied, shortened, zeroed, Path.unlink])
def test_what_the_journal_lost_is_told_and_found_again(
    repo: RepoBuilder, harm: Callable[[Path], None]
) -> None:
    lines = opened(repo).log(all_writers=True)
    lost = {entry.snapshot for entry in lines if entry.snapshot}
    harm(journal(repo))
    for full in (False, True):
        assert "lost-journal" in kinds(opened(repo), full=full)
    assert typed(repo, "verify").code == 5
    first = typed(repo, "status")
    assert "events 3 to 4 (up to E4) were recorded and are not in it" in first.out
    assert "2 snapshot(s) that the journal had lost are found" in first.out
    assert "problem" not in typed(repo, "status").out
    assert kinds(opened(repo), full=True) == []
    entries = list(opened(repo).log(all_writers=True))
    assert {entry.snapshot for entry in entries if entry.snapshot} == lost
    assert [e.summary for e in entries if e.type == "gap" and "were recorded" in e.summary]
    opened(repo).jump("E1")
    opened(repo).jump(str(entries[0].snapshot))
    assert (repo.read("a"), repo.read("dir/b")) == (b"precious\n", b"precious too\n")
    opened(repo).snapshot(message="fold it")
    assert kinds(opened(repo), full=True) == []


def test_the_next_command_says_it_whichever_it_is(repo: RepoBuilder) -> None:
    emptied(journal(repo))
    done = typed(repo, "snapshot", "-m", "on")
    assert done.code == 0
    assert "were recorded and are not in it" in done.err
    kept = Path(done.err.split("a copy is kept in '")[1].split("'")[0])
    assert list((kept / "objects").rglob("??/*"))
    assert typed(repo, "snapshot", "-m", "on").err == ""


def test_a_torn_line_is_no_loss(repo: RepoBuilder) -> None:
    path = journal(repo)
    path.write_bytes(path.read_bytes() + b'0123abcd E 55 {"half an ev')
    assert kinds(opened(repo)) == ["torn-write"]


def test_a_mark_from_before_or_none_raises_no_alarm(repo: RepoBuilder) -> None:
    mark = journal(repo).with_name("acknowledged")
    older = mark.read_bytes()
    draft(repo, "one more\n")
    mark.write_bytes(older)
    assert kinds(opened(repo)) == []
    opened(repo).snapshot(message="fold it")
    held = acknowledged.read(str(mark))
    assert held is not None
    assert (held.folded, held.size) == (held.n, journal(repo).stat().st_size)
    for left in (b"", b"rubbish", mark.read_bytes()[:-9]):
        mark.write_bytes(left)
        assert kinds(opened(repo), full=True) == []
    mark.unlink()
    assert kinds(opened(repo), full=True) == []


def test_a_rewrite_that_was_cut_off_raises_no_alarm(repo: RepoBuilder) -> None:
    """Killed between the new, shorter journal and its mark."""
    given = opened(repo).world
    mark = journal(repo).with_name("acknowledged")
    with recording.recorder(given) as rec:
        rec._acknowledge(size=0)
        before = mark.read_bytes()
        rec.fold()
    mark.write_bytes(before)
    assert kinds(opened(repo), full=True) == []


@pytest.mark.parametrize("text", [b"", b"{}", b'{"v":1,"id":'])
def test_a_damaged_identity_is_told(repo: RepoBuilder, text: bytes) -> None:
    path = Path(Paths(str(repo.git_dir() / "timewarp")).writer)
    path.write_bytes(text)
    assert "foreign-edit" in kinds(opened(repo))
    assert "writer.json is damaged" in typed(repo, "status").out
    assert kinds(opened(repo), full=True) == []
    assert len(json.loads(path.read_bytes())["id"]) == 16


def test_a_journal_of_another_writer_is_told(repo: RepoBuilder, tmp_path: Path) -> None:
    other = recorded(RepoBuilder(tmp_path / "other"))
    journal(repo).write_bytes(journal(other).read_bytes())
    assert "foreign-edit" in kinds(opened(repo))
    assert "new writer id" in typed(repo, "status").out
    assert "problem" not in typed(repo, "status").out


@pytest.mark.parametrize("letter", [b" E ", b" S "])
def test_a_draft_whose_line_is_damaged_is_found_again(repo: RepoBuilder, letter: bytes) -> None:
    lost = {entry.snapshot for entry in opened(repo).log(all_writers=True)}
    path = journal(repo)
    lines = path.read_bytes().split(b"\n")
    at = max(number for number, line in enumerate(lines) if line[8:11] == letter)
    lines[at] = lines[at][:-1] + b"]"
    path.write_bytes(b"\n".join(lines))
    assert "foreign-edit" in kinds(opened(repo))
    assert "1 snapshot(s) that the journal had lost are found" in typed(repo, "snapshot").err
    found = [entry.snapshot for entry in opened(repo).log(all_writers=True)]
    assert set(found) - {None} == lost
    opened(repo).jump("E1")
    opened(repo).jump(str(found[0]))
    assert repo.read("a") == b"precious\n"


@pytest.mark.parametrize("harm", [b"", b"rubbish"])
def test_a_damaged_object_in_the_quarantine_stops_nothing_for_ever(
    repo: RepoBuilder, harm: bytes
) -> None:
    every = sorted((repo.git_dir() / "timewarp/quarantine").glob("??/*"))
    for path in every:
        held = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(harm)
        assert opened(repo).verify(full=True).problems, path
        path.write_bytes(held)
    for path in every:
        path.write_bytes(harm)
    for _ in range(3):
        last = typed(repo, "snapshot", "-m", "on")
    assert last.code == 0, last
    repo.write("a", "after\n")
    assert typed(repo, "jump", "E1").code == 0
    assert typed(repo, "undo").code == 0
    assert repo.read("a") == b"after\n"
    kept = repo.git_dir() / "timewarp/damaged"
    assert list(kept.rglob("??/*"))
