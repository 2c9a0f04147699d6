"""The program's own log: written where something went otherwise, and never when all is well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from git_timewarp.safety.log import path_in
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A recorded repository with hooks."""
    made = RepoBuilder(tmp_path / "repo")
    made.commit("first", {"a": "a\n"})
    return recorded(made, hooks=True)


def tear(repo: RepoBuilder) -> None:
    """Cut the last line of the journal off, as a crash does."""
    with (repo.git_dir() / "timewarp/journal").open("ab") as file:
        file.write(b"deadbeef E {")


def test_what_goes_well_writes_nothing(repo: RepoBuilder) -> None:
    repo.write("a", "b\n")
    repo.commit("second", {"a": "c\n"})
    for words in (
        ("snapshot",),
        ("status",),
        ("log",),
        ("jump", "E1"),
        ("undo",),
        ("verify",),
        ("doctor",),
        ("log", "--system"),
    ):
        assert typed(repo, *words).code == 0, words
    assert typed(repo, "show", "nonsense").code == 3
    assert not (repo.git_dir() / "timewarp/log").exists()


def test_a_recovery_is_in_the_log_and_doctor_points_at_it(repo: RepoBuilder) -> None:
    tear(repo)
    assert typed(repo, "snapshot", "-m", "x").code == 0
    message = "a line of the journal was cut off by a crash; everything before it is there"
    (line,) = typed(repo, "log", "--system", "--json").out.splitlines()
    record = json.loads(line)
    assert (record["level"], record["component"]) == ("warn", "recovery")
    assert (record["message"], record["verb"]) == (message, "snapshot")
    assert typed(repo, "log", "--system").out.endswith(f" warn recovery {message}\n")
    assert typed(repo, "log", "--system", "--type", "watcher").out == ""
    assert typed(repo, "log", "--system", "--since", "2100-01-01").out == ""
    checks = [check for check in opened(repo).doctor() if check.name == "log"]
    where = path_in(opened(repo).state_dir)
    assert [check.text for check in checks] == [
        f"'{where}'; what went wrong last:",
        f"{record['ts']} warn recovery: {message}",
    ]
    assert [check.passed for check in checks] == [None, None]
    opened(repo).deinit()
    assert not (repo.git_dir() / "timewarp").exists()


def test_the_level_is_a_setting(repo: RepoBuilder) -> None:
    repo.git("config", "timewarp.log.level", "error")
    tear(repo)
    assert typed(repo, "snapshot", "-m", "x").code == 0
    assert typed(repo, "log", "--system").out == ""


def test_a_failure_with_a_secret_in_its_line(repo: RepoBuilder) -> None:
    token = "ghp_" + "a1B2" * 9
    answer = typed(
        repo,
        *("snapshot", "-m", token),
        GIT_TIMEWARP_FAULT="9",
        GIT_TIMEWARP_FAULT_KIND="enospc",
    )
    (line,) = typed(repo, "log", "--system", "--json").out.splitlines()
    assert answer.code == 1
    assert json.loads(line)["arguments"][:2] == ["snapshot", "-m"]
    assert token not in line


def test_only_what_goes_with_it(repo: RepoBuilder) -> None:
    for words in (("--all",), ("-p",), ("--", "a"), ("--actor", "x")):
        answer = typed(repo, "log", "--system", *words)
        assert (answer.code, answer.err.splitlines()[1]) == (2, "hint: git timewarp log --system")
