"""The name of a linked work tree is its own, also when another one had it before."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.errors import TimewarpError
from git_timewarp.git import generation


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "worktrees/w").mkdir(parents=True)
    return tmp_path


def name(clone: Path) -> str:
    return generation.name(str(clone / "worktrees/w"), str(clone))


def claim(clone: Path, worktree: str) -> str | None:
    return generation.claim(str(clone / "worktrees/w"), str(clone), worktree)


def again(clone: Path) -> None:
    """Do what `git worktree remove` and `add` do."""
    mark = clone / "worktrees/w" / generation.MARK
    mark.unlink(missing_ok=True)


def test_the_main_work_tree_has_one_name(clone: Path) -> None:
    assert generation.name(str(clone), str(clone)) == "main-worktree"
    assert generation.claim(str(clone), str(clone), "main-worktree") is None
    assert sorted(path.name for path in clone.iterdir()) == ["worktrees"]


def test_a_name_is_the_same_before_and_after_it_is_claimed(clone: Path) -> None:
    for expected, former in (
        ("worktrees/w", None),
        ("worktrees/w~2", "worktrees/w"),
        ("worktrees/w~3", "worktrees/w~2"),
    ):
        assert name(clone) == expected
        assert claim(clone, expected) == former
        assert name(clone) == expected
        assert claim(clone, expected) is None
        again(clone)


def test_one_that_was_never_claimed_leaves_no_hole(clone: Path) -> None:
    again(clone)
    assert name(clone) == "worktrees/w"


def test_a_work_tree_that_is_gone_was_the_latest(clone: Path) -> None:
    claim(clone, "worktrees/w")
    again(clone)
    claim(clone, "worktrees/w~2")
    again(clone)
    (clone / "worktrees/w").rmdir()
    assert name(clone) == "worktrees/w~2"


def test_a_claim_for_a_replaced_work_tree_is_refused(clone: Path) -> None:
    claim(clone, "worktrees/w")
    again(clone)
    for _ in range(2):
        with pytest.raises(TimewarpError) as caught:
            claim(clone, "worktrees/w")
        assert caught.value.reference == "worktree-replaced"
        if name(clone) == "worktrees/w~2":
            claim(clone, "worktrees/w~2")


def test_a_claim_cut_off_between_its_files_goes_on(clone: Path) -> None:
    claim(clone, "worktrees/w")
    (clone / "timewarp/worktrees/w").unlink()
    assert name(clone) == "worktrees/w"
    assert claim(clone, "worktrees/w") is None
    assert (clone / "timewarp/worktrees/w").read_text() == "1 1\n"


def test_nothing_stays_when_all_is_forgotten(clone: Path) -> None:
    claim(clone, "worktrees/w")
    for _ in range(2):
        generation.forget(str(clone))
        assert [path for path in clone.rglob("*") if path.is_file()] == []
    assert name(clone) == "worktrees/w"


@pytest.mark.parametrize("name", ["worktrees/w", "worktrees/w~2", "worktrees/w~17"])
def test_the_folder_of_a_name(name: str) -> None:
    assert generation.folder(name) == "worktrees/w"
