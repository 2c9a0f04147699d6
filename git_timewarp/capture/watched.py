"""What somebody who watches the work tree can tell a capture: what changed since a moment.

A cursor names a moment. A capture asks for what changed since the cursor its memory holds,
looks at the files, and remembers the cursor of the answer: whatever changes while it looks is
told to the next. Where the watcher does not know (it started later, its queue overflowed, a
folder is new), the capture looks at everything.
"""

from __future__ import annotations

from typing import Protocol

from git_timewarp.util.frozen import Frozen


class Told(Frozen):
    """An answer.

    Attributes:
        cursor: the moment of the answer.
        paths: what may have changed since the moment asked about, relative to the work tree
            and whether ignored or not; None when that is not known.
        git: whether refs, index or settings may have changed since.
    """

    cursor: str
    paths: frozenset[str] | None = None
    git: bool = True


class Watched(Protocol):
    """Knows every change of one work tree from the moment it began to watch."""

    def since(self, cursor: str) -> Told | None:
        """Tell what changed since `cursor`; None where nobody watches."""

    def will_fold(self) -> bool:
        """Ask for a fold in a moment, of what is durable by then; tell whether it comes."""

    def doubt(self) -> None:
        """Say that other folders may have to be watched: the rules of what is ignored changed."""
