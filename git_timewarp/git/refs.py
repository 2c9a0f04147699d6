"""Refs: list them, and move them by compare-and-swap in one transaction.

Only `store/transaction.py` may call `update`. Source: git-update-ref(1).
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.run import DURABLE, PIPE, Git, GitError, Result, end, finish
from git_timewarp.util import atomic, directories, faults
from git_timewarp.util.text import to_bytes, to_str

STASH = RefName("refs/stash")
_LIST = ("for-each-ref", "--format=%(objectname) %(refname) %(symref)")
_HEAD = ("HEAD^{commit}", "--symbolic-full-name", "HEAD")
_MOVED = ("but expected", "reference already exists", "unable to resolve reference")
"""What git says when a ref has another value than expected, exists, or is gone."""


class RefConflictError(TimewarpError):
    """A ref is not what we expected it to be: somebody moved it meanwhile."""

    kind = Kind.CONFLICT
    reference = "ref-moved"


class Ref(NamedTuple):
    """A ref, its value, the peeled value of a tag, and the target of a symbolic ref."""

    name: RefName
    oid: Oid
    symref: RefName | None = None


class RefUpdate(NamedTuple):
    """Move `name` from `old` to `new`; a zero `old` creates, a zero `new` deletes."""

    name: RefName
    old: Oid
    new: Oid


class Listing:
    """The refs below `prefixes` (all when none is given), asked for by the constructor."""

    def __init__(self, git: Git, *prefixes: str) -> None:
        self._process = git.start(*_LIST, *prefixes)

    def result(self) -> list[Ref]:
        """Return them, sorted by name; once."""
        return _parsed(finish(self._process, _LIST))

    def stop(self) -> None:
        """End git if it still runs."""
        end(self._process)


def listed(git: Git, *prefixes: str) -> list[Ref]:
    """Return the refs below `prefixes` (all when none is given), sorted by name."""
    return Listing(git, *prefixes).result()


def _parsed(result: Result) -> list[Ref]:
    refs = []
    for line in to_str(result.out).splitlines():
        oid, name, symref = line.split(" ", 2)
        refs.append(Ref(RefName(name), Oid(oid), RefName(symref) if symref else None))
    return refs


class HeadReading:
    """Where HEAD is, asked for by the constructor."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process = git.start("rev-parse", "--revs-only", *_HEAD)

    def result(self) -> tuple[Oid | None, RefName | None]:
        """Return its commit, None where there is none (yet), and its branch, None when detached."""
        words = finish(self._process, ("rev-parse",)).text.split("\n")
        commit = Oid(words[0]) if words[0] else None
        if len(words) == len(_HEAD) - 1:
            return commit, RefName(words[1]) if words[1] != "HEAD" else None
        # Of a branch that is not born, or not readable, only git-symbolic-ref(1) knows the name.
        name = self._git.run("symbolic-ref", "-q", "HEAD", ok=(0, 1, 128)).text or self._written()
        return commit, RefName(name) if name else None

    def _written(self) -> str:
        """Return the branch in HEAD's file, which git does not tell where the branch is damaged."""
        path = self._git.text("rev-parse", "--path-format=absolute", "--git-path", "HEAD")
        data = atomic.read(path) or b""
        return to_str(data[5:]).strip() if data.startswith(b"ref: ") else ""

    def stop(self) -> None:
        """End git if it still runs."""
        end(self._process)


