"""`cat`: a file as it was."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from git_timewarp.cli.options import JSON
from git_timewarp.cli.spec import Argument, Command
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util.text import json_name

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context
    from git_timewarp.timeline.results_look import Json


class NoPathError(TimewarpError):
    """No path was named."""

    kind = Kind.USAGE
    reference = "no-path"


def run(context: Context, *, target: str, path: str | None) -> int:
    """Print the file's bytes as they were."""
    if path is None:
        target, colon, path = target.partition(":")
        if not colon or not path:
            raise NoPathError(f"'{target}' names no file", hint="git timewarp help cat")
    data = context.app.cat(target or "@", path)
    if not context.json:
        context.console.write(data)
        return 0
    record: Json = {"target": target, "path": json_name(path), "size": len(data)}
    try:
        record["text"] = data.decode("utf-8")
    except UnicodeDecodeError:
        record["bytes"] = base64.b64encode(data).decode("ascii")
    context.answer(record, ())
    return 0


COMMAND = Command(
    name="cat",
    description="""Print a file as it was at a moment, byte for byte. The path is relative to
the current folder; '<target>:<path>' is understood too.""",
    examples=(
        ("git timewarp cat E47 src/main.py", "A file as it was at event 47:"),
        (
            "git timewarp cat '1 hour ago' notes.txt > old-notes.txt",
            "Keep an old version beside the new one:",
        ),
    ),
    run=run,
    options=(JSON,),
    arguments=(
        Argument("target", "<target>", "an event, a snapshot, a time or a revision"),
        Argument("path", "<path>", "the file", required=False),
    ),
)
