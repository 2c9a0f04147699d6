"""Bundles: refs and everything they reach in one file (gitformat-bundle), and packs in a stream.

The header is written here, the pack behind it by git. A bundle of ours needs
nothing that is not in it, so there are never prerequisites.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.run import PIPE, Git, GitError, end, finish
from git_timewarp.util import faults

_FIRST = {"sha1": b"# v2 git bundle\n", "sha256": b"# v3 git bundle\n@object-format=sha256\n"}
_BLOCK = 1 << 20

EXACT = (
    "pack.threads=1",
    "pack.compression=0",
    "pack.useBitmaps=false",
    "pack.allowPackReuse=false",
    "pack.packSizeLimit=0",
    "pack.window=10",
    "pack.depth=50",
    "pack.windowMemory=0",
    "pack.writeReverseIndex=true",
    "core.bigFileThreshold=512m",
)
"""Settings with which equal objects give equal packs, whatever the user has set."""

_STRICT = "--strict=zeroPaddedFilemode=ignore"
"""git's own check of every object, hostile names in trees above all. Old histories have modes
with a zero in front, which do no harm."""


def header(refs: Mapping[RefName, Oid], *, hash_name: str) -> bytes:
    """Return the beginning of a bundle of these refs; the pack follows."""
    lines = b"".join(f"{oid} {name}\n".encode() for name, oid in sorted(refs.items()))
    return _FIRST[hash_name] + lines + b"\n"


def packed(git: Git, tips: Iterable[Oid]) -> Iterator[bytes]:
    """Yield the bytes of a pack of everything that `tips` reach, the same for equal objects.

    Not compressed: what packs it up further does that better.

    Raises:
        GitError: an object is missing, or git failed otherwise.
    """
    words = ("pack-objects", "--revs", "--stdout", "-q", "--no-reuse-object", "--delta-base-offset")
    process = git.using(config=EXACT).start(*words, stdin=PIPE)
    assert process.stdin is not None  # noqa: S101 - started with pipes
    assert process.stdout is not None  # noqa: S101 - started with pipes
    try:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(b"".join(f"{oid}\n".encode() for oid in tips))
            process.stdin.close()
        process.stdin = None
        while data := process.stdout.read(_BLOCK):
            yield data
        finish(process, words)
    finally:
        end(process)


class Indexing:
    """Takes a pack as it comes and puts it into an object directory, each object checked."""

    def __init__(self, git: Git, *, strict: bool) -> None:
        check = (_STRICT,) if strict else ()
        self._words = ("index-pack", "--stdin", *check)
        self._process = git.start(*self._words, stdin=PIPE)

    def feed(self, data: bytes) -> None:
        """Take the next bytes; what git makes of them is told by `finish`."""
        assert self._process.stdin is not None  # noqa: S101 - started with pipes
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(data)

    def finish(self) -> str:
        """Take the end; return the name of the pack, `pack-<id>`.

        Raises:
            GitError: it is no whole pack of sound objects.
        """
        # git left early over damage: what it has to say is still there to be read.
        assert self._process.stdin is not None  # noqa: S101 - started with pipes
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdin = None
        result = finish(self._process, self._words)
        words = result.text.split()
        if len(words) != 2:
            raise GitError(self._words, 0, "no pack was written")
        return f"pack-{words[1]}"

    def stop(self) -> None:
        """End git if it still runs."""
        end(self._process)


def scratch(git: Git, path: str, *, hash_name: str) -> Git:
    """Make a bare repository at `path` and return how to call git for it."""
    faults.point("make scratch repository")
    outside = git._replace(
        git_dir=None, work_tree=None, index=None, objects=None, alternates=(), pass_fds=()
    )
    words = ("init", "-q", "--bare", "--template=", f"--object-format={hash_name}", "--", path)
    outside.run(*words, cwd="/")
    return outside._replace(git_dir=path)


def beyond(git: Git, tips: Mapping[RefName, Oid], known: Mapping[RefName, Oid]) -> list[bytes]:
    """Return what `tips` reach and `known` do not: `<id> <path>` as pack-objects reads it.

    Raises:
        GitError: an object is missing.
    """
    lines = [f"{oid}\n" for oid in dict.fromkeys(tips.values())]
    lines += [f"^{oid}\n" for oid in dict.fromkeys(known.values()) if oid not in tips.values()]
    out = git.run("rev-list", "--objects", "--stdin", stdin="".join(lines).encode()).out
    return [line for line in out.split(b"\n") if line]
