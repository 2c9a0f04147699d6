"""The log as ordinary notes: git reads them, users change them, we only add what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.store.events import Json
from git_timewarp.timeline import publish
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.publish import REF, NotesRefError
from git_timewarp.timeline.world import World
from git_timewarp.util import faults
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with two commits."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n"})
    built.commit("second", {"a": "2\n"})
    return built


@pytest.fixture
def given(repo: RepoBuilder) -> World:
    """Return a world in which three things happened, one of them a draft."""
    world = recording.begin(repo, clock=CountingClock())
    first, second = (Oid(repo.git("rev-parse", name)) for name in ("HEAD~1", "HEAD"))
    new = [
        recording.note(first, "add a test", kind="commit"),
        recording.note(second, "two\nlines \x1b[31m", kind="note"),
        recording.note(second, "seen by nobody", kind="draft"),
        recording.note(Oid("1" * 40), "on a commit that is gone", kind="note"),
    ]
    recording.record(world, new)
    return world


LINE_1 = "E1 2023-11-14 22:13 commit person:ada@example.com  add a test"
LINE_2 = "E2 2023-11-14 22:13 note person:ada@example.com  two\\nlines \\x1b[31m"


def run(given: World, *, dry_run: bool = False) -> Json:
    with Operation(given, "notes-publish") as op:
        return publish.publish(op, dry_run=dry_run)


def shown(repo: RepoBuilder, *revisions: str) -> str:
    return repo.git("log", "--notes=timewarp", "--format=%s: %N", *revisions)


def test_git_shows_a_line_for_each_event(repo: RepoBuilder, given: World) -> None:
    answer = run(given)
    assert answer == {
        "v": 1,
        "ref": REF,
        "commits": 2,
        "lines": 2,
        "old": None,
        "new": repo.git("rev-parse", REF),
        "dry_run": False,
    }
    assert shown(repo) == f"second: {LINE_2}\n\nfirst: {LINE_1}\n"
    assert repo.git("fsck", "--full", "--strict") == ""
    assert not list(Path(given.repo.state_dir).glob("notes-index*"))


def test_twice_is_once_and_a_dry_run_is_nothing(repo: RepoBuilder, given: World) -> None:
    dry = run(given, dry_run=True)
    assert (dry["commits"], dry["lines"], dry["old"], dry["new"]) == (2, 2, None, None)
    assert repo.git("for-each-ref", "refs/notes") == ""
    first = run(given)
    again = run(given)
    assert (again["commits"], again["lines"]) == (0, 0)
    assert again["old"] == again["new"] == first["new"]
    with Operation(given, "fold") as op:
        op.recorder.fold()
    assert run(given)["new"] == first["new"]


def test_what_others_wrote_stays(repo: RepoBuilder, given: World) -> None:
    run(given)
    repo.git("notes", "--ref=timewarp", "append", "-m", "reviewed by Grace", "HEAD")
    repo.git("notes", "--ref=timewarp", "add", "-f", "-m", "mine now", "HEAD~1")
    third = repo.commit("third")
    repo.git("notes", "--ref=timewarp", "add", "-m", "only mine", third)
    recording.record(given, [recording.note(Oid(third), "three", kind="commit")])
    answer = run(given)
    assert (answer["commits"], answer["lines"]) == (2, 2)
    assert shown(repo) == (
        "third: only mine\nE5 2023-11-14 22:13 commit person:ada@example.com  three\n\n"
        f"second: {LINE_2}\n\nreviewed by Grace\n\nfirst: mine now\n{LINE_1}\n"
    )
    repo.git("notes", "--ref=timewarp", "append", "-m", "still works", "HEAD")
    assert run(given)["lines"] == 0


def test_notes_of_others_can_be_merged(repo: RepoBuilder, given: World, tmp_path: Path) -> None:
    run(given)
    twin = repo.clone_twin(tmp_path / "twin")
    twin.git("notes", "--ref=timewarp", "append", "-m", "from the twin", "HEAD")
    repo.git("notes", "--ref=timewarp", "append", "-m", "from here", "HEAD")
    repo.git("fetch", "-q", str(twin.path), f"{REF}:refs/notes/theirs")
    repo.git("notes", "--ref=timewarp", "merge", "-q", "-s", "union", "theirs")
    assert run(given)["lines"] == 0
    assert "from the twin" in shown(repo)
    assert "from here" in shown(repo)


def test_any_fan_out_is_read_and_many_notes_get_folders(repo: RepoBuilder, given: World) -> None:
    commits = [Oid(repo.commit(f"commit {number}")) for number in range(300)]
    recording.record(given, [recording.note(oid, "x", kind="note") for oid in commits])
    assert run(given)["commits"] == 302
    paths = repo.git("ls-tree", "-r", "--name-only", REF).splitlines()
    assert len(paths) == 302
    assert {len(path.split("/")) for path in paths} == {2}
    repo.git("notes", "--ref=timewarp", "append", "-m", "mine", "HEAD")
    assert run(given)["lines"] == 0
    for _ in range(60):
        repo.git("notes", "--ref=timewarp", "remove", f"HEAD~{_ + 1}")
    assert run(given)["lines"] == 60
    assert len(repo.git("notes", "--ref=timewarp", "list").splitlines()) == 302


def test_files_that_are_no_notes_stay(repo: RepoBuilder, given: World) -> None:
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"read me\n")
    tree = repo.git("mktree", stdin=f"100644 blob {blob}\tREADME\n".encode())
    repo.git("update-ref", REF, repo.git("commit-tree", tree, "-m", "mine"))
    run(given)
    assert repo.git("cat-file", "-p", f"{REF}:README") == "read me"
    assert LINE_2 in shown(repo)


def test_somebody_who_appends_between_loses_nothing(repo: RepoBuilder, given: World) -> None:
    run(given)
    recording.record(given, [recording.note(Oid(repo.git("rev-parse", "HEAD")), "new")])
    left = 2

    def hook(point: str) -> None:
        nonlocal left
        if point == "git update-ref" and left:
            left -= 1
            repo.git("notes", "--ref=timewarp", "append", "-m", f"between {left}", "HEAD")

    with Operation(given, "notes-publish") as op:
        faults.install(hook)
        try:
            answer = publish.publish(op)
        finally:
            faults.install(None)
    assert answer["lines"] == 1
    text = shown(repo, "-1", "HEAD")
    assert "between 1" in text
    assert "between 0" in text
    assert text.count("  new") == 1


def test_rebase_and_gc_leave_them_to_git(repo: RepoBuilder, given: World) -> None:
    repo.git("config", "notes.rewriteRef", "refs/notes/*")
    run(given)
    repo.git("commit", "-q", "--amend", "-m", "second, amended")
    assert shown(repo, "-1", "HEAD") == f"second, amended: {LINE_2}\n"
    repo.git("rebase", "-q", "--root", "--force-rebase")
    repo.git("gc", "-q", "--prune=now")
    assert LINE_1 in shown(repo)
    run(given)
    assert repo.run("fsck", "--full", ok=(0,)).stderr == b""
    repo.git("notes", "--ref=timewarp", "prune")


@pytest.mark.parametrize("wreck", ["tree", "folder"])
def test_a_ref_that_is_something_else_is_refused(
    repo: RepoBuilder, given: World, wreck: str
) -> None:
    name = REF if wreck == "tree" else f"{REF}/below"
    repo.git("update-ref", name, repo.git("rev-parse", "HEAD^{tree}"))
    with pytest.raises(NotesRefError):
        run(given)
    assert repo.git("for-each-ref", "--format=%(refname)", "refs/notes") == name


def test_sha256(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo", object_format="sha256")
    commit = repo.commit("first", {"a": "1\n"})
    given = recording.begin(repo, clock=CountingClock())
    recording.record(given, [recording.note(Oid(commit), "add a test", kind="commit")])
    run(given)
    assert shown(repo) == f"first: {LINE_1}\n"
