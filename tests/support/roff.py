"""The manual page, made from the commands' own tables (man-pages(7) style)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from git_timewarp import __version__
from git_timewarp.cli import registry, topics
from git_timewarp.cli.overview import GLOBAL_OPTIONS
from git_timewarp.cli.spec import Command, Option
from tests.support.commands import commands

PAGE = "contrib/man/git-timewarp.1"

_EXAMPLES = (
    (
        "Start recording, and keep recording while you work:",
        ("git timewarp init --watch",),
    ),
    (
        "Something went wrong. See what changed, go back, and forward again if need be:",
        (
            "git timewarp log --since '10 minutes ago'",
            "git timewarp jump '10 minutes ago'",
            "git timewarp undo",
        ),
    ),
    (
        "Bring back one folder that was deleted:",
        ("git timewarp restore src/",),
    ),
)


def page() -> str:
    """Return the whole page."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield '.\\" Generated from the command tables by "make docs"; do not edit.'
    yield f'.TH GIT\\-TIMEWARP 1 "" "git\\-timewarp {__version__}" "Git Manual"'
    yield ".SH NAME"
    yield "git\\-timewarp \\- flight recorder and time machine for a work tree"
    yield ".SH SYNOPSIS"
    yield ".nf"
    yield (
        "\\fBgit timewarp\\fR [\\fB\\-C\\fR \\fIdir\\fR] [\\fB\\-c\\fR \\fIkey\\fR=\\fIvalue\\fR] "
        "[\\fB\\-\\-no\\-pager\\fR] \\fIcommand\\fR [\\fIargs\\fR]"
    )
    yield "\\fBtw\\fR \\fIcommand\\fR [\\fIargs\\fR]"
    yield ".fi"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(
        """Records what happens in a repository and what its work tree looks like, and brings any of
it back: after a bad edit, a reset --hard, a deleted branch, a rebase gone wrong.

Everything lives in objects of the repository itself, below refs/timewarp/. Branches, tags, the
index, HEAD and the output of git's own commands are what they would be without it.

Without a command a short status is printed, or how to begin where nothing is recorded yet."""
    )
    yield ".SH OPTIONS"
    for name, text in GLOBAL_OPTIONS:
        yield ".TP"
        yield _bold(name)
        yield _text(text)
    yield ".SH COMMANDS"
    for section, title in registry.SECTIONS.items():
        yield f".SS {_text(title[:1].upper() + title[1:])}"
        for name, command in commands().items():
            if registry.COMMANDS[name].section == section:
                yield from _command(command)
    yield from _rows(
        "TARGETS",
        "Wherever a command takes a target, it may be any of these:",
        topics.TARGETS,
    )
    yield ".SH CONFIGURATION"
    yield from _paragraphs(
        """Settings are read from, strongest first: the command line (-c), the environment, the
git configuration of the work tree and of the clone, the tracked file .timewarp.toml, the user's
git configuration. Each has a default; none is needed. 'git timewarp config list --defaults' shows
them all.

Colours and the pager follow git's own settings: color.ui, color.timewarp,
color.timewarp.<slot>, core.pager, pager.timewarp, core.quotePath, log.date."""
    )
    yield from _rows("ENVIRONMENT", None, topics.ENVIRONMENT)
    yield from _rows("FILES", None, topics.FILES)
    yield from _rows("EXIT STATUS", None, topics.EXIT_CODES)
    yield ".SH EXAMPLES"
    for text, lines in _EXAMPLES:
        yield from _paragraphs(text)
        yield from _shown(lines)
    yield ".SH SEE ALSO"
    yield "\\fBgit\\fR(1), \\fBgit\\-stash\\fR(1), \\fBgit\\-reflog\\fR(1), \\fBgit\\-notes\\fR(1)"


def _command(command: Command) -> Iterator[str]:
    yield ".TP"
    words = command.usage.removeprefix("git timewarp ").removeprefix(command.name).strip()
    yield f"{_bold(command.name)} {_words(words)}".rstrip()
    anywhere = not registry.COMMANDS[command.name].needs_repo
    outside = "\n\nIt works outside a repository too." if anywhere else ""
    yield from _paragraphs(command.description + outside, first=".br")
    after = (command.after,) if command.after else ()
    rows = [(f"\\fI{_text(item.metavar)}\\fR", item.text) for item in (*command.arguments, *after)]
    rows += [(_option(option), option.text) for option in command.options]
    yield ".RS"
    for head, text in rows:
        yield ".TP"
        yield head
        yield _text(text)
    for line, text in command.examples:
        yield ".PP"
        yield _text(text)
        yield from _shown((line,))
    yield ".RE"


def _option(option: Option) -> str:
    names = ", ".join(_bold(name) for name in option.names)
    return names if option.metavar is None else f"{names} \\fI{_text(option.metavar)}\\fR"


def _rows(title: str, lead: str | None, rows: topics.Rows) -> Iterator[str]:
    yield f".SH {title}"
    if lead:
        yield _text(lead)
    for left, right in rows:
        yield ".TP"
        yield _bold(left)
        yield _text(right)


def _shown(lines: tuple[str, ...]) -> Iterator[str]:
    yield ".RS 4"
    yield ".nf"
    yield from (_text(line) for line in lines)
    yield ".fi"
    yield ".RE"


def _paragraphs(text: str, *, first: str = ".PP") -> Iterator[str]:
    for number, paragraph in enumerate(text.split("\n\n")):
        if number or first == ".PP":
            yield ".PP" if first == ".PP" else ".sp"
        yield _text(" ".join(paragraph.split()))


def _words(text: str) -> str:
    """Mark the words in angle brackets as placeholders."""
    return re.sub(r"<([^>]+)>", r"\\fI<\1>\\fR", _text(text))


def _bold(text: str) -> str:
    return f"\\fB{_text(text)}\\fR"


def _text(text: str) -> str:
    """Escape for roff: backslashes, hyphens that are typed, a leading dot or quote."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped
