"""Undo and redo: a table of what people do, and what is in the file afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.timeline import undo
from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Three recorded states of `a`: one, two, three; `b` was never touched."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n", "b": "b\n"})
    recorded(repo)
    for text in ("two\n", "three\n"):
        repo.write("a", text)
        opened(repo).snapshot()
    return repo


STORIES: dict[str, list[tuple[str, str]]] = {
    "undo goes back before a jump": [("jump @-1", "two"), ("undo", "three")],
    "undo twice goes back twice": [
        ("jump @-1", "two"),
        ("jump @-1", "one"),
        ("undo", "two"),
        ("undo", "three"),
    ],
    "redo undoes an undo": [("jump @-2", "one"), ("undo", "three"), ("redo", "one")],
    "redo twice": [
        ("jump @-1", "two"),
        ("jump @-1", "one"),
        ("undo", "two"),
        ("undo", "three"),
        ("redo", "two"),
        ("redo", "one"),
    ],
    "undo, redo, undo": [
        ("jump @-2", "one"),
        ("undo", "three"),
        ("redo", "one"),
        ("undo", "three"),
        ("redo", "one"),
    ],
    "several steps at once, there and back": [
        ("jump @-1", "two"),
        ("jump @-1", "one"),
        ("undo 2", "three"),
        ("redo", "one"),
        ("undo", "three"),
    ],
    "an edit after a jump is not lost by undo": [
        ("jump @-2", "one"),
        ("edit mine", "mine"),
        ("undo", "three"),
        ("redo", "mine"),
    ],
    "an edit between undo and redo comes back by undo": [
        ("jump @-2", "one"),
        ("undo", "three"),
        ("edit mine", "mine"),
        ("redo", "one"),
        ("undo", "mine"),
    ],
    "recording is no step": [
        ("jump @-2", "one"),
        ("edit mine", "mine"),
        ("snapshot", "mine"),
        ("undo", "three"),
    ],
    "a jump after an undo ends what can be redone": [
        ("jump @-1", "two"),
        ("undo", "three"),
        ("jump @-2", "one"),
        ("no redo", "one"),
        ("undo", "three"),
        ("no undo", "three"),
    ],
    "the user's own git commands are no step": [
        ("jump @-2", "one"),
        ("git checkout -q -f -b other", "one"),
        ("undo", "three"),
        ("no undo", "three"),
    ],
    "undo of a restore of one path": [("restore @-2 a", "one"), ("undo", "three")],
    "restore and jump in one stack": [
        ("restore @-2 a", "one"),
        ("jump @-1", "three"),
        ("undo", "one"),
        ("undo", "three"),
        ("redo", "one"),
        ("redo", "three"),
    ],
    "undo only counts what is there": [
        ("jump @-1", "two"),
        ("no undo 2", "two"),
        ("undo", "three"),
    ],
    "nothing to take back": [("no undo", "three"), ("no redo", "three")],
}


def act(repo: RepoBuilder, words: list[str]) -> None:
    """Do one thing of a story."""
    app, verb = opened(repo), words[0]
    if verb == "edit":
        repo.write("a", words[1] + "\n")
    elif verb == "git":
        repo.git(*words[1:])
    elif verb == "snapshot":
        app.snapshot()
    elif verb == "jump":
        app.jump(words[1])
    elif verb == "restore":
        app.restore(words[2:], source=words[1])
    elif verb == "undo":
        app.undo(int(words[1]) if len(words) > 1 else 1)
    elif verb == "redo":
        app.redo(int(words[1]) if len(words) > 1 else 1)
    else:
        with pytest.raises(TimewarpError) as caught:
            act(repo, words[1:])
        assert caught.value.kind is Kind.NOT_FOUND
        assert caught.value.reference == "nothing-to-undo"
        assert caught.value.hint


@pytest.mark.parametrize("name", STORIES)
def test_story(repo: RepoBuilder, name: str) -> None:
    for doing, expected in STORIES[name]:
        act(repo, doing.split(" "))
        assert repo.read("a") == expected.encode() + b"\n", doing
    assert repo.read("b") == b"b\n"
    whole(repo)


def test_undo_of_a_path_leaves_later_edits_of_other_paths(repo: RepoBuilder) -> None:
    opened(repo).restore(["a"], source="@-2")
    repo.write("b", "edited since\n")
    repo.write("new", "new\n")
    opened(repo).undo()
    assert (repo.read("a"), repo.read("b"), repo.read("new")) == (
        b"three\n",
        b"edited since\n",
        b"new\n",
    )
    opened(repo).redo()
    assert (repo.read("a"), repo.read("b"), repo.read("new")) == (
        b"one\n",
        b"edited since\n",
        b"new\n",
    )


def test_undo_of_a_restored_deletion_takes_the_file_away_again(repo: RepoBuilder) -> None:
    repo.remove("a")
    opened(repo).restore(["a"])
    assert repo.read("a") == b"three\n"
    opened(repo).undo()
    assert not (repo.path / "a").exists()
    opened(repo).redo()
    assert repo.read("a") == b"three\n"


def test_undo_of_restored_bits_and_raw_bytes_leaves_other_edits(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {".gitattributes": "*.txt text eol=crlf\n", "b": "b\n"})
    repo.write("a.txt", "one\r\n")
    repo.write("run", "x", mode=0o700)
    recorded(repo)
    repo.write("a.txt", "two\n")
    repo.write("run", "x", mode=0o640)
    opened(repo).snapshot()
    opened(repo).restore(["a.txt", "run"], source="@-1")
    assert repo.read("a.txt") == b"one\r\n"
    repo.write("b", "edited since\n")
    opened(repo).undo()
    assert (repo.read("a.txt"), repo.read("b")) == (b"two\n", b"edited since\n")
    assert (repo.path / "run").stat().st_mode & 0o777 == 0o640


def test_a_restore_that_changed_nothing_is_no_step(repo: RepoBuilder) -> None:
    opened(repo).restore(["a"], source="@")
    repo.write("b", "edited since\n")
    with pytest.raises(TimewarpError, match="nothing to undo"):
        opened(repo).undo()
    assert (repo.read("a"), repo.read("b")) == (b"three\n", b"edited since\n")


def test_undo_of_a_restored_file_that_is_gone_again(repo: RepoBuilder) -> None:
    repo.write("new", "new\n")
    opened(repo).snapshot()
    repo.remove("new")
    opened(repo).restore(["new"], source="@-1")
    repo.remove("new")
    opened(repo).undo()
    assert not (repo.path / "new").exists()
    opened(repo).redo()
    assert not (repo.path / "new").exists()
    opened(repo).restore(["new"])
    assert repo.read("new") == b"new\n"


def test_undo_down_to_a_named_event(repo: RepoBuilder) -> None:
    first = opened(repo).jump("@-1").event
    opened(repo).jump("@-1")
    assert first is not None
    opened(repo).undo(event=first)
    assert repo.read("a") == b"three\n"
    with pytest.raises(TimewarpError) as caught:
        opened(repo).undo(event="E1")
    assert caught.value.kind is Kind.NOT_FOUND


def test_another_work_tree_has_its_own_steps(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "../linked")
    linked = RepoBuilder(tmp_path / "linked", init=False)
    opened(linked).snapshot()
    linked.write("a", "linked\n")
    opened(linked).snapshot()
    opened(linked).jump("@-1")
    with pytest.raises(TimewarpError) as caught:
        opened(repo).undo()
    assert caught.value.reference == "nothing-to-undo"
    opened(repo).jump("@-2")
    opened(linked).undo()
    assert (repo.read("a"), linked.read("a")) == (b"one\n", b"linked\n")


def test_a_dry_run_changes_nothing(repo: RepoBuilder) -> None:
    opened(repo).jump("@-2")
    journal = (repo.git_dir() / "timewarp/journal").read_bytes()
    before = repo.state(), repo.index_bytes(), len(list(opened(repo).log()))
    for result in (
        opened(repo).undo(dry_run=True),
        opened(repo).jump("E3", dry_run=True),
        opened(repo).restore(["a"], source="E3", dry_run=True),
    ):
        assert result.dry_run
        assert result.event is None
    assert before == (repo.state(), repo.index_bytes(), len(list(opened(repo).log())))
    assert (repo.git_dir() / "timewarp/journal").read_bytes() == journal


def test_head_and_branches_come_back_by_undo(repo: RepoBuilder) -> None:
    start = repo.git("rev-parse", "HEAD")
    opened(repo).snapshot(milestone="here")
    second = repo.commit("second", {"a": "four\n"})
    repo.git("branch", "side")
    repo.git("tag", "v1")
    reflog = (repo.git_dir() / "logs/refs/heads/main").read_text()
    opened(repo).jump("here", with_refs=True)
    assert repo.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert repo.git("rev-parse", "HEAD") == start
    assert repo.git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags") == (
        "refs/heads/main"
    )
    added = (repo.git_dir() / "logs/refs/heads/main").read_text().removeprefix(reflog)
    assert added.startswith(f"{second} {start} ")
    assert "timewarp: jump to" in added
    opened(repo).undo()
    assert repo.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert {repo.git("rev-parse", name) for name in ("HEAD", "main", "side", "v1")} == {second}
    assert repo.git("status", "--porcelain") == ""
    opened(repo).redo()
    assert repo.git("rev-parse", "HEAD") == start
    whole(repo)


def test_a_jump_with_head_is_undone_with_head(repo: RepoBuilder) -> None:
    opened(repo).snapshot(milestone="here")
    repo.git("checkout", "-q", "-f", "-b", "other")
    other = repo.commit("on other", {"a": "other\n"})
    opened(repo).jump("here", with_head=True)
    assert repo.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert repo.git("rev-parse", "other") == other
    opened(repo).undo()
    assert repo.git("symbolic-ref", "HEAD") == "refs/heads/other"
    assert repo.git("status", "--porcelain") == ""


def test_a_commit_made_after_a_jump_with_refs_is_kept_when_undo_moves_the_branch(
    repo: RepoBuilder,
) -> None:
    opened(repo).snapshot(milestone="here")
    repo.commit("second", {"a": "four\n"})
    opened(repo).jump("here", with_refs=True)
    third = repo.commit("third", {"a": "five\n"})
    opened(repo).undo()
    assert repo.read("a") == b"four\n"
    repo.git(
        "reflog", "expire", "--expire=now", "--expire-unreachable=now", "refs/heads/main", "HEAD"
    )
    repo.git("gc", "-q", "--prune=now")
    opened(repo).redo()
    assert repo.git("rev-parse", "HEAD") == third
    assert repo.read("a") == b"five\n"
    whole(repo)


@pytest.mark.parametrize("data", [{}, {"before": 5}, {"before": None}])
def test_a_step_that_does_not_say_where_it_began_is_passed_over(
    repo: RepoBuilder, data: dict[str, object]
) -> None:
    opened(repo).jump("@-1")
    with opened(repo).operation("undo") as op:
        (good,) = undo.stacks(op).undo
    odd = good._replace(data=data)
    for kind in ("jump", "redo"):
        assert undo.replay([good, odd._replace(type=kind)]).undo == [good]
    gone = undo.replay([good, odd._replace(type="undo")])
    assert (gone.undo, gone.redo) == ([], [])
