"""`record`: record events read from standard input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import JSON
from git_timewarp.cli.output import machine, names
from git_timewarp.cli.spec import Command

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context) -> int:
    """Record one event a line and answer each."""
    for answer in context.app.record(context.stdin()):
        if context.json:
            context.console.write(machine.line(answer))
        else:
            known = " (known already)" if answer.get("duplicate") else ""
            context.console.lines([f"{names.one_line(str(answer.get('event')))}{known}"])
        context.console.flush()
    return 0


COMMAND = Command(
    name="record",
    description="""Record events given on standard input, one JSON object a line. Only 'type' has
to be there: words in lower case joined by '-'.

Text: 'summary' (what log shows), 'session', 'key' (recorded once: a line with a key that was
recorded before is answered with the event it became), 'ts' (ISO 8601 with its zone; without,
now). Numbers: 'exit', 'dur_ms'. Lists: 'tags' of texts, 'touches' of objects with 'path', 'op'
(A, M, D or T), 'before' and 'after'. Objects: 'actor' with 'kind' (person, agent, system), 'id'
and 'role', 'milestone' with 'kind', 'importance' and 'name', 'data' with whatever is yours.
Secrets are removed before anything is kept.

Each line is answered. A line that is not an event ends the command with its number; the
lines before it are recorded, none after it.""",
    examples=(
        (
            """echo '{"type":"note","summary":"tests pass"}' | git timewarp record""",
            "Record one event:",
        ),
    ),
    run=run,
    options=(JSON,),
)
