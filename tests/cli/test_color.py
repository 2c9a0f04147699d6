"""Colours are decided and spelled as git does it."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.cli.output import color
from tests.support.repo_builder import RepoBuilder


@pytest.mark.parametrize(
    "words",
    [
        "red",
        "bold red",
        "red blue",
        "normal green",
        "brightcyan",
        "default brightwhite",
        "214",
        "7 255",
        "8 15",
        "#ff0ab3",
        "ul dim yellow reverse",
        "nobold",
        "no-italic magenta",
        "reset red",
    ],
)
def test_colour_words_mean_what_they_mean_to_git(tmp_path: Path, words: str) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    shown = repo.run("-c", f"x.y={words}", "config", "--get-color", "x.y").stdout.decode()
    assert sorted(_codes(color.escape(words))) == sorted(_codes(shown))


def test_words_nobody_knows_are_left_out() -> None:
    assert color.escape("sparkling red") == "\x1b[31m"
    assert color.escape("") == ""


@pytest.mark.parametrize(
    ("option", "settings", "environ", "terminal", "painted"),
    [
        (None, {}, {"TERM": "xterm"}, True, True),
        (None, {}, {"TERM": "xterm"}, False, False),
        (None, {}, {"TERM": "dumb"}, True, False),
        (None, {}, {}, True, False),
        (None, {}, {"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        (None, {}, {"TERM": "xterm", "NO_COLOR": ""}, True, True),
        (None, {"color.ui": "always"}, {"NO_COLOR": "1"}, False, False),
        (None, {"color.ui": "always"}, {}, False, True),
        (None, {"color.ui": "false"}, {"TERM": "xterm"}, True, False),
        (None, {"color.ui": "true"}, {"TERM": "xterm"}, False, False),
        (None, {"color.ui": "false", "color.timewarp": "always"}, {}, False, True),
        ("always", {"color.ui": "false"}, {"NO_COLOR": "1"}, False, True),
        ("never", {"color.ui": "always"}, {"TERM": "xterm"}, True, False),
        ("auto", {"color.ui": "always"}, {"TERM": "xterm"}, False, False),
    ],
)
def test_who_decides(
    option: str | None,
    settings: dict[str, str],
    environ: dict[str, str],
    *,
    terminal: bool,
    painted: bool,
) -> None:
    decided = color.wanted(option, settings=settings, environ=environ, terminal=terminal)
    assert decided is painted


def test_a_slot_takes_the_users_colour() -> None:
    palette = color.palette({"color.timewarp.event": "blue"})
    assert palette.paint("event", "E1") == "\x1b[34mE1\x1b[m"
    assert palette.paint("type", "snapshot") == "snapshot"
    assert palette.paint("event", "") == ""
    assert color.PLAIN.paint("event", "E1") == "E1"


def _codes(sequence: str) -> list[str]:
    return sequence.removeprefix("\x1b[").removesuffix("m").split(";")
