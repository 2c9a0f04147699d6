"""A former value of a ref of ours that leads to what is lost: git's gc would end there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.loose import loose, loosen
from tests.support.partial import partial_clone
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


def former(repo: RepoBuilder) -> tuple[str, list[str]]:
    """Return the ref of the snapshots and the values it had, oldest first."""
    ref = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*")
    lines = (repo.git_dir() / "logs" / ref).read_text().splitlines()
    return ref, [line.split(" ")[1] for line in lines[:-1]]


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository of three snapshots, every object loose."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "one\n"})
    recorded(built)
    for text in ("two", "three"):
        built.write("a", text)
        opened(built).snapshot(message=text)
    loosen(built)
    return built


@pytest.mark.parametrize("place", ["", "^{tree}"], ids=["the value", "what it names"])
def test_it_is_told_and_forgotten(repo: RepoBuilder, place: str) -> None:
    ref, values = former(repo)
    lost = repo.git("rev-parse", values[0] + place)
    loose(repo, lost).unlink()
    done = typed(repo, "verify", "--full", "--json")
    assert done.code == 5
    (problem,) = json.loads(done.out)["problems"]
    assert problem["where"].startswith(
        f"1 former value of '{ref}' in its reflog: git gc ends where"
    )
    assert (problem["affects"], problem["hint"]) == ([ref], "git timewarp repair")
    assert typed(repo, "repair", "--dry-run").code == 5
    assert former(repo)[1] == values
    done = typed(repo, "repair", "--json")
    assert (done.code, json.loads(done.out)["former"]) == (0, 1), done.out
    assert former(repo)[1] == values[1:]
    assert opened(repo).verify(full=True).problems == ()
    gc = repo.run("gc", "--quiet", "--prune=now", ok=None)
    assert (gc.returncode, gc.stderr) == (0, b"")
    assert opened(repo).verify(full=True).problems == ()
    assert typed(repo, "repair", "--json").code == 0


def test_without_a_repair_git_gc_ends_there(repo: RepoBuilder) -> None:
    """What all this is for; when git minds no more, neither need we."""
    lost = repo.git("rev-parse", former(repo)[1][0] + "^{tree}")
    loose(repo, lost).unlink()
    gc = repo.run("gc", "--quiet", "--prune=now", ok=None)
    assert gc.returncode != 0


def test_what_was_forgotten_is_told_once(repo: RepoBuilder) -> None:
    loose(repo, former(repo)[1][0]).unlink()
    done = typed(repo, "repair")
    assert "forgotten: 1 former value of our refs, which led to what is lost\n" in done.out
    assert typed(repo, "repair").out == "everything is whole\n"


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda d: d[:60] + b"\0" * 20 + d[80:],
        lambda d: d[:60] + b"\xff" * 20 + d[80:],
        lambda d: d[:60] + d[85:],
        lambda d: b"\0" * 100 + d[100:],
        lambda d: d[:41] + b"--lost-found" + b"a" * 28 + d[81:],
        lambda d: d + b"half a li",
    ],
    ids=["NUL", "0xff", "cut", "zeros", "an option", "torn"],
)
def test_a_line_that_git_passes_over_is_no_value(
    repo: RepoBuilder, spoilt: Callable[[bytes], bytes]
) -> None:
    ref, values = former(repo)
    path = repo.git_dir() / "logs" / ref
    path.write_bytes(spoilt(path.read_bytes()))
    assert opened(repo).verify(full=True).problems == ()
    done = typed(repo, "repair")
    assert (done.code, done.err) == (0, "")
    gc = repo.run("gc", "--quiet", "--prune=now", ok=None)
    assert (gc.returncode, gc.stderr) == (0, b"")
    assert opened(repo).verify(full=True).problems == ()
    assert values


def test_a_corrupt_tree_elsewhere_hides_nothing(repo: RepoBuilder) -> None:
    """Where git cannot say what we need, what only a former value needs is still no loss of ours."""
    ref, values = former(repo)
    lost = repo.git("rev-parse", values[0] + "^{tree}")
    loose(repo, lost).unlink()
    meta = opened(repo).show("E2").meta
    assert meta is not None
    oid = repo.git("rev-parse", f"{ref}^{{tree}}:{meta['id']}/tree")
    path = loose(repo, oid)
    path.chmod(0o644)
    path.write_bytes(b"junk")
    wheres = [item.where for item in opened(repo).verify(full=True).problems]
    assert not [text for text in wheres if lost in text], wheres
    assert [text for text in wheres if text.startswith("1 former value of ")], wheres


def test_what_a_remote_has_promised_is_not_lost(tmp_path: Path) -> None:
    repo = partial_clone(tmp_path)
    recorded(repo)
    for text in ("two", "three", "four"):
        repo.write("new", text)
        opened(repo).snapshot(message=text)
    assert opened(repo).verify(full=True).problems == ()
    lost = repo.git("hash-object", "--stdin", stdin=b"three")
    loosen(repo, ours=True)
    loose(repo, lost).unlink()
    wheres = [item.where for item in opened(repo).verify(full=True).problems]
    assert [text for text in wheres if lost in text], wheres
    assert not [text for text in wheres if "former" in text], wheres


def test_what_a_line_says_was_before_counts_too(repo: RepoBuilder) -> None:
    ref, values = former(repo)
    path = repo.git_dir() / "logs" / ref
    data = path.read_bytes()
    path.write_bytes(data[:30].replace(b"0", b"1") + data[30:])
    (problem,) = opened(repo).verify(full=True).problems
    assert problem.affects == (ref,)
    assert typed(repo, "repair").code == 0
    assert former(repo)[1] == values
    gc = repo.run("gc", "--quiet", "--prune=now", ok=None)
    assert (gc.returncode, gc.stderr) == (0, b"")
