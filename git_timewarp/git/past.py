"""What git itself remembers of the past: first-parent history of branches, and HEAD's reflog."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import Git
from git_timewarp.util import atomic
from git_timewarp.util.text import to_str

_FORMAT = "%H%n%T%n%P%n%ae%n%ct%n%S%n%s"
_LINE = rb"([0-9a-f]+) ([0-9a-f]+) (?:.*<([^<>]*)>) (\d+) [+-]\d{4}\t(.*)"


class Commit(NamedTuple):
    """A commit: `author` is an address, `at` seconds since the epoch, `branch` where it was found."""

    oid: Oid
    tree: Oid
    parents: tuple[Oid, ...]
    author: str
    at: int
    branch: RefName | None
    subject: str


class Move(NamedTuple):
    """A line of a reflog; `old` is None for a ref that was not there."""

    old: Oid | None
    new: Oid
    who: str
    at: int
    message: str


def commits(git: Git, *, limit: int, since: str | None = None) -> list[Commit]:
    """Return the newest commits of every branch and HEAD, first parents only, newest first.

    One that several branches have belongs to the one that is checked out, if that has it.
    """
    bounds = [f"--max-count={limit}", *([f"--since={since}"] if since is not None else [])]
    plain = git.using(config=("i18n.logOutputEncoding=UTF-8", "log.showSignature=false"))
    line = ("log", "-z", "--first-parent", "--date-order", "--source", f"--format={_FORMAT}")
    out = plain.run(*line, *bounds, "--branches", "HEAD", "--", ok=(0, 128)).out
    checked_out = git.run("symbolic-ref", "-q", "HEAD", ok=(0, 1)).text
    own = plain.run("rev-list", "--first-parent", *bounds, "HEAD", "--", ok=(0, 128)).text.split()
    here = frozenset(own if checked_out else ())
    return [
        commit._replace(branch=RefName(checked_out)) if commit.oid in here else commit
        for commit in _parsed(out)
    ]


def some(git: Git, oids: Sequence[Oid]) -> list[Commit]:
    """Return those of the commits `oids` that are there, without their history."""
    if not oids:
        return []
    plain = git.using(config=("i18n.logOutputEncoding=UTF-8", "log.showSignature=false"))
    words = "".join(f"{oid}\n" for oid in oids).encode()
    line = ("log", "-z", "--no-walk=unsorted", "--ignore-missing", f"--format={_FORMAT}")
    out = plain.run(*line, "--stdin", stdin=words, ok=(0, 128)).out
    return list(_parsed(out))


def _parsed(out: bytes) -> Iterator[Commit]:
    for record in out.split(b"\0"):
        lines = to_str(record).split("\n", 6)
        if len(lines) != 7 or not lines[4].isdigit():
            continue
        oid, tree, parents, author, at, source, subject = lines
        yield Commit(
            oid=Oid(oid),
            tree=Oid(tree),
            parents=tuple(Oid(word) for word in parents.split()),
            author=author,
            at=int(at),
            branch=RefName(source) if source.startswith("refs/heads/") else None,
            subject=subject,
        )


def moves(repo: Repo) -> list[Move]:
    """Return what HEAD's reflog of this work tree tells, oldest first; none where it is no file."""
    data = atomic.read(os.path.join(repo.git_dir, "logs", "HEAD")) or b""
    found = []
    for line in data.splitlines():
        match = re.fullmatch(_LINE, line)
        if match is None or len(match[2]) != repo.hex_length:
            continue
        old, new = Oid(match[1].decode()), Oid(match[2].decode())
        who, message = to_str(match[3]), to_str(match[5])
        found.append(Move(None if old.is_zero else old, new, who, int(match[4]), message))
    return found
