"""Nothing is imported before it is wanted: it would be felt at every call."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pty_run import ROOT
from tests.support.repo_builder import RepoBuilder

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
MOST = 88
"""Modules of ours that a look may import: half a millisecond each, or nearly."""

ASK = """
import sys
sys.argv[0] = "git-timewarp"
from {module} import {name}
code = {name}()
sys.stdout.flush()
for module in sorted(sys.modules):
    print(module, file=sys.stderr)
    if module.startswith("git_timewarp."):
        for kind, value in vars(sys.modules[module]).items():
            types = getattr(value, "__annotations__", {{}}).values()
            if hasattr(value, "_fields") and "ForwardRef" in map(lambda t: type(t).__name__, types):
                print(module + ":" + kind, file=sys.stderr)
"""


def imported(
    *words: str, module: str, where: Path = ROOT, path: str = os.environ["PATH"]
) -> set[str]:
    name = "run" if module == "git_timewarp.__main__" else "main"
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(module=module, name=name), *words],
        cwd=where,
        env=dict(os.environ) | {"PYTHONPATH": str(ROOT), "PATH": path},
        capture_output=True,
        check=True,
    )
    return set(done.stderr.decode().split())


def test_help_imports_next_to_nothing() -> None:
    modules = imported("--help", module="git_timewarp.__main__")
    assert modules & (HEAVY | {"dataclasses", "sqlite3", "subprocess"}) == set()
    ours = {name for name in modules if name.startswith("git_timewarp.")}
    assert not {name for name in ours if name.startswith("git_timewarp.cli.commands")}
    assert "git_timewarp.app.repository" not in ours


@pytest.mark.parametrize("words", [["status"], ["log", "-20"], ["snapshot", "-m", "x"], []])
def test_frequent_commands_do_without_click(words: list[str]) -> None:
    modules = imported(*words, module="tests.support.shown")
    assert modules & HEAVY == set()
    commands = {name for name in modules if name.startswith("git_timewarp.cli.commands.")}
    assert commands == {f"git_timewarp.cli.commands.{words[0] if words else 'status'}"}


WRAPPER = """\
#!/bin/sh
echo "$@" >> {told}
exec {git} "$@"
"""


def test_the_readers_start_git_a_few_times_only(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("one", {"a": "x"})
    repo.git("timewarp", "init")
    told, wrapper = tmp_path / "told", tmp_path / "bin/git"
    wrapper.parent.mkdir()
    wrapper.write_text(WRAPPER.format(told=told, git=shutil.which("git")))
    wrapper.chmod(0o755)
    path = f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}"
    for words, most in ((["status"], 4), (["log", "-20"], 3)):
        told.unlink(missing_ok=True)
        imported(*words, module="git_timewarp.__main__", where=repo.path, path=path)
        calls = told.read_text().splitlines()
        assert len(calls) <= most, calls


def test_on_a_real_repository_nothing_heavy_is_imported(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("one", {"a": "x"})
    repo.git("timewarp", "init", "--no-hooks")
    repo.write("a", "y")
    looks = HEAVY | {"base64", "dataclasses", "glob", "hashlib", "inspect", "mmap", "zlib"}
    looks |= {f"git_timewarp.{name}" for name in ("cli.overview", "timeline.results")}
    looks |= {f"git_timewarp.store.{name}" for name in ("chain", "index_fill", "lines", "notes")}
    heavy = (HEAVY - {"shutil"}) | {"concurrent.futures", "dataclasses", "inspect", "logging"}
    travels = {f"git_timewarp.timeline.{name}" for name in ("plan", "restore", "travel")}
    snapshot = heavy | travels | {"git_timewarp.hooks.uninstall", "git_timewarp.timeline.selector"}
    for words, left_out in (
        (["snapshot"], snapshot),
        (["jump", "@-1"], heavy),
        (["undo"], heavy),
        (["status"], looks),
        (["log", "-20"], looks),
    ):
        modules = imported(*words, module="git_timewarp.__main__", where=repo.path)
        assert modules & left_out == set(), words
        ours = {name for name in modules if name.startswith("git_timewarp")}
        assert left_out is not looks or len(ours) <= MOST, words
        # A type written as text is compiled for each field, and the first one costs 2 ms.
        assert not {name for name in ours if ":" in name}, words
