"""Eight processes record at once in two work trees: nothing is lost and nobody sees an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder

TURNS = int(os.environ.get("TIMEWARP_TEST_WRITER_TURNS", "25"))
PROCESSES = 8


def test_eight_processes_in_two_work_trees_lose_nothing(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    recorded(repo)
    repo.git("worktree", "add", "-q", "../linked")
    roots = [repo.path, tmp_path / "linked"]
    running = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.storm_writer"),
                *(str(roots[number % 2]), f"w{number}", "0", str(TURNS)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]
    told: list[dict[str, object]] = []
    for process in running:
        out, err = process.communicate()
        lines = [json.loads(line) for line in out.splitlines()]
        assert (process.returncode, err) == (0, b""), (lines[-1:], err)
        told += lines
    taken = {str(line["snapshot"]): line for line in told if "snapshot" in line}
    events = [str(label) for line in told if "events" in line for label in list_of(line["events"])]
    assert len(events) == len(set(events)) == PROCESSES * TURNS
    logged = list(opened(repo).log(all_writers=True))
    assert set(events) <= {entry.event for entry in logged if entry.type == "note"}
    assert set(taken) <= {str(entry.snapshot) for entry in logged}
    assert [entry.lamport for entry in logged] == list(range(len(logged), 0, -1))
    whole(repo)
    for number, (snapshot, line) in enumerate(taken.items()):
        if number % 7 == 0:
            name = str(line["text"]).split(" ", 1)[0]
            assert opened(repo).cat(snapshot, f"{name}.txt").decode() == line["text"]
    assert opened(repo).status().problems == ()


def list_of(value: object) -> list[object]:
    """Return a list that came out of JSON."""
    assert isinstance(value, list)
    return value
