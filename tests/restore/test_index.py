"""The user's index after a restore, in every form git gives it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git import index_mark, user_index
from git_timewarp.git.names import Oid
from git_timewarp.git.repo import discover
from tests.support.repo_builder import RepoBuilder
from tests.support.travel import State, Traveller


def base(path: Path, *, object_format: str = "sha1") -> RepoBuilder:
    repo = RepoBuilder(path, object_format=object_format)
    files: dict[str, str | bytes] = {f"d{n % 7}/f{n}.txt": f"{n}\n" for n in range(30)}
    repo.commit("first", files | {"a.txt": "one\n", ".gitignore": "*.ign\n"})
    return repo


def stage(repo: RepoBuilder) -> None:
    repo.write("a.txt", "staged\n")
    repo.write("staged.txt", "new\n")
    repo.git("add", "a.txt", "staged.txt")
    repo.write("a.txt", "unstaged\n")
    repo.remove("d1/f1.txt")


@pytest.mark.parametrize("form", ["plain", "v4", "split", "untracked-cache", "sha256"])
def test_there_and_back_in_every_form(tmp_path: Path, form: str) -> None:
    repo = base(tmp_path / "r", object_format="sha256" if form == "sha256" else "sha1")
    if form == "v4":
        repo.git("update-index", "--index-version", "4")
    elif form == "split":
        repo.git("config", "core.splitIndex", "true")
        repo.git("update-index", "--split-index")
    elif form == "untracked-cache":
        repo.git("config", "core.untrackedCache", "true")
        repo.git("update-index", "--untracked-cache")
        repo.git("status")
    travel = Traveller(repo)
    clean, clean_view = State.of(repo), travel.take()
    stage(repo)
    staged, staged_view = State.of(repo), travel.take()
    travel.jump(clean_view)
    assert State.of(repo) == clean
    travel.jump(staged_view)
    assert State.of(repo) == staged
    data = repo.index_bytes() or b""
    if form == "v4":
        assert data[4:8] == b"\0\0\0\4"
    elif form == "split":
        assert b"link" in data
    elif form == "untracked-cache":
        assert b"UNTR" in data
    assert "missing" not in repo.git("fsck", "--no-dangling")


def test_staged_content_survives_the_loss_of_gits_own_blob(tmp_path: Path) -> None:
    """What was staged lives in the quarantine only; the index must not name a hole."""
    repo = base(tmp_path / "r")
    travel = Traveller(repo)
    repo.write("a.txt", "staged, then unstaged\n")
    repo.git("add", "a.txt")
    blob = Oid(repo.git("ls-files", "-s", "a.txt").split()[1])
    repo.write("a.txt", "something else\n")
    target = travel.take()
    travel.quarantine.copy_in(blob)
    travel.quarantine.close()
    repo.git("reset", "-q", "--hard")
    repo.git("prune", "--expire=now")
    assert repo.run("cat-file", "-e", blob, ok=None).returncode != 0
    travel.jump(target)
    assert repo.git("show", ":a.txt") == "staged, then unstaged"
    assert repo.git("fsck", "--no-dangling") == ""


def test_head_moved_on_and_nothing_was_staged(tmp_path: Path) -> None:
    repo = base(tmp_path / "r")
    travel = Traveller(repo)
    repo.write("a.txt", "edited then\n")
    target = travel.take()
    repo.git("checkout", "-q", "a.txt")
    repo.commit("second", {"second.txt": "2\n", "a.txt": "two\n"})
    travel.jump(target)
    assert repo.git("diff", "--cached", "--name-only") == ""
    assert repo.git("status", "--porcelain") == " M a.txt\n D second.txt"
    assert repo.read("a.txt") == b"edited then\n"


def test_head_moved_on_and_something_was_staged(tmp_path: Path) -> None:
    repo = base(tmp_path / "r")
    travel = Traveller(repo)
    repo.write("a.txt", "staged then\n")
    repo.git("add", "a.txt")
    target, index = travel.take(), repo.index_state()
    repo.commit("second", {"second.txt": "2\n"})
    travel.jump(target)
    assert repo.index_state() == index


def test_a_restore_of_some_paths_leaves_the_index_alone(tmp_path: Path) -> None:
    repo = base(tmp_path / "r")
    travel = Traveller(repo)
    target = travel.take()
    repo.write("a.txt", "edited\n")
    repo.git("add", "a.txt")
    before = repo.index_bytes()
    outcome = travel.jump(target, paths=("a.txt",))
    assert outcome.restored == ("a.txt",)
    assert repo.read("a.txt") == b"one\n"
    assert repo.index_bytes() == before


def test_a_same_size_edit_after_the_restore_is_seen(tmp_path: Path) -> None:
    """Git must not take what was edited right after for clean (pitfalls 1.2)."""
    repo = base(tmp_path / "r")
    travel = Traveller(repo)
    target = travel.take()
    repo.write("a.txt", "changed\n")
    travel.jump(target)
    found = os.lstat(repo.location("a.txt"))
    repo.write("a.txt", "eno\n")
    os.utime(repo.location("a.txt"), ns=(found.st_atime_ns, found.st_mtime_ns))
    assert repo.git("status", "--porcelain") == " M a.txt"


def test_no_index_at_all(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "r")
    travel = Traveller(repo)
    empty, empty_view = State.of(repo), travel.take()
    repo.write("a.txt", "one\n")
    repo.git("add", "a.txt")
    full, full_view = State.of(repo), travel.take()
    travel.jump(empty_view)
    assert State.of(repo) == empty
    (repo.git_dir() / "index").unlink()
    travel.jump(full_view)
    assert State.of(repo) == full


def test_sparse_checkout_stays_sparse(tmp_path: Path) -> None:
    repo = base(tmp_path / "r")
    repo.git("sparse-checkout", "set", "d1", "d2")
    travel = Traveller(repo)
    sparse, sparse_view = State.of(repo), travel.take()
    repo.write("d1/f1.txt", "edited\n")
    repo.write("d1/new.txt", "new\n")
    travel.jump(sparse_view)
    assert State.of(repo) == sparse
    assert not os.path.lexists(repo.location("d3"))


def test_from_sparse_to_full_and_back(tmp_path: Path) -> None:
    repo = base(tmp_path / "r")
    travel = Traveller(repo)
    full, full_view = State.of(repo), travel.take()
    repo.git("sparse-checkout", "set", "d1")
    assert not os.path.lexists(repo.location("d3"))
    travel.jump(full_view)
    assert State.of(repo).files == full.files
    assert repo.index_state() == full.index


def test_a_sparse_index(tmp_path: Path) -> None:
    repo = base(tmp_path / "r")
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "d1")
    travel = Traveller(repo)
    clean, clean_view = State.of(repo), travel.take()
    repo.write("d1/f1.txt", "staged\n")
    repo.git("add", "d1/f1.txt")
    staged, staged_view = State.of(repo), travel.take()
    travel.jump(clean_view)
    assert State.of(repo) == clean
    travel.jump(staged_view)
    assert State.of(repo) == staged


def test_a_lock_of_ours_is_told_from_gits(tmp_path: Path) -> None:
    repo = base(tmp_path / "r")
    found = discover(str(repo.path), repo.env())
    lock = repo.git_dir() / "index.lock"
    assert not user_index.remove_stale_lock(found)
    lock.write_bytes(b"DIRC\0\0\0\2")
    assert not user_index.remove_stale_lock(found)
    assert lock.exists()
    lock.write_bytes(index_mark.MARK)
    assert user_index.remove_stale_lock(found)
    assert not lock.exists()
    with user_index.IndexLock(found):
        assert lock.read_bytes() == index_mark.MARK
        repo.write("a.txt", "x")
        assert b"index.lock" in repo.run("add", "a.txt", ok=(128,)).stderr
    assert not lock.exists()


def test_a_linked_work_tree_has_its_own_index(tmp_path: Path) -> None:
    main = base(tmp_path / "r")
    main.git("worktree", "add", "-q", str(tmp_path / "w"), "-b", "other")
    repo = RepoBuilder(tmp_path / "w", init=False)
    travel = Traveller(repo)
    clean, clean_view = State.of(repo), travel.take()
    untouched = State.of(main), main.index_bytes()
    stage(repo)
    staged, staged_view = State.of(repo), travel.take()
    travel.jump(clean_view)
    assert State.of(repo) == clean
    travel.jump(staged_view)
    assert State.of(repo) == staged
    assert (State.of(main), main.index_bytes()) == untouched
