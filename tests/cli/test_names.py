"""Names as git prints them, text that keeps its columns."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.cli.output import names
from git_timewarp.util.text import to_bytes, to_str
from tests.support.repo_builder import RepoBuilder

STRANGE = [
    b"plain.txt",
    b"with space",
    b"-dash",
    b'quo"te',
    b"back\\slash",
    b"tab\there",
    b"new\nline",
    b"bell\x07\x08\x0b\x0c\r",
    b"escape\x1b[31m",
    b"delete\x7f",
    "é.txt".encode(),
    "日本.txt".encode(),
    b"latin\xe9.txt",
]


@pytest.mark.parametrize("quote_path", [True, False])
def test_paths_are_quoted_exactly_as_git_quotes_them(tmp_path: Path, *, quote_path: bool) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    for name in STRANGE:
        Path(os.fsdecode(to_bytes(str(repo.path)) + b"/" + name)).write_bytes(b"x")
    repo.git("add", "-A")
    setting = f"core.quotePath={'true' if quote_path else 'false'}"
    shown = repo.run("-c", setting, "ls-files").stdout
    ours = [to_bytes(names.quote(to_str(name), quote_path=quote_path)) for name in sorted(STRANGE)]
    assert b"\n".join(ours) + b"\n" == shown


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1), ("ｱ", 1), ("\uff21", 2), ("a\u200bb", 2)],
)
def test_width_counts_columns(text: str, width: int) -> None:
    assert names.width(text) == width


@pytest.mark.parametrize(
    ("text", "columns", "cut"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("日本語", 1, "…"),
        ("abcd", 0, ""),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
    ],
)
def test_a_cut_never_splits_a_wide_character(text: str, columns: int, cut: str) -> None:
    assert names.cut(text, columns, ellipsis="…") == cut
    assert names.width(cut) <= columns


def test_padding_counts_columns() -> None:
    assert names.pad("日", 4) == "日  "
    assert names.pad("日", 4, right=True) == "  日"


def test_one_line_of_free_text_cannot_move_the_cursor() -> None:
    assert names.one_line("\n first\x1b[2J line \nsecond") == "first\\x1b[2J line "
    assert names.one_line("") == ""
