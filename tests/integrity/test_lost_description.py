"""A snapshot whose description is lost: everything else of it is read and brought back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.loose import loose, loosen
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder

NOTE = "the description of E3 is lost"


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository in which the description of E3 is lost, of which E4 is the latest."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "one\n"})
    recorded(built)
    built.write("early", "early\n")
    opened(built).snapshot(message="E2")
    built.write("a", "two\n")
    built.write("only", "only\n")
    built.git("add", "a")
    opened(built).snapshot(message="E3")
    for name in ("only", "early"):
        built.remove(name)
    built.write("later", "later\n")
    (built.path / "empty").mkdir()
    opened(built).snapshot(message="E4")
    lose(built, "E3")
    return built


def lose(repo: RepoBuilder, event: str) -> None:
    """Make every object of ours loose and remove the description of an event's snapshot."""
    loosen(repo)
    found = opened(repo).show(event).meta
    assert found is not None
    refs = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*")
    oid = repo.git("rev-parse", f"{refs}^{{tree}}:{found['id']}/meta")
    loose(repo, oid).unlink()


def test_it_is_read(repo: RepoBuilder) -> None:
    assert typed(repo, "cat", "E3", "only").out == "only\n"
    shown = typed(repo, "show", "E3")
    assert (shown.code, shown.err) == (0, "")
    assert "Lost:     its description" in shown.out
    meta = json.loads(typed(repo, "show", "--json", "E3").out)["snapshot"]
    assert meta["lost"] is True
    assert "Lost:" not in typed(repo, "show", "E4").out
    assert "+two" in typed(repo, "diff", "E2", "E3").out


def test_counting_backwards_goes_through_it(repo: RepoBuilder) -> None:
    assert typed(repo, "cat", "@-1", "only").out == "only\n"
    assert typed(repo, "cat", "@-2", "early").out == "early\n"
    assert typed(repo, "cat", "@-2", "only").code == 3


def test_a_jump_brings_its_files_and_says_what_nobody_knows(repo: RepoBuilder) -> None:
    done = typed(repo, "jump", "E3")
    assert done.code == 0, done.err
    assert NOTE in done.out + done.err
    assert sorted(path.name for path in repo.path.iterdir() if path.name != ".git") == [
        "a",
        "early",
        "empty",
        "only",
    ]
    assert repo.git("diff", "--cached", "--name-only") == "a"
    done = typed(repo, "undo")
    assert done.code == 0, done.err
    assert (repo.path / "later").read_text() == "later\n"


def test_undo_back_to_it(repo: RepoBuilder) -> None:
    (repo.path / "later").write_text("changed\n")
    done = typed(repo, "jump", "--json", "E2")
    assert done.code == 0, done.err
    assert typed(repo, "export", "--dry-run").code == 0
    lose(repo, json.loads(done.out)["safety_snapshot"])
    done = typed(repo, "undo")
    assert done.code == 0, done.err
    assert "the description of " in done.out + done.err
    assert (repo.path / "later").read_text() == "changed\n"
    assert (repo.path / "empty").is_dir() is False


def test_one_path_of_it_comes_back(repo: RepoBuilder) -> None:
    done = typed(repo, "restore", "only")
    assert done.code == 0, done.err
    assert NOTE in done.out + done.err
    assert (repo.path / "only").read_text() == "only\n"
    assert (repo.path / "later").exists()


def test_it_counts_as_no_record_of_the_work_as_it_is(tmp_path: Path) -> None:
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "one\n"})
    recorded(built)
    built.write("b", "b\n")
    opened(built).snapshot(message="E2")
    lose(built, "E2")
    assert typed(built, "snapshot").out.startswith("snapshot E3 ")
    report = opened(built).verify(full=True)
    assert {item.kind for item in report.problems} == {"missing-object"}
