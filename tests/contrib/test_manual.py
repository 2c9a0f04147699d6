"""The manual page is what man-pages(7) asks for and what `git help timewarp` finds."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import commands
from tests.support.roff import PAGE
from tests.support.source import ROOT

SECTIONS = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "COMMANDS",
    "TARGETS",
    "CONFIGURATION",
    "ENVIRONMENT",
    "FILES",
    "EXIT STATUS",
    "EXAMPLES",
    "SEE ALSO",
]
TEXT = (ROOT / PAGE).read_text()


def test_it_has_the_sections_of_a_manual_page() -> None:
    found = [line.removeprefix(".SH ") for line in TEXT.splitlines() if line.startswith(".SH ")]
    assert found == SECTIONS


def test_it_names_every_command() -> None:
    for name in commands():
        escaped = name.replace("-", "\\-")
        assert f"\n\\fB{escaped}\\fR" in TEXT, name


@pytest.mark.parametrize("program", ["groff", "mandoc"])
def test_the_formatter_finds_nothing_wrong(program: str) -> None:
    found = shutil.which(program)
    if found is None:
        return
    words = ["-man", "-ww", "-z", "-Tutf8"] if program == "groff" else ["-T", "lint", "-W", "error"]
    done = subprocess.run(
        [found, *words, str(ROOT / PAGE)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_git_help_finds_it_once_it_is_installed(tmp_path: Path) -> None:
    if shutil.which("man") is None:
        return
    folder = tmp_path / "share" / "man" / "man1"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / PAGE, folder)
    for words in (["timewarp", "--help"], ["help", "timewarp"]):
        done = subprocess.run(
            ["git", *words],
            env={**os.environ, "MANPATH": str(tmp_path / "share" / "man"), "MANPAGER": "cat"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "git-timewarp - flight recorder and time machine" in done.stdout
