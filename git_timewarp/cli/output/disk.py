"""Room on the disk: what takes it, what compacting decided, what a purge took away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from git_timewarp.cli.output import names
from git_timewarp.cli.output.look import Look
from git_timewarp.cli.output.table import Cell, Table
from git_timewarp.util.text import counted, some

if TYPE_CHECKING:
    from git_timewarp.retention.results import (
        CompactResult,
        Large,
        Left,
        PurgeResult,
        RedactResult,
        StorageResult,
    )

_CLASSES = {
    "events": "events",
    "kept": "kept commits and tags",
    "snapshots": "snapshots",
    "drafts": "drafts",
    "indexes": "pack indexes, and what no ref names",
    "leaving": "old packs that are about to go",
    "local": "journal, caches and other local files",
}
_LATER = "(timewarp.packs.graceHours)"
"""When old packs go is a setting."""

_LEVELS = {
    "ok": ("good", ""),
    "notice": ("warning", ", which is not much"),
    "warn": ("bad", ", which is little"),
    "stop": ("bad", ", too little: no snapshots are taken"),
}
"""By the step of the ladder: colour and words."""


def size(count: int) -> str:
    """Return bytes for people: `17 B`, `1.5 KB`, `2.0 GB`."""
    number = float(count)
    for unit in ("B", "KB", "MB"):
        if number < 1024:
            return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} GB"


def storage(result: StorageResult, look: Look) -> Iterator[str]:
    """Draw what takes how much, the largest things, and what compacting would free."""
    rows = [
        [Cell(size(taken)), Cell(_CLASSES.get(name, name))]
        for name, taken in result.classes.items()
        if taken
    ]
    percent = result.total * 100 // result.quota
    rows.append(
        [Cell(size(result.total)), Cell(f"in all, {percent} % of {size(result.quota)} (the quota)")]
    )
    color, told = _LEVELS[result.level]
    rows.append([Cell(size(result.free), color), Cell(f"free on the disk{told}")])
    yield from Table(look, right=(0,)).draw(rows)
    yield from _largest("largest snapshots", result.snapshots, look)
    yield from _largest("largest files", result.blobs, look)
    yield ""
    if result.thinned:
        yield f"compacting would free at most {size(result.compactable)} ({_snapshots(result.thinned)})"
    else:
        yield "compacting would free nothing: the rules keep every snapshot"
    for command in result.advice:
        yield f"{look.paint('hint', 'hint:')} {command}"


def compact(result: CompactResult, look: Look, *, every: bool) -> Iterator[str]:
    """Draw each decision with its reason, or only how many there were."""
    if every:
        table = Table(look)
        yield from table.draw(
            [
                [
                    Cell("keep" if item.keep else "remove", "good" if item.keep else "bad"),
                    Cell(item.event),
                    Cell(item.snapshot),
                    Cell(look.when_short(item.ts)),
                    Cell(", ".join(item.reasons)),
                ]
                for item in result.decisions
            ]
        )
    kept = len(result.decisions) - result.removed
    if result.dry_run:
        freed = f", {size(result.frees)} at most" if result.removed else ""
        yield f"would remove {_snapshots(result.removed)}, keep {kept}{freed}"
    elif not result.removed:
        yield f"the rules keep every snapshot ({kept})"
        if result.frees:
            yield f"{size(result.frees)} of old packs are free now"
    else:
        yield f"removed {_snapshots(result.removed)}, kept {kept} ({', '.join(result.events)})"
        when = f"when the old packs go {_LATER}" if result.waits else "now"
        yield f"{size(max(result.frees, 0))} are free {when}"
        if result.waits:
            yield f"{look.paint('hint', 'hint:')} git timewarp compact --now"


def purge(result: PurgeResult, look: Look) -> Iterator[str]:
    """Draw what went, and loudly what is still there."""
    word = "would remove" if result.dry_run else "removed"
    for path in result.paths:
        yield f"{word} {look.path(path)}"
    told = f" ({', '.join(result.events)})" if result.events else ""
    yield f"{word} {counted(len(result.objects), 'object')} from {_snapshots(len(result.snapshots))}{told}"
    yield from _beside(result.archives, result.copies, word, look)
    yield from _left(result.left, look, waits=result.waits)


def redact(result: RedactResult, look: Look) -> Iterator[str]:
    """Draw what was redacted, and loudly where it is still."""
    reason = f" ({names.one_line(result.reason)})" if result.reason else ""
    if result.already:
        yield f"{result.event} is redacted already{reason}"
        return
    told = f" ({', '.join(result.events)})" if result.events else ""
    yield f"{'would redact' if result.dry_run else 'redacted'} {result.event}{told}"
    word = "would remove" if result.dry_run else "removed"
    yield from _beside(result.archives, result.copies, word, look)
    if result.snapshot:
        yield f"its snapshot {result.snapshot} stays; 'git timewarp purge' takes content out of it"
    yield from _left(result.left, look, waits=result.waits)


def also(archives: Sequence[str]) -> str:
    """Return the part of a question that names the archives which go as well."""
    return f", and the archive(s) {some(archives)}" if archives else ""


def _beside(archives: Sequence[str], copies: int, word: str, look: Look) -> Iterator[str]:
    """Draw what went of archives and of what recoveries had kept."""
    for name in archives:
        yield f"{word} {look.path(name)}, an archive of what an import replaced"
    if copies:
        yield f"{word} it from {counted(copies, 'file')} kept by recoveries and restores"


def _left(left: Sequence[Left], look: Look, *, waits: bool) -> Iterator[str]:
    if waits:
        yield (
            f"{look.paint('bad', 'still there:')} in old packs, because a git gc is running; "
            f"they go later {_LATER}"
        )
        yield f"  {look.paint('hint', 'hint:')} git timewarp compact --now"
    for item in left:
        named = f"{item.oid} is in " if item.oid else ""
        yield f"{look.paint('bad', 'still there:')} {named}{names.one_line(item.where)}"
        yield f"  {look.paint('hint', 'hint:')} {names.one_line(item.hint)}"


def _largest(title: str, found: tuple[Large, ...], look: Look) -> Iterator[str]:
    if not found:
        return
    yield ""
    yield title + ":"
    rows = [
        [Cell("  " + size(item.size)), Cell(item.name[:12]), Cell(look.path(item.what))]
        for item in found
    ]
    yield from Table(look, right=(0,)).draw(rows)


def _snapshots(count: int) -> str:
    return counted(count, "snapshot")
