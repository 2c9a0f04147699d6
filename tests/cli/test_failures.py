"""Any exception becomes an exit code, a message and a next step."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from git_timewarp.cli import failures
from git_timewarp.cli.commands.help import NoHelpError
from git_timewarp.cli.terminal import Manner
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.objects import MissingObjectError
from git_timewarp.safety import log

PLAIN = Manner()


class SampleError(TimewarpError):
    """A failure for these tests."""

    kind = Kind.CONFLICT
    reference = "sample"


def _stumble() -> None:
    raise KeyError("sneaky\nkey")


def told(exc: BaseException, *, manner: Manner = PLAIN) -> tuple[int, list[str]]:
    return failures.explain(exc, folder=None, words=[], manner=manner)


def test_a_failure_of_ours_is_told_as_it_is() -> None:
    assert told(SampleError("'x' moved", hint="git timewarp log")) == (
        4,
        ["error: 'x' moved", "hint: git timewarp log"],
    )
    assert told(SampleError("no hint")) == (4, ["error: no hint"])


def test_a_failure_stays_on_its_line() -> None:
    assert told(SampleError("'a\nb\x1b[2J'")) == (4, ["error: 'a b\\x1b[2J'"])


def test_a_failure_in_colour() -> None:
    manner = Manner(terminal=True, environ={"TERM": "xterm"})
    assert told(SampleError("x", hint="y"), manner=manner)[1] == [
        "\x1b[1;31merror:\x1b[m x",
        "\x1b[36mhint:\x1b[m y",
    ]
    settled = Manner(terminal=True, environ={"TERM": "xterm"}, settings={"color.ui": "never"})
    assert told(SampleError("x"), manner=settled)[1] == ["error: x"]


def test_a_failure_in_json() -> None:
    code, lines = told(SampleError("x\udcff"), manner=Manner(json=True))
    assert code == 4
    assert [json.loads(line) for line in lines] == [
        {"v": 1, "error": {"code": 4, "reference": "sample", "message": "x\\377", "hint": None}}
    ]


@pytest.mark.parametrize(
    ("number", "message", "hint"),
    [
        (
            errno.ENOSPC,
            "cannot write 'f': no space left on device",
            "df -h .",
        ),
        (errno.EROFS, "cannot write 'f': read-only file system", "git timewarp doctor"),
        (errno.EACCES, "cannot write 'f': permission denied", "git timewarp doctor"),
        (errno.EIO, "cannot use 'f': input/output error", "git timewarp doctor"),
    ],
)
def test_the_system_refusing_is_no_bug(number: int, message: str, hint: str) -> None:
    assert told(OSError(number, "x", "f")) == (1, [f"error: {message}", f"hint: {hint}"])


def test_a_path_in_bytes_is_named_too() -> None:
    lines = told(OSError(errno.EACCES, "x", b"/a/\xff"))[1]
    assert lines[0] == r"error: cannot write '/a/\377': permission denied"


def test_a_bug_leaves_a_report_and_asks_for_an_issue(tmp_path: Path) -> None:
    state = tmp_path / "timewarp"
    state.mkdir()
    try:
        _stumble()
    except KeyError as exc:
        code, lines = failures.explain(
            exc, folder=str(state / "log"), words=["log", "-p"], manner=PLAIN
        )
    (report,) = (state / "log").glob("timewarp-bug-*.log")
    assert code == 70
    (record,) = log.records(str(state))
    assert (record.level, record.component) == ("fatal", "command")
    assert record.fields["arguments"] == ["log", "-p"]
    assert "in _stumble" in str(record.fields["traceback"])
    assert lines == [
        f"error: this is a bug: KeyError: 'sneaky\\nkey'; please open an issue with the file '{report}'",
        "hint: git timewarp doctor",
    ]
    text = report.read_text()
    assert "arguments: ['log', '-p']\n" in text
    assert "in _stumble" in text


def test_only_the_newest_reports_stay(tmp_path: Path) -> None:
    for _ in range(25):
        failures.explain(ValueError("x"), folder=str(tmp_path / "log"), words=[], manner=PLAIN)
    assert len(list((tmp_path / "log").glob("timewarp-bug-*.log"))) == 20


def test_what_a_user_may_ask_about_later_is_in_the_log(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "x", "/a/b")
    for exc in (full, MissingObjectError("abc"), TimewarpError("x"), NoHelpError("y")):
        failures.explain(exc, folder=str(tmp_path / "log"), words=["a"], manner=PLAIN)
    found = [(item.level, item.fields["reference"]) for item in log.records(str(tmp_path))]
    assert found == [("fatal", "bug"), ("error", "missing-object"), ("error", "input-output")]


def test_a_bug_where_nothing_is_recorded_leaves_its_report_elsewhere(tmp_path: Path) -> None:
    code, lines = failures.explain(
        ValueError("x"), folder=str(tmp_path / "gone" / "log"), words=[], manner=PLAIN
    )
    assert code == 70
    assert not (tmp_path / "gone").exists()
    report = Path(lines[0].rpartition(" '")[2].rstrip("'"))
    assert report.read_text().endswith("ValueError: x\n")
    report.unlink()
