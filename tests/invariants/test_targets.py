"""How a user names a moment: each selector on one history, and counting backwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.app import repository as timewarp
from git_timewarp.errors import TimewarpError
from git_timewarp.timeline import dates
from git_timewarp.util.clock import iso
from tests.support.clock import CountingClock
from tests.support.recorder import opened, recorded
from tests.support.repo_builder import RepoBuilder

HOUR = 3600


@pytest.fixture
def clock() -> CountingClock:
    """A clock in the past that moves by an hour for each state."""
    return CountingClock()


@pytest.fixture
def repo(tmp_path: Path, clock: CountingClock) -> RepoBuilder:
    """States one to five of `a`, an hour apart; the third is a milestone."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    at(repo, clock).init(hooks=False)
    for number, text in enumerate(("two", "three", "four", "five")):
        clock.advance(HOUR)
        repo.write("a", text + "\n")
        at(repo, clock).snapshot(milestone="half way" if number == 1 else None)
    return repo


def at(repo: RepoBuilder, clock: CountingClock) -> timewarp.App:
    """Open the app with a clock."""
    return timewarp.open(str(repo.path), environ=repo.env(), clock=clock)


def there(repo: RepoBuilder, target: str) -> str:
    """Return what `a` held at a target."""
    return opened(repo).cat(target, "a").decode().strip()


def test_each_way_to_name_a_moment(repo: RepoBuilder) -> None:
    entries = {entry.event: entry for entry in opened(repo).log()}
    third = entries["E3"]
    assert third.snapshot is not None
    assert there(repo, "@") == "five"
    assert there(repo, "@-2") == "three"
    assert there(repo, "E3") == "three"
    assert there(repo, "e3") == "three"
    assert there(repo, str(third.snapshot)) == "three"
    assert there(repo, str(third.snapshot)[:6]) == "three"
    assert there(repo, "half way") == "three"
    assert there(repo, third.ts) == "three"
    assert there(repo, "main") == "one"
    assert there(repo, "HEAD") == "one"
    assert there(repo, repo.git("rev-parse", "HEAD")) == "one"


def test_a_timeline_means_its_newest_state(repo: RepoBuilder) -> None:
    repo.git("config", "timewarp.timeline", "experiment")
    repo.write("a", "tried\n")
    opened(repo).snapshot()
    repo.git("config", "--unset", "timewarp.timeline")
    repo.write("a", "six\n")
    opened(repo).snapshot()
    assert there(repo, "experiment") == "tried"


def test_a_time_means_the_last_state_before_it(repo: RepoBuilder, clock: CountingClock) -> None:
    start = clock.now_ns() - 4 * HOUR * 10**9
    for hours, expected in ((0.5, "one"), (1.5, "two"), (3.5, "four"), (9, "five")):
        assert there(repo, iso(start + int(hours * HOUR * 10**9))) == expected
    assert there(repo, "1 minute ago") == "five"
    with pytest.raises(TimewarpError) as caught:
        there(repo, iso(start - HOUR * 10**9))
    assert caught.value.reference == "unknown-target"


def test_counting_backwards(repo: RepoBuilder) -> None:
    for back, expected in enumerate(("five", "four", "three", "two", "one")):
        assert there(repo, f"@-{back}") == expected
    opened(repo).snapshot(message="the same files again")
    opened(repo).snapshot(message="and again")
    assert there(repo, "@-1") == "four"
    repo.write("a", "unsaved\n")
    opened(repo).jump("@-1")
    assert repo.read("a") == b"five\n"
    opened(repo).undo()
    assert repo.read("a") == b"unsaved\n"


def test_counting_goes_on_from_where_a_jump_led(repo: RepoBuilder) -> None:
    opened(repo).jump("E3")
    assert there(repo, "@-1") == "two"
    opened(repo).jump("@-1")
    assert repo.read("a") == b"two\n"
    repo.write("a", "another way\n")
    opened(repo).snapshot()
    assert there(repo, "@-1") == "two"
    assert there(repo, "@-2") == "one"


def test_an_event_without_a_snapshot_means_the_state_at_that_time(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    recorded(repo, hooks=True)
    repo.write("a", "two\n")
    opened(repo).snapshot()
    repo.git("commit", "-qam", "two")
    repo.write("a", "three\n")
    opened(repo).snapshot()
    commit = next(entry for entry in opened(repo).log() if entry.type == "commit")
    assert there(repo, commit.event) == "two"


def test_restore_without_a_source_takes_the_latest_state_that_differs(repo: RepoBuilder) -> None:
    repo.write("b", "b\n")
    opened(repo).snapshot()
    opened(repo).restore(["a"])
    assert repo.read("a") == b"four\n"
    repo.remove("b")
    opened(repo).restore(["b"])
    assert repo.read("b") == b"b\n"
    (repo.path / "sub").mkdir()
    timewarp.open(str(repo.path / "sub"), environ=repo.env(), clock=CountingClock()).restore(
        ["../a"], source="E1"
    )
    assert repo.read("a") == b"one\n"


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "1.hour",
        "3 days",
        "2 hours 5 minutes ago",
        "last.friday",
        "one minute ago",
        "yesterday at 5pm",
        "noon yesterday",
        "Nov 25 2026",
        "2026/11/25",
        "@1795631145",
        "2026-11-25 18:25:45 +0000",
        "Wed Nov 25 18:25:45 2026 +0000",
        "Wed, 25 Nov 2026 18:25:45 +0000",
    ],
)
def test_gits_dates_are_taken_for_times(repo: RepoBuilder, text: str) -> None:
    git = opened(repo).repo.git
    asked = int(repo.git("rev-parse", f"--since={text}").removeprefix("--max-age="))
    for read in (dates.strict, dates.loose):
        found = read(git, text)
        assert found is not None
        assert abs(found // 10**9 - asked) <= 2


@pytest.mark.parametrize("text", ["friday", "Nov", "5", "tea", "march", "never"])
def test_what_a_branch_may_be_called_is_a_time_for_since_only(repo: RepoBuilder, text: str) -> None:
    git = opened(repo).repo.git
    assert dates.strict(git, text) is None
    assert dates.loose(git, text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "yesteday",
        "last fridya",
        "2 fortnights ago",
        "E12",
        "@-3",
        "2026",
        "20261125",
        "2026-13-45",
        "yesterday @ cinema",
        "main~2",
    ],
)
def test_what_git_would_take_for_now_is_refused(repo: RepoBuilder, text: str) -> None:
    git = opened(repo).repo.git
    assert dates.strict(git, text) is None
    assert dates.loose(git, text) is None
    with pytest.raises(TimewarpError) as caught:
        list(opened(repo).log(since=text))
    assert caught.value.reference == "not-a-time"
