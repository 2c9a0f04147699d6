"""After a crash: a copy from before, what nothing names is kept, and a report tells."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from git_timewarp.store import journal as journal_file
from git_timewarp.store import layout
from git_timewarp.timeline import snapshot
from tests.support.recorder import Answer, opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit and two snapshots."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "one\n"})
    recorded(built)
    built.write("a", "two\n")
    opened(built).snapshot()
    return built


def state(repo: RepoBuilder, name: str) -> Path:
    """Return a file of ours."""
    return repo.git_dir() / "timewarp" / name


def tear(repo: RepoBuilder) -> bytes:
    """Leave half a line in the journal, as a crash does; return the journal then."""
    journal = state(repo, "journal")
    journal.write_bytes(journal.read_bytes() + b"half a line")
    return journal.read_bytes()


def copies(repo: RepoBuilder) -> list[Path]:
    """Return the folders that recoveries left, oldest first."""
    return sorted(state(repo, "recovery").glob("*"))


def with_objects(
    variable: str, folder: str, repo: RepoBuilder, *words: str, stdin: bytes = b""
) -> str:
    """Run git with an object directory besides its own, or in its place."""
    environ = {**os.environ, f"GIT_{variable}": folder}
    done = subprocess.run(
        ["git", *words], cwd=repo.path, env=environ, input=stdin, capture_output=True, check=True
    )
    return done.stdout.decode().removesuffix("\n")


def test_without_a_crash_there_is_nothing_to_tell(repo: RepoBuilder) -> None:
    assert typed(repo, "recover") == Answer(
        0,
        "nothing was cut off here, or it left nothing to tell\n"
        "checked 2 events, 2 snapshots (quick)\n"
        "every chain is whole and every snapshot is in its place\n"
        "what is in the snapshots was not read: git timewarp verify --full\n",
        "",
    )
    assert not state(repo, "recovery").exists()


def test_refs_and_journal_are_copied_before_anything_is_put_right(repo: RepoBuilder) -> None:
    torn = tear(repo)
    refs = repo.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/timewarp")
    typed(repo, "status")
    (copy,) = copies(repo)
    assert (copy / "journal").read_bytes() == torn
    assert (copy / "refs").read_text() == refs + "\n"
    assert (copy / "refs.json").read_bytes() == state(repo, "refs.json").read_bytes()
    report = json.loads((copy / "report.json").read_text())
    said = "a line of the journal was cut off by a crash; everything before it is there"
    assert (report["verb"], report["came_back"]) == ("status", [said])
    assert (report["lost"], report["left"], report["pinned"]) == ([], [], [])


def test_the_report_tells_until_there_is_a_newer_one(repo: RepoBuilder) -> None:
    tear(repo)
    typed(repo, "status")
    repo.write("a", "three\n")
    typed(repo, "snapshot")
    done = typed(repo, "recover")
    said = "a line of the journal was cut off by a crash; everything before it is there"
    (copy,) = copies(repo)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("last recovery: ")
    assert lines[0].endswith(", by 'git timewarp status'")
    assert lines[1:3] == [
        f"  came back: {said}",
        f"  copy from before it: {copy}",
    ]
    answer = json.loads(typed(repo, "recover", "--json").out)
    assert answer["recovery"]["came_back"] == [said]
    assert answer["recovery"]["copy"] == str(copy)
    assert (answer["kept"], answer["pinned"], answer["now"]["ok"]) == (1, [], True)


def test_what_a_crash_left_and_nothing_names_is_kept(repo: RepoBuilder) -> None:
    """Also when the quarantine is emptied afterwards."""
    quarantine = str(state(repo, "quarantine"))
    oid = with_objects(
        *("OBJECT_DIRECTORY", quarantine, repo, "hash-object", "-w", "--stdin"),
        stdin=b"half an hour's work\n",
    )
    state(repo, "lock").write_bytes(b"held\n")
    repo.write("a", "three\n")
    typed(repo, "snapshot")
    assert state(repo, "lock").read_bytes() == b""
    assert not (Path(quarantine) / oid[:2] / oid[2:]).exists()
    answer = json.loads(typed(repo, "recover", "--json").out)
    (copy,) = copies(repo)
    folder = str(copy / "objects")
    assert answer["pinned"] == [{"oid": oid, "type": "blob", "size": 20, "objects": folder}]
    hint = typed(repo, "recover").out.splitlines()[4]
    assert hint == f"hint: GIT_ALTERNATE_OBJECT_DIRECTORIES='{folder}' git cat-file -p {oid}"
    line = ("ALTERNATE_OBJECT_DIRECTORIES", folder, repo, "cat-file", "-p", oid)
    assert with_objects(*line) == "half an hour's work"


def test_litter_of_a_command_that_ended_well_is_not_kept(repo: RepoBuilder) -> None:
    repo.write("b", "seen by diff only\n")
    typed(repo, "diff")
    typed(repo, "snapshot")
    assert copies(repo) == []


def test_the_same_state_is_copied_once(repo: RepoBuilder) -> None:
    """A recovery that cannot come to its end is tried by each command."""
    tear(repo)
    journal = state(repo, "journal").read_bytes()
    typed(repo, "status")
    state(repo, "journal").write_bytes(journal)
    typed(repo, "status")
    assert len(copies(repo)) == 1


def test_a_copy_that_was_cut_off_is_completed(repo: RepoBuilder) -> None:
    """It is named by what it has to hold, so half of one must not count as the whole."""
    tear(repo)
    journal = state(repo, "journal").read_bytes()
    typed(repo, "status")
    (copy,) = copies(repo)
    whole = {name: (copy / name).read_bytes() for name in ("journal", "refs", "refs.json")}
    for name in ("refs", "refs.json"):
        (copy / name).unlink()
    (copy / ".tmp-1-refs").write_bytes(b"half")
    (copy / ".tmp-99999999-refs.json").write_bytes(b"half")
    state(repo, "journal").write_bytes(journal)
    typed(repo, "status")
    assert copies(repo) == [copy]
    assert {name: (copy / name).read_bytes() for name in whole} == whole
    assert not (copy / ".tmp-99999999-refs.json").exists()
    assert (copy / ".tmp-1-refs").exists()


def test_the_oldest_recoveries_go(repo: RepoBuilder) -> None:
    for number in range(18):
        tear(repo)
        repo.write("a", f"{number}\n")
        typed(repo, "snapshot")
    assert len(copies(repo)) == 16


def test_events_that_nobody_checked_are_checked_once(repo: RepoBuilder) -> None:
    """A line with a good checksum and other contents is no crash: somebody wrote it."""
    done = typed(repo, "record", stdin=b'{"type":"note","summary":"lunch"}\n')
    assert done.code == 0
    path = state(repo, "journal")
    lines = path.read_bytes().splitlines()
    assert b'"summary":"lunch"' in lines[-1]
    forged = lines[-1][11:].replace(b"lunch", b"LUNCH")
    path.write_bytes(b"\n".join([*lines[:-1], journal_file.line("E", forged)]))
    repo.write("a", "three\n")
    assert typed(repo, "snapshot").err == ""  # it was checked when it was written
    state(repo, "checked").unlink()
    path.write_bytes(b"\n".join([*lines[:-1], journal_file.line("E", forged)]))
    text = "event 3 in the journal is not what was sealed: git timewarp verify"
    assert text in typed(repo, "snapshot").err
    assert text not in typed(repo, "snapshot").err


def test_deinit_leaves_what_a_crash_left_and_no_copies(repo: RepoBuilder) -> None:
    tear(repo)
    typed(repo, "status")
    assert typed(repo, "deinit").code == 0
    assert not state(repo, "recovery").exists()


def test_what_is_left_of_a_draft_that_lost_an_object_is_kept(repo: RepoBuilder) -> None:
    """Its other files may be in no other place."""
    repo.write("b", "work of an hour\n")
    repo.write("c", "more of it\n")
    with opened(repo).operation("draft") as op:
        snapshot.take(op, snapshot.Wish("draft", "watch", kind=layout.DRAFTS))
    lost, left = (repo.git("hash-object", name) for name in ("b", "c"))
    for name in ("b", "c"):
        (repo.path / name).unlink()
    (state(repo, "quarantine") / lost[:2] / lost[2:]).unlink()
    assert "is lost: its objects were deleted" in typed(repo, "snapshot").err
    assert not (state(repo, "quarantine") / left[:2] / left[2:]).exists()
    folder = str(copies(repo)[-1] / "objects")
    line = ("ALTERNATE_OBJECT_DIRECTORIES", folder, repo, "cat-file", "-p", left)
    assert with_objects(*line) == "more of it"
