"""What a process holds, sample after sample, and whether that grows."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Sample:
    """What a watcher holds at a calm moment.

    Attributes:
        minutes: since the beginning.
        resident, highest: memory now and at its highest, in KiB (VmRSS and VmHWM).
        descriptors: open files, pipes and sockets.
        watches: folders it is told of.
    """

    minutes: float
    resident: int
    highest: int
    descriptors: int
    watches: int


def sample(pid: int, *, minutes: float) -> Sample:
    """Look at a process."""
    told = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    numbers = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB$", told, re.MULTILINE))
    held = os.listdir(f"/proc/{pid}/fd")
    return Sample(minutes, int(numbers["VmRSS"]), int(numbers["VmHWM"]), len(held), watches(pid))


def watches(pid: int) -> int:
    """Return how many folders a process has asked inotify to tell it of."""
    found = 0
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        # It may have closed one since they were listed.
        with contextlib.suppress(FileNotFoundError):
            found += info.read_text(encoding="ascii").count("inotify wd:")
    return found


def growth(points: Sequence[tuple[float, float]]) -> float:
    """Return by how much a fitted line rises from the first to the last of (x, y).

    The line is Theil's: the median of all slopes, which a few peaks do not move.
    """
    slopes = [
        (right - left) / (end - begin)
        for index, (begin, left) in enumerate(points)
        for end, right in points[index + 1 :]
        if end > begin
    ]
    return median(slopes) * (points[-1][0] - points[0][0]) if slopes else 0.0


def table(heads: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    """Return a table as text, columns to the right."""
    words = [list(heads), *([str(cell) for cell in line] for line in lines)]
    widths = [max(len(line[column]) for line in words) for column in range(len(heads))]
    shown = [
        "  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in words
    ]
    return "\n".join(shown)
