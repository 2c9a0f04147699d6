"""`doctor`: check that everything works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import JSON
from git_timewarp.cli.output import health
from git_timewarp.cli.spec import Command
from git_timewarp.errors import Kind

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context) -> int:
    """Run every check; 1 when one fails."""
    checks = context.app.doctor()
    failed = [check for check in checks if check.passed is False]
    context.answer(
        {"ok": not failed, "checks": [check.to_dict() for check in checks]},
        health.checks(checks, context.look()),
    )
    return Kind.REFUSED.value if failed else 0


COMMAND = Command(
    name="doctor",
    description="""Check that everything works: git's version, the file system, the hooks (each is
made to fire), the watcher, the settings. The exit code is 1 when a check fails.""",
    examples=(("git timewarp doctor", "Find out why something is not recorded:"),),
    run=run,
    options=(JSON,),
)
