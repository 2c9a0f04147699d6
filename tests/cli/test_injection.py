"""Faults on demand: a process of its own dies, or is refused, at the step that was named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pty_run import ROOT

PROGRAM = """
import os
from git_timewarp.cli import injection
from git_timewarp.util import faults
injection.install(dict(os.environ))
for name in ("one", "two", "three"):
    try:
        faults.point(name)
    except OSError as exc:
        print(exc.errno, exc.filename)
print("end")
"""


def run(**environ: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=dict(os.environ) | environ,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode()


def test_nothing_is_installed_without_being_asked() -> None:
    assert run() == (0, "end\n")


def test_killed_at_the_step_that_was_named(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert run(GIT_TIMEWARP_FAULT="2", GIT_TIMEWARP_FAULT_LOG=str(log)) == (-signal.SIGKILL, "")
    assert log.read_text() == "1 one\n2 two\n"


@pytest.mark.parametrize(("kind", "number"), [("enospc", 28), ("eio", 5)])
def test_refused_once(kind: str, number: int) -> None:
    answer = run(GIT_TIMEWARP_FAULT="2", GIT_TIMEWARP_FAULT_KIND=kind)
    assert answer == (0, f"{number} two\nend\n")


def test_nought_only_counts(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert run(GIT_TIMEWARP_FAULT="0", GIT_TIMEWARP_FAULT_LOG=str(log)) == (0, "end\n")
    assert log.read_text() == "1 one\n2 two\n3 three\n"
