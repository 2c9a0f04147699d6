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
