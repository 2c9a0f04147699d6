"""Our reading of index files agrees with git's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git import index
from git_timewarp.util.text import to_bytes
from tests.support.repo_builder import RepoBuilder


@pytest.fixture(params=["sha1", "sha256"])
def builder(request: pytest.FixtureRequest, tmp_path: Path) -> RepoBuilder:
    made = RepoBuilder(tmp_path / "r", object_format=request.param)
    files: dict[str, str | bytes] = {f"{'d' * n}/{'n' * n}": f"{n}" for n in range(1, 30)}
    made.commit("start", files | {"run": "r"})
    made.link("link", "run")
    made.write("run", "r", mode=0o755)
    made.write("new\nline", "n")
    made.git("add", "-A")
    return made


def read(builder: RepoBuilder) -> tuple[bytes, int]:
    data = builder.index_bytes()
    assert data is not None
    return data, len(builder.git("rev-parse", "HEAD"))


def test_entries_are_those_of_ls_files(builder: RepoBuilder) -> None:
    oid = builder.git("rev-parse", "HEAD:run")
    line = f"100644 {oid} 0\tlong" + f"/{'y' * 200}" * 25
    builder.git("update-index", "--index-info", stdin=line.encode())
    data, hex_length = read(builder)
    found = [
        to_bytes(f"{entry.mode:06o} {entry.oid} {entry.stage}\t{entry.path}")
        for entry in index.entries(data, hex_length=hex_length)
    ]
    assert found == builder.run("ls-files", "-s", "-z").stdout.split(b"\0")[:-1]


def test_stamps_are_those_of_the_files(builder: RepoBuilder) -> None:
    data, hex_length = read(builder)
    for entry in index.entries(data, hex_length=hex_length):
        assert entry.stamp == index.Stamp.of(os.lstat(builder.location(entry.path)))


def test_a_survey_names_bits_stages_gitlinks_and_the_young(builder: RepoBuilder) -> None:
    builder.git("update-index", "--assume-unchanged", "d/n")
    builder.git("update-index", "--skip-worktree", "run")
    builder.write("later", "l")
    builder.git("add", "-N", "later")
    oid = builder.git("rev-parse", "HEAD")
    builder.git("update-index", "--add", "--cacheinfo", f"160000,{oid},sub")
    data, hex_length = read(builder)
    survey = index.survey(data, hex_length=hex_length, since=2**32 - 1)
    flags = {e.path: (e.assume_unchanged, e.skip_worktree, e.intent_to_add) for e in survey.marked}
    assert flags == {
        "d/n": (True, False, False),
        "later": (False, False, True),
        "run": (False, True, False),
        "sub": (False, False, False),
    }
    assert survey.plain
    assert survey.recent == ()
    everything = index.survey(data, hex_length=hex_length, since=0).recent
    assert len(everything) == len(list(index.files(data, hex_length=hex_length))) == 29


def test_forms_that_git_has_to_rewrite_first(builder: RepoBuilder) -> None:
    builder.git("update-index", "--index-version", "4")
    data, hex_length = read(builder)
    assert not index.survey(data, hex_length=hex_length, since=0).plain
    builder.git("update-index", "--index-version", "2")
    builder.git("update-index", "--split-index")
    builder.git("rm", "-q", "--cached", "run")
    data, hex_length = read(builder)
    assert not index.survey(data, hex_length=hex_length, since=0).plain


def test_a_torn_file_is_told(builder: RepoBuilder) -> None:
    data, hex_length = read(builder)
    for damaged in (b"", data[:8], data[:200], b"XXXX" + data[4:]):
        with pytest.raises(index.IndexFormatError):
            index.survey(damaged, hex_length=hex_length, since=0)


def test_the_identity_changes_with_the_file(builder: RepoBuilder) -> None:
    path = str(builder.git_dir() / "index")
    _, hex_length = read(builder)
    first = index.identity(path, hex_length=hex_length)
    assert index.identity(path, hex_length=hex_length) == first
    builder.git("update-index", "--force-write-index")
    assert index.identity(path, hex_length=hex_length) != first
    assert index.identity(path + "x", hex_length=hex_length) is None


def test_selecting_naming_and_folders(builder: RepoBuilder) -> None:
    builder.write("a/.gitattributes", "* text\n")
    builder.write("a/x.gitattributes", "no\n")
    builder.git("add", "-A")
    data, hex_length = read(builder)
    picked = index.select(data, [b"run", b"dd/nn", b"absent"], hex_length=hex_length)
    assert [entry.path for entry in picked] == ["dd/nn", "run"]
    named = index.named(data, b".gitattributes", hex_length=hex_length)
    assert [entry.path for entry in named] == ["a/.gitattributes"]
    folders = set(index.folders(data, hex_length=hex_length))
    assert {b"a", b"d", b"dd"} < folders
    contents = index.contents(data, hex_length=hex_length)
    assert contents[b"run"] == contents[b"run"]
    assert contents[b"run"] != contents[b"dd/nn"]
