"""Turning blobs into the bytes of files, as a checkout would, in a folder of our own.

git does the conversion (line ends, ident, encodings, filters) with the attributes of the
state that is restored: an index of ours holds the wanted entries and the `.gitattributes`
files above them, and `checkout-index` writes below an empty folder instead of the work
tree. A path whose filter fails costs that path only.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.run import Git
from git_timewarp.util import directories
from git_timewarp.util.text import to_bytes, to_str

_FATAL = 128


class Blob(NamedTuple):
    """A blob that becomes the file `path`; `size` in bytes where it is known."""

    path: RepoPath
    mode: int
    oid: Oid
    size: int = 0


def write_files(
    git: Git, folder: str, files: Sequence[Blob], *, attributes: Sequence[Blob] = ()
) -> list[RepoPath]:
    """Write `files` below the empty `folder`, converted; return those git could not write.

    Args:
        git: reads the objects; its index and work tree are replaced.
        folder: absolute path of an empty folder; its index is made beside it.
        files: what to write.
        attributes: the `.gitattributes` files that apply to them.

    Raises:
        GitError: the index could not be made.
    """
    if not files:
        return []
    directories.make(folder)
    config = ("checkout.workers=1", "core.safecrlf=false")
    staged = git.using(index=folder + ".index", work_tree=folder, config=config)
    failed = _fill(staged, attributes, files)
    out = set(failed)
    left = [item for item in files if item.path not in out]
    while left:
        names = b"".join(to_bytes(item.path) + b"\0" for item in left)
        code = staged.run(
            "checkout-index", "-z", "--stdin", "-f", "-q", stdin=names, ok=range(256)
        ).code
        left = [item for item in left if not _is_there(folder, item.path)]
        if code != _FATAL:
            failed += [item.path for item in left]
            break
        # It died at the first file it could not write: leave that out, go on with the rest.
        failed += [item.path for item in left[:1]]
        left = left[1:]
    return sorted(failed)


def with_attributes(git: Git, index: str, attributes: Sequence[Blob]) -> Git:
    """Return a runner on a new index that holds only the `.gitattributes` files of some state.

    Args:
        git: reads the objects.
        index: absolute path for the index; it must not exist.
        attributes: the files.
    """
    asked = git.using(index=index)
    _fill(asked, attributes, ())
    return asked


def _fill(staged: Git, attributes: Sequence[Blob], files: Sequence[Blob]) -> list[RepoPath]:
    """Put the entries into the index; return the files whose names git refuses."""
    lines = [_line(item) for item in (*attributes, *files)]
    args = ("update-index", "-z", "--index-info")
    if staged.run(*args, stdin=b"".join(lines), ok=range(256)).code == 0:
        return []
    refused = []
    for item, line in zip((*attributes, *files), lines, strict=True):
        if staged.run(*args, stdin=line, ok=range(256)).code != 0:
            refused.append(item.path)
    wanted = {item.path for item in files}
    return [path for path in refused if path in wanted]


def _line(item: Blob) -> bytes:
    return b"%o %s 0\t%s\0" % (item.mode, item.oid.encode(), to_bytes(item.path))


def _is_there(folder: str, path: RepoPath) -> bool:
    return os.path.lexists(to_bytes(f"{folder}/{path}"))


def ignored_below(git: Git, folder: str, paths: Sequence[RepoPath]) -> set[RepoPath]:
    """Return those of `paths` that the `.gitignore` files already below `folder` exclude.

    Empty files stand in for the paths, so git's own rules decide, the user's global
    ones included. `folder` is one of ours; an index is made beside it.
    """
    for path in paths:
        where = to_bytes(f"{folder}/{path}")
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, "ab"):
            pass
    asked = git.using(index=folder + ".index", work_tree=folder)
    out = asked.run("ls-files", "-o", "-i", "--exclude-standard", "-z").out
    found = {RepoPath(to_str(name)) for name in out.split(b"\0") if name}
    return found & set(paths)
