"""Parts of a full check, restores for a trial, and what stands beside the records."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from pathlib import Path

import pytest

from git_timewarp.git.names import WriterId
from git_timewarp.store import journal
from git_timewarp.store.events import ChainHead
from git_timewarp.util import faults
from tests.support.loose import loosen
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with everything a restore has to bring back, and three snapshots."""
    built = RepoBuilder(tmp_path / "repo")
    built.write(".gitattributes", "*.dos text eol=crlf\n*.bin filter=gone\n")
    built.write(".gitignore", "*.log\n")
    built.write("kept.log", "tracked although it is ignored\n")
    built.write("run.sh", "#!/bin/sh\n", mode=0o755)
    built.link("link", "run.sh")
    built.git("add", "-f", "kept.log")
    built.commit("first", {"a": "one\n", "dir/b": "two\n", "c.bin": "filtered\n"})
    recorded(built)
    built.write("lines.dos", b"mixed\r\nends\n")
    built.write("dir/n", "precious\n", mode=0o600)
    built.mkdir("empty/inside")
    opened(built).snapshot(message="with n")
    nested = RepoBuilder(built.path / "nested")
    nested.commit("inside", {"x": "y\n"})
    nested.write("x", "changed\n")
    built.write("dir/n", "precious, changed\n")
    opened(built).snapshot(message="n changed")
    return built


def damaged(repo: RepoBuilder, content: bytes) -> str:
    """Damage the object of some contents; return its id."""
    loosen(repo)
    oid = repo.git("hash-object", "--stdin", stdin=content)
    path = repo.git_dir() / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    path.write_bytes(zlib.compress(b"blob %d\0" % len(content) + bytes(len(content))))
    return oid


def tree_of_files(repo: RepoBuilder) -> list[str]:
    """Return every file in the git directory."""
    return sorted(str(path) for path in repo.git_dir().rglob("*"))


def test_the_parts_together_read_everything_once(repo: RepoBuilder) -> None:
    counts = []
    for part in ("1/3", "2/3", "3/3"):
        answer = json.loads(typed(repo, "verify", "--read-data-subset", part, "--json").out)
        assert (answer["ok"], answer["level"]) == (True, f"subset {part}")
        counts.append(answer["objects"])
    whole = json.loads(typed(repo, "verify", "--read-data-subset", "1/1", "--json").out)
    assert sum(counts) == whole["objects"]
    assert min(counts) > 0


def test_only_the_part_with_the_damage_tells(repo: RepoBuilder) -> None:
    oid = damaged(repo, b"precious\n")
    part = 1 + int(oid[0], 16) // 4
    for number in (1, 2, 3, 4):
        done = typed(repo, "verify", "--read-data-subset", f"{number}/4")
        assert done.code == (5 if number == part else 0), done.out
        assert (f"lost 'dir/n' ({oid})" in done.out) is (number == part)


def test_what_is_missing_is_told_by_every_part(repo: RepoBuilder) -> None:
    loosen(repo)
    oid = repo.git("hash-object", "--stdin", stdin=b"precious\n")
    (repo.git_dir() / "objects" / oid[:2] / oid[2:]).unlink()
    for part in ("1/2", "2/2"):
        assert oid in typed(repo, "verify", "--read-data-subset", part).out


@pytest.mark.parametrize("part", ["0/3", "4/3", "1/0", "x", "0%", "101%", "1/2/3", "-1/2", ""])
def test_what_is_no_part(repo: RepoBuilder, part: str) -> None:
    done = typed(repo, "verify", "--read-data-subset", part)
    assert done.code == 2
    assert done.err.splitlines()[-1] == "hint: git timewarp verify --read-data-subset 1/5"


def test_a_percentage_reads_some(repo: RepoBuilder) -> None:
    answer = json.loads(typed(repo, "verify", "--read-data-subset", "50%", "--json").out)
    assert (answer["ok"], answer["level"]) == (True, "subset 50%")


def test_snapshots_are_restored_and_nothing_is_left(repo: RepoBuilder) -> None:
    typed(repo, "verify", "--restore-drill")
    before = tree_of_files(repo)
    done = typed(repo, "verify", "--restore-drill", "--drills", "9", "--json")
    answer = json.loads(done.out)
    assert (done.code, answer["drilled"], answer["problems"]) == (0, 3, [])
    assert tree_of_files(repo) == before


