"""`emergency-restore` on real damage: what is left comes out, what is not is listed."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import disasters
from tests.support.recorder import Answer, opened, typed
from tests.support.repo_builder import RepoBuilder

LATEST = ("emergency-restore", "--latest", "--to", "../out")


def repository(tmp_path: Path, form: str = "sha1") -> RepoBuilder:
    """Return a repository with a life behind it."""
    return disasters.lived_in(tmp_path / "repo", object_format=form)


def rescued(repo: RepoBuilder, *words: str, path: str | None = None) -> tuple[Answer, Path]:
    """Run `emergency-restore --latest` into a new folder, with another PATH if need be."""
    found = os.environ["PATH"] if path is None else path
    return typed(repo, *LATEST, *words, PATH=found), repo.path.parent / "out"


@pytest.mark.parametrize("form", ["sha1", "sha256"])
@pytest.mark.parametrize("name", sorted(disasters.WHOLE))
def test_the_last_draft_comes_back_whole(tmp_path: Path, name: str, form: str) -> None:
    repo = repository(tmp_path, form)
    before = disasters.state(repo.path)
    disasters.WHOLE[name](repo)
    answer, out = rescued(repo)
    assert disasters.state(out) == before
    assert (answer.code, answer.out) == (0, ""), answer.err
    assert answer.err.endswith("it is whole\n"), answer.err


def test_disasters_together_and_without_git(tmp_path: Path) -> None:
    """Everything of `WHOLE` at once, and no git on the PATH."""
    repo = repository(tmp_path)
    before = disasters.state(repo.path)
    for name in sorted(disasters.WHOLE.keys() - {"no config", "no refs of ours"}):
        disasters.WHOLE[name](repo)
    untouched = disasters.names_in(repo.path)
    answer, out = rescued(repo, path=str(tmp_path / "nothing"))
    assert answer.code == 0, answer.err
    assert disasters.state(out) == before
    assert disasters.names_in(repo.path) == untouched


def test_without_our_files_the_last_folded_draft_comes_back(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    shutil.rmtree(repo.path / ".git/timewarp")
    shutil.rmtree(repo.path / ".git/refs")
    answer, out = rescued(repo)
    assert answer.code == 0, answer.err
    assert (out / "a").read_text() == "draft\n"
    assert sorted(path.name for path in out.iterdir()) == [".gitattributes", "a", "dir"]


def test_objects_elsewhere_are_read(tmp_path: Path) -> None:
    """A clone that borrows its objects from another one."""
    base = RepoBuilder(tmp_path / "base")
    base.commit("first", {"big": "from the other one\n" * 100})
    base.git("clone", "-q", "--shared", str(base.path), str(tmp_path / "repo"))
    repo = RepoBuilder(tmp_path / "repo", init=False)
    assert typed(repo, "init", "--no-hooks").code == 0
    before = disasters.state(repo.path)
    disasters.WHOLE["no HEAD"](repo)
    answer, out = rescued(repo)
    assert (answer.code, disasters.state(out)) == (0, before), answer.err


def test_a_lost_blob_is_listed_and_the_rest_comes_back(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    before = disasters.state(repo.path)
    oid = repo.git("hash-object", "--no-filters", "dir/deep/er/new")
    disasters.damaged_loose(repo.path / f".git/timewarp/quarantine/{oid[:2]}/{oid[2:]}")
    disasters.WHOLE["no refs"](repo)
    answer, out = rescued(repo)
    assert answer.code == 5
    assert "missing: dir/deep/er/new: its contents cannot be read\n" in answer.err
    assert "partial: 1 path(s) did not come back\n" in answer.err
    assert "\nthe newest whole one before it is of 2" in answer.err
    assert "\nhint: git timewarp emergency-restore --at 2" in answer.err
    del before["dir/deep/er/new"]
    came = disasters.state(out)
    assert {name: came[name] for name in before} == before
    listed = json.loads(typed(repo, "emergency-restore", "--list", "--json").out)
    assert [(m["whole"], m["missing"]) for m in listed["moments"]] == [
        (True, 0),
        (True, 0),
        (True, 0),
        (False, 1),
    ]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("index", [True, False])
def test_packs_cut_short_give_what_they_have(tmp_path: Path, share: float, *, index: bool) -> None:
    """Every file that comes back is as it was at that moment; the others are all listed."""
    repo = repository(tmp_path)
    before = disasters.state(repo.path)
    for pack in disasters.packs(repo):
        disasters.cut_short(pack, share)
    if not index:
        disasters.WHOLE["packs without index"](repo)
    answer, out = rescued(repo, "--json")
    done = json.loads(answer.out)
    came = disasters.state(out)
    lost = {item["path"] for item in done["missing"] if isinstance(item["path"], str)}
    assert answer.code == (5 if lost else 0)
    unlisted = {name for name in before if not any(f"{name}/".startswith(f"{n}/") for n in lost)}
    assert {n: before[n] for n in unlisted if before[n][1] or n in came} == {
        n: came[n] for n in unlisted if before[n][1] or n in came
    }


@pytest.mark.parametrize("what", ["file", "folder", "link"])
def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path, what: str) -> None:
    repo = repository(tmp_path)
    out = tmp_path / "out"
    if what == "file":
        out.write_text("mine\n")
    elif what == "folder":
        out.mkdir()
        (out / "mine").write_text("mine\n")
    else:
        (tmp_path / "full").mkdir()
        (tmp_path / "full/mine").write_text("mine\n")
        out.symlink_to("full")
    before = disasters.names_in(tmp_path)
    answer, _ = rescued(repo)
    assert answer.code == 1
    assert answer.err.startswith("error: '"), answer.err
    assert "hint: git timewarp emergency-restore --latest --to " in answer.err
    assert disasters.names_in(tmp_path) == before


def test_an_empty_folder_is_taken_and_the_git_directory_is_not(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    (tmp_path / "out").mkdir()
    assert rescued(repo)[0].code == 0
    before = disasters.names_in(repo.path)
    answer = typed(repo, "emergency-restore", "--latest", "--to", ".git/out")
    assert answer.code == 1
    assert "lies in the git directory" in answer.err
    assert disasters.names_in(repo.path) == before


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--latest",),
        ("--to", "x"),
        ("--latest", "--at", "now", "--to", "x"),
        ("--list", "--to", "x"),
    ],
)
def test_a_line_that_does_not_say_what_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    answer = typed(repo, "emergency-restore", *words)
    assert answer.code == 2
    assert answer.err == (
        "error: one of '--latest' and '--at' is needed, and '--to'; or '--list' alone\n"
        "hint: git timewarp emergency-restore --latest --to ../rescued\n"
    )


def test_times(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    moments = json.loads(typed(repo, "emergency-restore", "--list", "--json").out)["moments"]
    shutil.rmtree(repo.path / ".git/refs")
    at = moments[1]["ts"]
    assert typed(repo, "emergency-restore", "--at", at, "--to", "../then").code == 0
    assert (tmp_path / "then/a").read_text() == "snapshot\n"
    assert typed(repo, "emergency-restore", "--at", "0 seconds ago", "--to", "../now").code == 0
    assert (tmp_path / "now/a").read_text() == "the last draft\n"
    old = typed(repo, "emergency-restore", "--at", "3 weeks ago", "--to", "../old")
    assert old.code == 3
    assert "is that old, the oldest left is of " in old.err
    assert typed(repo, "emergency-restore", "--at", "long ago", "--to", "../old").code == 2
    assert not (tmp_path / "old").exists()


def test_where_nothing_is_left(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    answer, out = rescued(repo)
    assert answer.code == 3
    assert answer.err == (
        f"error: no snapshot of ours is left in '{repo.path}/.git', nothing was written\n"
        "hint: git timewarp recover --from-git\n"
    )
    assert not out.exists()
    (tmp_path / "bare-folder").mkdir()
    answer = typed(tmp_path / "bare-folder", *LATEST)
    assert answer.code == 3
    assert not out.exists()


def test_the_repository_can_be_named(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    before = disasters.state(repo.path)
    (repo.path / ".git").rename(tmp_path / "kept")
    for where in ("kept", str(tmp_path / "kept")):
        answer = typed(tmp_path, "emergency-restore", "--latest", "--to", "o", "--git-dir", where)
        assert answer.code == 0, answer.err
        assert disasters.state(tmp_path / "o") == before
        shutil.rmtree(tmp_path / "o")
    assert typed(tmp_path, *LATEST, "--git-dir", "nowhere").code == 3


def test_a_linked_work_tree_gives_its_own_snapshots(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.git("worktree", "add", "-q", "../linked")
    linked = RepoBuilder(tmp_path / "linked", init=False)
    linked.write("only here", "linked\n")
    assert typed(linked, "snapshot").code == 0
    disasters.WHOLE["no HEAD"](repo)
    shutil.rmtree(repo.path / ".git/refs")
    answer = typed(linked, "emergency-restore", "--latest", "--to", "../one")
    assert answer.code == 0, answer.err
    assert (tmp_path / "one/only here").read_text() == "linked\n"
    assert typed(repo, "emergency-restore", "--latest", "--to", "../two").code == 0
    assert not (tmp_path / "two/only here").exists()


def test_submodules_come_back_changed_or_not(tmp_path: Path) -> None:
    outer = RepoBuilder(tmp_path / "repo")
    outer.commit("first", {"a": "one\n"})
    inner = RepoBuilder(tmp_path / "inner")
    inner.commit("inner", {"in": "committed\n", "deep/er": "too\n"})
    for name in ("clean", "changed"):
        outer.git("submodule", "--quiet", "add", str(inner.path), name)
    outer.commit("submodules")
    outer.write("changed/in", "mine\n")
    assert typed(outer, "init", "--no-hooks").code == 0
    before = disasters.state(outer.path)
    disasters.WHOLE["no HEAD"](outer)
    answer, out = rescued(outer)
    assert answer.code == 0, answer.err
    assert disasters.state(out) == before


def test_what_a_recovery_put_aside_is_read(tmp_path: Path) -> None:
    """The only copy of a blob lies among what a repair or a crash left."""
    repo = repository(tmp_path)
    before = disasters.state(repo.path)
    oid = repo.git("hash-object", "--no-filters", "dir/deep/er/new")
    kept = repo.path / f".git/timewarp/quarantine/{oid[:2]}/{oid[2:]}"
    aside = repo.path / f".git/timewarp/recovery/20260101T000000000Z-0/objects/{oid[:2]}"
    aside.mkdir(parents=True)
    kept.rename(aside / oid[2:])
    answer, out = rescued(repo)
    assert (answer.code, disasters.state(out)) == (0, before), answer.err


def test_where_git_knows_no_repository_any_more_every_command_names_the_way(
    tmp_path: Path,
) -> None:
    repo = repository(tmp_path)
    (repo.path / ".git/HEAD").unlink()
    (repo.path / "below").mkdir()
    for where in (repo.path, repo.path / "below"):
        answer = typed(where, "status")
        assert (answer.code, answer.out) == (1, "")
        assert answer.err == (
            f"error: git does not take '{repo.path}/.git' for a repository any more\n"
            "hint: git timewarp emergency-restore --list\n"
        )
    assert typed(repo, "emergency-restore", "--list").code == 0


def test_a_linked_work_tree_names_the_repository_that_is_broken(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    shutil.rmtree(repo.path / ".git/refs")
    refs = repo.path / ".git/refs"
    answer = typed(tmp_path / "linked", "status")
    assert answer.err.endswith(f"its folder 'refs' is gone\nhint: mkdir {shlex.quote(str(refs))}\n")
    (repo.path / ".git/HEAD").write_bytes(b"")
    answer = typed(repo, "status")
    assert answer.err.endswith("any more\nhint: git timewarp emergency-restore --list\n")


def test_where_only_the_refs_are_gone_every_branch_comes_back_by_what_is_hinted(
    tmp_path: Path,
) -> None:
    repo = repository(tmp_path)
    repo.git("branch", "other")
    opened(repo).snapshot(message="the latest")
    before = repo.git("for-each-ref", "refs/heads", "refs/tags")
    shutil.rmtree(repo.path / ".git/refs")
    (repo.path / ".git/packed-refs").unlink(missing_ok=True)
    answer = typed(repo, "status")
    assert answer.code == 1
    assert "its folder 'refs' is gone\n" in answer.err
    subprocess.run(shlex.split(answer.err.splitlines()[-1].removeprefix("hint: ")), check=True)
    (problem,) = [
        item
        for item in json.loads(typed(repo, "status", "--json").out)["problems"]
        if item["kind"] == "lost-branch"
    ]
    assert problem["where"].startswith("branch 'main' has no commit any more: it was at ")
    assert f"FAILED branch        {problem['where']}" in typed(repo, "doctor").out
    done = typed(repo, *shlex.split(problem["hint"])[2:])
    assert done.code == 0, done.err
    assert repo.git("for-each-ref", "refs/heads", "refs/tags") == before
    assert json.loads(typed(repo, "status", "--json").out)["problems"] == []
    assert "branch  " not in typed(repo, "doctor").out
