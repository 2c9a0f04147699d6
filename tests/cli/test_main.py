"""From words to exit codes: every way a command line can end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from git_timewarp import __version__
from tests.support.pty_run import ROOT

SHOWN = "tests.support.shown"


def run(
    *words: str,
    module: str = "git_timewarp",
    cwd: Path = ROOT,
    environ: dict[str, str] | None = None,
    stdin: bytes = b"",
) -> tuple[int, str, str]:
    """Run a command and return its exit code, output and messages."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})},
        input=stdin,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_version() -> None:
    line = f"git-timewarp version {__version__}\n"
    assert run("--version") == run("-v") == (0, line, "")


def test_help_lists_every_section() -> None:
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert out.startswith("usage: git timewarp [-C <dir>]")
    assert "   stash              list, show, apply, store, drop\n" in out
    assert run("-h") == (code, out, err)
    assert run("help") == (code, out, err)


def test_help_of_a_command_comes_before_everything_else() -> None:
    page = run("jump", "--help")
    assert page[0] == 0
    assert page[1].startswith("usage: git timewarp jump [options] <target>\n")
    assert run("--help", "jump") == run("help", "jump") == run("jump", "x", "-h") == page


@pytest.mark.parametrize(
    ("words", "code", "message", "hint"),
    [
        (["jmp"], 2, "'jmp' is not a command of git timewarp", "git timewarp jump"),
        (["--bogus"], 2, "unknown option '--bogus'", "git timewarp help"),
        (["-C"], 2, "option '-C' needs a value", "git timewarp help"),
        (
            ["stash"],
            2,
            "'stash' needs a command: list, show, apply, store, drop",
            "git timewarp stash --help",
        ),
        (
            ["stash", "pop"],
            2,
            "'stash pop' is not one of: list, show, apply, store, drop",
            "git timewarp stash --help",
        ),
        (["jump"], 2, "missing argument '<target>'", "git timewarp jump --help"),
        (["log", "-n"], 2, "option '-n' requires an argument", "git timewarp log --help"),
        (["help", "nothing"], 3, "there is no command 'nothing'", "git timewarp help"),
        (
            ["-C", "nowhere", "log"],
            3,
            "cannot change to 'nowhere': no such file or directory",
            "ls",
        ),
    ],
)
def test_failures_are_one_error_and_one_hint(
    words: list[str], code: int, message: str, hint: str
) -> None:
    assert run(*words) == (code, "", f"error: {message}\nhint: {hint}\n")


def test_failures_in_json_are_one_object(tmp_path: Path) -> None:
    code, out, err = run("jump", "--json")
    assert (code, out) == (2, "")
    assert json.loads(err) == {
        "v": 1,
        "error": {
            "code": 2,
            "reference": "usage",
            "message": "missing argument '<target>'",
            "hint": "git timewarp jump --help",
        },
    }
    assert run("jump", "--", "--json", cwd=tmp_path)[2].startswith("error: '/")


def test_outside_a_repository(tmp_path: Path) -> None:
    assert run("log", cwd=tmp_path) == (
        1,
        "",
        f"error: '{tmp_path}' is not in a git repository\nhint: git init\n",
    )
    code, out, err = run(cwd=tmp_path)
    assert (code, err) == (0, "")
    assert out.splitlines()[:3] == [
        f"'{tmp_path}' is not in a git repository; the first command is:",
        "",
        "   git init",
    ]


def test_the_hint_for_a_repository_of_another_user_names_its_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    exported = "GIT_TEST_ASSUME_DIFFERENT_OWNER=1; export GIT_TEST_ASSUME_DIFFERENT_OWNER"
    program.write_text(f'#!/bin/sh\n{exported}\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    root = tmp_path / "the repo"
    (root / "src").mkdir(parents=True)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    command = f"git config --global --add safe.directory '{root}'"
    assert run("status", cwd=root / "src") == (
        1,
        "",
        f"error: git does not trust '{root}': it belongs to another user\nhint: {command}\n",
    )
    assert run(cwd=root / "src")[1].splitlines()[2] == f"   {command}"
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert run("status", cwd=root / "src")[0] == 0


def test_a_folder_is_entered_as_git_does(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    code, _, err = run("-C", "a", "-C", "b", "-C", "", "log", cwd=tmp_path)
    assert (code, err.splitlines()[0]) == (
        1,
        f"error: '{tmp_path}/a/b' is not in a git repository",
    )


def test_a_folder_that_went_away(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f'rmdir "{gone}"; exec "{sys.executable}" -m git_timewarp log'
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=gone,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (
        3,
        "error: the current folder does not exist any more\nhint: cd ..\n",
    )


def test_bare_is_a_short_status() -> None:
    code, out, err = run(module=SHOWN)
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "recording",
        "latest",
        "watcher",
        "hooks",
    ]
    assert json.loads(run("--json", module=SHOWN)[1])["recording"] is True


def test_json_may_stand_before_the_command() -> None:
    assert run("--json", "status", module=SHOWN) == run("status", "--json", module=SHOWN)


def test_notices_follow_the_answer_on_standard_error() -> None:
    environ = {"SHOWN_NOTICES": "healed"}
    code, out, err = run("log", "-1", module=SHOWN, environ=environ)
    assert (code, out, err) == (0, "○ E3 60s snapshot +3 number 3\n", "healed\n")
    err = run("log", "-1", "--json", module=SHOWN, environ=environ)[2]
    assert json.loads(err) == {"v": 1, "notice": "healed"}


def test_a_reader_who_leaves_is_no_failure() -> None:
    script = f'"{sys.executable}" -m {SHOWN} log; echo "$?" >&2'
    done = subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; ( {script} ) | head -n 1"],
        cwd=ROOT,
        env={**os.environ, "SHOWN_ENTRIES": "30000"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"0\n")


def test_output_that_cannot_be_written_is_a_failure() -> None:
    if not os.path.exists("/dev/full"):
        return
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", SHOWN, "log"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr.decode().splitlines()) == (
        1,
        [
            "error: cannot write: no space left on device",
            "hint: df -h .",
        ],
    )


def test_closed_streams_harm_nobody() -> None:
    script = f'"{sys.executable}" -m {SHOWN} log >&- 2>&- <&-'
    done = subprocess.run(["/bin/sh", "-c", script], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_an_interrupt_ends_with_130() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", SHOWN, "record"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"one\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"E1\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert (process.returncode, err.decode()) == (
        130,
        "error: interrupted\nhint: git timewarp status\n",
    )


def test_a_name_that_is_not_utf8_survives_the_command_line() -> None:
    done = subprocess.run(
        [sys.executable.encode(), b"-m", SHOWN.encode(), b"jump", b"E1\xff", b"--bogus"],
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: no such option '--bogus'")
