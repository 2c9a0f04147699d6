"""The remaining answers, told to people: snapshots, files, stashes, settings, hooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from git_timewarp.cli.output import names
from git_timewarp.cli.output.look import Look
from git_timewarp.cli.output.table import Cell, Table
from git_timewarp.cli.output.timeline import actor, counts
from git_timewarp.util.text import counted, name_from_json

if TYPE_CHECKING:
    from git_timewarp.timeline.results import (
        FileChange,
        InitResult,
        ShowResult,
        SnapshotResult,
        StashEntry,
    )
    from git_timewarp.timeline.results_look import Json
    from git_timewarp.timeline.results_stash import GitStashEntry

_OUR_NOTES = "refs/timewarp/*/events/*"
_STATUS_SLOT = {"A": "added", "D": "deleted"}
_REASONS = {
    "purged": "purged from this snapshot",
    "too-large": "too large to keep, its hash and size are recorded",
    "unreadable": "it cannot be read",
    "special": "not a file, a folder or a link",
    "encrypted": "its filter encrypts it",
    "nested-unborn": "a repository without a commit",
    "vanished": "it went away meanwhile",
    "submodule": "a submodule",
    "refused": "git refuses its name or contents",
}


def snapshot(result: SnapshotResult, look: Look, *, dry_run: bool = False) -> Iterator[str]:
    """Draw the snapshot taken, or the one that already holds everything."""
    label = look.paint("event", result.event)
    told = counts(result.changes)
    tail = f"  {told}" if told else ""
    if dry_run and result.created:
        yield f"would take a snapshot{tail}"
    elif result.created:
        yield f"snapshot {label} {result.snapshot}{tail}"
    elif result.marked:
        yield f"{label} names snapshot {result.snapshot}, nothing changed since it was taken"
    else:
        yield f"nothing changed since {label} {result.snapshot}"


def skipped(result: SnapshotResult, look: Look) -> Iterator[str]:
    """Draw what could not be kept, and why."""
    for item in result.skipped:
        size = f" ({item.size} bytes)" if item.size is not None else ""
        why = _REASONS.get(item.reason, item.reason)
        yield f"{look.paint('warning', 'skipped:')} {look.path(item.path)}{size}: {why}"
    for note in result.notes:
        yield names.one_line(note)


def init(result: InitResult, look: Look) -> Iterator[str]:
    """Draw what is protected from now on, what is not, and how to undo it."""
    if result.first is None:
        was = "recording is on" if result.created else "recording was on already"
        yield f"{was}; no snapshot holds what is here now"
    elif result.created:
        yield f"recording is on; {look.paint('event', result.first.event)} holds what is here now"
    else:
        yield f"recording was on already; latest is {look.paint('event', result.first.event)}"
    for title, slot, items in (
        ("protected from now on", "good", result.protected),
        ("not protected", "warning", result.not_protected),
    ):
        if items:
            yield ""
            yield look.paint(slot, title + ":")
            for item in items:
                yield f"  - {names.one_line(item)}"
    yield ""
    if result.first is None:
        yield "to take a snapshot:        git timewarp snapshot"
    if result.watching:
        yield "to have it after a login:  git timewarp help autostart"
    else:
        yield "to record while you work:  git timewarp watch start"
    yield "to see what is recorded:   git timewarp log"
    yield "to undo all of this:       git timewarp deinit"


def files(changes: Sequence[FileChange], look: Look, *, stat: bool = False) -> Iterator[str]:
    """Draw one line a path; with `stat` the lines added and removed, as git does."""
    if not stat:
        for change in changes:
            mark = look.paint(_STATUS_SLOT.get(change.status, "modified"), change.status)
            yield f"{mark}\t{look.path(change.path)}"
        return
    table = Table(look, right=(2,))
    rows = []
    for change in changes:
        if change.additions is None or change.deletions is None:
            amount, bar = "Bin", ""
        else:
            amount = str(change.additions + change.deletions)
            bar = _bar(change.additions, change.deletions)
        rows.append([Cell(f" {look.path(change.path)}"), Cell("|"), Cell(amount), Cell(bar)])
    yield from table.draw(rows)
    added = sum(change.additions or 0 for change in changes)
    deleted = sum(change.deletions or 0 for change in changes)
    told = [f" {counted(len(changes), 'file')} changed"]
    if added or not deleted:
        told.append(f"{counted(added, 'insertion')}(+)")
    if deleted or not added:
        told.append(f"{counted(deleted, 'deletion')}(-)")
    yield ", ".join(told)


def show(result: ShowResult, look: Look) -> Iterator[str]:
    """Draw the heading of one event: what, when, who, which snapshot; of a commit as git does."""
    entry = result.entry
    if entry is None:
        commit = result.record
        yield look.paint("event", f"commit {commit['oid']}")
        yield f"Author:   {names.one_line(str(commit['author']))}"
        yield f"Date:     {look.when(str(commit['ts']))}"
        yield ""
        yield from _indented(str(commit["message"]))
        return
    snapshot_id = f" {entry.snapshot}" if entry.snapshot else ""
    yield f"{look.paint('event', f'event {entry.event}')} {entry.type}{snapshot_id}"
    yield f"Actor:    {actor(entry.actor)}"
    yield f"Date:     {look.when(entry.ts)}"
    yield f"Timeline: {names.one_line(entry.timeline)}"
    if entry.worktree != "main-worktree":
        yield f"Worktree: {names.one_line(entry.worktree)}"
    if entry.milestone:
        name = f" {names.one_line(entry.milestone.name)}" if entry.milestone.name else ""
        told = f"{entry.milestone.kind}{name} ({entry.milestone.importance})"
        yield f"Milestone: {look.paint('milestone', told)}"
    for line in _skipped_of(result.meta):
        yield look.paint("warning", line)
    yield ""
    yield from _indented(entry.summary)


def stashes(entries: Sequence[StashEntry], look: Look) -> Iterator[str]:
    """Draw one line a stash, newest first."""
    table = Table(look, right=(1, 3))
    rows = [
        [
            Cell(f"{entry.name}:", "event"),
            Cell(look.when_short(entry.ts), "age"),
            Cell(names.one_line(entry.branch or "(detached)")),
            Cell(counts(entry.changes)),
            Cell(f"(git's {entry.git[0]})" if entry.git is not None else ""),
            Cell(names.one_line(entry.summary)),
        ]
        for entry in entries
    ]
    yield from table.draw(rows)


def git_stashes(entries: Sequence[GitStashEntry], look: Look) -> Iterator[str]:
    """Draw one line an entry of git's own list, with what of ours holds the same work."""
    table = Table(look, right=(1,))
    rows = [
        [
            Cell(f"git's {entry.name}:", "event"),
            Cell(look.when_short(entry.ts), "age"),
            Cell(f"({', '.join(filter(None, (entry.event, entry.stash)))})" if entry.event else ""),
            Cell(names.one_line(entry.message)),
        ]
        for entry in entries
    ]
    yield from table.draw(rows)


