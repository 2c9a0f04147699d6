"""Objects are read many at a time, and nothing read for one question answers the next."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import (
    MODE_FILE,
    MODE_TREE,
    MissingObjectError,
    Reader,
    TreeEntry,
    format_tree,
    parse_tree,
    raw_of,
    split_tree,
)
from git_timewarp.git.repo import discover
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit of two hundred files."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {f"dir/{number:03d}": f"{number}\n" for number in range(200)})
    return built


def blobs(repo: RepoBuilder) -> list[str]:
    """Return the ids of the files, in the order of their names."""
    return repo.git("ls-tree", "--format=%(objectname)", "HEAD:dir").split()


def test_many_are_read_in_order_and_a_missing_one_is_none(repo: RepoBuilder) -> None:
    names = blobs(repo)
    asked = [*names[:100], "1" * 40, *names[100:]]
    with closing(Reader(discover(str(repo.path), repo.env()).git)) as reader:
        found = list(reader.read_all(asked))
        assert list(reader.read_all([])) == []
    expected = [b"%d\n" % number for number in range(200)]
    assert [item.data if item else None for item in found] == [
        *expected[:100],
        None,
        *expected[100:],
    ]


def test_whoever_stops_half_way_is_not_answered_with_what_was_left(repo: RepoBuilder) -> None:
    names = blobs(repo)
    with closing(Reader(discover(str(repo.path), repo.env()).git)) as reader:
        for taken, _ in enumerate(reader.read_all(names)):
            if taken == 3:
                break
        assert reader.read(names[150]) == b"150\n"


def test_a_damaged_object_is_named_however_many_are_asked_for(repo: RepoBuilder) -> None:
    """Git dies over it, maybe while it is asked for more: that is no broken pipe to anybody."""
    names = blobs(repo)
    repo.git("repack", "-adq", "--window=0")
    (pack,) = (repo.git_dir() / "objects/pack").glob("*.pack")
    listed = repo.git("verify-pack", "-v", str(pack.with_suffix(".idx"))).splitlines()
    offset = next(int(line.split()[4]) for line in listed if line.startswith(names[70]))
    data = bytearray(pack.read_bytes())
    data[offset + 3] ^= 0xFF
    pack.chmod(0o644)
    pack.write_bytes(data)
    for _ in range(20):
        with closing(Reader(discover(str(repo.path), repo.env()).git)) as reader:
            with pytest.raises(MissingObjectError, match=names[70]):
                list(reader.read_all(names))
            assert reader.read(names[150]) == b"150\n"


def test_a_tree_says_its_modes_names_and_ids(repo: RepoBuilder) -> None:
    repo.write("a b\n\xff", "x")
    repo.commit("more")
    with closing(Reader(discover(str(repo.path), repo.env()).git)) as reader:
        data = reader.read("HEAD^{tree}")
    entries = parse_tree(data, hex_length=40)
    assert [(entry.mode, entry.name) for entry in entries] == [
        (MODE_FILE, "a b\n\xff"),
        (MODE_TREE, "dir"),
    ]
    assert [entry.oid for entry in entries] == [
        repo.git("rev-parse", f"HEAD:{entry.name}") for entry in entries
    ]
    assert parse_tree(b"", hex_length=40) == ()
    assert parse_tree(b"40000 \xff\0" + b"\n\0" * 16, hex_length=64)[0].oid == "0a00" * 16


@pytest.mark.parametrize(
    "data",
    [b"x", b"100644 a\0short", b"100644 a" + b"x" * 30, b"9 a\0" + b"x" * 20, b" a\0" + b"x" * 20],
)
def test_what_is_no_tree_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="tree"):
        parse_tree(data, hex_length=40)


def test_a_tree_that_was_just_written_need_not_be_read(repo: RepoBuilder) -> None:
    """It is in no store here, so the answer can come from memory only."""
    blob = Oid(blobs(repo)[0])
    data = format_tree([TreeEntry(MODE_FILE, "new", blob)])
    name = Oid(hashlib.sha1(b"tree %d\0" % len(data) + data, usedforsecurity=False).hexdigest())
    with closing(Reader(discover(str(repo.path), repo.env()).git)) as reader:
        reader.know(name, split_tree(data, hex_length=40))
        assert reader.tree(name) == (TreeEntry(MODE_FILE, "new", blob),)


def test_the_latest_trees_stay_known_and_the_older_ones_are_let_go(repo: RepoBuilder) -> None:
    """Both are in no store; a tree of one entry takes the room of two."""
    blob = Oid(blobs(repo)[0])
    older, latest = Oid("a" * 40), Oid("b" * 40)
    with closing(Reader(discover(str(repo.path), repo.env()).git)) as reader:
        for name in (older, latest):
            reader.know(name, [raw_of(TreeEntry(MODE_FILE, "new", blob))])
        reader.forget(but=3)
        assert reader.tree(latest) == (TreeEntry(MODE_FILE, "new", blob),)
        with pytest.raises(MissingObjectError):
            reader.tree(older)
        reader.forget(but=0)
        with pytest.raises(MissingObjectError):
            reader.tree(latest)
