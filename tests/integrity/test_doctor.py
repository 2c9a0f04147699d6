"""Doctor tells what is wrong, with the next command, and records nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from git_timewarp.integrity.doctor import doctor
from git_timewarp.integrity.doctor_case import Machine
from git_timewarp.integrity.mounts import Mount
from git_timewarp.store.paths import Paths
from git_timewarp.timeline.recording import GC_SETTINGS
from git_timewarp.timeline.results import Check
from git_timewarp.timeline.world import World
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder

GOOD_HOOKS: Mapping[str, object] = {
    "state": "installed",
    "hooks": [{"name": "post-commit", "installed": True, "fires": True, "chained_to": "x"}],
    "problems": [],
}
GOOD_WATCHER: Mapping[str, object] = {"running": True, "mode": "events", "reason": None}
GOOD_MACHINE = Machine([Mount("/", "ext4")])


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n"})
    return built


QUOTA = 10 * 1024**3


@pytest.fixture
def given(repo: RepoBuilder) -> World:
    """Return a world with one snapshot."""
    world = recording.begin(repo)
    recording.take(world)
    return world


def examine(
    given: World,
    *,
    hooks: Mapping[str, object] = GOOD_HOOKS,
    watcher: Mapping[str, object] = GOOD_WATCHER,
    machine: Machine | None = GOOD_MACHINE,
    home: str | None = None,
) -> dict[str, list[Check]]:
    """Return the checks by name."""
    found: dict[str, list[Check]] = {}
    told = doctor(given, hooks=hooks, watcher=watcher, home=home, quota=QUOTA, machine=machine)
    for check in told:
        found.setdefault(check.name, []).append(check)
    return found


def only(found: dict[str, list[Check]], name: str) -> Check:
    (check,) = found[name]
    return check


def bad(found: dict[str, list[Check]]) -> dict[str, str]:
    return {c.name: c.text for checks in found.values() for c in checks if c.passed is not True}


def test_how_old_the_newest_draft_is(repo: RepoBuilder) -> None:
    clock = CountingClock()
    given = recording.begin(repo, clock=clock)
    recording.take(given)
    for seconds, told in (
        (5, "5 seconds"),
        (65, "1 minute"),
        (7300, "2 hours"),
        (200_000, "2 days"),
    ):
        repo.write("a", f"{seconds}\n")
        taken = recording.take(given, kind="draft")
        repo.write("a", f"{seconds} more\n")
        recording.take(given)
        clock.advance(seconds)
        check = only(examine(given), "draft")
        assert (check.passed, check.text) == (True, f"E{taken.entry.lamport}, {told} old")


def files(repo: RepoBuilder) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in repo.git_dir().rglob("*")
        if path.is_file() and path.name != "index.db"
    }


def test_all_is_well_and_nothing_is_written(repo: RepoBuilder, given: World) -> None:
    before = files(repo)
    found = examine(given)
    assert bad(found) == {"draft": "none among the latest snapshots"}
    assert set(found) >= {"git", "python", "recording", "root", "disk", "file system", "names"}
    assert set(found) >= {"locks", "state folder", "writer", "journal", "packs", "read index"}
    assert set(found) >= {"gc settings", "hooks", "watcher"}
    assert files(repo) == before


def test_where_nothing_records_it_says_so(repo: RepoBuilder) -> None:
    found = examine(recording.world(repo))
    assert only(found, "recording") == Check(
        "recording", passed=False, text="nothing records", hint="git timewarp init"
    )
    assert "journal" not in found


def test_a_root_that_should_not_be_recorded(given: World) -> None:
    found = only(examine(given, home=given.repo.work_tree), "root")
    assert found.passed is False
    assert "home folder" in found.text


ELSEWHERE = ": a clone on a local disk can be recorded"


@pytest.mark.parametrize(
    ("machine", "passed", "text"),
    [
        (
            Machine([Mount("/", "nfs")]),
            False,
            f"the git directory is on a network file system (nfs){ELSEWHERE}",
        ),
        (Machine([Mount("/", "btrfs")]), True, "git directory: btrfs"),
        (Machine(None), None, "this system does not tell what is mounted"),
    ],
)
def test_file_systems(given: World, machine: Machine, passed: bool | None, text: str) -> None:  # noqa: FBT001
    found = only(examine(given, machine=machine), "file system")
    assert (found.passed, found.text) == (passed, text)


def test_this_machine_tells_what_is_mounted(given: World) -> None:
    assert only(examine(given, machine=None), "file system").text


def test_the_case_of_names(repo: RepoBuilder, given: World) -> None:
    repo.git("config", "core.ignoreCase", "true")
    found = only(examine(given), "names")
    assert (found.passed, found.hint) == (False, "git config core.ignoreCase false")


HOOKS: list[tuple[Mapping[str, object], bool | None, str]] = [
    ({"state": "absent"}, None, "not installed: what git does is seen at the next snapshot only"),
    (
        {"state": "reset", "hooks": [], "problems": ["core.hooksPath is gone"]},
        False,
        "core.hooksPath is gone",
    ),
    ({"state": "partial", "hooks": [], "problems": []}, False, "they are partial"),
    (
        {"state": "installed", "hooks": [{"name": "pre-push", "fires": False}], "problems": []},
        False,
        "pre-push did not fire",
    ),
    (GOOD_HOOKS, True, "1 installed, each fires, 1 hand on to hooks of yours"),
]


@pytest.mark.parametrize(("hooks", "passed", "text"), HOOKS)
def test_hooks(given: World, hooks: Mapping[str, object], passed: bool | None, text: str) -> None:  # noqa: FBT001
    found = only(examine(given, hooks=hooks), "hooks")
    assert (found.passed, found.text) == (passed, text)


WATCHERS: list[tuple[Mapping[str, object], bool | None, str]] = [
    ({"running": False}, None, "not running: drafts are not taken"),
    ({"running": False, "reason": "it was killed"}, False, "not running: it was killed"),
    (
        {"running": True, "mode": "polling", "reason": "limit"},
        None,
        "it looks for changes now and then: limit",
    ),
    ({"running": True, "mode": "events", "problem": "disk full"}, False, "disk full"),
]


@pytest.mark.parametrize(("watcher", "passed", "text"), WATCHERS)
def test_watcher(
    given: World,
    watcher: Mapping[str, object],
    passed: bool | None,  # noqa: FBT001
    text: str,
) -> None:
    found = only(examine(given, watcher=watcher), "watcher")
    assert (found.passed, found.text) == (passed, text)


def test_forgotten_locks(repo: RepoBuilder, given: World) -> None:
    lock = repo.git_dir() / "index.lock"
    lock.touch()
    assert only(examine(given), "locks").passed is True
    os.utime(lock, (1, 1))
    below = repo.git_dir() / "refs/timewarp/x.lock"
    below.touch()
    os.utime(below, (1, 1))
    found = examine(given)["locks"]
    assert [check.passed for check in found] == [False, False]
    assert str(lock) in (found[0].hint or "")


def test_the_settings_for_gc(repo: RepoBuilder, given: World) -> None:
    repo.git("config", "--unset", GC_SETTINGS[1])
    found = only(examine(given), "gc settings")
    assert (found.passed, found.hint) == (False, "git timewarp init")
    assert found.text == f"{GC_SETTINGS[1]} is not set: git gc will print errors"


def test_keep_files_that_are_gone(repo: RepoBuilder, given: World) -> None:
    (keep,) = (repo.git_dir() / "objects/pack").glob("*.keep")
    keep.unlink()
    found = only(examine(given), "packs")
    assert found.passed is None
    assert found.text.startswith("2 of 2 refs lie outside")


def test_objects_that_are_gone(repo: RepoBuilder, given: World) -> None:
    for path in (repo.git_dir() / "objects/pack").iterdir():
        path.unlink()
    found = examine(given)
    assert only(found, "packs").text == "2 of 2 refs name objects that are gone"
    assert only(found, "read index").passed is not None


def test_a_journal_that_is_torn_damaged_or_gone(given: World) -> None:
    path = Path(Paths(given.repo.state_dir).journal)
    data = path.read_bytes()
    path.write_bytes(data + b"torn")
    assert only(examine(given), "journal").hint == "git timewarp status"
    path.write_bytes(data + b"damaged\n" + data)
    assert only(examine(given), "journal").hint == "git timewarp verify --full"
    path.unlink()
    assert only(examine(given), "journal").hint == "git timewarp verify"


def test_a_copied_clone_is_told(repo: RepoBuilder, given: World, tmp_path: Path) -> None:
    assert only(examine(given), "writer").passed is True
    copy = recording.world(repo.clone_twin(tmp_path / "copy"))
    found = only(examine(copy), "writer")
    assert found.passed is None
    assert "takes a new id" in found.text


def test_a_state_folder_that_cannot_be_written(repo: RepoBuilder, given: World) -> None:
    pack = repo.git_dir() / "objects/pack"
    pack.rename(repo.git_dir() / "aside")
    pack.write_text("in the way")
    found = only(examine(given), "state folder")
    assert found.passed is False
    assert str(pack) in found.text


def test_index_bits_submodules_and_skipped_paths(repo: RepoBuilder, tmp_path: Path) -> None:
    other = RepoBuilder(tmp_path / "other")
    other.commit("theirs", {"x": "1"})
    repo.git("submodule", "--quiet", "add", str(other.path), "sub")
    repo.commit("with a submodule", {"b": "1\n", "c": "1\n"})
    repo.git("update-index", "--assume-unchanged", "b")
    repo.git("update-index", "--skip-worktree", "c")
    given = recording.begin(repo)
    repo.write("large", b"\0" * (11 * 1024 * 1024))
    os.mkfifo(repo.location("pipe"))
    recording.take(given)
    found = examine(given)
    assert [check.text for check in found["index bits"]] == [
        "1 path(s) are marked assume-unchanged: git does not look at them, snapshots do",
        "1 path(s) are marked skip-worktree: git does not look at them, snapshots do",
    ]
    assert only(found, "submodules").text.startswith("1 submodule(s)")
    assert [(check.passed, check.text) for check in found["skipped"]] == [
        (None, "special: 'pipe' is not in snapshots"),
        (None, "too-large: 'large' is not in snapshots"),
    ]


def test_the_disk_is_judged_by_the_settings(given: World) -> None:
    little = given._replace(room=given.room._replace(stop=1 << 60))
    check = only(examine(little), "disk")
    assert (check.passed, check.hint) == (False, "git timewarp compact --now")
    assert check.text.endswith("no snapshots are taken")
    assert only(examine(given), "disk").passed
