"""The quick parser understands exactly what the real one does, or leaves it alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_timewarp.cli import grammar, light, registry
from git_timewarp.cli.main import parse
from git_timewarp.cli.spec import Argument, Command, Option
from tests.support.commands import commands


def nothing() -> int:
    return 0


SAMPLE = Command(
    name="sample",
    description="",
    examples=(),
    run=nothing,
    options=(
        Option(("-m", "--message"), "message", "", "<text>", default=""),
        Option(("-n", "--count"), "count", "", "<number>", number=True),
        Option(("--color",), "color", "", "<when>", choices=("always", "never")),
        Option(("-t", "--type"), "types", "", "<type>", many=True),
        Option(("-p", "--patch"), "patch", ""),
    ),
    arguments=(
        Argument("first", "<first>", ""),
        Argument("rest", "<rest>", "", required=False, many=True),
    ),
)


def test_a_well_formed_line_needs_no_other_parser() -> None:
    line = ["-mhello", "one", "--type", "a", "--type=b", "-p", "-n", "3", "two", "--", "-x"]
    assert light.parse(SAMPLE, line) == {
        "message": "hello",
        "count": 3,
        "color": None,
        "types": ("a", "b"),
        "patch": True,
        "first": "one",
        "rest": ("two", "-x"),
    }


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["one", "--unknown"],
        ["one", "-x"],
        ["one", "-pn3"],
        ["one", "--message"],
        ["one", "-n", "three"],
        ["one", "-n", "٣"],
        ["one", "--color", "sometimes"],
        ["one", "--patch=yes"],
        ["one", "-m", "-p"],
    ],
)
def test_anything_unusual_is_left_to_the_real_parser(line: list[str]) -> None:
    assert light.parse(SAMPLE, line) is None


WORDS = st.sampled_from(
    [
        "one",
        "two",
        "",
        "-",
        "--",
        "-m",
        "-mtext",
        "--message",
        "--message=",
        "--message=text",
        "-n",
        "-n7",
        "7",
        "-7",
        "--count=7",
        "--count=x",
        "--color",
        "--color=never",
        "never",
        "-t",
        "--type=a",
        "-p",
        "-pp",
        "--patch",
        "--patch=1",
        "--bogus",
        "é",
        "\udcff",
    ]
)


@given(st.lists(WORDS, max_size=7))
def test_both_parsers_agree(line: list[str]) -> None:
    quick = light.parse(SAMPLE, line)
    if quick is not None:
        assert quick == grammar.parse(SAMPLE, line)


def test_both_parsers_agree_on_every_example() -> None:
    for command in commands().values():
        before: list[str] = ["x"] * len([a for a in command.arguments if a.required])
        quick = light.parse(command, before)
        assert quick == grammar.parse(command, before), command.name


def test_a_number_is_short_for_the_count() -> None:
    log = registry.load("log")
    assert parse(log, words=["-20", "--", "-30"])["limit"] == 20
    assert parse(log, words=["-20", "--", "-30"])["paths"] == ("-30",)
    assert parse(log, words=["-20", "-p"]) == parse(log, words=["-p", "--max-count=20"])


def test_words_after_two_hyphens_are_paths_of_a_diff() -> None:
    diff = registry.load("diff")
    params = parse(diff, words=["E1", "--stat", "--", "E2", "--stat"])
    assert (params["a"], params["b"], params["paths"]) == ("E1", None, ("E2", "--stat"))
    assert parse(diff, words=["E1", "E2"])["paths"] == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["one", "--bogus"], "no such option '--bogus'"),
        (["one", "-n", "x"], "invalid value for '-n' / '--count': 'x' is not a whole number"),
        (["one", "--message"], "option '--message' requires an argument"),
        ([], "missing argument '<first>'"),
    ],
)
def test_a_wrong_line_is_explained(line: list[str], message: str) -> None:
    with pytest.raises(grammar.UsageError) as caught:
        parse(SAMPLE, words=line)
    assert caught.value.to_dict() == {
        "code": 2,
        "reference": "usage",
        "message": message,
        "hint": "git timewarp sample --help",
    }


def test_a_setting_takes_a_negative_number() -> None:
    command = registry.load("config set")
    params = light.parse(command, ["retention.keepLast", "-1", "--global"])
    assert params is not None
    assert (params["value"], params["everywhere"]) == ("-1", True)
    assert light.parse(command, ["retention.keepLast", "-x"]) is None
    assert light.parse(registry.load("undo"), ["-1"]) is None
