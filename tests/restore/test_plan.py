"""Plans and path filters: pure, so the many small cases live here."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.restore.pathspec import BadPathspecError, PathFilter, PathNotFoundError
from tests.support.repo_builder import RepoBuilder
from tests.support.travel import Traveller


@pytest.mark.parametrize(
    ("prefix", "args", "path", "wanted"),
    [
        ("", ["a.txt"], "a.txt", True),
        ("", ["a.txt"], "a.txt/below", True),
        ("", ["a.txt"], "a.txt2", False),
        ("", ["dir"], "dir/x/y", True),
        ("", ["dir/"], "dir/x", True),
        ("", ["dir/"], "dir", False),
        ("", ["./dir//x"], "dir/x", True),
        ("", ["."], "anything/at/all", True),
        ("sub/", ["."], "sub/x", True),
        ("sub/", ["."], "other", False),
        ("sub/", ["../a.txt"], "a.txt", True),
        ("sub/", [":/a.txt"], "a.txt", True),
        ("sub/", [":(top)a.txt"], "a.txt", True),
        ("sub/", ["a.txt"], "a.txt", False),
        ("", ["*.py"], "deep/er/x.py", True),
        ("", ["*.py"], "x.pyc", False),
        ("", [":(glob)*.py"], "deep/x.py", False),
        ("", [":(glob)**/x.py"], "a/b/x.py", True),
        ("", [":(glob)a/**"], "a/b/x.py", True),
        ("", ["?.txt"], "a.txt", True),
        ("", ["[ab].txt"], "b.txt", True),
        ("", ["[!ab].txt"], "b.txt", False),
        ("", ["[!ab].txt"], "c.txt", True),
        ("", ["[]x].txt"], "].txt", True),
        ("", ["[x"], "[x", True),
        ("", ["*"], "a\nb/c", True),
        ("", [":(literal)*"], "*", True),
        ("", [":(literal)*"], "a", False),
        ("", [r"\*"], "*", True),
        ("", [r"\*"], "a", False),
        ("", ["*"], "*", True),
        ("", [":(icase)README"], "readme", True),
        ("", ["dir", ":!dir/skip"], "dir/skip/x", False),
        ("", ["dir", ":!dir/skip"], "dir/keep", True),
        ("", [":^skip"], "other", True),
        ("", ["caf\udce9"], "caf\udce9", True),
        ("", ["-dash"], "-dash", True),
    ],
)
def test_patterns(prefix: str, args: list[str], path: str, wanted: bool) -> None:  # noqa: FBT001
    assert PathFilter.parse(args, prefix=prefix).matches(path) is wanted


@pytest.mark.parametrize("arg", ["", "..", "a/../../b", ":(attr:x)a", ":x", ":(top"])
def test_bad_patterns(arg: str) -> None:
    with pytest.raises(BadPathspecError) as caught:
        PathFilter.parse([arg])
    assert caught.value.exit_code == 2
    assert caught.value.hint


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    repo = RepoBuilder(tmp_path / "r")
    repo.commit("first", {"a.py": "1\n", "dir/b.py": "2\n", "dir/c.txt": "3\n"})
    return repo


def test_a_dry_run_says_what_a_run_does(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.write("a.py", "changed\n")
    repo.remove("dir/c.txt")
    repo.write("caf\udce9", "new\n")
    plan, _ = travel.plan(target)
    assert plan.to_dict() == {
        "restored": ["a.py", "dir/c.txt"],
        "removed": [{"bytes": "Y2Fm6Q=="}],
        "unchanged": 1,
        "refused": [],
        "left": [],
    }
    outcome = travel.jump(target)
    assert (outcome.restored, outcome.removed, outcome.unchanged) == (
        plan.restored,
        plan.removed,
        plan.unchanged,
    )


def test_only_what_was_asked_for(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    for name in ("a.py", "dir/b.py", "dir/c.txt", "new.py", "new.txt"):
        repo.write(name, "changed\n")
    outcome = travel.jump(target, paths=("*.py",))
    assert outcome.restored == ("a.py", "dir/b.py")
    assert outcome.removed == ("new.py",)
    assert outcome.unchanged == 0
    outcome = travel.jump(target, paths=("dir",))
    assert outcome.restored == ("dir/c.txt",)
    assert outcome.unchanged == 1


def test_a_path_that_is_nowhere(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    with pytest.raises(PathNotFoundError) as caught:
        travel.plan(target, paths=("a.py", "nowhere"))
    assert caught.value.exit_code == 3
    assert caught.value.message == "'nowhere' matches nothing, neither now nor in the snapshot"


def test_a_path_that_is_as_it_was(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    assert travel.jump(target, paths=("a.py",)).unchanged == 1


def test_what_stands_in_the_way_goes_too(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.remove("dir")
    repo.write("dir", "a file\n")
    outcome = travel.jump(target, paths=("dir/b.py",))
    assert outcome.restored == ("dir/b.py",)
    assert outcome.removed == ("dir",)