def settings(records: Iterable[Json], look: Look) -> Iterator[str]:
    """Draw `key=value`, where each comes from and what it is for."""
    for record in records:
        origin = look.paint("age", f"({_origin(record.get('origin'))})")
        yield f"{record['key']}={_value(record.get('value'))}  {origin}"
        if record.get("doc"):
            yield f"    {names.one_line(str(record['doc']))}"


def mistakes(found: Sequence[Json]) -> Iterator[str]:
    """Draw what is wrong with the settings; the names of files are part of each message."""
    for record in found:
        yield f"problem: {names.one_line(str(record['message']))}"
        if record.get("hint"):
            yield f"  hint: {names.one_line(str(record['hint']))}"
    if not found:
        yield "every setting is valid"


def hooks(record: Json, look: Look) -> Iterator[str]:
    """Draw each hook: there or not, whether it fires, whom it passes on to."""
    path = record.get("path")
    where = f" in {look.path(_name(path))}" if path else ""
    yield f"hooks {names.one_line(str(record.get('state')))}{where}"
    rows = []
    for hook in _dicts(record.get("hooks")):
        chained = hook.get("chained_to")
        rows.append(
            [
                Cell("  " + str(hook.get("name"))),
                Cell("installed" if hook.get("installed") else "missing"),
                Cell(_fires(hook.get("fires"), behind=bool(hook.get("behind")))),
                Cell(f"then {look.path(_name(chained))}" if chained else ""),
            ]
        )
    yield from Table(look).draw(rows)
    for problem in _listed(record.get("problems")):
        yield f"{look.paint('bad', 'problem:')} {names.one_line(str(problem))}"
    if record.get("hint"):
        yield f"{look.paint('hint', 'hint:')} {names.one_line(str(record['hint']))}"


