"""The versions of single paths: `history`."""

from __future__ import annotations

from collections.abc import Iterator

from git_timewarp.app.opened import Opened
from git_timewarp.git.names import RepoPath
from git_timewarp.restore import pathspec
from git_timewarp.timeline import path_history
from git_timewarp.timeline.results_path import PathVersion


class Versions:
    """What an opened repository knows about the past of one path."""

    def __init__(self, app: Opened) -> None:
        self._app = app

    def history(
        self, path: str, *, span: str | None = None, limit: int | None = None
    ) -> Iterator[PathVersion]:
        """Give every version of a path, newest first; `span` is `A..B`, `A..`, `..B` or `B`.

        Raises:
            NoVersionsError: no snapshot holds it.
            BadPathspecError: it is outside of the work tree.
        """
        app = self._app
        inside = app.repo.inside(path)
        if inside == ".." or inside.startswith("../"):
            raise pathspec.BadPathspecError(
                f"'{path}' is outside the work tree", hint="git timewarp help history"
            )
        wanted = path_history.Wanted(RepoPath(inside), limit=limit)

        def found() -> Iterator[PathVersion]:
            app.take_in()
            since, until = self._span(span) if span else (None, None)
            with app.history() as history:
                given = wanted._replace(since=since, until=until)
                yield from path_history.versions(history, given)

        return found()

    def patch(self, version: PathVersion, *, color: bool = False) -> bytes:
        """Return what a version changed, as a patch."""
        return path_history.patch(self._app.repo, version, color=color)

    def _span(self, text: str) -> tuple[path_history.Order | None, path_history.Order | None]:
        left, dots, right = text.partition("..")
        if not dots:
            left, right = "", text
        with self._app.moments(*filter(None, (left, right))) as (history, targets):
            ends = list(targets)
            since = path_history.order_of(history, ends.pop(0), last=False) if left else None
            until = path_history.order_of(history, ends.pop(0), last=True) if right else None
            return since, until
