"""What could not be captured, or converted: kept as it is where it can be, told where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.errors import TimewarpError
from git_timewarp.util import faults
from tests.support.recorder import opened, recorded, typed, whole
from tests.support.repo_builder import RepoBuilder

NO_BOM = "three days of work\n".encode("utf-16-le")


def test_a_file_that_git_cannot_convert_is_kept_as_it_is(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.write(".gitattributes", "*.u16 text working-tree-encoding=UTF-16\n")
    repo.commit("first", {"old.u16": "one\n".encode("utf-16")})
    recorded(repo)
    repo.write("old.u16", NO_BOM)
    repo.write("new.u16", NO_BOM)
    result = opened(repo).snapshot()
    assert result.skipped == ()
    assert not opened(repo).snapshot().created
    repo.git("reset", "-q", "--hard")
    repo.remove("new.u16")
    opened(repo).jump(str(result.snapshot))
    assert (repo.read("old.u16"), repo.read("new.u16")) == (NO_BOM, NO_BOM)
    repo.write("old.u16", "right again\n".encode("utf-16"))
    opened(repo).jump(str(opened(repo).snapshot().snapshot))
    assert repo.read("old.u16") == "right again\n".encode("utf-16")
    whole(repo)


@pytest.fixture
def locked(tmp_path: Path) -> RepoBuilder:
    """A file that an encrypting filter looks after, and one that none does."""
    repo = RepoBuilder(tmp_path / "repo")
    for kind in ("clean", "smudge"):
        repo.git("config", f"filter.git-crypt.{kind}", "cat")
    repo.write(".gitattributes", "secret filter=git-crypt\n")
    repo.commit("first", {"secret": "one\n", "a": "a\n"})
    return recorded(repo)


def test_a_stash_that_does_not_hold_it_leaves_it_alone(locked: RepoBuilder) -> None:
    locked.write("a", "work\n")
    opened(locked).jump("HEAD")
    locked.write("secret", "my new secret\n")
    result = opened(locked).stash_apply("stash@{0}")
    assert (result.restored, result.refused) == (("a",), ())
    assert (locked.read("a"), locked.read("secret")) == (b"work\n", b"my new secret\n")


def test_a_jump_to_where_it_was_not_captured_says_so(locked: RepoBuilder) -> None:
    locked.write("secret", "my new secret\n")
    locked.write("a", "b\n")
    there = str(opened(locked).snapshot().snapshot)
    locked.git("reset", "-q", "--hard")
    result = opened(locked).jump(there)
    assert result.restored == ("a",)
    assert [(item.path, item.reason) for item in result.refused] == [("secret", "encrypted")]
    assert locked.read("secret") == b"one\n"
    answer = typed(locked, "cat", there, "secret")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith(f"error: 'secret' was not captured in '{there}': encrypted\n")


def test_a_repository_in_an_ignored_folder_in_the_way(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"build": "a file\n"})
    repo.remove("build")
    repo.commit("second", {".gitignore": "build/\n"})
    repo.write("build/out/o", "o\n")
    RepoBuilder(repo.path / "build/dep").commit("inside", {"d": "d\n"})
    recorded(repo)
    before = repo.state()
    result = opened(repo).jump("HEAD~1")
    assert [(item.path, item.reason) for item in result.refused] == [("build", "nested-repository")]
    assert result.removed == (".gitignore",)
    after = repo.state()
    assert {path for path in before if path.startswith("build/")} <= set(after)
    opened(repo).undo()
    assert repo.state() == before


def test_what_changed_meanwhile_is_named_with_its_place(tmp_path: Path) -> None:
    """An editor that writes while a jump does: its bytes are kept, and the error says where."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    recorded(repo)
    repo.write("a", "two\n")
    writes = {"lock index": "before it was written\n", "unlock index": "and after\n"}

    def editor(point: str) -> None:
        if point in writes:
            repo.write("a", writes[point])

    faults.install(editor)
    try:
        with pytest.raises(TimewarpError, match="they changed meanwhile") as caught:
            opened(repo).jump("E1")
    finally:
        faults.install(None)
    _, _, place = caught.value.message.partition("1 file(s) are kept below ")
    kept = [path for path in Path(place.strip("'")).rglob("*") if path.is_file()]
    assert [path.read_text() for path in kept] == ["before it was written\n"]
    assert repo.read("a") == b"and after\n"
