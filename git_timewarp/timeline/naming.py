"""Names of milestones: only those that a target can name."""

from __future__ import annotations

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.run import Git
from git_timewarp.timeline import dates, selector
from git_timewarp.util.ids import SNAPSHOT_ID_LENGTH, is_letters
from git_timewarp.util.text import printable, shell


class MilestoneNameError(TimewarpError):
    """A milestone of this name could never be selected: the name means something else."""

    kind = Kind.USAGE
    reference = "milestone-name"


def check(git: Git, name: str) -> list[str]:
    """Refuse a name that means something else; return what the user should know about it.

    Raises:
        MilestoneNameError: it is empty, a time, an event, or could be a snapshot's id.
    """
    if not name.strip() or not name.isprintable():
        raise MilestoneNameError(
            f"'{printable(name)}' is no name for a milestone",
            hint="git timewarp snapshot --milestone it-works",
        )
    meaning = _meaning(git, name)
    if meaning is not None:
        better = "it-works-" + "".join(char if char.isalnum() else "-" for char in name).strip("-")
        raise MilestoneNameError(
            f"a milestone cannot be named '{name}': as a target it is {meaning}",
            hint=f"git timewarp snapshot --milestone {shell(better.rstrip('-'))}",
        )
    if name.startswith("-"):
        return []
    found = git.run("rev-parse", "-q", "--verify", f"{name}^{{commit}}", ok=(0, 1, 128)).text
    return (
        [f"warning: '{name}' names a commit too; as a target it is this milestone"] if found else []
    )


def _meaning(git: Git, name: str) -> str | None:
    if selector.is_reserved(name):
        return "an event, a stash or a step back"
    if is_letters(name) and selector.SHORTEST_PREFIX <= len(name) <= SNAPSHOT_ID_LENGTH:
        return "the beginning of a snapshot's id"
    return "a time" if dates.strict(git, name) is not None else None
