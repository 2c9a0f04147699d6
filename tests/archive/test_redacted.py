"""Redacted events travel: archives, rebuilding, clones that have the event as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.archives import empty, history, of_writer, said, tw, whole, writer
from tests.support.repo_builder import RepoBuilder
from tests.support.traces import places

WORDS = "swallowed-by-mistake"


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with three events, the second of which holds a secret."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a.txt": "one\n"})
    tw(repo, "init", "--no-hooks")
    for text in (WORDS, "after"):
        repo.write("a.txt", text[:5] + "\n")
        tw(repo, "snapshot", "-m", text)
    return repo


def redact(repo: RepoBuilder) -> None:
    tw(repo, "redact", "--force", "--reason", "a secret", "E2")


def summaries(repo: RepoBuilder) -> list[object]:
    """Return what the events say, oldest first; imports left out."""
    return [e["summary"] for e in reversed(history(repo)) if e["type"] != "import"]


SAID = ["started recording", "redacted (a secret)", "after", "redacted E2: a secret"]


def test_an_archive_holds_the_stone_and_a_clone_takes_it(repo: RepoBuilder, tmp_path: Path) -> None:
    redact(repo)
    tw(repo, "export", "--output", "../all.tar.zst")
    shutil.copy(tmp_path / "all.tar.zst", repo.git_dir() / "copy.tar.zst")
    assert places(repo, WORDS.encode()) == []
    other = empty(tmp_path / "other")
    tw(other, "import", "../all.tar.zst")
    assert of_writer(other, writer(repo)) == of_writer(repo, writer(repo))
    assert summaries(other)[:4] == SAID
    whole(other)


def test_a_part_without_what_tells_of_it_is_sealed_anew(repo: RepoBuilder, tmp_path: Path) -> None:
    redact(repo)
    tw(repo, "export", "--to", "E3", "--output", "../part.tar.zst")
    other = empty(tmp_path / "other")
    tw(other, "import", "../part.tar.zst")
    assert of_writer(other, writer(repo)) == {}
    assert summaries(other)[:3] == SAID[:3]
    whole(other)
    tw(other, "import", "../part.tar.zst")
    tw(other, "export", "--output", "../again.tar.zst")
    third = empty(tmp_path / "third")
    tw(third, "import", "../again.tar.zst")
    whole(third)


def test_an_import_does_not_bring_back_what_was_redacted(repo: RepoBuilder) -> None:
    tw(repo, "export", "--output", "../before.tar.zst")
    redact(repo)
    for _ in range(2):
        tw(repo, "import", "../before.tar.zst")
        assert summaries(repo) == SAID
        assert places(repo, WORDS.encode()) == []
    whole(repo)


def test_nor_where_the_segment_is_full(repo: RepoBuilder, tmp_path: Path) -> None:
    """Then what tells of it stands in the next segment, and both have as many events in this one."""
    lines = b"".join(b'{"type":"note","summary":"%d"}\n' % n for n in range(10_000))
    tw(repo, "record", stdin=lines)
    tw(repo, "export", "--output", "../before.tar.zst")
    redact(repo)
    tw(repo, "export", "--output", "../after.tar.zst")
    other = empty(tmp_path / "other")
    tw(other, "init", "--no-hooks")
    tw(other, "import", "../after.tar.zst")
    for clone in (repo, other):
        tw(clone, "import", "../before.tar.zst")
        assert places(clone, WORDS.encode()) == []
        found = history(clone, "--all", "--json", "--type", "snapshot")
        assert [entry["summary"] for entry in found] == ["after", "redacted (a secret)"]


def test_a_clone_that_has_the_event_takes_its_redaction(repo: RepoBuilder, tmp_path: Path) -> None:
    tw(repo, "export", "--output", "../before.tar.zst")
    other = empty(tmp_path / "other")
    tw(other, "init", "--no-hooks")
    tw(other, "import", "../before.tar.zst")
    answer = said(other, "redact", "--force", f"E2.{writer(repo)[:4]}", code=1)
    assert "redacted there" in str(answer)
    redact(repo)
    tw(repo, "export", "--output", "../after.tar.zst")
    tw(other, "import", "../after.tar.zst")
    tw(other, "import", "../before.tar.zst")
    whole(other)
    found = summaries(other)
    assert [text for text in SAID if text not in found] == []
    assert WORDS not in found
    assert said(other, "redact", "--force", f"E2.{writer(repo)[:4]}")["already"] is True
    assert places(other, WORDS.encode()) == []
    whole(other)


def test_what_an_import_replaced_goes_with_it(repo: RepoBuilder, tmp_path: Path) -> None:
    other = empty(tmp_path / "other")
    tw(other, "init", "--no-hooks")
    tw(other, "export", "--output", "../other.tar.zst")
    tw(repo, "export", "--output", "../before.tar.zst")
    tw(repo, "import", "--replace", "--force", "../other.tar.zst")
    tw(repo, "import", "../before.tar.zst")
    (archive,) = (repo.git_dir() / "timewarp/replaced").iterdir()
    name = f"timewarp/replaced/{archive.name}"
    assert name in places(repo, WORDS.encode())
    label = next(str(e["event"]) for e in history(repo) if e["summary"] == WORDS)
    assert said(repo, "redact", "--dry-run", label)["archives"] == [name]
    answer = said(repo, "redact", "--force", label)
    assert answer["archives"] == [name]
    assert places(repo, WORDS.encode()) == []
    assert said(repo, "verify", "--full")["ok"] is True


def test_a_rebuild_finds_the_stone(repo: RepoBuilder) -> None:
    redact(repo)
    for name in repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp").splitlines():
        repo.git("update-ref", "-d", name)
    shutil.rmtree(repo.git_dir() / "timewarp")
    tw(repo, "recover", "--rebuild")
    assert summaries(repo)[:4] == SAID
    assert said(repo, "verify", "--full")["ok"] is True
    assert places(repo, WORDS.encode()) == []


def test_repair_and_a_new_index_leave_it_alone(repo: RepoBuilder) -> None:
    redact(repo)
    (repo.git_dir() / "timewarp/index.db").write_bytes(b"no database")
    tw(repo, "repair")
    assert summaries(repo) == SAID
    whole(repo)


def test_no_archive_redacts_what_was_recorded_here(repo: RepoBuilder, tmp_path: Path) -> None:
    """A copy of the clone did, which counts the events of before it was made as its own."""
    twin = repo.clone_twin(tmp_path / "twin")
    redact(twin)
    tw(twin, "export", "--output", "../after.tar.zst")
    before = of_writer(repo, writer(repo))
    tw(repo, "import", "../after.tar.zst")
    assert "redacted E2: a secret" in summaries(repo)
    assert WORDS in summaries(repo)
    now = of_writer(repo, writer(repo))
    for name in before:
        assert now[name] == before[name] or "/events/" in name
    whole(repo)
