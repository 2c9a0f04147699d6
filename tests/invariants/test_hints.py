"""Each hint, pasted into a shell where the error came up, is a command that runs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.recorder import Answer, opened, recorded, typed
from tests.support.repo_builder import RepoBuilder

ODD = "zz\udce9"


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A repository whose path has a blank, with two states of `f`."""
    repo = RepoBuilder(tmp_path / "the repo")
    repo.commit("first", {"f": "one\n", "g": "one\n"})
    recorded(repo)
    repo.write("f", "two\n")
    opened(repo).snapshot()
    return repo


def pasted(where: Path, *words: str) -> Answer:
    """Check that the command fails and that its hint runs; return what the command gave."""
    answer = typed(where, *words)
    assert answer.code != 0, answer
    lines = [line for line in answer.err.splitlines() if line.startswith("hint: ")]
    assert len(lines) == 1, answer.err
    hint = lines[0].removeprefix("hint: ")
    done = subprocess.run(
        ["bash", "-c", hint.encode("utf-8", "surrogateescape")],
        cwd=where,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, (hint, done)
    return answer


@pytest.mark.parametrize(
    "words",
    [
        ("restore", "it's"),
        ("restore", "two words"),
        ("restore", ODD),
        ("restore", ""),
        ("restore", ":(nope)x"),
        ("cat", "E1"),
        ("cat", "E1", "no such"),
        ("log", "--date", "nope"),
        ("log", "--since", "nope"),
        ("config", "get", "fold.evnts"),
        ("config", "set", "fold.events", "many"),
        ("config", "set", "--global", "--worktree", "user.name", "Ada B"),
        ("show", "E99"),
        ("stash", "drop", "E1"),
        ("undo",),
        ("frobnicate",),
    ],
)
def test_a_hint_runs_as_it_stands(repo: RepoBuilder, words: tuple[str, ...]) -> None:
    pasted(repo.path, *words)


def test_a_hint_runs_where_something_is_in_the_way(repo: RepoBuilder) -> None:
    pasted(repo.path / ".git", "status")
    (repo.path / ".git/index.lock").touch()
    pasted(repo.path, "jump", "E1")
    assert not (repo.path / ".git/index.lock").exists()
    repo.write(".timewarp.toml", "x = 1\n[fold\n")
    (repo.path / "sub").mkdir()
    pasted(repo.path / "sub", "config", "validate")
    config = repo.path / ".git/config"
    config.write_bytes(config.read_bytes() + b"[nonsense\n")
    answer = pasted(repo.path, "status")
    assert answer.err.splitlines()[1].startswith("hint: sed -n ")


def test_a_hint_ends_the_merge_that_is_in_the_way(repo: RepoBuilder) -> None:
    repo.git("commit", "-qam", "two")
    repo.git("checkout", "-q", "-b", "other", "HEAD~1")
    repo.commit("other", {"f": "three\n"})
    repo.git("merge", "-q", "main", ok=(1,))
    pasted(repo.path, "jump", "E1")
    assert not (repo.path / ".git/MERGE_HEAD").exists()


def test_a_hint_runs_outside_a_repository(tmp_path: Path, hermetic: Path) -> None:
    (tmp_path / "empty").mkdir()
    pasted(tmp_path / "empty", "status")
    pasted(tmp_path / "empty", "demo")
    subprocess.run(["git", "init", "-q"], cwd=hermetic, check=True)
    pasted(hermetic, "init")


def test_a_stash_that_does_not_fit_names_every_path(repo: RepoBuilder) -> None:
    repo.write("g", "two\n")
    opened(repo).jump("HEAD")
    repo.write("f", "three\n")
    repo.write("g", "three\n")
    told = json.loads(typed(repo, "stash", "apply", "--json").err)["error"]
    assert told["context"] == {"paths": ["f", "g"]}
    assert pasted(repo.path, "stash", "apply") == Answer(
        4,
        "",
        "error: 2 paths changed on both sides\n  f\n  g\n" + f"hint: {told['hint']}\n",
    )
    assert repo.read("f") == b"two\n"


def test_a_name_that_is_not_utf8_is_told_as_git_quotes_it(repo: RepoBuilder) -> None:
    answer = typed(repo, "restore", ODD)
    assert answer.err.splitlines() == [
        "error: no snapshot has another version of 'zz\\351'",
        "hint: git timewarp log -p -- $'zz\\351'",
    ]
    told = json.loads(typed(repo, "restore", "--json", ODD).err)["error"]
    assert told["message"] == "no snapshot has another version of 'zz\\351'"
