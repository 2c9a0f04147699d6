"""Commits that lost their last name come back with the same id, whatever gc did meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A recorded repository with hooks and two commits."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    repo.commit("second", {"a": "two\n"})
    return recorded(repo, hooks=True)


def forget(repo: RepoBuilder) -> None:
    """Make git throw away every commit that has no name."""
    for words in (
        ("reflog", "expire", "--expire=now", "--expire-unreachable=now", "HEAD", "refs/heads/main"),
        ("gc", "-q", "--prune=now"),
    ):
        repo.git(*words)


def branch(repo: RepoBuilder) -> str:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side one", {"side": "1\n"})
    tip = repo.commit("side two", {"side": "2\n"})
    repo.git("checkout", "-q", "main")
    opened(repo).snapshot(milestone="before")
    repo.git("branch", "-q", "-D", "side")
    return tip


def merge(repo: RepoBuilder) -> str:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side one", {"side": "1\n"})
    repo.git("checkout", "-q", "-b", "both", "main")
    repo.commit("both", {"both": "1\n"})
    repo.tick()
    repo.git("merge", "-q", "-m", "merge", "side")
    tip = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "-q", "main")
    opened(repo).snapshot(milestone="before")
    repo.git("branch", "-q", "-D", "side", "both")
    return tip


def stash(repo: RepoBuilder) -> str:
    repo.write("a", "staged\n")
    repo.git("add", "a")
    repo.write("a", "work\n")
    repo.write("untracked", "u\n")
    repo.git("stash", "push", "-q", "-u")
    tip = repo.git("rev-parse", "refs/stash")
    opened(repo).snapshot(milestone="before")
    repo.git("stash", "drop", "-q")
    return tip


def tag(repo: RepoBuilder) -> str:
    repo.git("checkout", "-q", "--detach")
    repo.commit("tagged", {"t": "t\n"})
    repo.git("tag", "-a", "-m", "a tag", "v1")
    tip = repo.git("rev-parse", "v1")
    repo.git("checkout", "-q", "main")
    opened(repo).snapshot(milestone="before")
    repo.git("tag", "-d", "v1")
    return tip


def amended(repo: RepoBuilder) -> str:
    tip = repo.commit("third", {"a": "three\n"})
    opened(repo).snapshot(milestone="before")
    repo.git("commit", "-q", "--amend", "-m", "other")
    return tip


def rebased(repo: RepoBuilder) -> str:
    repo.git("checkout", "-q", "-b", "side", "HEAD~1")
    tip = repo.commit("side one", {"side": "1\n"})
    opened(repo).snapshot(milestone="before")
    repo.git("rebase", "-q", "main")
    return tip


def reset(repo: RepoBuilder) -> str:
    tip = repo.commit("third", {"a": "three\n"})
    opened(repo).snapshot(milestone="before")
    repo.git("reset", "-q", "--hard", "HEAD~2")
    return tip


LOSSES = (branch, merge, stash, tag, amended, rebased, reset)


@pytest.mark.parametrize("lose", LOSSES, ids=lambda found: str(found.__name__))
def test_back_with_the_same_id(repo: RepoBuilder, lose: Callable[[RepoBuilder], str]) -> None:
    tip = lose(repo)
    opened(repo).snapshot()
    forget(repo)
    assert repo.run("cat-file", "-e", tip, ok=None).returncode, "git still has it"
    whole(repo)
    opened(repo).jump("before", with_refs=True)
    assert repo.git("cat-file", "-t", tip) in {"commit", "tag"}
    assert tip in repo.git(
        "for-each-ref", "--format=%(objectname)", "refs/heads", "refs/tags", "refs/stash"
    )
    assert repo.git("status", "--porcelain") == ""
    done = repo.run("fsck", "--no-progress")
    assert (done.stdout, done.stderr) == (b"", b"")
    opened(repo).undo()
    forget(repo)
    whole(repo)
    opened(repo).redo()
    assert repo.git("cat-file", "-t", tip) in {"commit", "tag"}


def test_a_stash_that_came_back_can_be_applied(repo: RepoBuilder) -> None:
    stash(repo)
    opened(repo).snapshot()
    forget(repo)
    opened(repo).jump("before", with_refs=True)
    repo.git("stash", "pop", "-q", "--index")
    assert (repo.read("a"), repo.read("untracked")) == (b"work\n", b"u\n")
    assert repo.git("show", ":a") == "staged"


def test_a_branch_that_lived_between_two_snapshots_is_kept_because_hooks_told(
    repo: RepoBuilder,
) -> None:
    opened(repo).snapshot()
    repo.git("checkout", "-q", "-b", "short")
    tip = repo.commit("short lived", {"s": "s\n"})
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-q", "-D", "short")
    opened(repo).snapshot()
    forget(repo)
    assert "short lived" in [e.summary for e in opened(repo).log() if e.type == "commit"]
    whole(repo)
    kept = repo.git("ls-tree", "-r", "--name-only", kept_ref(repo))
    assert f"{tip}/object" in kept


def kept_ref(repo: RepoBuilder) -> str:
    """Return the ref of kept commits."""
    return repo.git("for-each-ref", "--format=%(refname)^{tree}", "refs/timewarp/*/kept/*")


def delete_object(repo: RepoBuilder, name: str) -> None:
    """Take a loose object away, as a prune that was interrupted does."""
    oid = repo.git("rev-parse", name)
    (repo.git_dir() / "objects" / oid[:2] / oid[2:]).unlink()


@pytest.mark.parametrize("gone", ["side:side", "side:", "side~1"])
def test_a_lost_commit_of_which_a_part_is_gone_does_not_stop_the_recording(
    repo: RepoBuilder, gone: str
) -> None:
    branch(repo)
    repo.git("branch", "side", "HEAD@{1}")
    repo.git("checkout", "-q", "side")
    repo.commit("one more", {"side": "3\n"})
    repo.commit("and more", {"side": "4\n"})
    repo.git("checkout", "-q", "main")
    delete_object(repo, gone)
    repo.git("update-ref", "-d", "refs/heads/side")
    repo.write("a", "work\n")
    taken = opened(repo).snapshot()
    assert taken.created
    assert opened(repo).cat(taken.snapshot, "a") == b"work\n"
    assert opened(repo).verify(full=True).problems == ()


def test_a_list_of_several_stashes_is_never_taken_away(repo: RepoBuilder) -> None:
    opened(repo).snapshot(milestone="before")
    for text in ("first\n", "second\n"):
        repo.write("a", text)
        repo.git("stash", "push", "-q", "-m", text.strip())
    listed = repo.git("stash", "list")
    result = opened(repo).jump("before", with_refs=True)
    assert repo.git("stash", "list") == listed
    assert "the list of git stashes stays as it is" in result.notes
