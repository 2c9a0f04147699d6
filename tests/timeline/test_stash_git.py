"""git's own stashes and ours: each knows the other, and both do with either."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from git_timewarp.errors import Kind, TimewarpError
from tests.support.recorder import opened, recorded, typed, whole
from tests.support.repo_builder import RepoBuilder

LINES = "".join(f"line {number}\n" for number in range(10))
LATEST = "stash@{0}"


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A recorded repository with a commit."""
    made = RepoBuilder(tmp_path / "repo")
    made.commit("first", {"a": LINES, "d/b": "b\n", "gone": "gone\n"})
    return recorded(made)


def work(repo: RepoBuilder) -> None:
    """Edit, stage, delete, and make files of every kind."""
    repo.write("a", LINES.replace("line 2\n", "staged\n"))
    repo.write("staged", "staged\n")
    repo.git("add", "a", "staged")
    repo.write("a", LINES.replace("line 2\n", "line two\n"))
    repo.remove("gone")
    repo.write("d/k\udcff\n.txt", "untracked\n")
    repo.write("run", "#!/bin/sh\n", mode=0o755)


def events(repo: RepoBuilder) -> list[tuple[str, str, Mapping[str, object] | None]]:
    """Return event, summary and link of what the log has of git's stashes, newest first."""
    found = opened(repo).log(types=["git-stash", "git-stash-drop", "gap"])
    return [(entry.type, entry.summary, entry.git_stash) for entry in found]


def put_away(repo: RepoBuilder) -> None:
    """Make a stash of ours of the work."""
    work(repo)
    opened(repo).jump("HEAD")


def test_a_git_stash_is_noticed_and_linked_to_the_snapshot_with_the_same_work(
    repo: RepoBuilder,
) -> None:
    work(repo)
    held = opened(repo).snapshot()
    repo.git("stash", "push", "-q", "-u", "-m", "mine")
    commit = repo.git("rev-parse", "refs/stash")
    opened(repo).snapshot()
    link = {"commit": commit, "snapshot": held.snapshot, "stash": None}
    told = ("git-stash", "git stash: On main: mine, the same work as E2", link)
    assert events(repo) == [told]
    (entry,) = opened(repo).stashes.lists().git
    assert entry.to_dict() == {
        "name": LATEST,
        "commit": commit,
        "ts": entry.ts,
        "message": "On main: mine",
        "event": "E2",
        "snapshot": held.snapshot,
        "stash": None,
    }
    line = json.loads(typed(repo, "log", "--type", "git-stash", "--json").out)
    assert line["git_stash"] == link
    # Dropping it is noticed too; what was in it stays.
    repo.git("stash", "drop", "-q")
    opened(repo).snapshot()
    assert events(repo) == [
        ("git-stash-drop", f"git stash {commit[:7]} left git's list; E2 holds the same work", link),
        told,
    ]
    assert opened(repo).stashes.lists().git == ()


def test_what_is_not_noted_yet_is_found_and_another_state_is_not(repo: RepoBuilder) -> None:
    work(repo)
    opened(repo).snapshot()
    repo.git("stash", "push", "-q")  # without the untracked files, which the snapshot has besides
    assert [item.event for item in opened(repo).stashes.lists().git] == ["E2"]
    repo.write("a", "never seen\n")
    repo.git("stash", "push", "-q")
    assert [item.event for item in opened(repo).stashes.lists().git] == [None, "E2"]
    repo.remove("d/k\udcff\n.txt")
    repo.remove("run")
    repo.write("other", "untracked, never seen\n")
    repo.git("stash", "push", "-q", "-u")
    opened(repo).snapshot()
    assert [item.event for item in opened(repo).stashes.lists().git] == [None, None, "E2"]
    assert [kind for kind, _, _ in events(repo)] == ["git-stash"] * 3


def test_the_snapshot_with_the_same_index_goes_first(repo: RepoBuilder) -> None:
    repo.write("a", "work\n")
    repo.git("add", "a")
    opened(repo).snapshot()
    repo.git("reset", "-q")
    opened(repo).snapshot()
    repo.git("add", "a")
    repo.git("stash", "push", "-q")
    assert [item.event for item in opened(repo).stashes.lists().git] == ["E2"]


