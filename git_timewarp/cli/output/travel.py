"""What a jump, a restore, an undo, a redo or a stash did, told to the user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from git_timewarp.cli.output import names
from git_timewarp.cli.output.look import Look
from git_timewarp.restore.outcome import RefMove
from git_timewarp.timeline.results import TravelResult

_LISTED = 40
_DONE = {
    "jump": ("jumped to", "would jump to"),
    "restore": ("restored from", "would restore from"),
    "undo": ("undid", "would undo"),
    "redo": ("redid", "would redo"),
    "stash apply": ("applied", "would apply"),
}


def draw(result: TravelResult, look: Look) -> Iterator[str]:
    """Draw what came back, what went, what was left alone."""
    done, planned = _DONE.get(result.verb, (f"{result.verb}:", f"would {result.verb}"))
    target = names.one_line(result.target) or result.to_snapshot or ""
    yield f"{planned if result.dry_run else done} {look.paint('event', target)}".rstrip()
    yield from _paths("restored", "added", [look.path(path) for path in result.restored], look)
    yield from _paths("removed", "deleted", [look.path(path) for path in result.removed], look)
    yield from _paths(
        "refused",
        "bad",
        [f"{look.path(item.path)} ({item.reason})" for item in result.refused],
        look,
    )
    yield from _paths(
        "kept",
        "modified",
        [f"{look.path(path)} is now at {look.path(at)}" for path, at in result.kept_aside],
        look,
    )
    yield from _refs(result.refs, look)
    if not (result.restored or result.removed or result.refused or result.refs):
        yield "  nothing differs"
    yield f"  {_summary(result)}"


def talk(result: TravelResult, look: Look) -> Iterator[str]:
    """Draw the warnings and the way back."""
    for note in result.notes:
        yield names.one_line(note)
    if result.kept_aside:
        warning = look.paint("warning", "warning:")
        yield f"{warning} some files changed while we wrote; their bytes are kept, see above"
    if result.stashed:
        warning = look.paint("warning", "warning:")
        yield f"{warning} uncommitted work was put away as '{result.stashed}'"
        yield f"{look.paint('hint', 'hint:')} git timewarp stash apply '{result.stashed}'"
    if result.refused and not result.dry_run:
        yield f"{look.paint('warning', 'warning:')} the refused paths are as they were"
    if result.dry_run:
        return
    if result.safety_snapshot and result.event and result.is_step:
        yield f"to go back: git timewarp {'redo' if result.verb == 'undo' else 'undo'}"


def _summary(result: TravelResult) -> str:
    parts = [
        f"{len(result.restored)} restored",
        f"{len(result.removed)} removed",
        f"{result.unchanged} unchanged",
    ]
    if result.refused:
        parts.append(f"{len(result.refused)} refused")
    if result.safety_snapshot and not result.dry_run:
        parts.append(f"safety snapshot {result.safety_snapshot}")
    return ", ".join(parts)


def _refs(moves: Sequence[RefMove], look: Look) -> Iterator[str]:
    """Draw one line a ref: where it was and where it is."""
    for move in moves:
        name = names.one_line(move.ref.removeprefix("refs/heads/"))
        if move.new is None:
            yield f"  {look.paint('deleted', 'deleted')}  {name}, was {_end(move.old)}"
        elif move.old is None:
            yield f"  {look.paint('added', 'created')}  {name} at {_end(move.new)}"
        else:
            yield f"  {look.paint('modified', 'moved')}    {name} {_end(move.old)} -> {_end(move.new)}"


def _end(value: str | None) -> str:
    text = value or "nothing"
    return names.one_line(text.removeprefix("refs/heads/")) if "/" in text else text[:7]


def _paths(word: str, slot: str, paths: Sequence[str], look: Look) -> Iterator[str]:
    """Draw one line a path; on a terminal not more than a screen or two."""
    shown = paths if look.columns is None else paths[:_LISTED]
    for path in shown:
        yield f"  {look.paint(slot, word):{8 + _invisible(look, slot, word)}} {path}"
    if len(shown) < len(paths):
        yield f"  ... and {len(paths) - len(shown)} more {word}; --json lists all"


def _invisible(look: Look, slot: str, word: str) -> int:
    return len(look.paint(slot, word)) - len(word)
