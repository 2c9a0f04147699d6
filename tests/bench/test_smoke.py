"""A tiny run of the benchmarks: every row comes out and compares two things. No time is judged."""

from __future__ import annotations

from pathlib import Path

from tests.bench import report
from tests.bench.__main__ import SECTIONS, measure
from tests.bench.place import SMOKE
from tests.support.repo_builder import RepoBuilder

BUDGETED = {
    "`--help`",
    "`status`",
    "`log -20`",
    "`git commit` with our hooks",
    "`git fetch` with our hooks",
    "`snapshot`, 6 files changed",
    "`jump` over 20 changed files",
    "disk after `git gc`",
    "`verify --full`",
    "fold in bulk",
    "one durable event",
    "`verify --quick`",
    "read index built again",
    "the user's `git gc`",
    "the user's `git fsck`",
    "a draft of one changed file, processor time",
    "memory of the watcher",
    "the watcher while nothing happens, processor time",
}
WATCHED = {
    "a draft of one changed file, after the debounce",
    "`snapshot` with a watcher, 6 files changed",
    "`diff` with a watcher, 6 files changed",
    "`status` with a watcher, 6 files changed",
    "`verify --quick`, events",
    "`verify --full`, objects",
    "`compact --now`, snapshots that go",
}
"""Rows without a budget at the sizes of this run."""


def test_every_row_of_the_budget_comes_out_with_a_ratio(tmp_path: Path) -> None:
    project = RepoBuilder(tmp_path / "project")
    for number in range(6):
        text = "".join(f"line {line} of {number % 3}\n" for line in range(number * 4))
        project.commit(f"change {number}", {f"src/part{number}.txt": text, "README.md": text})
    rows = measure(tmp_path / "run", SMOKE, source=project.path, sections=list(SECTIONS))
    assert {row.what for row in rows if row.budget is not None} == BUDGETED
    assert all(row.ratio > 0 for row in rows if not row.what.endswith("processor time"))
    assert {row.what for row in rows} >= WATCHED
    page = report.page(rows, folder=tmp_path)
    assert all(f"| {row.what} | {row.size} | {row.against} |" in page for row in rows)
    assert str(tmp_path) not in page
