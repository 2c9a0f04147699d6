"""The pager is chosen, started and left as git does it: on a real terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from git_timewarp.cli.output import pager
from tests.support import pty_run

LOG = (
    "○ E3 60s snapshot +3 number 3\n○ E2 60s snapshot +2 number 2\n○ E1 60s snapshot +1 number 1\n"
)
MARK = "sed s/^/paged:/"
PAGED = "".join(f"paged:{line}" for line in LOG.splitlines(keepends=True))
PLAIN = {"NO_COLOR": "1"}


@pytest.mark.parametrize(
    ("choice", "settings", "environ", "line"),
    [
        (None, {}, {}, "less"),
        (None, {}, {"PAGER": "more"}, "more"),
        (None, {"core.pager": "most"}, {"PAGER": "more"}, "most"),
        (None, {"core.pager": "most"}, {"GIT_PAGER": "bat"}, "bat"),
        (None, {"core.pager": "most", "pager.timewarp": "delta"}, {}, "delta"),
        (None, {"pager.timewarp": "false"}, {"PAGER": "more"}, None),
        (True, {"pager.timewarp": "false"}, {"PAGER": "more"}, "more"),
        (False, {}, {"PAGER": "more"}, None),
        (None, {}, {"GIT_PAGER": "cat"}, None),
        (None, {}, {"GIT_PAGER": "", "PAGER": "more"}, None),
    ],
)
def test_which_pager(
    choice: bool | None,  # noqa: FBT001
    settings: dict[str, str],
    environ: dict[str, str],
    line: str | None,
) -> None:
    assert pager.command(choice=choice, settings=settings, environ=environ) == line


def test_a_terminal_gets_the_pager() -> None:
    assert pty_run.run("log", environ={"GIT_PAGER": MARK, **PLAIN}) == (0, PAGED)


def test_a_pipe_gets_none() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.shown", "log"],
        cwd=pty_run.ROOT,
        env={**os.environ, "GIT_PAGER": MARK},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == LOG


@pytest.mark.parametrize("words", [["--no-pager", "log"], ["-P", "log"]])
def test_no_pager_when_told_so(words: list[str]) -> None:
    assert pty_run.run(*words, environ={"GIT_PAGER": MARK, **PLAIN}) == (0, LOG)


def test_short_answers_are_not_paged() -> None:
    assert pty_run.run("snapshot", environ={"GIT_PAGER": MARK, **PLAIN}) == (
        0,
        "snapshot E48 klmnopqrstuv  +2 ~3 -1\n",
    )


def test_json_is_not_paged() -> None:
    code, screen = pty_run.run("log", "--json", environ={"GIT_PAGER": MARK}, columns=300)
    assert (code, screen.startswith('{"event":"E3"')) == (0, True)


def test_less_is_told_to_leave_short_answers_on_the_screen() -> None:
    script = 'printf \'%s %s %s\\n\' "$LESS" "$LV" "$GIT_PAGER_IN_USE"; cat >/dev/null'
    assert pty_run.run("log", environ={"GIT_PAGER": script}) == (0, "FRX -c true\n")
    kept = {"GIT_PAGER": script, "LESS": "R", "LV": "x"}
    assert pty_run.run("log", environ=kept) == (0, "R x true\n")


def test_a_pager_that_is_left_early_is_no_failure() -> None:
    """`q` in a long log: the pager is gone, we end quietly."""
    code, screen = pty_run.run(
        "log", environ={"GIT_PAGER": "head -n 1", "SHOWN_ENTRIES": "30000", **PLAIN}
    )
    assert (code, screen) == (0, "○ E30000 60s snapshot +30000 number 30000\n")


def test_colours_go_through_the_pager_unless_told_otherwise() -> None:
    painted = pty_run.run("log", environ={"GIT_PAGER": MARK})[1]
    assert "\x1b[33mE3\x1b[m" in painted
    plain = pty_run.run("-c", "color.pager=false", "log", environ={"GIT_PAGER": MARK})
    assert plain == (0, PAGED)
    dumb = pty_run.run("log", environ={"GIT_PAGER": MARK, "TERM": "dumb"})
    assert dumb == (0, PAGED)


def test_a_narrow_terminal_gets_narrow_lines() -> None:
    code, screen = pty_run.run("log", columns=30, environ={"GIT_PAGER": "cat", **PLAIN})
    assert (code, screen) == (0, "○ E3 60s number 3\n○ E2 60s number 2\n○ E1 60s number 1\n")


def test_a_locale_that_is_not_utf8_gets_ascii(tmp_path: Path) -> None:
    del tmp_path
    code, screen = pty_run.run("log", environ={"GIT_PAGER": "cat", "LC_ALL": "C", **PLAIN})
    assert (code, screen) == (0, LOG.replace("○", "o"))


def test_long_work_shows_how_far_it_is_and_wipes_it() -> None:
    code, screen = pty_run.run("verify", environ=PLAIN)
    assert code == 0
    assert screen == (
        "\rverify:  50% (1/2)\r\x1b[K"
        "checked 47 events, 12 snapshots (quick)\n"
        "every chain is whole and every snapshot is in its place\n"
        "what is in the snapshots was not read: git timewarp verify --full\n"
    )


def test_a_purge_asks_for_the_word() -> None:
    asked = (
        "warning: this deletes every snapshot and event of this clone for good\n"
        "type 'purge' to go on: "
    )
    code, screen = pty_run.run("deinit", "--purge", typed=b"purge\n", environ=PLAIN)
    assert (code, screen.replace("purge\n", "", 1)) == (
        0,
        f"{asked}recording is off, the hooks are as they were\ndeleted 1 ref: nothing of it is left\n",
    )


def test_talk_is_coloured_by_where_it_goes(tmp_path: Path) -> None:
    """Standard output on a terminal, standard error in a file."""
    kept = tmp_path / "err"
    script = f'"{sys.executable}" -m tests.support.shown jump E1 2>"{kept}"'
    code, screen = pty_run.run("-c", script, program="/bin/sh")
    assert code == 1
    assert "\x1b[" in screen
    assert kept.read_text().splitlines()[-1] == "to go back: git timewarp undo"
