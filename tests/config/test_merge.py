"""Which source wins, with the sources as git, TOML and the environment really give them."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.config.load import (
    GIT_ARGUMENTS,
    Assignment,
    Scope,
    from_environment,
    from_git,
    from_options,
)
from git_timewarp.config.merge import merge
from git_timewarp.config.tracked import TrackedFileError, from_tracked
from tests.support.repo_builder import RepoBuilder

NAME = "timewarp.fold.events"


def assignments(repo: RepoBuilder) -> list[Assignment]:
    return list(from_git(repo.run(*GIT_ARGUMENTS).stdout))


def test_nothing_configured_gives_every_default(tmp_path: Path) -> None:
    settings = merge(assignments(RepoBuilder(tmp_path)))
    assert settings.rejected == ()
    for key, value, origin in settings.items():
        assert value == key.default
        assert origin.scope is Scope.DEFAULT


def test_the_order_of_the_sources(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path)
    repo.git("config", "extensions.worktreeConfig", "true")
    steps: list[tuple[Scope, list[Assignment]]] = []
    for number, flag in ((2, "--global"), (4, "--local"), (5, "--worktree")):
        repo.git("config", flag, NAME, str(number))
    from_files = {given.origin.scope: [given] for given in assignments(repo)}
    steps.append((Scope.GLOBAL, from_files[Scope.GLOBAL]))
    steps.append((Scope.TRACKED, from_tracked(b"[fold]\nevents = 3\n")))
    steps.append((Scope.LOCAL, from_files[Scope.LOCAL]))
    steps.append((Scope.WORKTREE, from_files[Scope.WORKTREE]))
    steps.append((Scope.ENVIRONMENT, list(from_environment({"GIT_TIMEWARP_FOLD_EVENTS": "6"}))))
    steps.append((Scope.COMMAND, list(from_options({NAME: "7"}))))
    given: list[Assignment] = []
    for number, (scope, more) in enumerate(steps, start=2):
        given = [*more, *given]
        settings = merge(given)
        assert (settings.int(NAME), settings.origin(NAME).scope) == (number, scope)


def test_origins_name_file_and_spelling(tmp_path: Path, hermetic: Path) -> None:
    repo = RepoBuilder(tmp_path)
    repo.git("config", "--global", "TimeWarp.notes.PUBLISH", "yes")
    settings = merge(assignments(repo))
    assert settings.bool("timewarp.notes.publish")
    assert settings.origin("timewarp.notes.publish").to_dict() == {
        "scope": "global",
        "place": f"{hermetic}/.gitconfig",
        "spelling": "timewarp.notes.publish",
    }


def test_the_last_value_in_a_file_wins_and_no_value_is_true(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path)
    with (tmp_path / ".git/config").open("a") as file:
        file.write('[timewarp "notes"]\n\tpublish\n[timewarp "fold"]\n\tevents = 5\n\tevents = 9\n')
    settings = merge(assignments(repo))
    assert settings.bool("timewarp.notes.publish")
    assert settings.int(NAME) == 9


def test_gits_own_command_line_reaches_us(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path)
    given = from_git(repo.run("-c", f"{NAME}=8", *GIT_ARGUMENTS).stdout)
    assert merge(given).origin(NAME).scope is Scope.COMMAND


def test_a_wrong_value_never_stands_and_the_weaker_one_does(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path)
    repo.git("config", "--global", NAME, "50")
    repo.git("config", NAME, "many")
    settings = merge(assignments(repo))
    assert settings.int(NAME) == 50
    assert [rejected.assignment.raw for rejected in settings.rejected] == ["many"]


def test_the_tracked_file_takes_both_spellings_and_the_old_one() -> None:
    for line in (
        b"[autosave]\nintervalSeconds = 30",
        b"[autosave]\ninterval_seconds = 30",
        b"auto_save_interval_seconds = 30",
        b"autosave.intervalSeconds = 30",
    ):
        settings = merge(from_tracked(line))
        assert settings.int("timewarp.autosave.intervalSeconds") == 30, line
        assert settings.rejected == ()


def test_the_tracked_file_may_not_speak_for_a_person() -> None:
    settings = merge(from_tracked(b'[user]\nname = "Somebody Else"\n'))
    assert settings.str("timewarp.user.name") == ""
    assert len(settings.rejected) == 1


def test_settings_of_other_designs_are_ignored_aloud() -> None:
    settings = merge(from_tracked(b"full_snapshot_interval = 50\n"))
    assert settings.rejected == ()
    assert settings.notices == (
        (
            "'full_snapshot_interval' in '.timewarp.toml' is ignored: "
            "every snapshot is whole, packs store the difference"
        ),
    )


def test_a_profile_applies_when_it_is_named(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path)
    repo.git("config", "timewarp.profile.Dev.fold.events", "11")
    tracked = from_tracked(b"[fold]\nevents = 3\n[profile.staging.fold]\nevents = 12\n")
    plain = [*assignments(repo), *tracked]
    assert merge(plain).int(NAME) == 3
    for profile, value in (("Dev", 11), ("staging", 12), ("other", 3)):
        settings = merge([*plain, *from_options({"timewarp.profile": profile})])
        assert settings.int(NAME) == value, profile
        assert settings.rejected == ()
    repo.git("config", NAME, "4")
    settings = merge([*assignments(repo), *tracked, *from_options({"timewarp.profile": "staging"})])
    assert settings.int(NAME) == 4


@pytest.mark.parametrize("data", [b"= 1", b"\xff = 1", b"a = [", b"a = 1\na = 2", b"[" * 5000])
def test_a_broken_tracked_file_is_an_error_with_its_place(data: bytes) -> None:
    with pytest.raises(TrackedFileError) as caught:
        from_tracked(data)
    assert caught.value.message.startswith("cannot read '.timewarp.toml': ")
    assert caught.value.exit_code == 2


def test_a_torn_list_is_noticed() -> None:
    with pytest.raises(ValueError, match="middle of an entry"):
        list(from_git(b"local\0file:.git/config\0timewarp.fold.events\n5"))


def test_fault_variables_are_no_settings() -> None:
    assert list(from_environment({"GIT_TIMEWARP_FAULT": "3", "GIT_TIMEWARP_FAULT_KIND": "x"})) == []


def test_a_reload_tells_what_changed() -> None:
    old = merge(from_options({NAME: "7"}))
    new = merge(from_options({NAME: "8", "timewarp.notes.publish": "true"}))
    assert old.changed(new) == (NAME, "timewarp.notes.publish")
    assert old.changed(merge(from_options({NAME: "7"}))) == ()


def test_asking_for_what_does_not_exist_is_a_bug() -> None:
    settings = merge([])
    with pytest.raises(KeyError):
        settings.int("timewarp.fold.evnts")
    with pytest.raises(TypeError):
        settings.bool(NAME)
    with pytest.raises(TypeError):
        settings.int("timewarp.notes.publish")
    with pytest.raises(TypeError):
        settings.str(NAME)
