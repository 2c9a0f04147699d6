"""`recover`: what the last recovery did, and what is kept from before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import JSON
from git_timewarp.cli.output import rescue
from git_timewarp.cli.spec import Command
from git_timewarp.errors import Kind

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context) -> int:
    """Finish what was cut off and tell what came back; 5 when something is damaged now."""
    report = context.app.recovery.report()
    context.answer(report.to_dict(), rescue.recovery(report, context.look()))
    return 0 if report.now.is_clean else Kind.CORRUPT.value


COMMAND = Command(
    name="recover",
    description="""Finish what a crash cut off, as every command does, and tell what the last
recovery did: what came back, what was lost, what is still to be done, and how everything is
now, by a quick look. Before anything is put right, all our ref values and the journal are
copied; the report says where. Objects that a crash left and nothing names are kept there too,
and listed. The exit code is 5 when anything is damaged now.""",
    examples=(("git timewarp recover", "See what the last recovery brought back:"),),
    run=run,
    options=(JSON,),
)
