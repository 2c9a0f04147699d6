"""Completion for fish, asked of fish itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.contrib.test_completion import ANSWERS
from tests.support.commands import commands
from tests.support.completion_fish import FISH, FISH_TW
from tests.support.source import ROOT


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a `git-timewarp` that gives fixed answers on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git-timewarp").write_text(ANSWERS)
    (folder / "git-timewarp").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")


def offered(line: str) -> list[str]:
    """Return what fish offers for a line, in its order, without descriptions."""
    script = f'source "{ROOT / FISH}"; source "{ROOT / FISH_TW}"; complete -C "$LINE"'
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        env={**os.environ, "LINE": line},
        capture_output=True,
        check=True,
    )
    assert done.stderr == b"", done.stderr
    return [text.split("\t")[0] for text in done.stdout.decode().splitlines()]


def test_commands_and_verbs() -> None:
    every = sorted({name.split()[0] for name in commands()})
    assert offered("git-timewarp ") == every
    assert offered("tw ") == every
    assert offered("git-timewarp -C . -P sta") == ["stash", "status"]
    assert offered("tw stash ") == ["apply", "drop", "list", "show", "store"]
    assert offered("tw help sta") == ["stash", "status"]
    assert "--no-pager" in offered("tw --")


def test_as_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by fish through its name, for `git-timewarp` and `tw`.

    `git timewarp` is up to fish: up to 3.6.0 its rules for git miss commands like ours.
    """
    folder = tmp_path / "data/fish/vendor_completions.d"
    folder.mkdir(parents=True)
    for name in (FISH, FISH_TW):
        (folder / Path(name).name).symlink_to(ROOT / name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for line in ("git-timewarp sta", "tw sta"):
        script = f'complete -C "{line}"'
        done = subprocess.run(["fish", "-c", script], capture_output=True, check=True)
        found = [text.split("\t")[0] for text in done.stdout.decode().splitlines()]
        assert found == ["stash", "status"], line


def test_every_option_of_every_command() -> None:
    for name, command in commands().items():
        options = [word for option in command.options for word in option.names]
        long = sorted(word for word in [*options, "--help"] if word.startswith("--"))
        assert sorted(offered(f"git-timewarp {name} --")) == long, name
    assert offered("tw log --color ") == ["always", "auto", "never"]


def test_targets_stashes_settings_and_files() -> None:
    Path("notes.txt").touch()
    assert offered("tw jump E") == ["E46", "E47"]
    assert offered("tw restore --source ") == ["@", "E46", "E47"]
    assert offered("tw stash drop s") == ["stash@{0}", "stash@{1}"]
    assert offered("tw config get timewarp.u") == ["timewarp.ui.ascii"]
    assert offered("tw history ") == ["notes.txt"]
    assert offered("tw cat E47 n") == ["notes.txt"]
    assert offered("tw status ") == []
