"""`log`: what happened, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import (
    ASCII,
    COLOR,
    DATE,
    JSON,
    NO_COLOR,
    PATCH,
    SINCE,
    STAT,
    UNTIL,
)
from git_timewarp.cli.output import health, human, machine
from git_timewarp.cli.output.timeline import Timeline
from git_timewarp.cli.spec import Argument, Command, Option
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util.text import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_timewarp.cli.context import Context
    from git_timewarp.cli.output.look import Look
    from git_timewarp.timeline.results_look import LogEntry


class SystemLogOptionsError(TimewarpError):
    """An option that is about events was given with `log --system`."""

    kind = Kind.USAGE
    reference = "log-system"


def run(
    context: Context,
    *,
    limit: int | None,
    types: tuple[str, ...],
    actors: tuple[str, ...],
    since: str | None,
    until: str | None,
    all_writers: bool,
    paths: tuple[str, ...],
    patch: bool,
    stat: bool,
    date: str | None,
    colors: str | None,
    no_color: bool,
    ascii_only: bool,
    system: bool,
) -> int:
    """Show events, one line each, or each with what it changed."""
    if system:
        if actors or all_writers or paths or patch or stat:
            raise SystemLogOptionsError(
                "'--system' goes with a number, --type, --since and --until only",
                hint="git timewarp log --system",
            )
        look = context.look(date=date, colors="never" if no_color else colors)
        return _system(context, look, limit=limit, types=types, since=since, until=until)
    entries = context.app.log(
        limit=limit,
        types=types,
        actors=actors,
        since=since,
        until=until,
        all_writers=all_writers,
        paths=paths,
    )
    if context.json:
        for entry in entries:
            context.console.write(machine.line(entry.to_dict()))
        return 0
    context.page()
    colors = "never" if no_color else colors
    timeline = Timeline(context.look(date=date, colors=colors, ascii_only=ascii_only))
    seen = 0

    def counted() -> Iterator[LogEntry]:
        nonlocal seen
        for entry in entries:
            seen += 1
            yield entry

    if not (patch or stat):
        context.console.lines(timeline.draw(counted()))
        return _nothing(context, paths, all_writers=all_writers) if not seen else 0
    for entry in counted():
        context.console.lines(timeline.draw([entry]))
        _changes(context, entry, paths=paths, patch=patch, stat=stat, colors=colors)
    return _nothing(context, paths, all_writers=all_writers) if not seen else 0


def _nothing(context: Context, paths: tuple[str, ...], *, all_writers: bool) -> int:
    """Say where to look where nothing was found; drafts are not shown unasked."""
    if paths and not all_writers:
        look = context.look(talk=True)
        words = " ".join(shell(path) for path in paths)
        context.console.talk("nothing but drafts, if anything, changed it")
        context.console.talk(f"{look.paint('hint', 'hint:')} git timewarp log --all -- {words}")
    return 0


def _system(
    context: Context,
    look: Look,
    *,
    limit: int | None,
    types: tuple[str, ...],
    since: str | None,
    until: str | None,
) -> int:
    """Show the log of what the program did by itself; `types` are its components."""
    found = context.app.system_log.records(limit=limit, components=types, since=since, until=until)
    if context.json:
        for record in found:
            context.console.write(machine.line(record.to_dict()))
        return 0
    context.page()
    context.console.lines(health.records(found, look))
    return 0


def _changes(
    context: Context,
    entry: LogEntry,
    *,
    paths: tuple[str, ...],
    patch: bool,
    stat: bool,
    colors: str | None,
) -> None:
    if entry.snapshot is None:
        return
    painted = context.paints(colors)
    result = context.app.entry_files(entry, paths=paths, patch=patch, stat=stat, color=painted)
    if not (result.patch or result.files):
        return
    context.console.write(b"\n")
    if result.patch:
        context.console.write(result.patch)
    else:
        context.console.lines(human.files(result.files, context.look(colors=colors), stat=stat))
    context.console.write(b"\n")


COMMAND = Command(
    name="log",
    description="""Show what happened, newest first, one line an event: its number, age, type,
the paths its snapshot added (+), modified (~) and deleted (-), and a summary.

The mark says where the work tree stands (@), what is a milestone, what has a snapshot to go
back to.

With paths, only events are shown whose snapshot or commit changed one of them, or that name
one themselves; -p and --stat show the changes of these paths only. A path counts from the
current folder and may be a folder or a pattern as for git: '*.py', ':/' from the root,
':!vendor' for all but. '--' before them is only needed where one looks like an option.

With --system, the log of what the program did by itself is shown instead: the watcher, recoveries,
failures. --type is then the component (watcher, recovery, command).""",
    examples=(
        ("git timewarp log -20", "The last twenty events:"),
        (
            "git timewarp log --since '2 hours ago' --type snapshot -p",
            "Snapshots of the last two hours, with patches:",
        ),
        (
            "git timewarp log -p -- '*.py' ':!tests'",
            "What happened to the program, not to its tests:",
        ),
        ("git timewarp log --all --json", "Every writer and timeline, for a program:"),
        ("git timewarp log --system -20", "What the watcher did, and what went wrong:"),
    ),
    run=run,
    options=(
        Option(
            ("-n", "--max-count"),
            "limit",
            "show at most so many; -20 is short for it",
            "<number>",
            number=True,
        ),
        Option(
            ("--type",),
            "types",
            "only events of this type; may be given again",
            "<type>",
            many=True,
        ),
        Option(
            ("--actor",),
            "actors",
            "only events by this actor; may be given again",
            "<actor>",
            many=True,
        ),
        SINCE,
        UNTIL,
        Option(("-a", "--all"), "all_writers", "every writer and timeline, drafts included"),
        Option(("--system",), "system", "what the program did by itself, and what went wrong"),
        PATCH,
        STAT,
        DATE,
        COLOR,
        NO_COLOR,
        ASCII,
        JSON,
    ),
    arguments=(
        Argument(
            "paths", "<path>", "only events that changed one of these", required=False, many=True
        ),
    ),
    count="-n",
)
