"""`demo`: lose work in a throw-away clone, bring it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import JSON
from git_timewarp.cli.output import demonstration
from git_timewarp.cli.spec import Command, Option
from git_timewarp.demo import run as demo
from git_timewarp.errors import Kind

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context


def run(context: Context, *, repo: str | None, commits: int, keep: bool) -> int:
    """Replay real history, lose real work, and check that all of it comes back."""
    plan = demo.Plan(context.start, repo=repo, commits=max(1, commits), keep=keep)
    audience = demonstration.Teller(context)
    report = demo.run(plan, environ=context.environ, clock=context.clock, audience=audience)
    context.answer(report.to_dict(), demonstration.ending(report, context.look()))
    return 0 if report.is_right else Kind.REFUSED.value


COMMAND = Command(
    name="demo",
    description="""Show on real work what the recorder does. The repository you stand in (or the
one named by --repo) is cloned into a folder of its own, where the last commits are replayed as
edits with a snapshot each, and work is then lost in eight real ways with only the watcher on.
Each comes back, and git itself checks that it is the same to the byte.

Your repository is only read. The clone is removed afterwards.""",
    examples=(
        ("git timewarp demo", "With the repository you stand in:"),
        ("git timewarp demo --repo https://example.com/project.git", "With another one:"),
    ),
    run=run,
    options=(
        Option(
            ("--repo",), "repo", "clone this repository, a path or an address", metavar="<repo>"
        ),
        Option(
            ("--commits",),
            "commits",
            "how many commits to replay (50)",
            metavar="<number>",
            number=True,
            default=50,
        ),
        Option(("--keep",), "keep", "leave the clone where it is and say where"),
        JSON,
    ),
)
