"""The words before the command: options of `git timewarp` itself."""

from __future__ import annotations

from collections.abc import Mapping

from git_timewarp.errors import Kind, TimewarpError


class CommandLineError(TimewarpError):
    """The line does not begin as a line of ours does."""

    kind = Kind.USAGE
    reference = "command-line"


class Line:
    """A command line, split.

    Attributes:
        folders: arguments of `-C`, each relative to the one before.
        overrides: settings for this command only that `git -c` passed on.
        given: settings for this command only of our own `-c`, as typed; stronger.
        paginate: True, False or None for neither option.
        wants: `help`, `version` or None.
        words: the command and what follows it.
    """

    __slots__ = ("folders", "given", "overrides", "paginate", "wants", "words")

    def __init__(self) -> None:
        self.folders: list[str] = []
        self.overrides: dict[str, str] = {}
        self.given: dict[str, str] = {}
        self.paginate: bool | None = None
        self.wants: str | None = None
        self.words: list[str] = []


def read(words: list[str], environ: Mapping[str, str]) -> Line:
    """Split a command line.

    Settings that `git -c key=value timewarp` passes on through the environment count.

    Raises:
        CommandLineError: an option nobody knows, or one without its value.
    """
    line = Line()
    line.overrides.update(_inherited(environ.get("GIT_CONFIG_PARAMETERS", "")))
    rest = list(words)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word == "-C":
            line.folders.append(_value(word, rest))
        elif word == "-c":
            key, equals, value = _value(word, rest).partition("=")
            line.given[key] = value if equals else "true"
        elif word in {"-P", "--no-pager"}:
            line.paginate = False
        elif word in {"-p", "--paginate"}:
            line.paginate = True
        elif word in {"-h", "--help", "-v", "--version"}:
            line.wants = "help" if "h" in word else "version"
        elif word == "--json":
            # Before the command it means the same as after it.
            rest.append(word)
            if rest == [word]:
                break
            if "--" in rest:
                rest.insert(rest.index("--"), rest.pop())
        else:
            raise CommandLineError(f"unknown option '{word}'", hint="git timewarp help")
    line.words = rest
    return line


def is_json(words: list[str]) -> bool:
    """Tell whether the answer, or the error, is for a program."""
    end = words.index("--") if "--" in words else len(words)
    return "--json" in words[:end]


def _value(option: str, rest: list[str]) -> str:
    if not rest:
        raise CommandLineError(f"option '{option}' needs a value", hint="git timewarp help")
    return rest.pop(0)


def _inherited(text: str) -> dict[str, str]:
    """Read what `git -c` left: `'key'='value'` or `'key=value'`, single-quoted as for sh."""
    found = {}
    for word in _unquoted(text):
        key, equals, value = word.partition("=")
        found[key] = value if equals else "true"
    return found


def _unquoted(text: str) -> list[str]:
    words: list[str] = []
    word = ""
    quoted = False
    at = 0
    while at < len(text):
        char = text[at]
        if char == "'":
            quoted = not quoted
        elif char == "\\" and not quoted:
            at += 1
            word += text[at : at + 1]
        elif char == " " and not quoted:
            words.append(word)
            word = ""
        else:
            word += char
        at += 1
    return [*words, word] if word else words
