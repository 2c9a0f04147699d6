"""Wrong settings end in one message with file, key, nearest key and the command that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.config import validate
from git_timewarp.config.load import GIT_ARGUMENTS, from_environment, from_git, from_options
from git_timewarp.config.merge import merge
from git_timewarp.config.tracked import from_tracked
from git_timewarp.config.validate import InvalidSettingError, accept, check, known, problems
from tests.support.repo_builder import RepoBuilder


def test_all_is_well() -> None:
    check(merge([]))


def test_each_fault_names_file_key_and_the_way_out(tmp_path: Path, hermetic: Path) -> None:
    repo = RepoBuilder(tmp_path)
    repo.git("config", "--global", "timewarp.fold.evnts", "5")
    repo.git("config", "timewarp.autosave.intervalSeconds", "5")
    repo.git("config", "timewarp.zzz", "1")
    settings = merge(
        [
            *from_git(repo.run(*GIT_ARGUMENTS).stdout),
            *from_tracked(b'[user]\nname = "X"\n[fold]\nevents = 1.5\ndraughts = 4\n'),
            *from_environment({"GIT_TIMEWARP_FOLD_EVENT": "1", "GIT_TIMEWARP_PACKS_LIMIT": "x"}),
            *from_options({"timewarp.notes.publish": "maybe"}),
        ]
    )
    found = {(p.place, p.spelling): (p.message, p.hint) for p in problems(settings)}
    config = f"{hermetic}/.gitconfig"
    assert found == {
        (config, "timewarp.fold.evnts"): (
            (
                f"unknown setting 'timewarp.fold.evnts' in '{config}'; "
                "the nearest is 'timewarp.fold.events'"
            ),
            "git config --global --unset-all timewarp.fold.evnts",
        ),
        (".timewarp.toml", "user.name"): (
            "'user.name' is personal and may not stand in '.timewarp.toml'",
            "git config --global timewarp.user.name X",
        ),
        (".timewarp.toml", "fold.events"): (
            "'fold.events' in '.timewarp.toml' takes a whole number from 1 to 10000, not '1.5'",
            "git timewarp config get timewarp.fold.events",
        ),
        (".timewarp.toml", "fold.draughts"): (
            (
                "unknown setting 'fold.draughts' in '.timewarp.toml'; "
                "the nearest is 'timewarp.fold.drafts'"
            ),
            "git timewarp config list",
        ),
        (".git/config", "timewarp.autosave.intervalseconds"): (
            (
                "'timewarp.autosave.intervalseconds' in '.git/config' takes "
                "a whole number from 10 to 600, not '5'"
            ),
            "git config --local --replace-all timewarp.autosave.intervalSeconds 60",
        ),
        (".git/config", "timewarp.zzz"): (
            "unknown setting 'timewarp.zzz' in '.git/config'",
            "git config --local --unset-all timewarp.zzz",
        ),
        ("environment", "GIT_TIMEWARP_FOLD_EVENT"): (
            (
                "unknown setting 'GIT_TIMEWARP_FOLD_EVENT' in 'environment'; "
                "the nearest is 'GIT_TIMEWARP_FOLD_EVENTS'"
            ),
            "unset GIT_TIMEWARP_FOLD_EVENT",
        ),
        ("environment", "GIT_TIMEWARP_PACKS_LIMIT"): (
            (
                "'GIT_TIMEWARP_PACKS_LIMIT' in 'environment' takes "
                "a whole number from 2 to 1000, not 'x'"
            ),
            "export GIT_TIMEWARP_PACKS_LIMIT=8",
        ),
        ("command line", "timewarp.notes.publish"): (
            "'timewarp.notes.publish' in 'command line' takes true or false, not 'maybe'",
            "git timewarp config get timewarp.notes.publish",
        ),
    }
    with pytest.raises(InvalidSettingError) as caught:
        check(settings)
    first = problems(settings)[0]
    assert caught.value.to_dict() == {
        "code": 2,
        "reference": "invalid-setting",
        "message": f"{first.message} (and 5 more)",
        "hint": first.hint,
    }


def test_what_is_wrong_in_the_tracked_file_is_told_and_stops_nobody() -> None:
    settings = merge(from_tracked(b"[fold]\nevents = 1.5\ndraughts = 4\ndrafts = 9\n"))
    assert check(settings) == tuple(
        f"warning: {found.message}; ignored" for found in problems(settings)
    )
    assert len(problems(settings)) == 2
    assert (settings.int("timewarp.fold.events"), settings.int("timewarp.fold.drafts")) == (100, 9)


def test_the_hint_of_a_wrong_value_is_the_command_that_mends_it(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path)
    for name in ("timewarp.fold.evnts", "timewarp.fold.events"):
        repo.git("config", name, "many")
        repo.git("config", "--add", name, "more")
    while found := problems(merge(from_git(repo.run(*GIT_ARGUMENTS).stdout))):
        program, *args = found[0].hint.split()
        assert program == "git"
        repo.git(*args)
    assert repo.git("config", "timewarp.fold.events") == "100"


def test_a_name_may_be_given_without_its_prefix() -> None:
    assert known("fold.events") is known("timewarp.fold.events")
    with pytest.raises(InvalidSettingError) as caught:
        known("fold.event")
    assert caught.value.message == "unknown setting 'fold.event'"
    assert caught.value.hint == "git timewarp config get timewarp.fold.events"


def test_what_is_set_is_checked_first() -> None:
    key, text = accept("snapshot.maxUntrackedBytes", "20m")
    assert (key.name, text) == ("timewarp.snapshot.maxUntrackedBytes", "20m")
    with pytest.raises(InvalidSettingError) as caught:
        accept("fold.events", "0")
    assert caught.value.message == (
        "'timewarp.fold.events' takes a whole number from 1 to 10000, not '0'"
    )
    assert caught.value.hint == "git timewarp config set timewarp.fold.events 100"


@pytest.mark.parametrize("name", ["log.date", "user.email", "notes.rewriteRef"])
def test_a_setting_of_gits_in_a_section_of_both_is_gits(name: str) -> None:
    assert validate.given({name: "x"}) == {name: "x"}
    assert validate.given({"log.level": "debug"})["timewarp.log.level"] == "debug"
