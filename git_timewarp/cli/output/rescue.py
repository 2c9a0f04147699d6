"""Recovery and repair: what came back, what did not, and the next command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from git_timewarp.cli.output import health, names
from git_timewarp.util.text import counted, name_from_json

if TYPE_CHECKING:
    from git_timewarp.cli.output.look import Look
    from git_timewarp.timeline.results import RecoveryReport, RepairReport

_MOST = 20
_ENDS = "git timewarp purge"
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


def repair(report: RepairReport, look: Look) -> Iterator[str]:
    """Draw what was healed and from where, and what is left."""
    verb = "can be healed" if report.dry_run else "healed"
    for item in report.healed[:_MOST]:
        paths = item["paths"]
        where = ", ".join(look.path(path) for path in _texts(paths))
        yield f"{look.paint('good', verb)} {item['oid']} from {item['from']}  {where}".rstrip()
    if len(report.healed) > _MOST:
        yield f"and {len(report.healed) - _MOST} more"
    for name in report.packs:
        yield f"{look.paint('good', 'written anew:')} {name}"
    for name in report.refs:
        yield f"{look.paint('good', 'put back:')} {names.one_line(name)}"
    if report.index_rebuilt:
        yield f"{look.paint('good', 'made again:')} the read index"
    if report.former:
        told = counted(report.former, "former value")
        yield f"{look.paint('good', 'forgotten:')} {told} of our refs, which led to what is lost"
    if report.copy is not None:
        yield f"what was there before is kept in {names.one_line(report.copy)}"
    left = () if report.dry_run else report.problems
    yield from health.problems(left, look)
    if report.dry_run and not report.found:
        yield look.paint("good", "nothing is damaged")
    elif report.dry_run:
        yield (
            f"{counted(report.found, 'problem')}; "
            f"{counted(len(report.healed), 'object')} can be healed"
        )
    elif not report.problems:
        yield look.paint("good", "everything is whole")
    else:
        yield look.paint(
            "bad", f"{counted(len(report.problems), 'problem')} cannot be healed from here"
        )
        if any(item.hint.startswith(_ENDS) for item in report.problems):
            yield (
                f"'{_ENDS}' takes lost content out of the snapshots, so that git gc works again; "
                "the rest stays"
            )


def _texts(paths: object) -> list[str]:
    return [name_from_json(path) for path in paths] if isinstance(paths, list) else []
