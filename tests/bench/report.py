"""The table as a page: what was measured, on what machine, and where a budget is missed."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench.measure import Row

HEAD = """\
# Benchmarks

Written by `make bench`. Each line times two things in turns on one machine (A B A B …, one
turn to warm up) and gives the medians. A time alone says something about this machine only;
the ratio is what counts. Budgets without a `x` are times or rates of their own.
"""
COLUMNS = ("what", "on", "against", "ours", "theirs", "ratio", "budget", "")


def page(rows: Sequence[Row], *, folder: Path, asked: str = "") -> str:
    """Return the whole page; `asked` are the options of a run that is not the usual one."""
    head = f'{HEAD}\nThis run had other sizes than the budgets speak of: `ARGS="{asked}"`.\n'
    return "\n".join(
        [head if asked else HEAD, machine(folder), "## Results\n", table(rows), missed(rows)]
    )


def machine(folder: Path) -> str:
    """Describe the machine; nothing that names it."""
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(file.readline().split()[1]) / 2**20
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    lines = [
        "## The machine\n",
        f"- {os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB of memory",
        f"- {system}, {_file_system(folder)} file system",
        f"- git {git.split()[2]}, Python {sys.version.split()[0]}",
        "",
    ]
    return "\n".join(lines)


def _file_system(folder: Path) -> str:
    """Return the type of the file system below a folder."""
    best, kind = "", "unknown"
    with open("/proc/mounts", encoding="utf-8") as file:
        for line in file:
            _, point, found, *_ = line.split()
            inside = os.path.commonpath([point, folder.resolve()]) == point
            if inside and len(point) >= len(best):
                best, kind = point, found
    return kind


def table(rows: Sequence[Row]) -> str:
    """Return the table."""
    lines = [_line(COLUMNS), _line(["---"] * 3 + ["---:"] * 3 + ["---"] * 2)]
    for row in rows:
        verdict = "" if row.budget is None else "holds" if row.over <= 0 else "**missed**"
        budget = row.budget.text if row.budget is not None else ""
        ours, theirs = shown(row, row.ours), shown(row, row.theirs)
        words = (row.what, row.size, row.against, ours, theirs, f"{row.ratio:.2f}", budget, verdict)
        lines.append(_line(words))
    return "\n".join([*lines, ""])


def missed(rows: Sequence[Row]) -> str:
    """Say by how much and why, for each budget that is missed."""
    over = [row for row in rows if row.over > 0]
    if not over:
        return "Every budget holds.\n"
    lines = ["## Missed\n"]
    for row in over:
        budget = row.budget
        if budget is None:
            continue
        if budget.ratio is not None:
            much = f"{row.ratio:.2f} x instead of {budget.ratio:.2f} x"
        else:
            much = f"{shown(replace(row, things=0), row.over)} too much"
        why = f": {row.why}" if row.why else ""
        lines.append(f"- {row.what}, {row.size}: {much}{why}.")
    return "\n".join([*lines, ""])


def shown(row: Row, value: float) -> str:
    """Return a value in its unit."""
    if row.unit == "B":
        return f"{value / 2**20:.2f} MB"
    rate = f" ({row.things / value:,.0f}/s)" if row.things else ""
    return duration(value) + rate


def duration(seconds: float) -> str:
    """Return a time as people read it."""
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds:.2f} s"


def _line(words: Sequence[str]) -> str:
    return f"| {' | '.join(words)} |"
