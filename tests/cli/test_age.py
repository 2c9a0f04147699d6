"""Ages and dates as git tells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.cli.output import age
from git_timewarp.util.clock import iso
from tests.support.repo_builder import RepoBuilder

NOW = 1_700_000_000


def ns(seconds: int) -> int:
    return seconds * 1_000_000_000


@pytest.mark.parametrize(
    ("seconds", "short", "told"),
    [
        (0, "now", "just now"),
        (1, "1s", "1 second ago"),
        (89, "89s", "89 seconds ago"),
        (90, "2m", "2 minutes ago"),
        (3600, "60m", "60 minutes ago"),
        (7200, "2h", "2 hours ago"),
        (86400, "24h", "24 hours ago"),
        (172800, "2d", "2 days ago"),
        (86400 * 14, "2w", "2 weeks ago"),
        (86400 * 80, "3mo", "3 months ago"),
        (86400 * 800, "2y", "2 years ago"),
        (-5, "future", "in the future"),
    ],
)
def test_ages_are_one_number_and_one_unit(seconds: int, short: str, told: str) -> None:
    ts = iso(ns(NOW - seconds))
    assert age.show(ts, style="relative", now_ns=ns(NOW)) == short
    assert age.tell(ts, style="relative", now_ns=ns(NOW)) == told


STYLES = ["default", "iso", "iso-strict", "rfc", "short", "raw", "unix", "format:%d.%m.%Y %H"]


@pytest.mark.parametrize("style", STYLES)
def test_formats_are_those_of_git_log(tmp_path: Path, style: str) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("a", {"a": "x"})
    seconds = int(repo.git("log", "-1", "--format=%at").strip())
    told = repo.git("log", "-1", "--format=%ad", f"--date={style}").strip()
    assert age.show(iso(ns(seconds)), style=style, now_ns=ns(NOW)) == told
    assert age.tell(iso(ns(seconds)), style=style, now_ns=ns(NOW)) == told


def test_formats_are_recognised() -> None:
    for style in (*STYLES, "relative", "human", "iso-local", "local"):
        assert age.is_format(style)
    assert not age.is_format("someday")


@pytest.mark.parametrize("style", ["relative", *STYLES])
def test_a_time_that_is_none_is_told_as_unknown(style: str) -> None:
    for ts in ("2026-02-30T10:00:00Z", "0000-01-01T10:00:00Z", "\x1b[2J", ""):
        assert age.show(ts, style=style, now_ns=ns(NOW)) == "unknown"
        assert age.tell(ts, style=style, now_ns=ns(NOW)) == "at an unknown time"
