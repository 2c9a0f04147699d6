"""Nothing is imported before it is wanted: it would be felt at every call."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.pty_run import ROOT

HEAVY = {
    "asyncio",
    "click",
    "difflib",
    "dulwich",
    "pygit2",
    "shutil",
    "tempfile",
    "tomllib",
    "traceback",
    "urllib.request",
    "watchfiles",
}
ASK = """
import sys
sys.argv[0] = "git-timewarp"
from {module} import main
code = main()
sys.stdout.flush()
print(*sorted(sys.modules), file=sys.stderr)
"""


def imported(*words: str, module: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(module=module), *words],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        check=True,
    )
    return set(done.stderr.decode().split())


def test_help_imports_next_to_nothing() -> None:
    modules = imported("--help", module="git_timewarp.__main__")
    assert modules & (HEAVY | {"dataclasses", "sqlite3", "subprocess"}) == set()
    ours = {name for name in modules if name.startswith("git_timewarp.")}
    assert not {name for name in ours if name.startswith("git_timewarp.cli.commands")}
    assert "git_timewarp.app" not in ours


@pytest.mark.parametrize("words", [["status"], ["log", "-20"], ["snapshot", "-m", "x"], []])
def test_frequent_commands_do_without_click(words: list[str]) -> None:
    modules = imported(*words, module="tests.support.shown")
    assert modules & HEAVY == set()
    commands = {name for name in modules if name.startswith("git_timewarp.cli.commands.")}
    assert commands == {f"git_timewarp.cli.commands.{words[0] if words else 'status'}"}
