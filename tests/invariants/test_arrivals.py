"""Where a journey ends: what stays, what moved, what was put away, and what undo takes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.errors import Kind, TimewarpError
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """One recorded commit."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n", "b": "b\n"})
    return recorded(repo, hooks=True)


def stashed(repo: RepoBuilder) -> int:
    return len(opened(repo).stash_list())


# -- files that were ignored when the journey began ------------------------------------


@pytest.fixture
def ignoring(repo: RepoBuilder) -> RepoBuilder:
    """Rules that came after the first snapshot, and what they ignore."""
    repo.write(".gitignore", "build/\n*.log\n")
    repo.write("build/deep/out", "o\n")
    repo.write("src/x.log", "log\n")
    repo.write("src/y", "y\n")
    opened(repo).snapshot()
    return repo


def test_a_jump_past_the_rules_leaves_what_they_ignored(ignoring: RepoBuilder) -> None:
    result = opened(ignoring).jump("E1")
    assert result.removed == (".gitignore", "src/y")
    kept = "kept 'build', 'src/x.log': ignored before, or made meanwhile; nothing ignores it now"
    assert result.notes == (kept,)
    assert sorted(ignoring.state()) == ["a", "b", "build/deep/out", "src/x.log"]
    opened(ignoring).undo()
    assert ignoring.read("build/deep/out") == b"o\n"
    assert ignoring.git("status", "--porcelain", "--ignored") == (
        "?? .gitignore\n?? src/\n!! build/\n!! src/x.log"
    )


def test_the_next_jumps_leave_it_too(ignoring: RepoBuilder) -> None:
    for target in ("E1", "E1", "HEAD"):
        opened(ignoring).jump(target)
        assert sorted(ignoring.state()) == ["a", "b", "build/deep/out", "src/x.log"], target
    ignoring.write("mine", "m\n")
    opened(ignoring).snapshot()
    assert opened(ignoring).jump("E1").removed == ("mine",)
    opened(ignoring).jump("E2")
    assert ignoring.read("build/deep/out") == b"o\n"


def test_what_was_left_and_then_tracked_is_a_file_as_any(ignoring: RepoBuilder) -> None:
    opened(ignoring).jump("E1")
    ignoring.commit("take it in")
    opened(ignoring).snapshot()
    opened(ignoring).jump("HEAD")
    assert opened(ignoring).jump("E1").removed == ("build/deep/out", "src/x.log")


# -- refs ------------------------------------------------------------------------------


def test_moved_refs_are_told_and_nobody_wonders_who_did(repo: RepoBuilder) -> None:
    first = repo.git("rev-parse", "HEAD")
    second = repo.commit("second")
    repo.git("tag", "t")
    there = str(opened(repo).snapshot(message="two").event)
    repo.git("reset", "-q", "--hard", first)
    repo.git("tag", "-d", "t")
    opened(repo).snapshot()
    planned = opened(repo).jump(there, with_head=True, with_refs=True, dry_run=True)
    answer = typed(repo, "jump", "--with-head", "--with-refs", there)
    assert answer.code == 0, answer
    assert answer.out.splitlines()[:3] == [
        f"jumped to {there}",
        f"  moved    main {first[:7]} -> {second[:7]}",
        f"  created  refs/tags/t at {second[:7]}",
    ]
    moves = [("refs/heads/main", first, second), ("refs/tags/t", None, second)]
    assert [tuple(move) for move in planned.refs] == moves
    entries = list(opened(repo).log())
    told = next(n for n, entry in enumerate(entries) if entry.type == "jump")
    assert [entry.type for entry in entries[:told]] == []
    undone = opened(repo).undo()
    back = [("refs/heads/main", second, first), ("refs/tags/t", second, None)]
    assert [tuple(move) for move in undone.refs] == back
    assert "gap" not in [entry.type for entry in list(opened(repo).log())[:2]]


def test_a_ref_whose_object_git_lost_stays_and_the_rest_comes(repo: RepoBuilder) -> None:
    repo.write("a", "put away\n")
    repo.git("stash", "-q")
    lost = repo.git("rev-parse", "stash")
    repo.write("w", "w\n")
    there = str(opened(repo).snapshot().snapshot)
    repo.git("stash", "drop", "-q")
    repo.remove("w")
    repo.git("gc", "-q", "--prune=now")
    result = opened(repo).jump(there, with_refs=True)
    assert result.restored == ("w",)
    assert result.notes == (f"'refs/stash' stays: git has lost {lost[:12]}, which it named",)


def test_head_does_not_go_where_git_lost_the_commit(repo: RepoBuilder) -> None:
    repo.git("switch", "-q", "--detach")
    repo.commit("doomed", {"w": "w\n"})
    there = str(opened(repo).snapshot().snapshot)
    repo.git("switch", "-q", "main")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    (repo.git_dir() / "timewarp/spool/now").write_bytes(b"")  # and no hook told of it
    before = repo.state(), repo.index_state()
    with pytest.raises(TimewarpError, match="git has lost commit") as caught:
        opened(repo).jump(there, with_head=True)
    assert (caught.value.reference, caught.value.kind) == ("lost-commit", Kind.REFUSED)
    assert (repo.state(), repo.index_state()) == before
    assert opened(repo).jump(there).restored == ("w",)


