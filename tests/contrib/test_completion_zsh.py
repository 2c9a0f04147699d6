"""Completion for zsh, asked of zsh itself: word by word, and once at a prompt."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest

from tests.contrib.test_completion import ANSWERS
from tests.support.commands import commands
from tests.support.completion_zsh import ZSH
from tests.support.source import ROOT

ASK = """
_describe () { local name; [[ $1 == -o ]] && shift; name=$2; print -l -- ${${(P)name}%%:*}; }
compadd () { [[ $1 == -- ]] && shift; print -l -- "$@"; }
_files () { print -- FILES; }
source "$1"
words=("${(@s: :)2}")
CURRENT=${#words}
_git-timewarp
"""


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a `git-timewarp` that gives fixed answers on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git-timewarp").write_text(ANSWERS)
    (folder / "git-timewarp").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.chdir(tmp_path)


def offered(line: str) -> list[str]:
    """Return what is offered for a line (all that could stand there, whatever is begun)."""
    done = subprocess.run(
        ["zsh", "-f", "-c", ASK, "zsh", str(ROOT / ZSH), line], capture_output=True, check=False
    )
    assert done.stderr == b"", done.stderr
    return [word for word in done.stdout.decode().splitlines() if word]


def test_commands_and_verbs() -> None:
    every = list(dict.fromkeys(name.split()[0] for name in commands()))
    for start in ("git-timewarp ", "tw ", "timewarp ", "tw -C . ", "tw -c a=b -P "):
        assert offered(start) == every, start
    assert offered("tw stash ") == ["list", "show", "apply", "store", "drop"]
    assert offered("tw help ") == every
    assert "--no-pager" in offered("tw -")


def test_every_option_of_every_command() -> None:
    for name, command in commands().items():
        options = [word for option in command.options for word in option.names]
        assert offered(f"tw {name} -") == [*options, "--help"], name
    assert offered("tw log --color ") == ["always", "never", "auto"]


def test_targets_stashes_settings_and_files() -> None:
    assert offered("tw jump ") == ["E47", "E46", "@"]
    assert offered("tw restore --source ") == ["E47", "E46", "@"]
    assert offered("tw stash drop ") == ["stash@{0}", "stash@{1}"]
    assert offered("tw config get ") == ["timewarp.ui.ascii", "timewarp.timeline"]
    assert offered("tw history ") == ["FILES"]
    assert offered("tw cat ") == ["E47", "E46", "@"]
    assert offered("tw cat E47 ") == ["FILES"]
    assert offered("tw status ") == []


def test_at_a_prompt(tmp_path: Path) -> None:
    """As installed: found by compinit through its name, for `git-timewarp`, `tw` and `git`."""
    folder = tmp_path / "site-functions"
    folder.mkdir()
    (folder / "_git-timewarp").symlink_to(ROOT / ZSH)
    (tmp_path / ".zshrc").write_text(
        f"fpath=({folder} $fpath)\nPS1='ready> '\nautoload -Uz compinit\ncompinit -u -D\n"
    )
    for typed, whole in (
        ("git-timewarp dem\t", "demo"),
        ("tw snap\t", "snapshot"),
        ("git timewarp hist\t", "history"),
        ("tw stash ap\t", "apply"),
    ):
        assert whole in at_a_prompt(typed, tmp_path), typed


def at_a_prompt(typed: str, home: Path) -> str:
    """Return what a terminal shows after these keys."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(ZDOTDIR=str(home), TERM="dumb")
        os.execvp("zsh", ["zsh", "-i"])  # noqa: S606 - a shell is what is wanted
    try:
        shown = wait(terminal, b"ready> ")
        os.write(terminal, typed.encode())
        return (shown + wait(terminal, b" ", quiet=1.0)).decode("utf-8", "replace")
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


def wait(terminal: int, for_what: bytes, *, quiet: float = 0.0) -> bytes:
    """Read until that was said, and then until nothing more comes for a while."""
    shown = b""
    end = time.monotonic() + 20.0
    while time.monotonic() < end:
        if select.select([terminal], [], [], quiet if for_what in shown else 0.2)[0]:
            shown += os.read(terminal, 4096)
        elif for_what in shown:
            break
    return shown
