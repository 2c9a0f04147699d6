"""Capture, wreck, restore: any work tree comes back, byte for byte, and so does the wreck."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from git_timewarp.restore.engine import Wish
from tests.support.repo_builder import RepoBuilder, WorkTree
from tests.support.travel import Traveller

EXAMPLES = int(os.environ.get("TIMEWARP_ROUNDTRIPS", "20"))

NAMES = (
    "a",
    "b.txt",
    "a/x",
    "a/y/z",
    "dir",
    "dir/in.txt",
    "dir/deep/er",
    "new\nline",
    'quo"te\\',
    "-dash",
    "caf\udce9/\udcff",
    ".gitattributes",
    "sp ace",
)
CONTENTS = (
    b"",
    b"one\n",
    b"two\n",
    b"crlf\r\nlines\r\n",
    b"mixed\r\nline\nends\r\n",
    b"bin\0ary\r\n",
    b"$Id$\n",
    b"*.txt text eol=crlf\n* ident\n",
    b"* text=auto\n",
)
MODES = (0o644, 0o755, 0o600, 0o444, 0o700)

name = st.sampled_from(NAMES)
step = st.one_of(
    st.tuples(st.just("write"), name, st.sampled_from(CONTENTS)),
    st.tuples(st.just("write"), name, st.binary(max_size=40)),
    st.tuples(st.just("remove"), name, st.none()),
    st.tuples(st.just("link"), name, st.sampled_from(("a", "dir", "../..", "\udcfe", "/"))),
    st.tuples(st.just("chmod"), name, st.sampled_from(MODES)),
    st.tuples(st.just("mkdir"), name, st.none()),
    st.tuples(st.just("stage"), name, st.none()),
    st.tuples(st.just("unstage"), name, st.none()),
    st.tuples(st.just("intend"), name, st.none()),
    st.tuples(st.just("bit"), name, st.sampled_from(("assume-unchanged", "skip-worktree"))),
    st.tuples(st.just("commit"), name, st.none()),
    st.tuples(st.just("conflict"), name, st.none()),
)
Step = tuple[str, str, object]


def make_way(repo: RepoBuilder, path: str) -> None:
    """Remove whatever keeps `path` from being made."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        above = "/".join(parts[:depth])
        if os.path.lexists(repo.location(above)) and (
            os.path.islink(repo.location(above)) or not os.path.isdir(repo.location(above))
        ):
            repo.remove(above)
    if os.path.lexists(repo.location(path)):
        repo.remove(path)


def write(repo: RepoBuilder, path: str, content: object) -> None:
    assert isinstance(content, bytes)
    make_way(repo, path)
    repo.write(path, content)


def link(repo: RepoBuilder, path: str, target: object) -> None:
    make_way(repo, path)
    if path != ".gitattributes":
        repo.link(path, str(target))


def mkdir(repo: RepoBuilder, path: str, _: object) -> None:
    make_way(repo, path)
    repo.mkdir(path)


def remove(repo: RepoBuilder, path: str, _: object) -> None:
    if os.path.lexists(repo.location(path)):
        make_way(repo, path)


def chmod(repo: RepoBuilder, path: str, mode: object) -> None:
    assert isinstance(mode, int)
    where = repo.location(path)
    if os.path.isfile(where) and not os.path.islink(where):
        os.chmod(where, mode)


def git(*args: str) -> Callable[[RepoBuilder, str, object], None]:
    """A git command on one path, whatever it thinks of it."""

    def run(repo: RepoBuilder, path: str, _: object) -> None:
        repo.run("--literal-pathspecs", *args, "--", path, ok=None)

    return run


def bit(repo: RepoBuilder, path: str, flag: object) -> None:
    repo.run("update-index", f"--{flag}", "--", path, ok=None)


def commit(repo: RepoBuilder, _: str, __: object) -> None:
    repo.tick()
    repo.run("commit", "-q", "--allow-empty", "-m", "more", ok=None)


def conflict(repo: RepoBuilder, path: str, _: object) -> None:
    """Put three stages for a path into the index."""
    blobs = [
        repo.git("hash-object", "-w", "--stdin", stdin=f"{stage}\n".encode()) for stage in "123"
    ]
    zero = "0" * 40
    lines = f"0 {zero}\t{path}\0" + "".join(
        f"100644 {oid} {stage}\t{path}\0" for stage, oid in enumerate(blobs, 1)
    )
    repo.run("update-index", "-z", "--index-info", stdin=os.fsencode(lines), ok=None)


STEPS: dict[str, Callable[[RepoBuilder, str, object], None]] = {
    "write": write,
    "remove": remove,
    "link": link,
    "chmod": chmod,
    "mkdir": mkdir,
    "stage": git("add", "-f"),
    "unstage": git("rm", "-q", "-f", "--cached"),
    "intend": git("add", "-N", "-f"),
    "bit": bit,
    "commit": commit,
    "conflict": conflict,
}


def seen(repo: RepoBuilder, *, converts: bool) -> tuple[WorkTree, bytes, str, str]:
    """What a user can see.

    Where attributes convert, git's status may call a file modified for its size alone,
    as long as the index remembers another one; the diff says what really is.
    """
    listed = ("diff", "--name-status") if converts else ("status", "--porcelain=v2", "-uall")
    head = repo.run("rev-parse", "-q", "--verify", "HEAD", ok=None).stdout.decode()
    return repo.state(), repo.index_state(), repo.git(*listed), head


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(step, min_size=1, max_size=14), st.lists(step, min_size=1, max_size=14))
def test_any_state_comes_back(before: list[Step], after: list[Step]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="roundtrip-"))
    try:
        repo = RepoBuilder(folder / "r")
        repo.commit("first", {"a": "one\n", "b.txt": "two\n", "dir/in.txt": "three\n"})
        travel = Traveller(repo)
        converts = any(path == ".gitattributes" for _, path, _ in (*before, *after))
        wish = Wish(with_head=True, with_refs=True)
        states = []
        for steps in (before, after):
            for kind, path, what in steps:
                STEPS[kind](repo, path, what)
            states.append((travel.take(), seen(repo, converts=converts)))
        (first, then), (second, now) = states
        note(f"in {folder}")
        travel.jump(first, wish=wish)
        assert seen(repo, converts=converts) == then
        travel.jump(second, wish=wish)
        assert seen(repo, converts=converts) == now
        travel.jump(first, wish=wish)
        assert seen(repo, converts=converts) == then
    finally:
        shutil.rmtree(folder)
