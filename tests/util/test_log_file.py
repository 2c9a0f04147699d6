"""A log that stays small, whoever writes to it and whatever cuts it off."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from git_timewarp.util.log_file import LogFile, newest_first


def lines(path: Path) -> list[bytes]:
    """Return all lines, the newest first."""
    return [line for line in newest_first(str(path)) if line]


def test_it_is_put_aside_when_it_is_full_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "log" / "x"
    log = LogFile(str(path), limit=100, kept=2)
    for number in range(100):
        log.append(b"line %03d" % number)
    assert sorted(item.name for item in path.parent.iterdir()) == ["x", "x.1", "x.2"]
    assert sum(item.stat().st_size for item in path.parent.iterdir()) <= 3 * 110
    found = lines(path)
    assert found == [b"line %03d" % number for number in range(99, 99 - len(found), -1)]
    assert len(found) > 20


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "log" / "x"
    log = LogFile(str(path))
    log.append(b"one")
    with path.open("ab") as file:
        file.write(b"cut o")
    log.append(b"two")
    assert path.read_bytes() == b"one\ncut o\ntwo\n"


def test_it_makes_its_own_folder_and_no_other(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LogFile(str(tmp_path / "gone" / "log" / "x")).append(b"x")
    assert list(tmp_path.iterdir()) == []
    assert lines(tmp_path / "gone" / "log" / "x") == []


def _write(path: str, number: int) -> None:
    log = LogFile(path, limit=500, kept=50)
    for count in range(200):
        log.append(b"%d %d" % (number, count))


def test_many_processes_lose_no_line_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "log" / "x"
    path.parent.mkdir()
    start = multiprocessing.get_context("fork")
    others = [start.Process(target=_write, args=(str(path), number)) for number in range(4)]
    for process in others:
        process.start()
    for process in others:
        process.join()
    found = [line for line in newest_first(str(path), kept=50) if line]
    assert sorted(found) == sorted(b"%d %d" % (n, c) for n in range(4) for c in range(200))
    assert len(os.listdir(path.parent)) > 3
