"""Going about inside an operation of git's: what it keeps in refs goes with its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Nine recorded commits, `f` being changed in each, in the middle of a bisect."""
    repo = RepoBuilder(tmp_path / "repo")
    for number in range(1, 10):
        repo.commit(f"change {number}", {"f": f"{number}\n"})
    recorded(repo)
    repo.git("bisect", "start")
    repo.git("bisect", "bad")
    repo.git("bisect", "good", "HEAD~8")
    return repo


def bisecting(repo: RepoBuilder) -> tuple[str, str, str]:
    """Return what a bisect consists of."""
    return (
        repo.git("for-each-ref", "refs/bisect"),
        repo.git("bisect", "log"),
        repo.git("rev-parse", "HEAD"),
    )


def test_a_wrong_answer_to_bisect_is_taken_back(repo: RepoBuilder) -> None:
    before = bisecting(repo)
    opened(repo).snapshot(milestone="asked")
    repo.git("bisect", "good")
    wrong = bisecting(repo)
    there = opened(repo).jump("asked", with_head=True)
    assert bisecting(repo) == before
    good = f"refs/bisect/good-{before[2]}"
    assert [(move.ref, move.new) for move in there.refs][1:] == [(good, None)]
    opened(repo).undo()
    assert bisecting(repo) == wrong
    opened(repo).redo()
    assert bisecting(repo) == before
    assert [entry.type for entry in opened(repo).log(limit=3)] == ["redo", "undo", "jump"]
    repo.git("bisect", "bad")
    while "is the first bad commit" not in repo.git("bisect", "good"):
        pass
    whole(repo)


def test_without_the_head_the_bisect_stays_whole(repo: RepoBuilder) -> None:
    opened(repo).snapshot(milestone="asked")
    repo.git("bisect", "good")
    wrong = bisecting(repo)
    result = opened(repo).jump("asked")
    assert result.notes == (
        "the bisect stands where it stands: HEAD is not where the target had it",
    )
    assert bisecting(repo) == wrong


def test_a_restore_of_a_file_leaves_the_bisect(repo: RepoBuilder) -> None:
    opened(repo).snapshot(milestone="asked")
    repo.git("bisect", "skip", "HEAD~1")
    after = bisecting(repo)
    repo.write("f", "edited\n")
    opened(repo).restore(["f"], source="asked")
    assert repo.read("f") == b"5\n"
    assert bisecting(repo) == after


def test_a_bisect_that_is_over_is_not_resumed(repo: RepoBuilder) -> None:
    opened(repo).snapshot(milestone="asked")
    repo.git("bisect", "reset")
    opened(repo).jump("asked", with_head=True, with_refs=True)
    assert repo.git("for-each-ref", "refs/bisect") == ""


def test_the_labels_of_a_rebase_of_merges_come_back(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("base", {"a": "a\n"})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side", {"s": "s\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("main", {"m": "m\n"})
    repo.git("merge", "-q", "--no-ff", "-m", "merged", "side")
    recorded(repo)
    editor = "sed -i -e '1i break' -e '/^label onto/a break' -e '$a break'"
    repo.git("-c", f"sequence.editor={editor}", "rebase", "-q", "-i", "-r", "--root", "--no-ff")
    repo.git("rebase", "--continue")
    labels = repo.git("for-each-ref", "refs/rewritten")
    assert labels
    opened(repo).snapshot(milestone="labelled")
    repo.git("update-ref", "-d", labels.split()[-1])
    opened(repo).jump("labelled")
    assert repo.git("for-each-ref", "refs/rewritten") == labels