def hooks_installed(record: Json, look: Look) -> Iterator[str]:
    """Draw what was installed and which hooks of the user's run as before."""
    where = look.path(_name(record.get("path")))
    word = "hooks installed" if record.get("changed") else "hooks were installed already"
    yield f"{word} in {where}: {', '.join(map(str, _listed(record.get('hooks'))))}"
    handed = ", ".join(look.path(_name(name)) for name in _listed(record.get("handed_on")))
    if handed:
        yield f"these run as before: {handed}"


def hooks_removed(record: Json, look: Look) -> Iterator[str]:
    """Draw what went and what was left, because it is not as we made it."""
    if not record.get("changed"):
        yield "no hooks of ours are installed"
    for name in _listed(record.get("settings")):
        yield f"took core.hooksPath out of {look.path(_name(name))} again"
    for word, slot in (("removed", "deleted"), ("left", "warning")):
        for name in _listed(record.get(word)):
            yield f"{look.paint(slot, word)} {look.path(_name(name))}"


def deinit(record: Json, look: Look) -> Iterator[str]:
    """Draw what stopped and what is left of it."""
    refs = [str(ref) for ref in _listed(record.get("refs_removed"))]
    if record.get("dry_run"):
        yield "would stop recording and put the hooks back as they were"
        yield from (f"would delete {look.path(ref)}" for ref in refs)
        return
    yield "recording is off, the hooks are as they were"
    if record.get("purged"):
        yield f"deleted {counted(len(refs), 'ref')}: nothing of it is left"
    else:
        yield "what was recorded stays in refs/timewarp/; to go on: git timewarp init"
        yield f"without us, git reads it: git -c notes.displayRef='{_OUR_NOTES}' log"
    for name in _listed(record.get("left")):
        yield f"{look.paint('warning', 'left')} {look.path(_name(name))}: git does not have what is in it"


def fields(record: Json) -> Iterator[str]:
    """Draw a record nobody wrote a drawing for: one field a line."""
    for key, value in record.items():
        if key == "v" or value is None:
            continue
        label = key.replace("_", " ")
        if isinstance(value, list | tuple):
            yield f"{label}:"
            for item in value:
                yield f"  {_value(item)}"
        else:
            yield f"{label}: {_value(value)}"


def _indented(text: str) -> Iterator[str]:
    for line in text.splitlines() or [""]:
        yield f"    {names.one_line(line)}".rstrip()


def _skipped_of(meta: Json | None) -> Iterator[str]:
    if meta and meta.get("lost"):
        yield "Lost:     its description; what was skipped and which folders were empty is unknown"
    listed = meta.get("skipped") if meta else None
    if isinstance(listed, list) and listed:
        yield f"Skipped:  {counted(len(listed), 'path')} (see --json)"


def _fires(value: object, *, behind: bool) -> str:
    if value is None:
        return "run by another tool's hook, not tried" if behind else ""
    return "fires" if value else "does not fire"


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _dicts(value: object) -> list[Json]:
    return [item for item in _listed(value) if isinstance(item, dict)]


def _name(value: object) -> str:
    """Return a name that JSON gives as text or as bytes."""
    if isinstance(value, dict):
        return name_from_json({"bytes": str(value["bytes"])})
    return str(value)


def _origin(value: object) -> str:
    if not isinstance(value, dict):
        return ""
    scope, place = str(value.get("scope")), str(value.get("place"))
    return names.one_line(scope if place in {scope, ""} else f"{scope}: {place}")


def _bar(added: int, deleted: int) -> str:
    total = added + deleted
    scale = min(1.0, 20 / total) if total else 0.0
    plus = max(round(added * scale), 1 if added else 0)
    minus = max(round(deleted * scale), 1 if deleted else 0)
    return "+" * plus + "-" * minus


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return names.one_line(str(value))
