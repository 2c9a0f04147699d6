"""What somebody new tries first, and what he must not be told wrongly."""

from __future__ import annotations

import errno
import json
import os
import shlex
from pathlib import Path

import pytest

from git_timewarp.git.run import GitError
from git_timewarp.store.failures import StorageError, put_off, told
from git_timewarp.timeline.naming import MilestoneNameError
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder

LARGE = 11_000_000


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Three states of `a`: committed, recorded, and work that no snapshot holds."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n", "d/b": "b\n"})
    recorded(repo)
    repo.write("a", "two\n")
    opened(repo).snapshot()
    return repo


def test_a_look_and_a_jump_mean_the_same_moment(repo: RepoBuilder) -> None:
    assert opened(repo).cat("@-1", "a") == b"one\n"
    repo.write("a", "three\n")
    app = opened(repo)
    assert app.cat("@-1", "a") == b"two\n"
    assert app.cat("@-2", "a") == b"one\n"
    assert "E2" in str(app.show("@-1").to_dict())
    assert app.diff("@-1", "@").files == ()
    assert app.diff("@-2", "@-1").files != ()
    assert b"-two\n" in typed(repo, "diff", "@-1").out.encode()
    assert app.jump("@-1").target == "E2"
    assert repo.read("a") == b"two\n"


def test_a_look_back_records_nothing(repo: RepoBuilder) -> None:
    repo.write("a", "three\n")
    before = [entry.id for entry in opened(repo).log(all_writers=True)]
    opened(repo).cat("@-1", "a")
    opened(repo).show("@-1")
    assert [entry.id for entry in opened(repo).log(all_writers=True)] == before


def test_a_file_that_was_too_large_is_named_when_it_does_not_come_back(repo: RepoBuilder) -> None:
    repo.write("big", b"x" * LARGE)
    snapshot = opened(repo).snapshot().snapshot
    repo.remove("big")
    repo.write("a", "three\n")
    for result in (
        opened(repo).jump(str(snapshot), dry_run=True),
        opened(repo).jump(str(snapshot)),
    ):
        assert [(item.path, item.reason) for item in result.refused] == [("big", "too-large")]
    assert repo.read("a") == b"two\n"
    result = opened(repo).restore(["a"], source=str(snapshot))
    assert result.refused == ()


def test_a_jump_to_before_a_folder_that_a_sparse_checkout_hides(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "a")
    repo.commit("second", {"e/e": "e\n"})
    repo.git("sparse-checkout", "set", "d")
    assert not os.path.lexists(repo.location("e/e"))
    before = repo.index_state()
    result = opened(repo).jump("E2")
    assert repo.read("a") == b"two\n"
    assert result.refused == ()
    assert not os.path.lexists(repo.location("e/e"))
    opened(repo).undo()
    assert repo.index_state() == before


def test_an_empty_list_of_stashes_is_told_as_such(repo: RepoBuilder) -> None:
    answer = typed(repo, "stash", "apply")
    assert answer.code == 3
    assert answer.err.splitlines()[0] == "error: there is no 'stash@{0}': nothing is stashed here"


def test_gits_own_words_for_a_full_disk() -> None:
    said = "fatal: sha1 file '.git/timewarp/index/x/index.lock' write error. Out of diskspace"
    with pytest.raises(StorageError, match="no space is left on the disk"), told():
        raise GitError(["update-index"], code=128, stderr=said)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            "fatal: cannot lock ref 'refs/x': Unable to create '/r/.git/refs/x.lock': {}\nfatal: no",
            "the file system is read-only: '/r/.git/refs/x.lock' (git update-ref)",
        ),
        (
            "error: could not lock config file .git/config: {}",
            (
                "the file system is read-only "
                "(git update-ref: error: could not lock config file .git/config: {})"
            ),
        ),
    ],
)
def test_what_git_may_not_write_is_named(said: str, message: str) -> None:
    reason = os.strerror(errno.EROFS)
    with pytest.raises(StorageError) as caught, told():
        raise GitError(["update-ref"], code=128, stderr=said.format(reason))
    assert caught.value.message == message.format(reason)


def test_what_put_a_fold_off_keeps_its_path() -> None:
    why = f"put off: {OSError(errno.EROFS, os.strerror(errno.EROFS), '/r/.git/x')}"
    with pytest.raises(OSError, match="Read-only") as caught:
        put_off([why], 0)
    assert caught.value.filename == "/r/.git/x"


@pytest.mark.parametrize("name", ["/r/.git", b"/r/.git"])
def test_a_place_that_cannot_be_written_is_named_as_people_write_it(name: str | bytes) -> None:
    with pytest.raises(StorageError) as caught, told():
        raise OSError(errno.EACCES, "", name)
    assert caught.value.message == "permission denied: '/r/.git'"


@pytest.mark.parametrize("number", range(9, 15))
def test_a_disk_that_fills_up_never_looks_like_a_file_that_cannot_be_read(
    repo: RepoBuilder, tmp_path: Path, number: int
) -> None:
    steps = tmp_path / "steps"
    repo.write("a", "work\n")
    answer = typed(
        repo,
        "snapshot",
        GIT_TIMEWARP_FAULT=str(number),
        GIT_TIMEWARP_FAULT_KIND="enospc",
        GIT_TIMEWARP_FAULT_LOG=str(steps),
    )
    assert "cannot be read" not in answer.out + answer.err, steps.read_text()
    assert typed(repo, "snapshot").code == 0
    assert opened(repo).cat("@", "a") == b"work\n"


