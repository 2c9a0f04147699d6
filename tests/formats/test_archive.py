"""An archive that version 1 wrote is read for ever; and every member is where the page says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from git_timewarp.archive import chains
from git_timewarp.git.names import Oid
from git_timewarp.store.events import Event, parse
from tests.support.archives import empty, history, said, tw, whole
from tests.support.repo_builder import RepoBuilder
from tests.support.source import ROOT

WHOLE = ROOT / "tests/data/archive-v1.tar.zst"
PART = ROOT / "tests/data/archive-v1-part.tar.zst"
TOLD = (
    ("E7", "jump", "jump to E5"),
    ("E6", "stash", "work in progress on main"),
    ("E5", "snapshot", "work"),
    ("E4", "gap", "moved unseen: HEAD ef09521 → eeca886, doomed ef09521 → nothing"),
    ("E3", "snapshot", "doomed"),
    ("E2", "gap", "moved unseen: HEAD eeca886 → ef09521, doomed nothing → ef09521"),
    ("E1", "init", "started recording"),
)
"""What was recorded when both were written."""


@pytest.fixture
def target(tmp_path: Path) -> RepoBuilder:
    """Return a repository in which nothing is recorded."""
    return empty(tmp_path / "target")


def told(repo: RepoBuilder) -> tuple[tuple[object, object, object], ...]:
    """Return what the log tells of what was imported."""
    every = [(e["event"], e["type"], e["summary"]) for e in history(repo)]
    at = next(number for number, line in enumerate(every) if line[1] == "import")
    return tuple(every[at + 1 :])


def test_the_whole_is_read(target: RepoBuilder) -> None:
    tw(target, "import", str(WHOLE))
    assert told(target) == TOLD
    whole(target)
    tw(target, "jump", "half-done")
    assert target.read("a.txt") == b"worked on\n"
    assert target.read("k\udcffey") == b"\0odd\n"
    assert target.read("lines.dos") == b"mixed\r\nends\n"
    state = target.state()
    assert state["k\udcffey"][0] & 0o777 == 0o600
    assert "empty/inside" in state
    assert target.git("ls-files", "-s", "a.txt").split()[1] != target.git("hash-object", "a.txt")


def test_a_part_is_read_and_meets_the_whole(target: RepoBuilder) -> None:
    tw(target, "import", str(PART))
    assert told(target) == TOLD[:4]
    whole(target)
    assert said(target, "import", str(WHOLE))["changed"] is True
    whole(target)


def test_what_inspect_tells_of_it() -> None:
    repo = RepoBuilder(ROOT, init=False)
    record = said(repo, "inspect", str(PART))
    assert record["archive"] == str(PART)
    assert (record["format"], record["object_format"], record["events"]) == (1, "sha1", 4)
    assert record["writers"] == [
        {
            "writer": record["writers"][0]["writer"],  # type: ignore[index]
            "events": 4,
            "origin": {"writer": record["writer"], "first": 4, "last": 7},
        }
    ]


def test_a_copied_event_can_be_made_the_original_again(tmp_path: Path) -> None:
    """As docs/formats/archive.md says: put three members back, take one out."""
    if not shutil.which("zstd"):
        return
    repo = RepoBuilder(tmp_path / "repo")
    lines = {}
    for name in (WHOLE, PART):
        done = repo.git("-c", f"alias.x=!zstd -dc {name} | tar -xOf - events.jsonl", "x")
        lines[name] = done.encode("utf-8", "surrogateescape").splitlines()
    copies: list[Event] = [parse(line, anchor=Oid("0" * 40)) for line in lines[PART]]
    again = []
    for event in copies:
        record = dict(event.record)
        record.pop("hash")
        record |= chains.original(event)._asdict()
        record.pop("origin")
        digest = record.pop("hash")
        body = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        again.append(f'{body[:-1]},"hash":"{digest}"}}'.encode())
    assert again == lines[WHOLE][3:]
    assert chains.derived(parse(lines[WHOLE][3], anchor=Oid("0" * 40))) == copies[0].writer