def test_what_was_removed_is_not_restored_and_not_counted(repo: RepoBuilder) -> None:
    repo.write("secret", "s3cret\n")
    typed(repo, "snapshot", "-m", "with a secret")
    repo.path.joinpath("secret").unlink()
    assert typed(repo, "purge", "secret", "--force").code == 0
    for name, value in (("keepLast", "1"), ("keepWithin", "0s"), ("protect", "0s")):
        typed(repo, "config", "set", f"retention.{name}", value)
    done = typed(repo, "compact", "--force", "--json")
    assert (done.code, json.loads(done.out)["removed"]) == (0, 3)
    done = typed(repo, "verify", "--restore-drill", "--drills", "9", "--json")
    answer = json.loads(done.out)
    assert (done.code, answer["problems"]) == (0, [])
    assert answer["drilled"] == answer["snapshots"]


def test_a_snapshot_that_does_not_come_back_is_named(repo: RepoBuilder) -> None:
    damaged(repo, b"precious\n")
    done = typed(repo, "verify", "--restore-drill", "--drills", "9", "--json")
    (problem,) = json.loads(done.out)["problems"]
    assert done.code == 5
    assert problem["kind"] == "not-restored"
    assert "dir/n" in problem["affects"]
    assert problem["hint"] == "git timewarp repair"


def test_a_read_index_that_says_something_else_is_told_and_made_again(repo: RepoBuilder) -> None:
    path = repo.git_dir() / "timewarp/index.db"
    typed(repo, "log")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE events SET summary = 'never happened' WHERE lamport = 2")
    db.close()
    assert "never happened" in typed(repo, "log").out
    done = typed(repo, "verify", "--full")
    assert done.out.splitlines()[1] == (
        f"problem: hash-mismatch: {path}: the read index is not what the notes say; it is a cache"
    )
    mended = typed(repo, "repair")
    assert (mended.code, mended.out) == (0, "made again: the read index\neverything is whole\n")
    assert "never happened" not in typed(repo, "log").out


def test_notes_of_hooks_that_cannot_be_read_are_told(repo: RepoBuilder) -> None:
    now = repo.git_dir() / "timewarp/spool/now"
    now.write_bytes(b"\n1\t1.1\th=post-commit\tw=" + os.fsencode(repo.path))
    assert "1 note(s) of hooks cannot be read" in typed(repo, "verify").out


@pytest.mark.parametrize(
    ("words", "step"), [(("init",), "rename journal"), (("deinit",), "rmdir spool")]
)
def test_what_an_interrupt_left_of_a_beginning_or_an_end_is_no_damage(
    tmp_path: Path, words: tuple[str, ...], step: str
) -> None:
    """Neither a spool without its files nor an empty journal of another id is foreign."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    if words == ("deinit",):
        recorded(repo)

    def interrupt(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    if words == ("init",):
        # As where an import begins: an id with nothing recorded gives way to another.
        (repo.git_dir() / "timewarp").mkdir()
        empty = journal.beginning(WriterId("k" * 16), ChainHead(), {})
        journal.rewrite(str(repo.git_dir() / "timewarp/journal"), empty)
    faults.install(interrupt)
    try:
        opened(repo).deinit() if words == ("deinit",) else opened(repo).init()
    except KeyboardInterrupt:
        pass
    finally:
        faults.install(None)
    kinds = {problem.kind for problem in opened(repo).verify(full=True).problems}
    assert kinds == {"torn-write"}
    assert typed(repo, *words).code == 0


@pytest.mark.parametrize("more", [("--full",), ("--read-data-subset", "1/5")])
def test_quick_and_more_at_once(repo: RepoBuilder, more: tuple[str, ...]) -> None:
    done = typed(repo, "verify", "--quick", *more)
    assert (done.code, done.err) == (
        2,
        (
            f"error: --quick reads no contents, {more[0]} does\n"
            f"hint: git timewarp verify {' '.join(more)}\n"
        ),
    )


def test_two_depths_at_once(repo: RepoBuilder) -> None:
    done = typed(repo, "verify", "--full", "--read-data-subset", "1/5")
    assert (done.code, done.err) == (
        2,
        (
            "error: --full reads everything, --read-data-subset a part of it\n"
            "hint: git timewarp verify --read-data-subset 1/5\n"
        ),
    )


def test_what_a_look_has_not_read_is_told(repo: RepoBuilder) -> None:
    end = ": git timewarp verify --full\n"
    part = typed(repo, "verify", "--read-data-subset", "1/2").out
    assert part.endswith(f"a part of what is in the snapshots was read, not all{end}")
    drill = typed(repo, "verify", "--restore-drill", "--drills", "1").out
    assert drill.endswith(f"what is in the other snapshots was not read{end}")
