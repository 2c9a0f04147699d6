"""The quick parser: well-formed lines only, from the same table as the real one.

It costs nothing to import. Whatever it does not understand at first sight (an unknown
option, a missing value, `--help`) it leaves to `grammar`, which explains.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from git_timewarp.cli.spec import Command, Option, Params, Value


def parse(command: Command, words: list[str]) -> Params | None:
    """Return the parameters, or None when the line needs the real parser."""
    names = {name: option for option in command.options for name in option.names}
    params: Params = {option.dest: option.empty for option in command.options}
    places: list[str] = []
    signed = any(argument.signed for argument in command.arguments)
    rest = iter(words)
    for word in rest:
        if word == "--":
            places += rest
        elif word == "-" or not word.startswith("-") or (signed and word[1:2].isdigit()):
            places.append(word)
        elif word.startswith("--"):
            name, equals, value = word.partition("=")
            option = names.get(name)
            if option is None or (option.is_flag and equals):
                return None
            given = None if option.is_flag else value if equals else next(rest, None)
            if not _fill(params, option, given):
                return None
        elif not _short(params, names, word, rest=rest):
            return None
    return params if _place(params, command, places) else None


def _short(params: Params, names: dict[str, Option], word: str, *, rest: Iterator[str]) -> bool:
    option = names.get(word[:2])
    if option is None:
        return False
    if option.is_flag:
        return len(word) == 2 and _fill(params, option, None)
    if len(word) > 2:
        return _fill(params, option, word[2:])
    return _fill(params, option, next(rest, None))


def _fill(params: Params, option: Option, given: str | None) -> bool:
    """Set the parameter; False when the value is missing or not one the option takes."""
    if option.is_flag:
        params[option.dest] = True
        return True
    if given is None or (given.startswith("-") and len(given) > 1):
        return False
    if option.choices and given not in option.choices:
        return False
    value: Value = given
    if option.number:
        if not (given.isascii() and given.isdigit()):
            return False
        value = int(given)
    elif option.many:
        before = params[option.dest]
        value = (*before, given) if isinstance(before, tuple) else (given,)
    params[option.dest] = value
    return True


def _place(params: Params, command: Command, places: list[str]) -> bool:
    left = list(places)
    for argument in command.arguments:
        if argument.many:
            if argument.required and not left:
                return False
            params[argument.dest] = tuple(left)
            left = []
        elif left:
            params[argument.dest] = left.pop(0)
        elif argument.required:
            return False
        else:
            params[argument.dest] = None
    return not left
