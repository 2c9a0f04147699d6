"""Text to values by git's rules, compared with git itself where git has a rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.config.schema import Key, Type
from git_timewarp.config.values import Raw, allowed, parse
from tests.support.repo_builder import RepoBuilder

INT = Key("timewarp.a.int", Type.INT, 5, "x", low=1, high=2048)
SIZE = Key("timewarp.a.size", Type.SIZE, 5, "x")
BOOL = Key("timewarp.a.bool", Type.BOOL, False, "x")
TEXT = Key("timewarp.a.text", Type.TEXT, "", "x")
CHOICE = Key("timewarp.a.choice", Type.CHOICE, "auto", "x", choices=("auto", "true", "false"))


@pytest.mark.parametrize(
    "word", ["true", "YES", "on", "1", "2", "-1", "false", "No", "off", "0", ""]
)
def test_booleans_are_gits(tmp_path: Path, word: str) -> None:
    repo = RepoBuilder(tmp_path)
    repo.git("config", "timewarp.a.bool", word)
    assert parse(BOOL, word) is (repo.git("config", "--bool", "timewarp.a.bool") == "true")


@pytest.mark.parametrize("word", ["7", "+7", "1k", "2M", "3g", "010", "0x1F", "0"])
def test_numbers_are_gits(tmp_path: Path, word: str) -> None:
    repo = RepoBuilder(tmp_path)
    repo.git("config", "timewarp.a.size", word)
    assert parse(SIZE, word) == int(repo.git("config", "--int", "timewarp.a.size"))


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        (INT, 7, 7),
        (INT, "2k", 2048),
        (BOOL, None, True),
        (BOOL, True, True),
        (BOOL, 0, False),
        (TEXT, "", ""),
        (CHOICE, "AUTO", "auto"),
        (CHOICE, None, "true"),
        (CHOICE, False, "false"),
        (CHOICE, "yes", "true"),
    ],
)
def test_values(key: Key, raw: Raw, value: object) -> None:
    assert parse(key, raw) == value


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        (INT, 0),
        (INT, 2049),
        (INT, "3k"),
        (INT, "seven"),
        (INT, "1.5"),
        (INT, 1.5),
        (INT, True),
        (INT, None),
        (INT, ""),
        (SIZE, "-1"),
        (SIZE, "1t"),
        (BOOL, "maybe"),
        (BOOL, [True]),
        (TEXT, 5),
        (TEXT, None),
        (TEXT, "two\nlines"),
        (CHOICE, "sometimes"),
        (CHOICE, 1),
    ],
)
def test_what_is_not_a_value_is_told_apart(key: Key, raw: Raw) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(key, raw)


def test_what_is_allowed_is_said_in_words() -> None:
    assert [allowed(key) for key in (INT, SIZE, BOOL, TEXT, CHOICE)] == [
        "a whole number from 1 to 2048",
        "a size in bytes of 0 or more",
        "true or false",
        "text",
        "one of auto, true, false",
    ]


LASTING = Key("timewarp.a.lasting", Type.DURATION, 60, "x")
BOUNDED = Key("timewarp.a.bounded", Type.DURATION, 60, "x", low=86_400, high=7 * 86_400)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("5s", 5),
        ("90m", 5400),
        ("24h", 86_400),
        ("7D", 604_800),
        ("2w", 1_209_600),
    ],
)
def test_a_time_takes_its_unit_behind_the_number(text: str, seconds: int) -> None:
    assert parse(LASTING, text) == seconds


@pytest.mark.parametrize("text", ["", "d", "-1d", "7 d", "7days", "1.5h", "1y", "0x10", "∞"])
def test_what_is_no_time_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"\Aa time like 90m, 24h or 7d\Z"):
        parse(LASTING, text)


@pytest.mark.parametrize("text", ["23h", "8d"])
def test_a_time_stays_in_its_bounds(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"\Aa time like 90m, 24h or 7d of 1d or more, at most 1w\Z"
    ):
        parse(BOUNDED, text)


def test_a_number_of_a_rule_may_be_minus_one_and_no_less() -> None:
    rule = Key("timewarp.a.rule", Type.INT, 5, "x", low=-1)
    assert parse(rule, "-1") == -1
    with pytest.raises(ValueError, match="of -1 or more"):
        parse(rule, "-2")