def test_a_dry_run_of_an_unchanged_snapshot_names_the_event(repo: RepoBuilder) -> None:
    latest = opened(repo).log(limit=1)
    snapshot = next(iter(latest)).snapshot
    for words in (("snapshot",), ("snapshot", "-n")):
        assert typed(repo, *words).out == f"nothing changed since E2 {snapshot}\n"
        told = json.loads(typed(repo, *words, "--json").out)
        assert (told["event"], told["snapshot"], told["created"]) == ("E2", snapshot, False)
    repo.write("a", "three\n")
    told = json.loads(typed(repo, "snapshot", "-n", "--json").out)
    assert (told["event"], told["snapshot"], told["created"]) == (None, None, True)


def test_settings_of_one_work_tree(repo: RepoBuilder, tmp_path: Path) -> None:
    line = ("config", "set", "--worktree", "fold.events", "90")
    answer = typed(repo, *line)
    assert (answer.code, answer.out) == (0, "timewarp.fold.events=90 (local)\n")
    assert answer.err.startswith("this is the only work tree")
    repo.git("worktree", "add", "-q", str(tmp_path / "wt"))
    assert typed(repo, *line).err == (
        "error: settings of one work tree are switched off here\n"
        "hint: git config extensions.worktreeConfig true\n"
    )
    repo.git("config", "extensions.worktreeConfig", "true")
    assert typed(repo, *line).out == "timewarp.fold.events=90 (worktree)\n"
    told = json.loads(typed(repo, *line, "--json", "-n").out)
    assert (told["value"], told["scope"], told["dry_run"]) == (90, "worktree", True)
    assert typed(repo, "config", "set", "-n", "fold.events", "many").code == 2


@pytest.mark.parametrize("name", ["E1", "@", "@-1", "stash@{0}", "1 day ago", "", "  ", "works"])
def test_a_milestone_has_a_name_that_can_be_selected(repo: RepoBuilder, name: str) -> None:
    before = repo.view()
    with pytest.raises(MilestoneNameError) as caught:
        opened(repo).snapshot(milestone=name)
    better = shlex.split(caught.value.hint or "")[-1]
    assert repo.view() == before
    taken = opened(repo).snapshot(milestone=better)
    assert taken.snapshot == opened(repo).show(better).to_dict()["snapshot"]["id"]  # type: ignore[index]


def test_a_milestone_named_as_a_branch_is_told_and_wins(repo: RepoBuilder) -> None:
    app = opened(repo)
    app.snapshot(milestone="main")
    assert app.notices == ["warning: 'main' names a commit too; as a target it is this milestone"]
    assert opened(repo).cat("main", "a") == b"two\n"
    app = opened(repo)
    app.snapshot(milestone="half way")
    assert app.notices == []


def test_status_counts_what_was_recorded_before_a_new_beginning(repo: RepoBuilder) -> None:
    opened(repo).deinit()
    opened(repo).init(hooks=False)
    own = [entry for entry in opened(repo).log() if entry.type not in {"draft", "safety"}]
    assert opened(repo).status().counts == {"events": len(own)}


def test_a_path_is_told_from_a_moment_as_git_does(repo: RepoBuilder) -> None:
    repo.write("a", "three\n")
    repo.write("d/b", "changed\n")
    whole = typed(repo, "diff", "E1", "--", "a").out
    assert "-one\n+three\n" in whole
    assert typed(repo, "diff", "E1", "a").out == whole
    assert typed(repo, "diff", "--name-only", "a", "d").out == "a\nd/b\n"
    assert typed(repo, "diff", "--name-only", "E1", "E2", "a", "d").out == "a\n"
    assert typed(repo.path / "d", "diff", "--name-only", "E1", "b").out == "d/b\n"
    answer = typed(repo, "diff", "E1", "no such")
    assert answer.code == 3
    assert answer.err.splitlines()[1] == "hint: git timewarp diff E1 -- 'no such'"


def test_a_setting_for_one_command(repo: RepoBuilder) -> None:
    for key in ("timewarp.fold.events", "fold.events", "fold.EVENTS"):
        assert typed(repo, "-c", f"{key}=9", "config", "get", "fold.events").out == "9\n"
    for key in ("foldevents", "fold.evnts", "timewarp.nothing", "fold"):
        answer = typed(repo, "-c", f"{key}=9", "log")
        assert (answer.code, answer.out) == (2, "")
        assert answer.err.startswith(f"error: unknown setting '{key}'\nhint: git timewarp config ")
    assert typed(repo, "-c", "user.signingKey=x", "-c", "color.ui=always", "log").code == 0


def test_a_prefix_that_is_too_short_is_told_as_such(repo: RepoBuilder) -> None:
    answer = typed(repo, "show", "ro")
    assert answer.code == 3
    assert answer.err.splitlines()[0] == (
        "error: 'ro' is too short: a snapshot's id needs four letters"
    )