def kept_without_its_parent(repo: RepoBuilder) -> tuple[str, str, str]:
    """Return a snapshot, a commit one of its refs named and we keep, and its lost parent."""
    repo.git("switch", "-q", "-c", "side")
    parent = repo.commit("parent", {"s": "s\n"})
    tip = repo.commit("tip", {"s": "t\n"})
    repo.git("switch", "-q", "main")
    repo.write("w", "w\n")
    there = str(opened(repo).snapshot().snapshot)
    repo.remove("w")
    repo.git("branch", "-q", "-D", "side")
    (repo.git_dir() / "objects" / parent[:2] / parent[2:]).unlink()
    opened(repo).snapshot()
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    assert repo.run("cat-file", "-e", tip, ok=None).returncode != 0
    return there, tip, parent


def test_a_kept_commit_without_its_parent_is_refused_before_anything_changes(
    repo: RepoBuilder,
) -> None:
    there, tip, parent = kept_without_its_parent(repo)
    before = repo.state(), repo.index_state(), repo.git("for-each-ref")
    for preview in ((), ("--dry-run",)):
        answer = typed(repo, "jump", "--with-refs", there, *preview)
        assert (answer.code, answer.out) == (1, "")
        assert answer.err == (
            f"error: commit {tip[:12]} cannot come back: it needs {parent[:12]}, which is neither "
            f"in this repository nor kept\nhint: git timewarp jump {there}\n"
        )
        assert (repo.state(), repo.index_state(), repo.git("for-each-ref")) == before
    assert typed(repo, "jump", there).code == 0
    assert repo.read("w") == b"w\n"


def test_verify_tells_of_a_kept_commit_without_its_parent(repo: RepoBuilder) -> None:
    _, tip, parent = kept_without_its_parent(repo)
    report = opened(repo).verify(full=True)
    told = [(item.kind, item.where, item.affects) for item in report.remarks]
    why = "which is not in this repository: it was never here, or git has lost it"
    assert told == [("missing-object", f"kept commit {tip} needs {parent}, {why}", (tip,))]
    assert report.problems == ()


def test_at_the_edge_of_a_shallow_clone_no_parent_is_needed(repo: RepoBuilder) -> None:
    there, tip, _ = kept_without_its_parent(repo)
    (repo.git_dir() / "shallow").write_text(f"{tip}\n")
    assert opened(repo).verify(full=True).remarks == ()
    assert opened(repo).jump(there, with_refs=True).restored == ("w",)
    assert repo.git("log", "--format=%s", "side") == "tip"


# -- work nobody gave a name -----------------------------------------------------------


def test_work_beside_a_restore_is_put_away_by_a_jump(repo: RepoBuilder) -> None:
    repo.write("a", "two days of work\n")
    repo.remove("b")
    opened(repo).restore(["b"])
    assert opened(repo).jump("HEAD").stashed == "stash@{0}"
    opened(repo).stash_apply("stash@{0}")
    assert repo.read("a") == b"two days of work\n"


def test_there_and_back_makes_one_stash(repo: RepoBuilder) -> None:
    repo.write("a", "work\n")
    for _ in range(3):
        opened(repo).jump("HEAD")
        assert stashed(repo) == 1
        opened(repo).undo()
        assert repo.read("a") == b"work\n"
    repo.write("a", "more work\n")
    opened(repo).jump("HEAD")
    assert stashed(repo) == 2


def test_a_named_state_needs_no_stash(repo: RepoBuilder) -> None:
    repo.write("a", "work\n")
    opened(repo).snapshot(message="mine")
    assert opened(repo).jump("HEAD").stashed is None


# -- what undo takes back --------------------------------------------------------------


def test_a_jump_that_changed_nothing_is_no_step(repo: RepoBuilder) -> None:
    repo.write("a", "two\n")
    opened(repo).snapshot()
    opened(repo).jump("E1")
    opened(repo).jump("E1")
    opened(repo).undo()
    assert repo.read("a") == b"two\n"
    opened(repo).jump("E2")
    opened(repo).redo()
    assert repo.read("a") == b"one\n"


def test_undo_names_the_push_it_cannot_take_back(repo: RepoBuilder, tmp_path: Path) -> None:
    RepoBuilder(tmp_path / "bare", bare=True)
    repo.write("a", "two\n")
    opened(repo).snapshot()
    opened(repo).jump("E1")
    repo.git("push", "-q", str(tmp_path / "bare"), "main")
    notes = opened(repo).undo().notes
    assert notes == (f"E4 stays: push to {tmp_path / 'bare'} cannot be taken back",)
