"""Archives told to people: what was written, taken in, or found in one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from git_timewarp.cli.output import names
from git_timewarp.cli.output.look import Look
from git_timewarp.util.text import counted, shell

if TYPE_CHECKING:
    from git_timewarp.archive.results import ExportResult, ImportResult, InspectResult
    from git_timewarp.timeline.results_look import Json

_HOW = {
    "new": "was not here",
    "longer": "goes on",
    "same": "is here already",
    "copied": "went another way",
    "replaced": "takes the place of the one here",
    "removed": "is not in the archive and goes",
}


def exported(result: ExportResult, look: Look, *, start: str | None) -> Iterator[str]:
    """Draw what was written, or would be; paths as seen from the folder `start`, or whole."""
    record = result.to_dict()
    if result.done:
        where = (
            look.path(result.output if start is None else _seen(result.output, start))
            if result.output is not None
            else "standard output"
        )
        size = f", {_size(result.size)}" if result.size is not None else ""
        yield f"wrote {where}: {_counts(record)}{size}"
    else:
        yield f"would write {_counts(record)}"
    yield from _writers(result.found.chains)


def imported(result: ImportResult, look: Look, *, start: str) -> Iterator[str]:
    """Draw what came, writer by writer; paths as seen from the folder `start`."""
    plan = result.plan
    record = result.to_dict()
    would = "would " if not result.done else ""
    if not plan.updates:
        yield "nothing changed: everything in the archive is here already"
    elif plan.replaces:
        verb = "replace" if would else "replaced"
        yield f"{would}{verb} everything that was recorded here by {_counts(record)}"
    else:
        yield f"{would}{'import' if would else 'imported'} {_counts(record)}"
    for item in plan.taken:
        under = f", under {item.under}" if item.under is not None else ""
        yield f"  {item.writer}  {_HOW[item.how]}{under}"
    if result.kept is not None:
        kept = _seen(result.kept, start)
        yield f"what was here before is in {look.path(kept)}"
        yield f"to go back: git timewarp import --replace {shell(kept)}"
    if result.began:
        yield "recording has begun here"
    elif not result.done and plan.updates:
        yield "nothing was changed"


def inspected(result: InspectResult, look: Look, *, start: str) -> Iterator[str]:
    """Draw what an archive holds; its path as seen from the folder `start`."""
    manifest = result.manifest
    asked = manifest.range
    record = result.to_dict()
    yield f"{look.path(_seen(result.archive, start))}: every checksum is right"
    yield f"  holds       {_counts(record)}, {_size(result.size)}"
    # What an archive says of itself is somebody else's text.
    yield f"  from        {names.one_line(str(asked.first))}"
    yield f"  to          {names.one_line(str(asked.last))}"
    parts = [
        *([f"from {names.one_line(str(asked.since))}"] if asked.since else ()),
        *([f"to {names.one_line(str(asked.until))}"] if asked.until else ()),
        *([f"of the timeline {names.one_line(asked.timeline)}"] if asked.timeline else ()),
        *(["without drafts"] if not asked.drafts else ()),
    ]
    if parts:
        yield f"  a part      {', '.join(parts)}"
    yield f"  object ids  {manifest.object_format}"
    yield f"  written by  git-timewarp {names.one_line(manifest.product)}"
    yield from _writers(manifest.chains)


def _seen(path: str, start: str) -> str:
    """Return a path as one would type it in the folder `start`."""
    near = os.path.relpath(path, start)
    return path if near.startswith("../../..") else near


def _writers(chains: object) -> Iterator[str]:
    for chain in chains:  # type: ignore[attr-defined]
        origin = ""
        if chain.origin is not None:
            first, last = chain.origin.first, chain.origin.last
            origin = f", of events {first} to {last} of {chain.origin.writer}"
        yield f"  {chain.writer}  {counted(chain.events, 'event')}{origin}"


def _counts(record: Json) -> str:
    parts = [
        counted(int(str(record["events"])), "event"),
        counted(int(str(record["snapshots"])), "snapshot"),
    ]
    for name, word in (("drafts", "draft"), ("kept", "kept object")):
        if record.get(name):
            parts.append(counted(int(str(record[name])), word))
    return ", ".join(parts)


def _size(size: int | None) -> str:
    value = float(size or 0)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
