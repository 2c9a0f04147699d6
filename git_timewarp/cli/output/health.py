"""Status, checks, damage: how the recording is, and the next command where something is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from git_timewarp.cli.output import names
from git_timewarp.cli.output.look import Look
from git_timewarp.cli.output.table import Cell, Table
from git_timewarp.cli.output.timeline import counts, text
from git_timewarp.util.text import counted

if TYPE_CHECKING:
    from git_timewarp.safety.log import Record
    from git_timewarp.timeline.results import Check, VerifyReport
    from git_timewarp.timeline.results_look import Json, LogEntry, Problem, StatusResult

_LABEL = 10
_PORTION = 256
_SLOTS = {"warn": "warning", "error": "bad", "fatal": "bad"}


def status(result: StatusResult, look: Look, *, short: bool = False) -> Iterator[str]:
    """Draw the status; `short` for a bare `git timewarp`."""
    if not result.recording:
        yield "nothing is recorded here"
        if not any(problem.kind == "lost-journal" for problem in result.problems):
            yield f"{look.paint('hint', 'hint:')} git timewarp init"
        yield from problems(result.problems, look)
        return
    timeline = names.one_line(result.timeline or "main")
    yield _row("recording", look.paint("good", "on") + f", timeline '{timeline}'")
    yield _row("latest", _moment(result.last_snapshot, look))
    if result.last_draft is not None:
        entry = result.last_draft
        yield _row("draft", f"{look.paint('event', entry.event)}  {look.when(entry.ts)}")
    yield _row("watcher", watcher(result.watcher, look))
    yield _row("hooks", _hooks(result.hooks, look))
    if not short:
        if result.head:
            yield _row("HEAD", names.one_line(result.head.removeprefix("refs/heads/")))
        if result.last_event is not None and result.last_event != result.last_snapshot:
            yield _row("event", _moment(result.last_event, look))
        for label, record in (("kept", result.counts), ("pending", result.pending)):
            told = numbers(record)
            if told:
                yield _row(label, told)
        if result.writer:
            yield _row("writer", result.writer)
    yield from problems(result.problems, look)


def problems(found: Sequence[Problem], look: Look) -> Iterator[str]:
    """Draw what is wrong, each with what it touches and the next command."""
    for problem in found:
        where = names.one_line(problem.where)
        yield f"{look.paint('bad', 'problem:')} {problem.kind}: {where}"
        for path in problem.affects:
            yield f"  affects {look.path(path)}"
        if problem.hint:
            yield f"  {look.paint('hint', 'hint:')} {names.one_line(problem.hint)}"


def records(found: Iterable[Record], look: Look) -> Iterator[str]:
    """Draw the log of the program itself, newest first: age, level, component, message."""
    rest = iter(found)
    table = Table(look, right=(0,))
    while portion := list(islice(rest, _PORTION)):
        yield from table.draw(
            [
                [
                    Cell(look.when_short(record.ts), "age"),
                    Cell(record.level, _SLOTS.get(record.level, "")),
                    Cell(names.one_line(record.component), "type"),
                    Cell(names.one_line(record.message)),
                ]
                for record in portion
            ]
        )


def checks(found: Sequence[Check], look: Look) -> Iterator[str]:
    """Draw one line a check: ok, FAILED, or a dash where it does not apply."""
    wide = max((names.width(check.name) for check in found), default=0)
    for check in found:
        word, slot = {True: ("ok", "good"), False: ("FAILED", "bad"), None: ("-", "")}[check.passed]
        mark = look.paint(slot, word) + " " * (6 - len(word))
        yield f"{mark} {names.pad(check.name, wide)}  {names.one_line(check.text)}".rstrip()
        if check.hint and check.passed is False:
            yield f"       {look.paint('hint', 'hint:')} {names.one_line(check.hint)}"


def verify(report: VerifyReport, look: Look) -> Iterator[str]:
    """Draw what was checked, what is damaged, and what was not looked at."""
    is_full = report.level == "full"
    checked = [counted(report.events, "event"), counted(report.snapshots, "snapshot")]
    checked += [counted(report.objects, "object")] if report.level != "quick" else []
    yield f"checked {', '.join(checked)} ({report.level})"
    if report.drilled:
        yield f"restored {counted(report.drilled, 'snapshot')} for a trial"
    yield from problems(report.problems, look)
    for remark in report.remarks:
        yield f"{look.paint('warning', 'note:')} {names.one_line(remark.where)}"
    if not report.is_clean:
        yield look.paint("bad", counted(len(report.problems), "problem"))
    elif is_full:
        rest = "everything else" if report.remarks else "everything"
        yield look.paint("good", f"{rest} is whole")
    else:
        yield look.paint("good", "every chain is whole and every snapshot is in its place")
    if not is_full:
        yield f"{_unread(report)}: git timewarp verify --full"


def _unread(report: VerifyReport) -> str:
    """Tell what a look that was not a full one has not read."""
    if report.level.startswith("subset"):
        return "a part of what is in the snapshots was read, not all"
    if report.drilled:
        return "what is in the other snapshots was not read"
    return "what is in the snapshots was not read"


def watcher(record: Json, look: Look) -> str:
    """Tell in one line whether the watcher runs."""
    if not record.get("running"):
        reason = record.get("reason")
        told = f" ({names.one_line(str(reason))})" if reason else ""
        return f"{look.paint('warning', 'not running')}{told}: git timewarp watch start"
    parts = [f"pid {record['pid']}"] if record.get("pid") else []
    if record.get("mode") == "polling":
        parts.append("polling")
    if record.get("reason"):
        parts.append(names.one_line(str(record["reason"])))
    if record.get("last_draft"):
        parts.append(f"last draft {_time(record['last_draft'], look)}")
    told = f" ({', '.join(parts)})" if parts else ""
    return f"{look.paint('good', 'running')}{told}"


def watcher_problem(record: Json, look: Look) -> Iterator[str]:
    """Draw what the watcher could not do, if anything."""
    if record.get("problem"):
        yield f"{look.paint('bad', 'problem:')} {names.one_line(str(record['problem']))}"


def numbers(record: Json) -> str:
    """Tell the counts of a record that are not nought: `3 events, 1 draft`."""
    told = []
    for key, value in record.items():
        if isinstance(value, int) and not isinstance(value, bool) and value:
            noun, of_bytes, _ = key.partition("_bytes")
            if of_bytes:
                told.append(f"{counted(value, 'byte')} in the {noun}")
            else:
                told.append(counted(value, key.replace("_", " ").removesuffix("s")))
    return ", ".join(told)


def _hooks(record: Json, look: Look) -> str:
    listed = record.get("hooks")
    hooks = [hook for hook in listed if isinstance(hook, dict)] if isinstance(listed, list) else []
    installed = sum(1 for hook in hooks if hook.get("installed"))
    state = record.get("state")
    if not installed and not (state and not hooks):
        return f"{look.paint('warning', 'not installed')}: git timewarp hooks install"
    told = f" ({installed} of {len(hooks)})" if hooks else ""
    return f"{look.paint('good', str(state or 'installed'))}{told}"


def _moment(entry: LogEntry | None, look: Look) -> str:
    if entry is None:
        return "none yet: git timewarp snapshot"
    parts = [look.paint("event", entry.event), look.when(entry.ts), counts(entry.changes)]
    told = "  ".join(part for part in parts if part)
    room = None if look.columns is None else look.columns - _LABEL - 2 - names.width(told) - 2
    summary = text(entry) if room is None else look.cut(text(entry), max(room, 12))
    return f"{told}  {summary}".rstrip()


def _time(value: object, look: Look) -> str:
    try:
        return look.when(str(value))
    except ValueError:
        return names.one_line(str(value))


def _row(label: str, value: str) -> str:
    return f"{label + ':':{_LABEL}} {value}"
