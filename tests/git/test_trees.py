"""What differs between trees is what git says differs, and nothing shared is read twice."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from git_timewarp.git import trees
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.git.repo import discover
from tests.support.repo_builder import RepoBuilder


def reader_of(repo: RepoBuilder) -> Reader:
    return Reader(discover(str(repo.path), os.environ).git)


def tree_of(repo: RepoBuilder) -> Oid:
    repo.git("add", "-A")
    return Oid(repo.git("write-tree"))


def names_of(repo: RepoBuilder, before: Oid, after: Oid) -> list[tuple[str, str, str]]:
    """Return (path, blob before, blob after) as git has them, zeros for none."""
    out = repo.git("diff-tree", "-r", "--raw", "--no-abbrev", "--no-renames", before, after)
    found = []
    for line in out.splitlines():
        header, path = line.split("\t")
        _, _, old, new, _ = header.split(" ")
        found.append((path, old, new))
    return sorted(found)


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("seed", range(6))
def test_the_same_as_git_diff_tree(tmp_path: Path, object_format: str, seed: int) -> None:
    chance = random.Random(seed)
    repo = RepoBuilder(tmp_path / "r", object_format=object_format)
    names = [f"{a}/{b}/{c}" for a in "xyz" for b in "pq" for c in ("one", "two", "three")]
    for name in chance.sample(names, 12):
        repo.write(name, f"{chance.random()}\n")
    repo.write("x/exec", "#!/bin/sh\n")
    before = tree_of(repo)
    for name in chance.sample(names, 6):
        repo.write(name, f"{chance.random()}\n")
    repo.remove("x/p")
    repo.write("x/p", "a folder before\n")
    repo.write("x/exec", "#!/bin/sh\n", mode=0o755)
    repo.link("z/link", "nowhere")
    after = tree_of(repo)
    zero = "0" * len(before)
    with reader_of(repo) as reader:
        found = sorted(
            (path, one.oid if one else zero, two.oid if two else zero)
            for path, one, two in trees.differences(reader, before, after)
        )
        added = {item[0] for item in trees.differences(reader, None, after)}
        assert list(trees.differences(reader, after, after)) == []
    assert found == names_of(repo, before, after)
    assert added == set(repo.git("ls-files").splitlines())


def test_more_folders_than_are_read_in_one_go(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "r")
    count = 2 * trees._AT_ONCE + 7
    for number in range(count):
        repo.write(f"d{number}/file", f"{number}\n")
    before = tree_of(repo)
    for number in range(count):
        repo.write(f"d{number}/file", f"{number} changed\n")
    after = tree_of(repo)
    with reader_of(repo) as reader:
        found = {item.path for item in trees.differences(reader, before, after)}
        new = [oid for oid, _, _ in trees.new_objects(reader, after, [before])]
    assert found == {f"d{number}/file" for number in range(count)}
    assert len(new) == len(set(new)) == 2 * count + 1


def test_new_objects_are_those_no_base_has_in_that_place(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "r")
    repo.write("kept/a", "a\n")
    repo.write("both/one", "1\n")
    repo.write("both/two", "2\n")
    first = tree_of(repo)
    repo.write("both/one", "1 in second\n")
    second = tree_of(repo)
    repo.write("both/two", "2 in third\n")
    repo.write("elsewhere", "a\n")
    repo.write("kept/a", "a\n", mode=0o755)
    third = tree_of(repo)
    with reader_of(repo) as reader:
        found = {"/".join(path) for _, _, path in trees.new_objects(reader, third, [first, second])}
        alone = {oid for oid, _, _ in trees.new_objects(reader, third, [])}
    # `kept` is new, as its file has another mode; the file's blob is not.
    assert found == {"", "both", "both/two", "elsewhere", "kept"}
    assert alone == {
        line.split()[0] for line in repo.git("rev-list", "--objects", third).split("\n")
    }


def test_a_tree_that_is_missing_is_said(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "r")
    repo.write("d/file", "1\n")
    tree = tree_of(repo)
    below = repo.git("rev-parse", f"{tree}:d")
    with reader_of(repo) as reader:
        (repo.git_dir() / "objects" / below[:2] / below[2:]).unlink()
        with pytest.raises(MissingObjectError, match=below):
            list(trees.differences(reader, None, tree))
        with pytest.raises(MissingObjectError, match=below):
            list(trees.new_objects(reader, tree, []))
