"""The work tree and the indexes: what a snapshot held may still be there, byte for byte."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import Object
from git_timewarp.git.run import Git
from git_timewarp.integrity.heal_source import Need, Wanted, read_some
from git_timewarp.store.paths import Paths
from git_timewarp.util.text import to_bytes, to_str

_INDEXES = 64


class WorkTree:
    """Files as they are now, first those at the paths in question, and the trees of the indexes."""

    name = "the work tree"

    def find(self, need: Need, wanted: Wanted) -> Iterator[Object]:
        """Yield files whose blob is wanted, as git would store them or as they are."""
        room = need.room("worktree")
        git = need.only(room)
        left = set(wanted)
        named = sorted({path for paths in wanted.values() for path in paths})
        for paths in (named, self._all(need.op.world.repo.git)):
            for found in _hashed(git, paths, left):
                yield found
                left.discard(found.oid)
            if not left:
                return
        yield from self._trees(need, git, left)

    def _all(self, git: Git) -> list[str]:
        out = git.run("ls-files", "-z", "-co", "--exclude-standard", ok=range(256)).out
        return sorted({to_str(name) for name in out.split(b"\0") if name})

    def _trees(self, need: Need, git: Git, left: Collection[Oid]) -> Iterator[Object]:
        """Yield trees that an index gives: the user's, and those of ours."""
        repo = need.op.world.repo
        indexes = [os.path.join(repo.git_dir, "index")]
        for folder, _, names in os.walk(os.path.join(Paths(repo.state_dir).root, "index")):
            indexes += [os.path.join(folder, name) for name in names]
        for path in indexes[:_INDEXES]:
            if os.path.isfile(path):
                git.using(index=path).run("write-tree", "--missing-ok", ok=range(256))
        yield from read_some(git, sorted(left))


def _hashed(git: Git, paths: Sequence[str], left: Collection[Oid]) -> Iterator[Object]:
    """Yield the blobs of files that are among `left`; only those are written anywhere."""
    root = git.work_tree or ""
    there = [path for path in paths if "\n" not in path and _is_file(root, path)]
    for option in ("--no-filters", ""):
        words = ("hash-object", *([option] if option else []), "--stdin-paths")
        hits: list[tuple[str, Oid]] = []
        for start in range(0, len(there), 1_000):
            some = there[start : start + 1_000]
            # Quoted, a name would have to be C style: `./` keeps a leading quote from being one.
            text = b"".join(b"./" + to_bytes(path) + b"\n" for path in some)
            out = git.run(*words, stdin=text, ok=range(256)).text.splitlines()
            hits += [(path, Oid(oid)) for path, oid in zip(some, out, strict=False) if oid in left]
        for path, oid in hits:
            line = ("hash-object", *([option] if option else []), "-w", "--", f"./{path}")
            if git.run(*line, ok=range(256)).code == 0:
                yield from read_some(git, [oid])
    for path in paths:
        where = to_bytes(os.path.join(root, path))
        if os.path.islink(where):
            target = os.readlink(where)
            line = ("hash-object", "-w", "--stdin")
            yield from read_some(git, [Oid(git.text(*line, stdin=target))])


def _is_file(root: str, path: str) -> bool:
    where = to_bytes(os.path.join(root, path))
    return os.path.isfile(where) and not os.path.islink(where)
