"""Every command keeps the promises that hold for all of them (design 8)."""

from __future__ import annotations

import inspect
import shlex

import pytest

from git_timewarp.cli import grammar, registry
from git_timewarp.cli.main import parse
from git_timewarp.cli.spec import Command
from tests.support.commands import commands

ALL = commands()
MUTATIONS = {
    "compact",
    "purge",
    "redact",
    "init",
    "deinit",
    "config set",
    "snapshot",
    "watch start",
    "watch stop",
    "hooks install",
    "hooks uninstall",
    "jump",
    "restore",
    "undo",
    "redo",
    "stash apply",
    "stash store",
    "stash drop",
    "notes publish",
    "repair",
    "recover",
    "export",
    "import",
}
LOOKING = {
    "status",
    "doctor",
    "config list",
    "config get",
    "config validate",
    "help",
    "log",
    "show",
    "diff",
    "cat",
    "history",
    "stash list",
    "stash show",
    "storage",
    "watch status",
    "hooks status",
    "verify",
    "recover",
    "inspect",
}
RUNNING = {"watch run", "record", "demo", "emergency-restore"}
"""Neither: one serves, one takes what it is given, the others write in a folder of their own."""


@pytest.fixture(params=sorted(ALL))
def command(request: pytest.FixtureRequest) -> Command:
    """Return each command in turn."""
    return ALL[str(request.param)]


def test_every_command_looks_or_mutates() -> None:
    assert set(registry.COMMANDS) == MUTATIONS | LOOKING | RUNNING


def test_every_command_answers_in_json(command: Command) -> None:
    assert any(option.names == ("--json",) for option in command.options)


def test_every_mutation_can_be_tried_first(command: Command) -> None:
    has = any(option.names == ("-n", "--dry-run") for option in command.options)
    assert has is (command.name in MUTATIONS)


def test_every_command_has_the_name_it_is_found_under(command: Command) -> None:
    assert ALL[command.name] is command


def test_every_help_page_has_a_worked_example(command: Command) -> None:
    page = grammar.help_text(command, columns=80)
    assert page.startswith(f"usage: git timewarp {command.name} [options]")
    assert command.examples
    for line, _ in command.examples:
        assert f"      {line}\n" in page


def test_every_example_parses(command: Command) -> None:
    for line, _ in command.examples:
        words = shlex.split(line.rpartition("| ")[2].partition(" > ")[0])
        assert words[:2] == ["git", "timewarp"]
        name, rest = registry.split(words[2:])
        assert name == command.name
        parse(command, words=rest)


def test_every_function_takes_what_the_table_gives(command: Command) -> None:
    given = {option.dest for option in command.options} - {"json"}
    given |= {argument.dest for argument in command.arguments}
    if command.after is not None:
        given.add(command.after.dest)
    parameters = inspect.signature(command.run).parameters
    assert set(parameters) == given | {"context"}


def test_help_fits_a_narrow_terminal(command: Command) -> None:
    shown = {line for line, _ in command.examples} | {command.usage}
    for line in grammar.help_text(command, columns=60).splitlines():
        if not any(example in line for example in shown):
            assert len(line) <= 60, line


def test_nouns_and_verbs_are_found() -> None:
    assert registry.split(["stash", "list", "x"]) == ("stash list", ["x"])
    assert registry.split(["log", "list"]) == ("log", ["list"])
    assert registry.split(["stash"]) == (None, ["stash"])
    assert list(registry.verbs("stash")) == ["list", "show", "apply", "store", "drop"]
    assert registry.verbs("log") == {}


def test_what_needs_no_repository_is_known() -> None:
    anywhere = {name for name, entry in registry.COMMANDS.items() if not entry.needs_repo}
    assert anywhere == {"help", "demo", "emergency-restore", "inspect"}
