"""What a restore tells of single paths and refs."""

from typing import NamedTuple

from git_timewarp.git.names import RefName, RepoPath
from git_timewarp.util.text import json_name


class Refused(NamedTuple):
    """A path that was left alone and why."""

    path: RepoPath
    reason: str


class RefMove(NamedTuple):
    """A ref that a journey moved: object ids (for HEAD a branch, if it is on one), None for no ref."""

    ref: RefName
    old: str | None
    new: str | None

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form."""
        return {"ref": json_name(self.ref), "from": self.old, "to": self.new}
