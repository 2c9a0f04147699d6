"""The log drawn: whole pictures at several widths."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from git_timewarp.cli.context import DateFormatError
from git_timewarp.cli.output import names
from git_timewarp.cli.output.look import Look
from git_timewarp.cli.output.timeline import Timeline
from git_timewarp.timeline.results_look import Changes, LogEntry, Milestone
from tests.support.fake_app import NOW, Desk, FakeApp, entry

ENTRIES = [
    entry(
        47,
        seconds=130,
        summary="before the refactoring of the parser and of everything that hangs on it",
        changes=Changes(2, 3, 1),
        current=True,
    ),
    entry(
        46,
        seconds=840,
        summary="all of it works",
        changes=Changes(0, 1),
        milestone=Milestone("tests-pass", "high", "green"),
        actor="agent:codex",
    ),
    entry(45, seconds=4000, type_="jump", summary="to E12", kept=False),
    entry(
        9,
        seconds=90000,
        summary="日本語のとても長い要約がここにあります本当にとても長い",
        changes=Changes(120, 3),
    ),
]

AT_40 = """\
@ E47  2m before the refactoring of the…
◆ E46 14m [tests-pass green] all of it …
· E45 67m to E12
○ E9  25h 日本語のとても長い要約がここ…
"""

AT_60 = """\
@ E47  2m snapshot +2 ~3 -1 before the refactoring of the p…
◆ E46 14m snapshot       ~1 [tests-pass green] all of it wo…
· E45 67m jump              to E12
○ E9  25h snapshot  +120 ~3 日本語のとても長い要約がここに…
"""

AT_80 = """\
@ E47  2m snapshot ada@example.com +2 ~3 -1 before the refactoring of the parse…
◆ E46 14m snapshot agent:codex           ~1 [tests-pass green] all of it works
· E45 67m jump     ada@example.com          to E12
○ E9  25h snapshot ada@example.com  +120 ~3 日本語のとても長い要約がここにあり…
"""

AT_300 = """\
@ E47  2m snapshot ada@example.com +2 ~3 -1 before the refactoring of the parser and of everything that hangs on it
◆ E46 14m snapshot agent:codex           ~1 [tests-pass green] all of it works
· E45 67m jump     ada@example.com          to E12
○ E9  25h snapshot ada@example.com  +120 ~3 日本語のとても長い要約がここにあります本当にとても長い
"""


@pytest.mark.parametrize(
    ("columns", "picture"), [(40, AT_40), (60, AT_60), (80, AT_80), (300, AT_300), (None, AT_300)]
)
def test_the_log_is_readable_at_every_width(columns: int | None, picture: str) -> None:
    desk = Desk(FakeApp(entries=ENTRIES), columns=columns)
    assert desk.run("log") == 0
    assert desk.out == picture
    assert desk.err == ""
    if columns is not None:
        assert all(names.width(line) <= columns for line in desk.out.splitlines())


def test_marks_in_ascii() -> None:
    desk = Desk(FakeApp(entries=ENTRIES), columns=40)
    desk.run("log --ascii -3")
    assert desk.out == (
        "@ E47  2m before the refactoring of th..\n"
        "* E46 14m [tests-pass green] all of it..\n"
        ". E45 67m to E12\n"
    )


def test_a_terminal_that_is_not_utf8_gets_ascii_marks() -> None:
    desk = Desk(FakeApp(entries=ENTRIES), columns=40, utf8=False)
    desk.run("log")
    assert desk.out.isascii()
    assert desk.out.splitlines()[3] == "o E9  25h " + "?" * 14 + ".."


def test_the_setting_for_ascii_counts() -> None:
    desk = Desk(FakeApp(entries=ENTRIES[2:3], git_config={"timewarp.ui.ascii": "true"}))
    desk.run("log")
    assert desk.out == ". E45 67m jump to E12\n"


def test_a_column_that_never_varies_is_not_drawn() -> None:
    desk = Desk(FakeApp(entries=[entry(2, summary="b"), entry(1, summary="a")]))
    desk.run("log")
    assert desk.out == "○ E2 60s snapshot b\n○ E1 60s snapshot a\n"


def test_work_trees_are_told_apart() -> None:
    here, there = entry(2, summary="b"), entry(1, summary="a", worktree="worktrees/fix")
    desk = Desk(FakeApp(entries=[here, there]))
    desk.run("log")
    assert desk.out == "○ E2 60s snapshot main-worktree b\n○ E1 60s snapshot fix           a\n"


def test_a_date_format_takes_the_column_of_the_age() -> None:
    desk = Desk(FakeApp(entries=[entry(1, summary="a")]))
    desk.run("log --date=iso")
    assert desk.out == "○ E1 2023-11-14 22:12:20 +0000 snapshot a\n"


def test_a_date_format_nobody_knows_is_refused() -> None:
    with pytest.raises(DateFormatError):
        Desk(FakeApp(entries=[entry(1)])).run("log --date=someday")


def test_the_users_log_date_counts() -> None:
    desk = Desk(FakeApp(entries=[entry(1, summary="a")], git_config={"log.date": "someday"}))
    desk.run("log")
    assert desk.out == "○ E1 60s snapshot a\n"
    desk = Desk(FakeApp(entries=[entry(1, summary="a")], git_config={"log.date": "short"}))
    desk.run("log")
    assert desk.out == "○ E1 2023-11-14 snapshot a\n"


def test_colours_when_asked_for() -> None:
    desk = Desk(FakeApp(entries=[entry(1, summary="a", current=True)]))
    desk.run("log --color=always")
    assert desk.out == "\x1b[1;32m@\x1b[m \x1b[33mE1\x1b[m \x1b[32m60s\x1b[m snapshot a\n"


def test_colours_do_not_move_columns() -> None:
    plain = Desk(FakeApp(entries=ENTRIES), columns=80)
    plain.run("log")
    painted = Desk(FakeApp(entries=ENTRIES), columns=80)
    painted.run("log --color=always")
    assert _without_colours(painted.out) == plain.out


def test_control_characters_cannot_reach_the_terminal() -> None:
    desk = Desk(FakeApp(entries=[entry(1, summary="a\x1b[2J\x07b\nsecond line")]))
    desk.run("log")
    assert desk.out == "○ E1 60s snapshot a\\x1b[2J\\x07b\n"


def test_a_long_log_begins_before_it_is_read() -> None:
    given = []

    def entries() -> Iterator[LogEntry]:
        for number in range(100_000, 0, -1):
            given.append(number)
            yield entry(number, summary="x")

    drawn = Timeline(Look(now_ns=NOW * 1_000_000_000)).draw(entries())
    assert next(drawn) == "○ E100000 60s snapshot x"
    assert len(given) < 1000


def _without_colours(text: str) -> str:
    parts = text.split("\x1b[")
    return parts[0] + "".join(part.partition("m")[2] for part in parts[1:])
