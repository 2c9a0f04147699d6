"""Every failure has one reference, one page and sounds like git (rules 9 and 10)."""

from __future__ import annotations

import ast
import re

from git_timewarp.cli.explained.explanation import Sort
from git_timewarp.cli.explained.page import TABLE
from git_timewarp.errors import Kind
from tests.support.errors import errors, hints, raised_messages
from tests.support.source import modules

KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def test_references_are_unique_and_kebab_case() -> None:
    seen: dict[str, str] = {}
    for error in errors():
        assert KEBAB.fullmatch(error.reference), error.where
        assert error.reference not in seen, (error.where, seen[error.reference])
        seen[error.reference] = error.where


def test_every_error_says_its_kind_and_what_it_is() -> None:
    for error in errors():
        assert error.kind in Kind.__members__, error.where
        assert error.doc, error.where
        assert error.name.endswith("Error"), error.where


def test_every_error_is_explained_in_words_of_its_own() -> None:
    """How it comes, what is safe, what to do: no text stands twice but that nothing was done."""
    assert set(TABLE) == {error.reference for error in errors()} | {"bug"}
    seen: dict[str, str] = {}
    for reference, found in TABLE.items():
        for text in (found.cause, found.recovery):
            assert text not in seen, (reference, seen[text])
            assert len(text.split()) >= 5 or text.startswith("'"), (reference, text)
            seen[text] = reference
        for text in found[1:]:
            assert text[-1] in ".')", (reference, text)
            assert "\n" not in text, reference
        assert "git" in found.recovery or "'" in found.recovery or len(found.recovery) > 30


def test_what_passes_by_itself_is_of_a_kind_that_can() -> None:
    kinds = {error.reference: error.kind for error in errors()}
    for reference, found in TABLE.items():
        kind = kinds.get(reference, "BUG")
        if kind == "LOCKED":
            assert found.sort is Sort.TRANSIENT, reference
        if kind in {"USAGE", "NOT_FOUND", "CORRUPT", "BUG"}:
            assert found.sort is not Sort.TRANSIENT, reference


def test_messages_sound_like_git() -> None:
    """Lower-case start, no full stop, no exclamation, the subject in single quotes."""
    found = []
    for where, text in raised_messages():
        start = text[:1]
        name = re.match(r"[A-Z][A-Za-z]*[A-Z_]", text)
        wrong = (
            (start.isupper() and not name)
            or text.endswith((".", "!"))
            or '"' in text
            or "`" in text
        )
        if wrong or not text.strip():
            found.append(f"{where}: {text!r}")
    assert found == []


def test_a_hint_is_a_command_that_can_be_pasted() -> None:
    """It begins with a program, names no placeholder, and is no sentence around a command."""
    programs = {
        "git",
        "rm",
        "mv",
        "ls",
        "mkdir",
        "cd",
        "cat",
        "sed",
        "df",
        "chmod",
        "printenv",
        "python3",
        "env",
    }
    prose = re.compile(
        r"[<>`]|\.\.\.|: |; |, |[a-z]\.$|(?<!=)(?<!-)'\{\}'|\b(?:then|if|or|first)\b"
    )
    found = []
    for where, text in hints():
        if text.split()[0] not in programs | {"{}"} or prose.search(text.replace("cd ..", "cd")):
            found.append(f"{where}: {text!r}")
    assert found == []


def test_nothing_of_ours_raises_a_bare_exception() -> None:
    found = []
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = getattr(node.exc.func, "id", "")
                if name in {"Exception", "BaseException", "RuntimeError", "TimewarpError"}:
                    found.append(f"{module.path}:{node.lineno}: {name}")
    assert found == []
