"""Remotes: exactly the missing objects where the server gives them, else what its refs hold."""

from __future__ import annotations

from collections.abc import Iterator

from git_timewarp.git import remotes
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Object
from git_timewarp.integrity.heal_source import Need, Wanted, read_some
from git_timewarp.store import layout


class Remotes:
    """Every remote of the repository, in git's order."""

    name = "a remote"

    def find(self, need: Need, wanted: Wanted) -> Iterator[Object]:
        """Yield what a remote has; the next is asked for what is left."""
        repo = need.op.world.repo
        left = set(wanted)
        for number, remote in enumerate(remotes.names(repo.git)):
            git = need.only(need.room(f"remote-{number}"))
            asked = sorted(left)
            if not remotes.fetch_objects(git, remote, asked):
                yield from self._got(need, number, left)
                if left:
                    remotes.fetch_refs(git, remote, [f"{layout.ROOT}/*"])
            yield from self._got(need, number, left)
            if not left:
                return

    def _got(self, need: Need, number: int, left: set[Oid]) -> Iterator[Object]:
        git = need.only(f"{need.folder}/remote-{number}")
        for found in read_some(git, sorted(left)):
            yield found
            left.discard(found.oid)
