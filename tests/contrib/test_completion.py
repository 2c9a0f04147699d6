"""Completion for bash, asked as bash asks it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import commands
from tests.support.completion import BASH, BASH_TW
from tests.support.source import ROOT

ASK = """
. "$1"
COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'"$3"
_git_timewarp
printf '%s\\n' "${COMPREPLY[@]}"
"""

ANSWERS = """\
#!/bin/sh
printf '%s\\n' "$*" >>"$ASKED"
case "$*" in
*"stash list"*) echo '{"v":1,"stashes":[{"name":"stash@{0}","event":"E2","git":{"name":"stash@{0}","commit":"x"}},{"name":"stash@{1}","event":"E1"}]}' ;;
*"config list"*) echo '{"v":1,"settings":[{"key":"timewarp.ui.ascii"},{"key":"timewarp.timeline"}]}' ;;
*log*) printf '%s\\n' '{"event":"E47","id":"x","summary":"\\"event\\":\\"E9\\"","snapshot":"kmnopqrstuvw"}' \\
    '{"event":"E46","id":"y","summary":"","snapshot":null}' ;;
esac
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a `git-timewarp` that gives fixed answers on the PATH; return its list of questions."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "git-timewarp"
    program.write_text(ANSWERS)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "asked"


def offered(line: str, *, breaks: str = "@") -> list[str]:
    """Return what is offered for a line with the cursor at its end."""
    done = subprocess.run(
        ["bash", "--norc", "-c", ASK, "bash", str(ROOT / BASH), line, breaks],
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    return [word for word in done.stdout.decode().splitlines() if word]


def test_commands_and_verbs(asked: Path) -> None:
    every = list(dict.fromkeys(name.split()[0] for name in commands()))
    for start in (
        "git timewarp ",
        "git-timewarp ",
        "tw ",
        "git --no-pager -C . timewarp ",
        "tw -P ",
    ):
        assert offered(start) == every, start
    assert offered("git timewarp sta") == ["status", "stash"]
    assert offered("tw stash ") == ["list", "show", "apply", "store", "drop"]
    assert offered("tw stash a") == ["apply"]
    assert offered("tw help st") == ["status", "stash", "storage"]
    assert not asked.exists()


def test_every_option_of_every_command(asked: Path) -> None:
    for name, command in commands().items():
        options = [word for option in command.options for word in option.names]
        long = [word for word in [*options, "--help"] if word.startswith("--")]
        assert offered(f"git timewarp {name} --") == long, name
    assert offered("tw log --color ") == ["always", "never", "auto"]
    assert "--no-pager" in offered("git timewarp --")
    assert not asked.exists()


def test_targets(asked: Path) -> None:
    assert offered("tw jump ") == ["E47", "kmnopqrstuvw", "E46", "@"]
    assert offered("tw jump E") == ["E47", "E46"]
    assert offered("tw restore --source k") == ["kmnopqrstuvw"]
    assert offered("tw -C sub show E46") == ["E46"]
    assert asked.read_text().splitlines()[-1] == "-C sub log -n 100 --json"


def test_stashes_and_settings(asked: Path) -> None:
    assert offered("tw stash drop s", breaks="") == ["stash@{0}", "stash@{1}"]
    assert offered("tw stash drop stash@", breaks="@") == ["{0}", "{1}"]
    assert offered("tw config get timewarp.u") == ["timewarp.ui.ascii"]
    assert asked.exists()


def test_tw_loads_the_same(tmp_path: Path) -> None:
    """Installed, both files stand side by side under the names of their commands."""
    for source, name in ((BASH, "git-timewarp"), (BASH_TW, "tw")):
        (tmp_path / name).symlink_to(ROOT / source)
    script = f'. "{tmp_path}/tw"; complete -p tw git-timewarp; declare -F _git_timewarp'
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().splitlines() == [
        "complete -o bashdefault -o default -F _git_timewarp tw",
        "complete -o bashdefault -o default -F _git_timewarp git-timewarp",
        "_git_timewarp",
    ]
