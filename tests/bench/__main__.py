"""`make bench`: measure every budget and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import gc
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench import commands, histories, hooks, report, snapshots, watching
from tests.bench.measure import Row
from tests.bench.place import ROOT, SMOKE, Place, Scale

SECTIONS: dict[str, Callable[[Place], Iterator[Row]]] = {
    "commands": commands.rows,
    "hooks": hooks.rows,
    "snapshots": snapshots.rows,
    "watching": watching.rows,
    "histories": histories.rows,
}
PAGE = ROOT / "docs/benchmarks.md"


def measure(folder: Path, scale: Scale, *, source: Path, sections: Sequence[str]) -> list[Row]:
    """Measure what is asked for in a folder; tell of each row as it comes."""
    place = Place(folder, scale, source)
    found = []
    # Each run begins with a collection, which has not to look at what a test process has gathered.
    gc.freeze()
    try:
        for name in sections:
            for row in SECTIONS[name](place):
                ours, theirs = report.shown(row, row.ours), report.shown(row, row.theirs)
                text = f"{row.what}, {row.size}: {ours} : {theirs}, {row.ratio:.2f}"
                sys.stderr.write(text + "\n")
                found.append(row)
    finally:
        gc.unfreeze()
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; write the page unless the run was a partial one."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, one run, a few seconds")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="one part of it")
    parser.add_argument("--files", type=int, action="append", help="sizes of repositories")
    parser.add_argument("--snapshots", type=int, help="snapshots of the long history")
    parser.add_argument("--events", type=int, help="events of the long history")
    parser.add_argument("--count", type=int, help="runs of each side")
    parser.add_argument("--source", type=Path, default=ROOT, help="a real project's repository")
    parser.add_argument("-o", "--output", type=Path, help=f"the page ({PAGE.relative_to(ROOT)})")
    given = parser.parse_args(arguments)
    scale = SMOKE if given.smoke else Scale()
    chosen = {"snapshots": given.snapshots, "events": given.events, "count": given.count}
    scale = replace(scale, **{key: value for key, value in chosen.items() if value})
    if given.files:
        scale = replace(scale, files=tuple(given.files), watched=tuple(given.files))
    folder = Path(tempfile.mkdtemp(prefix="timewarp-bench-"))
    try:
        rows = measure(
            folder, scale, source=given.source.resolve(), sections=given.only or list(SECTIONS)
        )
        sizes = [
            f"--{name} {value}"
            for name, value in (*chosen.items(), *(("files", size) for size in given.files or ()))
            if value
        ]
        page = report.page(rows, folder=folder, asked=" ".join(sizes))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    whole = not (given.smoke or given.only or any(chosen.values()) or given.files)
    if given.output is not None or whole:
        (given.output or PAGE).write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
