"""The program's own log: what it says, what it never says, and that it is nobody's trouble."""

from __future__ import annotations

import json
import os
from pathlib import Path

from git_timewarp.safety.log import LEVELS, Log, Record, path_in, records
from tests.support.clock import CountingClock


def test_a_record_is_one_line_of_json(tmp_path: Path) -> None:
    log = Log(str(tmp_path), "watcher", clock=CountingClock())
    log.write("warn", "two\nlines and a stray byte \udcff", {"ms": 3, "level": "no"})
    text = Path(path_in(str(tmp_path))).read_text()
    assert text.endswith("}\n")
    assert json.loads(text) == {
        "ts": "2023-11-14T22:13:20.001Z",
        "level": "warn",
        "component": "watcher",
        "message": "two\nlines and a stray byte \\377",
        "pid": os.getpid(),
        "ms": 3,
    }
    assert list(records(str(tmp_path))) == [
        Record(
            "2023-11-14T22:13:20.001Z",
            "warn",
            "watcher",
            "two\nlines and a stray byte \\377",
            os.getpid(),
            {"ms": 3},
        )
    ]


def test_only_from_the_level_on_that_was_asked_for(tmp_path: Path) -> None:
    for least in (*LEVELS, "nonsense"):
        folder = tmp_path / least
        folder.mkdir()
        log = Log(str(folder), "x", clock=CountingClock(), level=least)
        for level in LEVELS:
            log.write(level, level)
        expected = LEVELS[LEVELS.index(least) if least in LEVELS else 1 :]
        assert [item.level for item in records(str(folder))] == list(reversed(expected))
    warned = [item.message for item in records(str(tmp_path / "debug"), least="warn")]
    assert warned == ["fatal", "error", "warn"]


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    log = Log(str(tmp_path), "command", clock=CountingClock())
    log.write(
        "error",
        f"push to https://ada:{token}@example.com failed",
        {"arguments": ["snapshot", "-m", token], "env": {"HOME": "/x", "A": "b"}, token: 1},
    )
    text = Path(path_in(str(tmp_path))).read_text()
    assert token not in text
    assert "/x" not in text
    assert text.count("REDACTED") >= 2


def test_a_very_long_text_keeps_its_end(tmp_path: Path) -> None:
    log = Log(str(tmp_path), "x", clock=CountingClock())
    log.write("fatal", "bug", {"traceback": "a" * 100_000 + "the end"})
    (found,) = records(str(tmp_path))
    told = str(found.fields["traceback"])
    assert len(told) == 16 * 1024
    assert told.endswith("the end")


def test_what_cannot_be_written_or_read_is_passed_over(tmp_path: Path) -> None:
    Log(str(tmp_path / "gone"), "x", clock=CountingClock()).write("error", "x")
    Log(str(tmp_path), "x", clock=CountingClock()).write("error", "x", {"odd": object()})
    assert list(tmp_path.iterdir()) == []
    log = Log(str(tmp_path), "x", clock=CountingClock())
    log.write("info", "good")
    with open(path_in(str(tmp_path)), "ab") as file:
        file.write(b'{"ts":"cut\n[1]\n\xff\n{"ts":1}\n')
    assert [item.message for item in records(str(tmp_path))] == ["good"]