def test_a_ref_moved_by_hand_is_still_a_gap(repo: RepoBuilder) -> None:
    repo.git("update-ref", "refs/stash", "HEAD")
    (repo.git_dir() / "logs/refs/stash").unlink(missing_ok=True)
    opened(repo).snapshot()
    assert [kind for kind, _, _ in events(repo)] == ["gap"]


def test_a_stash_of_ours_becomes_one_of_gits(repo: RepoBuilder) -> None:
    work(repo)
    before = repo.state()
    index = repo.git("ls-files", "--stage", "-z")
    opened(repo).jump("HEAD")
    clean, bytes_before = repo.state(), repo.index_bytes()
    entry = opened(repo).stashes.store(LATEST)
    assert (repo.state(), repo.index_bytes()) == (clean, bytes_before)
    message = "On main: timewarp E2: work in progress on main"
    assert (entry.name, entry.message, entry.event) == (LATEST, message, "E2")
    assert (entry.stash, entry.commit) == (LATEST, repo.git("rev-parse", "refs/stash"))
    assert repo.git("stash", "list") == f"stash@{{0}}: {message}"
    repo.git("fsck", "--strict")
    # Again, and there is still one; both lists name the other.
    assert opened(repo).stashes.store("0") == entry
    lists = opened(repo).stashes.lists()
    assert [item.git for item in lists.ours] == [(LATEST, entry.commit)]
    assert [(item.commit, item.stash) for item in lists.git] == [(entry.commit, LATEST)]
    shown = opened(repo).stash_show(LATEST)
    assert shown.git is not None
    assert shown.git.commit == entry.commit
    opened(repo).snapshot()
    assert [kind for kind, _, _ in events(repo)] == ["git-stash"]
    whole(repo)
    # What git brings back is what was there, index and untracked files included.
    repo.git("stash", "pop", "-q", "--index")
    assert repo.state() == before
    assert repo.git("ls-files", "--stage", "-z") == index
    opened(repo).snapshot()
    assert [kind for kind, _, _ in events(repo)] == ["git-stash-drop", "git-stash"]
    assert [item.git for item in opened(repo).stash_list()] == [None]
    assert opened(repo).verify(full=True).problems == ()


def test_it_goes_on_top_of_what_git_has(repo: RepoBuilder) -> None:
    repo.write("a", "first\n")
    repo.git("stash", "push", "-q", "-m", "theirs")
    put_away(repo)
    opened(repo).stashes.store(LATEST, message="ours\nof  two lines")
    assert repo.git("stash", "list", "--format=%gd %gs").splitlines() == [
        "stash@{0} On main: ours of two lines",
        "stash@{1} On main: theirs",
    ]


def test_any_snapshot_can_be_stored_also_one_that_is_not_folded(repo: RepoBuilder) -> None:
    repo.git("switch", "-q", "--detach")
    work(repo)
    before = repo.state()
    opened(repo).snapshot()
    repo.write("a", "later\n")
    opened(repo).snapshot()
    entry = opened(repo).stashes.store("E2", message="that")
    assert entry.message == "On (no branch): that"
    repo.git("stash", "push", "-q", "-u")
    repo.git("stash", "pop", "-q", "--index", "stash@{1}")
    assert repo.state() == before


def test_what_cannot_be_stored_is_refused(repo: RepoBuilder, tmp_path: Path) -> None:
    for name, reference in (
        ("E1", "nothing-to-stash"),
        ("main", "nothing-to-stash"),
        (LATEST, "unknown-target"),
    ):
        with pytest.raises(TimewarpError) as caught:
            opened(repo).stashes.store(name)
        assert caught.value.reference == reference
    unborn = recorded(RepoBuilder(tmp_path / "unborn"))
    unborn.write("a", "a\n")
    opened(unborn).snapshot()
    with pytest.raises(TimewarpError) as caught:
        opened(unborn).stashes.store("E2")
    assert caught.value.reference == "nothing-to-stash"
    assert repo.git("stash", "list") == ""


def test_a_plan_makes_nothing(repo: RepoBuilder) -> None:
    put_away(repo)
    view = repo.view()
    entry = opened(repo).stashes.store(LATEST, dry_run=True)
    assert (entry.commit, entry.event) == (None, "E2")
    assert repo.view() == view
    assert events(repo) == []


