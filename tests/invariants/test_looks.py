"""What `show` and `log -p` tell of an event: its own changes, those asked for, quoted as git."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.util.clock import iso
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A commit, then a snapshot in which `a` and `b` differ from it."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first\n\nits body", {"a": "one\n", "b": "one\n"})
    recorded(repo, hooks=True)
    repo.write("a", "two\n")
    repo.write("b", "two\n")
    opened(repo).snapshot()
    return repo


def test_an_event_without_a_snapshot_is_shown_alone(repo: RepoBuilder) -> None:
    typed(repo, "record", stdin=b'{"type":"note","summary":"lunch"}\n')
    repo.git("checkout", "-q", "-b", "other")
    assert [entry.event for entry in opened(repo).log(limit=1)] == ["E4"]
    for event, summary in (("E3", "lunch"), ("E4", "checked out other")):
        result = opened(repo).show(event)
        assert (result.meta, result.files, result.patch) == (None, (), b"")
        assert result.entry is not None
        assert result.entry.event == event
        for option in ((), ("--stat",), ("--name-only",)):
            assert typed(repo, "show", *option, event).out.splitlines()[-1] == f"    {summary}"
    assert opened(repo).show("E2").files


def test_a_revision_is_shown_as_git_shows_it(repo: RepoBuilder) -> None:
    repo.commit("second", {"a": "two\n", "ü": "new\n"})
    for name in ("HEAD", "main", "HEAD~1"):
        answer = typed(repo, "show", name)
        assert (answer.code, answer.err) == (0, "")
        asked = repo.git("show", name).splitlines()
        assert answer.out.splitlines()[0] == asked[0]
        patch = next(number for number, line in enumerate(asked) if line.startswith("diff "))
        assert "\n".join(asked[patch:]) in answer.out
    first = opened(repo).show("HEAD~1")
    asked_time = repo.git("log", "-1", "--format=%at", "HEAD~1")
    assert first.entry is None
    assert first.record == {
        "oid": repo.git("rev-parse", "HEAD~1"),
        "parents": [],
        "author": repo.git("log", "-1", "--format=%an <%ae>", "HEAD~1"),
        "ts": iso(int(asked_time) * 10**9),
        "message": "first\n\nits body",
    }
    assert [file.path for file in first.files] == ["a", "b"]
    assert first.to_dict()["commit"] == first.record


def test_the_patches_of_a_log_are_limited_to_its_paths(repo: RepoBuilder) -> None:
    (repo.path / "sub").mkdir()
    for words in (("-p", "--", "../b"), ("--stat", "--", "../b"), ("-p", "--stat", "--", "../b")):
        told = typed(repo.path / "sub", "log", "-n", "1", *words).out
        assert " b" in told
        assert "a/a" not in told
        assert " a |" not in told
    assert typed(repo, "log", "-1", "-p", "--", ".").out.count("diff --git") == 2


def test_names_in_a_patch_are_quoted_as_the_user_has_it(repo: RepoBuilder) -> None:
    repo.write("ü", "x\n")
    repo.write("zz\udce9", "x\n")
    opened(repo).snapshot()
    told = typed(repo, "show", "--stat", "@").out
    assert ' "\\303\\274" | 1 +' in told
    assert ' "zz\\351"   | 1 +' in told
    assert "+++ " + '"b/zz\\351"' in typed(repo, "show", "@").out
    repo.git("config", "core.quotePath", "false")
    assert " ü " in typed(repo, "show", "--stat", "@").out
    assert ' "zz\\351"' not in typed(repo, "show", "--stat", "@").out
