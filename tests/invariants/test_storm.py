"""The user's cleaning commands, at random, while a writer takes two snapshots a second."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from git_timewarp.util.text import to_str
from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder

SECONDS = float(os.environ.get("TIMEWARP_TEST_STORM_SECONDS", "15"))
PAUSE = 0.4

CLEANING: tuple[tuple[str, ...], ...] = (
    ("gc", "--quiet", "--prune=now"),
    ("fsck", "--no-progress"),
    ("maintenance", "run"),
    ("repack", "-adq"),
    ("pack-refs", "--all"),
    ("prune", "--expire=now"),
    ("worktree", "prune"),
    ("reflog", "expire", "--all"),
    ("gc", "--auto"),
)

MOVED = (
    re.compile(r"error: refs/timewarp/\S+: invalid sha1 pointer [0-9a-f]{40,64}\Z"),
    re.compile(r"error: refs/timewarp/\S+: invalid reflog entry [0-9a-f]{40,64}\Z"),
    re.compile(r"dangling tag [0-9a-f]{40,64}\Z"),
)
"""What git 2.39's `fsck` prints about a ref of anybody's that moves while it runs: it looks at
the packs first and at the refs after, so it does not know the new value's pack, or knows the
pack that is there a moment before its refs (as with a fetch). Nothing else is let pass."""


def storm(
    repo: RepoBuilder, lines_of: Sequence[tuple[str, ...]], *, seed: int, until: float
) -> list[str]:
    """Run cleaning commands until the time is over; return what they were."""
    chance = random.Random(seed)
    done = []
    while time.monotonic() < until:
        words = chance.choice(lines_of)
        answer = repo.run(*words, ok=None)
        lines = to_str(answer.stdout + answer.stderr).splitlines()
        if words[0] == "fsck":
            told = [line for line in lines if not any(found.match(line) for found in MOVED)]
            assert told == [], (words, lines)
            assert answer.returncode == 0 or lines, (words, answer)
        else:
            assert (answer.returncode, lines) == (0, []), (words, answer)
        done.append(words[0])
    return done


def writer(repo: RepoBuilder, name: str, pause: float) -> subprocess.Popen[bytes]:
    """Start a writer."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.storm_writer", str(repo.path), name, str(pause)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


ONLY = {
    "all": CLEANING,
    "pack-refs": [("pack-refs", "--all")],
    "gc": [("gc", "--quiet", "--prune=now")],
}


@pytest.mark.parametrize("kind", ONLY)
def test_cleaning_while_a_writer_records(tmp_path: Path, kind: str) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    for number in range(10):
        repo.commit(f"commit {number}", {f"f{number}": f"{number}\n" * 50})
    recorded(repo)
    process = writer(repo, "w", PAUSE)
    try:
        seconds = SECONDS if kind == "all" else SECONDS / 2
        done = storm(repo, ONLY[kind], seed=int(SECONDS), until=time.monotonic() + seconds)
    finally:
        out, err = process.communicate()
    lines = [json.loads(line) for line in out.splitlines()]
    assert (process.returncode, err) == (0, b""), (lines[-1:], err)
    assert len(done) > 5
    taken = [line for line in lines if "snapshot" in line]
    assert len(taken) > 5
    for words in (("fsck", "--full", "--no-progress"), ("gc", "-q", "--prune=now")):
        answer = repo.run(*words)
        assert (answer.stdout, answer.stderr) == (b"", b""), answer
    whole(repo)
    app = opened(repo)
    for line in taken:
        shown = app.cat(line["snapshot"], "w.txt")
        assert shown == line["text"].encode(), line
    for line in taken[:: max(1, len(taken) // 5)]:
        opened(repo).jump(line["snapshot"])
        assert repo.read("w.txt") == line["text"].encode()
        repo.git("add", "-A")
        assert repo.git("write-tree") == line["tree"]