def update(
    git: Git, changes: Sequence[RefUpdate], *, durable: bool = True, message: str | None = None
) -> None:
    """Move all refs or none, ids checked against the old values.

    No reflog is written, unless `git` was told otherwise; `message` is for it.

    Raises:
        RefConflictError: an old value did not match; no ref moved.
        GitError: git refused for another reason; no ref moved.
    """
    if not changes:
        return
    lines = ["start"]
    for change in changes:
        if change.new.is_zero:
            lines.append(f"delete {change.name}\0{change.old}")
        else:
            lines.append(f"update {change.name}\0{change.new}\0{change.old}")
    lines += ["prepare", "commit", ""]
    runner = git.using(config=DURABLE) if durable else git
    told = () if message is None else ("-m", message)
    try:
        runner.run(
            "update-ref", *told, "--no-deref", "--stdin", "-z", stdin=to_bytes("\0".join(lines))
        )
    except GitError as exc:
        if any(words in exc.stderr for words in _MOVED):
            raise RefConflictError(
                f"a ref moved while it was being updated: {exc.stderr.strip().splitlines()[-1]}",
                hint="git timewarp status",
            ) from exc
        raise


@contextlib.contextmanager
def packing_held(git: Git, unused: RefName) -> Iterator[None]:
    """Keep every `pack-refs` and deletion of a ref waiting for as long as the block runs.

    Git holds `packed-refs.lock` from the preparation of a deletion to its end; the ref
    `unused` does not exist, so nothing is deleted and `packed-refs` is not written. The
    lock goes with git's process: when ours dies, its input ends and it gives up. Keep
    the block short: others wait for one second (`core.packedRefsTimeout`).

    Raises:
        GitError: another process holds the lock.
    """
    words = ("update-ref", "--no-deref", "--stdin", "-z")
    process = git.start(*words, stdin=PIPE)
    assert process.stdin is not None  # noqa: S101 - started with pipes
    assert process.stdout is not None  # noqa: S101 - started with pipes
    try:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(to_bytes(f"start\0delete {unused}\0\0prepare\0"))
            process.stdin.flush()
        answers = [process.stdout.readline() for _ in range(2)]
        if answers != [b"start: ok\n", b"prepare: ok\n"]:
            finish(process, words)
            raise GitError(words, 0, "no answer to 'prepare'")
        yield
    finally:
        with contextlib.suppress(BrokenPipeError, ValueError):
            process.communicate(b"abort\0")


def move_users(git: Git, changes: Sequence[RefUpdate], *, message: str) -> None:
    """Move refs of the user in one transaction; his reflogs are written as he has set.

    Raises:
        RefConflictError: an old value did not match; no ref moved.
        GitError: git refused for another reason; no ref moved.
    """
    runner = git.using(config=(f"core.logAllRefUpdates={_reflog_setting(git)}",))
    if any(change.name == STASH and not change.new.is_zero for change in changes):
        _begin_stash_log(git)
    update(runner, changes, message=message)


def stash_entries(git: Git) -> int:
    """Return how many stashes the user has: the reflog of `refs/stash` is the list."""
    return len(git.run("reflog", "show", STASH, ok=(0, 128)).out.splitlines())


def _begin_stash_log(git: Git) -> None:
    """Make the reflog of `refs/stash`, which git writes only where it is: no log, no list."""
    path = git.text("rev-parse", "--git-path", f"logs/{STASH}")
    directories.make(os.path.dirname(path))
    faults.point("begin stash log")
    with open(path, "ab"):
        pass


def attach_head(git: Git, git_dir: str, branch: RefName, *, message: str) -> None:
    """Point HEAD at `branch`, durably; its reflog is written as the user has set."""
    runner = git.using(config=(f"core.logAllRefUpdates={_reflog_setting(git)}", *DURABLE))
    runner.run("symbolic-ref", "-m", message, "HEAD", branch)
    # git syncs the refs it moves, and not a symbolic one. (With a reftable HEAD is a stub.)
    atomic.sync_file(os.path.join(git_dir, "HEAD"))
    atomic.sync_dir(git_dir)


def _reflog_setting(git: Git) -> str:
    """Return the user's `core.logAllRefUpdates` (ours, on the command line, left out)."""
    out = git.text("config", "--show-scope", "-z", "--get-all", "core.logAllRefUpdates")
    words = out.split("\0")
    values = [
        value for scope, value in zip(words[::2], words[1::2], strict=False) if scope != "command"
    ]
    return values[-1] if values else "true"
