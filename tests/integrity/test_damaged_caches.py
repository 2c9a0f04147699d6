"""What is only remembered may be damaged in any way: the next snapshot is right all the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder


def emptied(data: bytes) -> bytes:
    """Return nothing."""
    return data[:0]


def halved(data: bytes) -> bytes:
    """Return the first half."""
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    """Return the bytes with every tenth changed."""
    return bytes(byte ^ 0x11 if at % 10 == 3 else byte for at, byte in enumerate(data))


@pytest.mark.parametrize("harm", [emptied, halved, flipped])
@pytest.mark.parametrize(
    "name",
    [
        *("folders", "index", "memory.json", "modes"),
        *("../../packs.json", "../../refs.json", "../../last"),
    ],
)
def test_a_damaged_memory_costs_time_and_nothing_else(
    tmp_path: Path, name: str, harm: Callable[[bytes], bytes]
) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n", "dir/b": "two\n"})
    recorded(repo)
    os.mkfifo(repo.path / "dir/pipe")
    repo.write("a", "changed\n")
    repo.write("secret", "mine\n", mode=0o600)
    opened(repo).snapshot()
    (folder,) = (repo.git_dir() / "timewarp/index").iterdir()
    path = folder / name
    if path.exists():
        path.write_bytes(harm(path.read_bytes()))
    repo.write("dir/b", "changed too\n")
    taken = opened(repo).snapshot()
    assert [(item.path, item.reason) for item in taken.skipped] == [("dir/pipe", "special")]
    repo.git("add", "-A")
    assert taken.tree == repo.git("write-tree")
    assert opened(repo).cat("@", "dir/b") == b"changed too\n"
    whole(repo)


def loosen(repo: RepoBuilder) -> None:
    """Unpack every pack, so that one object can be lost."""
    packs = repo.git_dir() / "objects/pack"
    away = repo.path.parent / "away"
    packs.rename(away)
    packs.mkdir()
    for pack in away.glob("*.pack"):
        repo.git("unpack-objects", "-q", stdin=pack.read_bytes())


@pytest.mark.parametrize("then", ["nothing", "edit", "branch"])
def test_a_snapshot_beside_one_that_lost_its_refs_is_whole(tmp_path: Path, then: str) -> None:
    """What is only remembered to be stored is stored again, and nothing stops recording."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n", "dir/b": "two\n"})
    recorded(repo)
    repo.write("a", "changed\n")
    first = opened(repo).snapshot()
    loosen(repo)
    ref = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*")
    lost = repo.git("rev-parse", f"{ref}^{{tree}}:{first.snapshot}/refs")
    (repo.git_dir() / f"objects/{lost[:2]}/{lost[2:]}").unlink()
    if then == "edit":
        repo.write("a", "changed again\n")
    elif then == "branch":
        repo.git("branch", "other")
    second = opened(repo).snapshot()
    assert second.created
    tag = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*")
    parts = repo.git("ls-tree", f"{tag}^{{tree}}:{second.snapshot}").splitlines()
    assert all(repo.git("cat-file", "-t", part.split()[2]) for part in parts)
    assert not opened(repo).snapshot().created
    repo.write("a", "and again\n")
    opened(repo).jump(str(first.snapshot))
    assert repo.read("a") == b"changed\n"
