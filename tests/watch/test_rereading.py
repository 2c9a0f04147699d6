"""A watcher follows its settings while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from git_timewarp.safety import log
from tests.support import recording
from tests.support.watching import Watched, until, watched


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path / "repo") as found:
        yield found


def said(live: Watched, text: str) -> bool:
    """Tell whether a line of the watcher's in the log holds a text."""
    found = log.records(recording.opened(live.repo).state_dir)
    return any(item.component == "watcher" and text in item.message for item in found)


def test_a_setting_that_changes_is_followed(live: Watched) -> None:
    live.tw("config set disk.stop 1000000000000000")
    live.repo.write("a.txt", "while no snapshot may be taken\n")
    until(lambda: "are free on the disk" in str(live.state().problem), "it takes none")
    assert [entry["snapshot"] for entry in live.drafts()] == [None]
    with live.drafted():
        live.tw("config set disk.stop 0")
    assert live.cat("a.txt") == "while no snapshot may be taken\n"
    assert said(live, "settings changed: timewarp.disk.stop")
    live.tw("config set autosave.mode polling")
    until(lambda: live.state().mode == "polling", "it polls")
    live.tw("config set autosave.mode auto")
    until(lambda: live.state().mode == "events", "it is told again")


def test_settings_that_cannot_be_read_change_nothing(live: Watched) -> None:
    live.repo.write(".timewarp.toml", "[retention\n")
    until(lambda: said(live, "the settings of before stand: cannot read '.timewarp.toml'"), "1")
    live.repo.write(".timewarp.toml", "[disk]\nstop = -5\n")
    until(lambda: said(live, "the settings of before stand: 'disk.stop'"), "2")
    live.repo.write(".timewarp.toml", "[retention]\nauto = false\n")
    until(lambda: said(live, "settings changed: timewarp.retention.auto"), "it reads them")
    assert live.state().running


def test_a_watcher_that_takes_no_drafts_says_so(live: Watched) -> None:
    live.tw("config set snapshot.frequency manual")
    until(lambda: live.state().reason is not None, "it tells why")
    why = "no drafts: 'timewarp.snapshot.frequency' is 'manual'"
    assert live.state().reason == why
    assert live.tw("watch status") == f"watcher: running (pid {live.pid()}, {why})\n"
    live.tw("config set snapshot.frequency on_change")
    until(lambda: live.state().reason is None, "it takes drafts again")