def test_one_of_gits_is_applied_on_top_of_changes_and_taken_back(repo: RepoBuilder) -> None:
    work(repo)
    repo.git("stash", "push", "-q", "-u")
    repo.write("a", LINES.replace("line 8\n", "line eight\n"))
    before, index = repo.state(), repo.index_state()
    for name in ("refs/stash", repo.git("rev-parse", "refs/stash")[:9]):
        result = opened(repo).stash_apply(name)
        assert result.target == "refs/stash@{0}"
        assert repo.read("a").decode() == (
            LINES.replace("line 2\n", "line two\n").replace("line 8\n", "line eight\n")
        )
        assert repo.read("d/k\udcff\n.txt") == b"untracked\n"
        assert (repo.path / "run").stat().st_mode & 0o777 == 0o755
        assert not (repo.path / "gone").exists()
        assert repo.index_state() == index
        opened(repo).undo()
        assert repo.state() == before
    assert len(repo.git("stash", "list").splitlines()) == 1
    whole(repo)


def test_a_conflict_with_one_of_gits_changes_nothing(repo: RepoBuilder) -> None:
    work(repo)
    repo.git("stash", "push", "-q", "-u")
    repo.write("a", LINES.replace("line 2\n", "another\n"))
    before = repo.state()
    with pytest.raises(TimewarpError) as caught:
        opened(repo).stash_apply("refs/stash@{0}")
    assert (caught.value.kind, caught.value.hint) == (
        Kind.CONFLICT,
        "git stash apply 'stash@{0}'",
    )
    assert repo.state() == before


def test_only_git_takes_one_off_its_list(repo: RepoBuilder) -> None:
    work(repo)
    repo.git("stash", "push", "-q", "-u")
    with pytest.raises(TimewarpError) as caught:
        opened(repo).stash_drop("refs/stash@{0}")
    assert caught.value.hint == "git stash drop 'stash@{0}'"
    with pytest.raises(TimewarpError):
        opened(repo).stash_apply("refs/stash@{0}", drop=True)
    with pytest.raises(TimewarpError) as caught:
        opened(repo).stash_show("refs/stash@{7}")
    assert caught.value.message == "git's own list has no 'stash@{7}'"
    assert repo.git("stash", "list") != ""


def test_the_files_of_one_of_gits(repo: RepoBuilder) -> None:
    work(repo)
    repo.git("stash", "push", "-q", "-u")
    shown = opened(repo).stash_show("refs/stash@{0}", patch=True)
    assert [(item.path, item.status) for item in shown.files] == [
        ("a", "M"),
        ("gone", "D"),
        ("staged", "A"),
        ("d/k\udcff\n.txt", "A"),
        ("run", "A"),
    ]
    assert shown.patch.count(b"diff --git") == 5


def test_where_nobody_said_who_he_is(repo: RepoBuilder) -> None:
    put_away(repo)
    repo.git("config", "--global", "--unset-all", "user.name", ok=None)
    repo.git("config", "--global", "--unset-all", "user.email", ok=None)
    repo.git("config", "--global", "user.useConfigOnly", "true")
    opened(repo).stashes.store(LATEST)
    assert repo.git("log", "-1", "--format=%an <%ae>", "refs/stash") == "git <git@stash>"


def test_typed(repo: RepoBuilder) -> None:
    put_away(repo)
    answer = typed(repo, "stash", "store", "-m", "mine")
    assert (answer.code, answer.out, answer.err) == (
        0,
        "E2 is stash@{0} of git's own list: On main: mine\n",
        "to have it back with git: git stash pop --index 'stash@{0}'\n",
    )
    lines = typed(repo, "stash", "list", "--git").out.splitlines()
    assert [line.split()[0] for line in lines] == ["stash@{0}:", "git's"]
    assert "(git's stash@{0})" in lines[0]
    assert "(E2, stash@{0})" in lines[1]
    assert typed(repo, "stash", "show", "--git", "0").out.count("\n") == 6
    both = json.loads(typed(repo, "stash", "list", "--git", "--json").out)
    assert both["stashes"][0]["git"] == {"name": LATEST, "commit": both["git"][0]["commit"]}
    answer = typed(repo, "stash", "drop", LATEST)
    assert answer.err.splitlines()[1] == (
        "git's own list still has the same work; to drop it: git stash drop 'stash@{0}'"
    )
