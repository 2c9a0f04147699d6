"""What every command that travels does with its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.output import travel
from git_timewarp.errors import Kind

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context
    from git_timewarp.timeline.results import TravelResult


def told(context: Context, result: TravelResult) -> int:
    """Tell what came back, what went and how to go back; 1 when a path was refused."""
    context.answer(
        result.to_dict(),
        travel.draw(result, context.look()),
        travel.talk(result, context.look(talk=True)),
    )
    return Kind.REFUSED.value if result.refused and not result.dry_run else 0
