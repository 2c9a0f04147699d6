"""Recovery and repair: what came back, what did not, and the next command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from git_timewarp.cli.output import health, names

if TYPE_CHECKING:
    from git_timewarp.cli.output.look import Look
    from git_timewarp.timeline.results import RecoveryReport

_MOST = 20
_TOLD = (("came_back", "came back", "good"), ("lost", "lost", "bad"), ("left", "left", "warning"))


def recovery(report: RecoveryReport, look: Look) -> Iterator[str]:
    """Draw the report of the last recovery, what is pinned, and how everything is now."""
    if report.last is None:
        yield "nothing was cut off here, or it left nothing to tell"
    else:
        verb = names.one_line(str(report.last["verb"]))
        yield f"last recovery: {look.when(str(report.last['ts']))}, by 'git timewarp {verb}'"
        for member, label, slot in _TOLD:
            for text in report.texts(member):
                yield f"  {look.paint(slot, label + ':')} {names.one_line(text)}"
        yield f"  copy from before it: {names.one_line(str(report.last['folder']))}"
    if report.pinned:
        yield f"{len(report.pinned)} object(s) that a crash left and nothing names are kept:"
        for item in report.pinned[-_MOST:]:
            yield f"  {item['oid']} {item['type']} {item['size']} bytes"
        newest = report.pinned[-1]
        folder = names.one_line(str(newest["objects"]))
        line = f"GIT_ALTERNATE_OBJECT_DIRECTORIES='{folder}' git cat-file -p {newest['oid']}"
        yield f"{look.paint('hint', 'hint:')} {line}"
    yield from health.verify(report.now, look)
