"""The words before the command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from git_timewarp.cli import lines
from tests.support.repo_builder import RepoBuilder


def test_options_before_the_command() -> None:
    line = lines.read(["-C", "a", "-c", "x.y=1=2", "-c", "x.z", "-P", "-C", "b", "log", "-p"], {})
    assert line.folders == ["a", "b"]
    assert line.given == {"x.y": "1=2", "x.z": "true"}
    assert line.paginate is False
    assert line.words == ["log", "-p"]
    assert lines.read(["--paginate", "log"], {}).paginate is True
    assert lines.read(["log"], {}).paginate is None


def test_what_is_wanted() -> None:
    for word, wants in {
        "-h": "help",
        "--help": "help",
        "-v": "version",
        "--version": "version",
    }.items():
        assert lines.read([word], {}).wants == wants


def test_json_anywhere_before_two_hyphens() -> None:
    assert lines.read(["--json", "jump", "--", "x"], {}).words == ["jump", "--json", "--", "x"]
    assert lines.is_json(["jump", "x", "--json"])
    assert not lines.is_json(["cat", "E1", "--", "--json"])


def test_settings_given_to_git_itself_count(tmp_path: Path) -> None:
    """`git -c key=value timewarp` hands them on in its own quoting."""
    repo = RepoBuilder(tmp_path / "repo")
    values = {"timewarp.a": "it's \\ 'x' =1", "timewarp.b": "", "color.ui": "always"}
    words = [word for key, value in values.items() for word in ("-c", f"{key}={value}")]
    shown = subprocess.run(
        ["git", *words, "-c", 'alias.show-it=!printf %s "$GIT_CONFIG_PARAMETERS"', "show-it"],
        cwd=repo.path,
        capture_output=True,
        check=True,
    ).stdout.decode()
    line = lines.read(["-c", "color.ui=never", "log"], {"GIT_CONFIG_PARAMETERS": shown})
    assert line.overrides.pop("alias.show-it")
    assert line.overrides == values
    assert line.given == {"color.ui": "never"}
    old = {"GIT_CONFIG_PARAMETERS": "'color.ui=always' 'a.b=c'\\''d'"}
    assert lines.read([], old).overrides == {"color.ui": "always", "a.b": "c'd"}


@pytest.mark.parametrize("words", [["-C"], ["-c"], ["-x"], ["--nonsense", "log"]])
def test_anything_else_is_refused(words: list[str]) -> None:
    with pytest.raises(lines.CommandLineError):
        lines.read(words, {})
